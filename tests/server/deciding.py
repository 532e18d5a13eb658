"""One process's deciding side on a real Postgres, with a machine, a perceiver or a policy that a test can bend."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from call_flow.events import CallRequested, CloserHint, Event, Perceived, Vector
from call_flow.lead import Lead
from call_flow.machine import Machine
from call_flow.needs import PolicyVector
from call_flow.settings import CallSettings
from call_flow.state import MACHINE_VERSION, STATE_FORM, CallState
from learning.policy import uniform
from learning.prediction import Predictor
from server.clock import Clock
from server.decider import Decider, Outcome
from server.oracle import Oracle
from server.playbooks import Shelf
from server.routing import Router
from server.sweeper import Sweeper
from storage.calls import Calls, CallWithState, Pending
from storage.closers import Closers
from storage.inbox import Inbox, InboxKey, ReceivedEvent
from storage.leads import Leads
from storage.playbook import read_packaged
from storage.playbooks import Playbooks
from storage.postgres import Pool
from tests.storage.events import NOW

BOOK = read_packaged()
SETTINGS = CallSettings(
    business="Northway Mentoring",
    agent_name="Ava",
    from_number="+12125550100",
    callback_number="+12125550100",
    video_url="https://example.com/video",
)
LEAD = Lead(phone="+12125550142", first_name="Pat", source="facebook", initial_interest="income")


class Perceives:
    """Understands yes and no, after `wait` seconds, unless it has an `error`."""

    wait = 0.0
    error: Exception | None = None

    async def perceive(self, text: str, now: datetime, timezone: str) -> Perceived:
        await asyncio.sleep(self.wait)
        if self.error:
            raise self.error
        return Perceived(intent="affirm" if "yes" in text.lower() else "other", confidence=0.9)


class Chooses:
    """The first arm, unless it is told to be late or has an `error`."""

    wait = 0.0
    error: Exception | None = None

    async def vector(self, need: PolicyVector) -> Vector:
        await asyncio.sleep(self.wait)
        if self.error:
            raise self.error
        return uniform(need.arms, 0.0, "thompson")


class Bent(Machine):
    """The packaged machine, and what a test makes of it first."""

    before: Callable[[CallState, Event], None] = staticmethod(lambda state, event: None)

    def reduce(self, state: CallState, event: Event) -> Any:
        self.before(state, event)
        return super().reduce(state, event)


class Process:
    """A process that decides and sends nothing. `outcomes` are its decisions, in order."""

    def __init__(self, pool: Pool, clock: Clock | None = None, owner: str = "one") -> None:
        self.pool, self.calls, self.inbox = pool, Calls(pool), Inbox(pool)
        self.clock = clock or Clock(time.time(), NOW, 1.0)
        self.perceives, self.chooses, self.machine = Perceives(), Chooses(), Bent(BOOK)
        self.shelf = Shelf(BOOK, Playbooks(pool))
        self.shelf._machines[BOOK.version] = self.machine
        self.outcomes: list[Outcome] = []
        self.aside: list[Pending] = []
        oracle = Oracle(
            self.perceives,  # type: ignore[arg-type]
            self.chooses,  # type: ignore[arg-type]
            Predictor(),
            Closers(pool),
            Leads(pool),
            SETTINGS,
        )
        self.decider = Decider(self.calls, self.inbox, self.shelf, oracle, self.clock, owner)
        self.decider.follow(self.outcomes.append, self.aside.append)
        self.router = Router(self.inbox, self.calls, self.shelf, self.clock, self.decider.decide)
        self.sweeper = Sweeper(self.inbox, self.decider, self.router)

    async def place(self, lead: Lead = LEAD, settings: CallSettings = SETTINGS) -> UUID:
        """A call that has been asked for and not decided."""
        call_id, now = uuid4(), self.clock.now()
        body = CallRequested(lead=lead, settings=settings, playbook_version=BOOK.version)
        first = ours(call_id, body.model_dump(mode="json"), now)
        await self.calls.create(
            call_id,
            None,
            lead.phone,
            BOOK.version,
            first,
            now,
            machine_version=MACHINE_VERSION,
            state_form=STATE_FORM,
        )
        return call_id

    async def receive(self, call_id: UUID, body: dict[str, Any], event_id: str | None = None) -> None:
        await self.inbox.receive(ours(call_id, body, self.clock.now(), event_id))

    async def status_of(self, key: InboxKey) -> str:
        """The event's status, once it is no longer just received."""
        async with asyncio.timeout(10):
            while True:
                row = await self.inbox.get(key.seq)
                assert row is not None
                if row.status != "received":
                    return row.status
                await asyncio.sleep(0.01)

    async def decided(self, call_id: UUID, count: int) -> CallWithState:
        """The call, once that many of its events have been decided or set aside."""
        async with asyncio.timeout(10):
            while True:
                rows = await self.inbox.of_call(call_id)
                if sum(row.status != "received" for row in rows) >= count:
                    row = await self.calls.get(call_id)
                    assert row is not None
                    return row
                await asyncio.sleep(0.01)


def ours(call_id: UUID, body: dict[str, Any], now: datetime, event_id: str | None = None) -> ReceivedEvent:
    return ReceivedEvent(
        event_id=event_id or str(uuid4()),
        source="ours",
        event_type=body["kind"],
        body=body,
        occurred_at=now,
        received_at=now,
        call_id=call_id,
    )


def initiated(leg: str = "prospect", **ids: str) -> dict[str, Any]:
    names = ("call_control_id", "call_leg_id", "call_session_id")
    return {"kind": "leg.initiated", "leg": leg} | {name: ids.get(name, str(uuid4())) for name in names}


def answered(leg: str = "prospect") -> dict[str, Any]:
    return {"kind": "leg.answered", "leg": leg}


def heard(text: str) -> dict[str, Any]:
    return {"kind": "heard", "leg": "prospect", "text": text, "final": True, "confidence": 0.9}


KEVIN = CloserHint(id="kevin", name="Kevin", phone="+12125559001")
