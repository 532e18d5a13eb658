"""The one place that wires the parts together: stores, learning, and one server process's listening, deciding, sending.

Order matters: schemas before anyone reads, everything warm before the first request, and on the way out receiving stops
before deciding, deciding before sending, sending before the stores are closed.
"""

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from learning.embeddings import AsyncEmbedder, models_folder
from server.api import ROUTES
from server.arrivals import Arrivals
from server.chores import Chore, Work, beside, endless, once
from server.decider import Decider
from server.dispatcher import Dispatcher, Sender
from server.filing import Filer
from server.hands import Hands
from server.health import Health, Ping
from server.learning_parts import LearningParts, learning_parts
from server.oracle import Oracle
from server.phrasing import LanguageModel, NoModel, OpenAiCompatible, Phraser
from server.placing import Placing
from server.playbooks import Shelf
from server.reconciling import Reconciler
from server.reporting import Reporter
from server.routing import Router
from server.sending import TelnyxSender
from server.services import Services, services
from server.settings import Settings
from server.showing import Showing
from server.signature import Verifier
from server.stores import Stores, open_stores
from server.stray_legs import StrayLegs
from server.sweeper import Sweeper
from server.telnyx import Telnyx
from server.timers import Alarm
from server.understanding import Understanding, open_understanding
from server.webhooks import Webhooks
from server.worker import Worker
from storage import calling_hours
from storage.away import StoreAway
from storage.calls import Calls
from storage.closers import Closers
from storage.inbox import Inbox, InboxKey
from storage.jobs import Jobs
from storage.leads import Leads
from storage.outbox import Outbox
from storage.playbook import read_playbook
from storage.playbooks import Playbooks
from storage.timers import Timers
from storage.transfers import Transfers

log = logging.getLogger(__name__)


def build(settings: Settings, *, worker: bool = False) -> Starlette:
    """The server as an ASGI application; nothing is opened before its lifespan begins."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with running(settings, worker=worker) as found:
            yield {"services": found}

    async def webhook(request: Request) -> Response:
        return await services(request).webhooks(request)

    return Starlette(
        routes=[Route("/webhooks/telnyx", webhook, methods=["POST"]), *ROUTES], lifespan=lifespan
    )


@asynccontextmanager
async def running(settings: Settings, *, worker: bool = False) -> AsyncIterator[Services]:
    """A server process at work while the block lasts. Raises StoreAway where Postgres cannot be reached."""
    async with AsyncExitStack() as closing:
        stores = await closing.enter_async_context(open_stores(settings))
        shelf = Shelf(read_playbook(settings.playbook), Playbooks(stores.pool))
        telnyx, understanding = await asyncio.gather(
            Telnyx.open(
                settings.telnyx_api_key.get_secret_value(), settings.telnyx_base_url, settings.telnyx_timeout
            ),
            open_understanding(settings, stores, shelf.current),
        )
        closing.push_async_callback(telnyx.close)
        closing.push_async_callback(understanding.close)
        model = _language_model(settings)
        closing.push_async_callback(model.close)
        assembly = Assembly(settings, stores, shelf, telnyx, understanding, model)
        parts = assembly.parts()
        await shelf.save_current(assembly.clock.now())
        await closing.enter_async_context(beside(_chores(assembly, parts, worker)))
        await closing.enter_async_context(parts.at_work())
        _settle()
        log.info("ready: owner %s, playbook %s", assembly.owner, shelf.current.version)
        yield parts.services


def _settle() -> None:
    """Takes what is loaded by now out of garbage collection: walking it would hold up every live call for 0.2 s."""
    gc.collect()
    gc.freeze()


async def run_worker(settings: Settings) -> None:
    """Learns until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with open_stores(settings) as stores:
        embedder = await AsyncEmbedder.open(settings.embedding_model, models_folder(settings.data))
        try:
            parts = learning_parts(settings, stores, embedder)
            async with beside(learning_chores(stores, parts)):
                log.info("ready to learn")
                await stop.wait()
        finally:
            await embedder.close()


def _language_model(settings: Settings) -> LanguageModel:
    """What words the agent's questions, where an endpoint is named."""
    if not settings.phrasing_url:
        return NoModel()
    key = settings.phrasing_api_key.get_secret_value()
    return OpenAiCompatible(settings.phrasing_url, settings.phrasing_model, key)


def schema_steps(stores: Stores, collections: Work) -> dict[str, Work]:
    """What brings each derived store's schema up to date; `collections` does it for the vectors."""
    return {
        "mongo": stores.conversations.ensure_schema,
        "graph": stores.graph.ensure_schema,
        "vectors": collections,
    }


def schema_chores(stores: Stores, collections: Work) -> dict[str, Chore]:
    return {f"schema of {store}": once(step) for store, step in schema_steps(stores, collections).items()}


def learning_chores(stores: Stores, parts: LearningParts) -> dict[str, Chore]:
    worker = Worker(Jobs(stores.pool, stores.urls.postgres), parts.learner)
    schemas = schema_chores(stores, parts.model_change.begin)
    return schemas | {"learning": worker.run, "sync": parts.sync.watch}


