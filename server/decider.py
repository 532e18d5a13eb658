"""Decides a call's events one after another, in their order of arrival, whoever received them.

Within a process a call is decided by one task at a time; between processes the call's version tells who was first. An
event that makes `reduce` fail is set aside with its error and must not stop the call.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from call_flow.effects import Effect
from call_flow.events import Body, Event, Given
from call_flow.machine import Machine
from call_flow.needs import Needs
from call_flow.state import PROSPECT, CallState
from call_flow.telnyx import route, translate
from server.clock import Clock
from server.decisions import decision_of
from server.oracle import Oracle
from server.playbooks import Shelf
from storage.away import StoreAway
from storage.calls import Calls, Decided, Decision, NoSuchCall, Pending
from storage.inbox import Inbox, InboxRow

log = logging.getLogger(__name__)

BODY: TypeAdapter[Body] = TypeAdapter(Body)
MOST_NEEDS = 50
MOST_REFUSALS = 3  # of one decision by Postgres, before its event is set aside

Reduced = tuple[CallState, Event, tuple[Effect, ...]]


class Undecidable(Exception):
    """The event cannot be decided; the message says why and holds no personal data."""


@dataclass(frozen=True)
class Outcome:
    """One decision that was written: what the event was, what it led to."""

    pending: Pending
    state: CallState
    decision: Decision
    decided: Decided


class Decider:
    """`decide` is safe to call for any call at any time and as often as one likes."""

    def __init__(
        self,
        calls: Calls,
        inbox: Inbox,
        shelf: Shelf,
        oracle: Oracle,
        clock: Clock,
        owner: str,
    ) -> None:
        self._calls = calls
        self._inbox = inbox
        self._shelf = shelf
        self._oracle = oracle
        self._clock = clock
        self._owner = owner
        self._decided: Callable[[Outcome], None] = lambda outcome: None
        self._aside: Callable[[Pending], None] = lambda pending: None
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._again: set[UUID] = set()
        self._refused: Counter[int] = Counter()  # by inbox seq
        self._closed = False
        self.counts: Counter[str] = Counter()
        self.took_ms: deque[float] = deque(maxlen=10_000)

    def follow(self, decided: Callable[[Outcome], None], aside: Callable[[Pending], None]) -> None:
        """`decided` is told of each decision that was written, before the next event of the call is read; `aside` of
        each event that was set aside.
        """
        self._decided, self._aside = decided, aside

    def decide(self, call_id: UUID) -> None:
        """Sees to it that everything the call has received by now is decided, without waiting for it."""
        if self._closed:
            return
        if call_id in self._running:
            self._again.add(call_id)
            return
        self._running[call_id] = asyncio.create_task(self._run(call_id), name=f"decide {call_id}")

    async def close(self) -> None:
        """Finishes the decisions under way and begins no more; what is left is another process's."""
        self._closed = True
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _run(self, call_id: UUID) -> None:
        try:
            while not self._closed:
                self._again.discard(call_id)
                if not await self._next(call_id) and call_id not in self._again:
                    return
        except NoSuchCall:
            await self._orphaned(call_id)
        except StoreAway as away:
            self.counts["store_away"] += 1
            log.warning("call %s waits: %s", call_id, away)
        except Exception:
            self.counts["failed"] += 1
            log.exception("deciding call %s failed; it will be tried again", call_id)
        finally:
            del self._running[call_id]
            self._again.discard(call_id)

    async def _orphaned(self, call_id: UUID) -> None:
        """Keeps the events of a call that never was as unknown: their client_state is not ours."""
        try:
            for row in await self._inbox.of_call(call_id):
                if row.status == "received" and await self._inbox.mark_unknown(row.seq):
                    self.counts["unknown"] += 1
                    log.warning("event %s (%s) names a call that is not ours", row.seq, row.event_type)
        except StoreAway as away:
            log.warning("call %s waits: %s", call_id, away)

    async def _next(self, call_id: UUID) -> bool:
        """Decides the call's oldest undecided event; False where it was the only one, or there was none."""
        pending = await self._calls.next_pending(call_id)
        if pending is None:
            return False
        began = time.perf_counter()
        try:
            outcome = await self._reduced(pending)
        except StoreAway:
            raise
        except Exception as error:
            await self._set_aside(pending, error)
            return True
        decided = await self._written(pending, outcome[1])
        if decided is None:
            return True
        self.counts["decided"] += 1
        self.took_ms.append((time.perf_counter() - began) * 1000)
        self._decided(Outcome(pending, outcome[0], outcome[1], decided))
        return pending.more

    async def _written(self, pending: Pending, decision: Decision) -> Decided | None:
        """None where another process was first, or where the event is now aside: Postgres refuses the decision."""
        try:
            decided = await self._calls.decide(decision)
        except StoreAway:
            raise
        except Exception as error:
            self._refused[pending.event.seq] += 1
            if self._refused[pending.event.seq] < MOST_REFUSALS:
                raise
            del self._refused[pending.event.seq]
            await self._set_aside(pending, error)
            return None
        self._refused.pop(pending.event.seq, None)
        self.counts["version_moved"] += decided is None
        return decided

    async def _reduced(self, pending: Pending) -> tuple[CallState, Decision]:
        machine = await self._shelf.machine(pending.playbook_version)
        state = state_of(pending)
        event = event_of(pending.event, state)
        state_after, event, effects = await self._answered(machine, state, event)
        decision = decision_of(
            pending, state, state_after, event.given, effects, self._clock.now(), self._owner
        )
        return state_after, decision

    async def _answered(self, machine: Machine, state: CallState, event: Event) -> Reduced:
        """Reduces, answering one need after the other, until nothing is lacking."""
        for _ in range(MOST_NEEDS):
            try:
                after, effects = machine.reduce(state, event)
                return after, event, effects
            except Needs as needs:
                given = await self._oracle.answer(needs.need, event.given, event.at, _subject(state))
                event = event.model_copy(update={"given": given})
        raise Undecidable(f"asked for more than {MOST_NEEDS} answers")

    async def _set_aside(self, pending: Pending, error: Exception) -> None:
        """Keeps the event with its error, tells, and lets the call go on."""
        seq = pending.event.seq
        self.counts["aside"] += 1
        log.error(
            "event %s (%s) of call %s set aside: %s",
            seq,
            pending.event.event_type,
            pending.call_id,
            type(error).__name__,
        )
        await self._inbox.set_aside(seq, f"{type(error).__name__}: {error}"[:2000])
        self._aside(pending)


def _subject(state: CallState) -> str:
    return state.lead.phone if state.lead else ""


def state_of(pending: Pending) -> CallState:
    """The state that a pending event meets; a fresh one for a call's first event."""
    if pending.state_json is None:
        return CallState.new(str(pending.call_id))
    return CallState.model_validate_json(pending.state_json)


def event_of(row: InboxRow, state: CallState, given: Given | None = None) -> Event:
    """The inbox row as the call's own event. Raises pydantic's ValidationError for a stored form that is not ours."""
    body = BODY.validate_python(row.body) if row.source == "ours" else translate(row.body, _leg(row, state))
    return Event(
        id=row.event_id, at=row.received_at, occurred_at=row.occurred_at, body=body, given=given or Given()
    )


def _leg(row: InboxRow, state: CallState) -> str:
    """Whose webhook it is: the leg that has its id, else what its client_state says, else the prospect's."""
    for leg in state.legs.values():
        if row.call_leg_id and leg.call_leg_id == row.call_leg_id:
            return leg.name
    return route(row.body).leg or PROSPECT
