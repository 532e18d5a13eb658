"""What the running server is made of, as its endpoints see it. Built in `app.py` and nowhere else."""

from dataclasses import dataclass

from starlette.requests import Request

from server.clock import Clock
from server.decider import Decider
from server.dispatcher import Dispatcher
from server.health import Health
from server.placing import Placing
from server.webhooks import Webhooks
from storage.calls import Calls
from storage.closers import Closers
from storage.inbox import Inbox
from storage.leads import Leads
from storage.outbox import Outbox
from storage.transfers import Transfers


@dataclass(frozen=True)
class Services:
    clock: Clock
    api_token: str
    inbox: Inbox
    outbox: Outbox
    calls: Calls
    leads: Leads
    closers: Closers
    transfers: Transfers
    placing: Placing
    webhooks: Webhooks
    decider: Decider
    dispatcher: Dispatcher
    health: Health


def services(request: Request) -> Services:
    """The services of the server that this request came to."""
    found: Services = request.state.services
    return found