def _chores(assembly: "Assembly", parts: "Parts", worker: bool) -> dict[str, Chore]:
    """What runs beside a server until it stops."""
    stores, understanding = assembly.stores, assembly.understanding
    chores = schema_chores(stores, partial(stores.vectors.ensure, understanding.vectors.model))
    chores["statistics"] = endless(understanding.statistics.watch)
    chores["showing"] = endless(parts.showing.run)
    if connection := assembly.settings.telnyx_connection_id:
        chores["stray legs"] = StrayLegs(assembly.telnyx, assembly.calls, assembly.clock, connection).run
    if worker:
        chores |= learning_chores(stores, learning_parts(assembly.settings, stores, understanding.embedder))
    return chores


@dataclass(frozen=True)
class Parts:
    """A process's moving parts, assembled and not yet moving."""

    services: Services
    sweeper: Sweeper
    alarm: Alarm
    arrivals: Arrivals
    showing: Showing

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Everything that runs beside the requests; at the end what is under way is finished."""
        tasks = [
            asyncio.create_task(part.run(), name=type(part).__name__)
            for part in (self.sweeper, self.alarm, self.services.dispatcher)
        ]
        try:
            yield
        finally:
            await self.sweeper.close()
            await self.alarm.close()
            await self.arrivals.close()
            await self.services.decider.close()
            await self.services.dispatcher.close()
            await asyncio.gather(*tasks)


class Assembly:
    """Wires one process's parts to each other; nothing moves before `parts` are set to work."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        shelf: Shelf,
        telnyx: Telnyx,
        understanding: Understanding,
        model: LanguageModel,
    ) -> None:
        self.settings, self.stores, self.shelf, self.telnyx = settings, stores, shelf, telnyx
        self.understanding, self.model = understanding, model
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.clock = settings.clock()
        self.inbox, self.outbox = Inbox(stores.pool), Outbox(stores.pool)
        self.calls, self.leads = Calls(stores.pool), Leads(stores.pool)
        self.closers = Closers(stores.pool)

    def parts(self) -> Parts:
        decider = Decider(self.calls, self.inbox, self.shelf, self._oracle(), self.clock, self.owner)
        dispatcher = Dispatcher(self.outbox, self._senders(decider), self.owner)
        alarm = Alarm(Timers(self.stores.pool), self.clock, decider.decide)
        showing = Showing(self.stores.cache)
        hands = Hands(dispatcher, alarm, showing, decider.decide)
        decider.follow(hands.decided, hands.aside)
        router = Router(self.inbox, self.calls, self.shelf, self.clock, decider.decide)
        arrivals = Arrivals(decider, router)
        services_ = self._services(decider, dispatcher, arrivals.arrived)
        return Parts(services_, Sweeper(self.inbox, decider, router), alarm, arrivals, showing)

    def _oracle(self) -> Oracle:
        return Oracle(
            self.understanding.perceiver,
            self.understanding.policy,
            self.understanding.predictor,
            self.closers,
            self.leads,
            self.settings.call_settings(),
            self.settings.seed,
        )

    def _senders(self, decider: Decider) -> dict[str, Sender]:
        """By kind of destination."""
        connection = self.settings.telnyx_connection_id
        reporter = Reporter(self.outbox, self.clock, decider.decide)
        reconciler = Reconciler(self.telnyx, self.outbox, self.calls, reporter, self.clock, connection)
        return {
            "telnyx": TelnyxSender(
                self.telnyx,
                self.outbox,
                self.calls,
                reporter,
                self.clock,
                self.owner,
                {"from": self.settings.from_number, "connection_id": connection},
                reconciler.look_for,
            ),
            "mongo": Filer(self.stores.conversations, self.outbox, self.clock, self.owner),
            "phrase": Phraser(self.model, self.outbox, self.clock, self.owner, decider.decide),
        }

    def _services(
        self, decider: Decider, dispatcher: Dispatcher, arrived: Callable[[InboxKey], None]
    ) -> Services:
        settings = self.settings
        verifier = Verifier(settings.telnyx_public_key)
        return Services(
            clock=self.clock,
            api_token=settings.api_token.get_secret_value(),
            inbox=self.inbox,
            outbox=self.outbox,
            calls=self.calls,
            leads=self.leads,
            closers=self.closers,
            transfers=Transfers(self.stores.pool),
            placing=self._placing(decider),
            webhooks=Webhooks(self.inbox, verifier, self.clock, settings.webhook_max_bytes, arrived),
            decider=decider,
            dispatcher=dispatcher,
            health=Health(pings(self.stores)),
        )

    def _placing(self, decider: Decider) -> Placing:
        return Placing(
            self.calls,
            self.leads,
            self.shelf,
            calling_hours.read_packaged(),
            self.clock,
            self.settings.call_settings,
            tuple(self.settings.missing()),
            self.settings.control_share,
            self.settings.seed,
            decider.decide,
        )


def pings(stores: Stores) -> dict[str, Ping]:
    return {
        "postgres": stores.pool.ping,
        "mongo": stores.conversations.ping,
        "graph": stores.graph.ping,
        "vectors": stores.vectors.ping,
        "redis": stores.cache.ping,
    }


async def migrate_all(settings: Settings) -> dict[str, str | None]:
    """Every store's schema brought up to date; what went wrong by store, None where nothing did."""
    async with open_stores(settings) as stores:
        done: dict[str, str | None] = {"postgres": None}
        embedder = await AsyncEmbedder.open(settings.embedding_model, models_folder(settings.data))
        parts = learning_parts(settings, stores, embedder)
        for store, step in schema_steps(stores, parts.model_change.begin).items():
            try:
                await step()
                done[store] = None
            except StoreAway as away:
                done[store] = str(away)
        await embedder.close()
        return done
