"""Calls: their state under optimistic versions, and the one statement in which a decision becomes fact.

A decision must be whole or not be: whatever it asks for is written with the state that asked, or not at all.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from call_flow.effects import ClaimCloser
from call_flow.events import ClaimResult, CloserHint
from call_flow.record import Segment
from storage.deciding import deciding
from storage.decision import Decision, LegRow, Summary, sort_effects
from storage.inbox import SQL as INBOX
from storage.inbox import InboxKey, InboxRow, ReceivedEvent, event_args
from storage.jobs import enqueue_learn
from storage.outbox import OutboxRow
from storage.postgres import Connection, Pool, Record
from storage.queries import load

__all__ = [
    "CallRow",
    "CallWithState",
    "Calls",
    "Decided",
    "Decision",
    "LegOwner",
    "LegRow",
    "NoSuchCall",
    "Pending",
    "Standing",
    "Summary",
]

SQL = load("sql/calls.sql")


class NoSuchCall(LookupError):
    """No call has this id."""


class AlreadyInCall(Exception):
    """The number is in another call that has not ended."""

    def __init__(self, call_id: UUID) -> None:
        super().__init__(f"the number is in call {call_id}")
        self.call_id = call_id


@dataclass(frozen=True, slots=True)
class Pending:
    """A call as it stands and the oldest event that it has not decided. `state_json` is None for a call's
    first event; `more`: other events of it wait, too.
    """

    call_id: UUID
    version: int
    playbook_version: str
    state_json: str | None
    event: InboxRow
    more: bool = True


@dataclass(frozen=True, slots=True)
class Decided:
    """What was written. `leased` are rows that the deciding process may send at once; rows for the
    destinations in `behind` stand behind earlier ones: ask for them by `lease_head`. `events` are inbox rows
    that the decision caused.
    """

    version: int
    leased: tuple[OutboxRow, ...]
    behind: tuple[str, ...]
    events: tuple[InboxKey, ...] = ()


@dataclass(frozen=True, slots=True)
class LegOwner:
    """`leg` is None where only the session is known."""

    call_id: UUID
    leg: str | None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call's columns. `version` 0: nothing has been decided yet."""

    id: UUID
    lead_id: UUID | None
    phone: str
    playbook_version: str
    machine_version: int
    state_form: int
    version: int
    created_at: datetime
    phase: str | None
    mode: str | None
    direction: str
    segment: str
    control: bool
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    duration_s: float | None
    phases_completed: int
    final_status: str | None
    engagement: float | None
    transfer_attempted: bool
    transfer_successful: bool
    closer_available: bool | None
    prediction: float | None
    recording: dict[str, Any] | None
    learn_revision: int

    @classmethod
    def read(cls, record: Record) -> Self:
        return cls(**{field.name: record[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class CallWithState(CallRow):
    """`state_json` is None where nothing has been decided yet."""

    state_json: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a leg that Telnyx runs stands with us. `over_at`: since when its call or itself has ended for us;
    `watched`: a timer or an event that waits will move its call.
    """

    call_id: UUID
    over_at: datetime | None
    touched_at: datetime
    watched: bool


class Calls:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(
        self,
        call_id: UUID,
        lead_id: UUID | None,
        phone: str,
        playbook_version: str,
        first_event: ReceivedEvent | None,
        now: datetime,
        *,
        machine_version: int,
        state_form: int,
        direction: str = "outbound",
        alone: bool = False,
    ) -> bool:
        """Begins a call, with its first event in the same transaction; a repeat changes nothing and returns
        False. `alone`: raises `AlreadyInCall` where the number is in another call, whoever is placing it.
        """
        async with self._pool.transaction() as connection:
            if alone:
                await connection.execute(SQL["lock_number"], phone)
                other = await connection.fetchval(SQL["other_call"], phone, call_id)
                if other is not None:
                    raise AlreadyInCall(other)
            row = (call_id, lead_id, phone, playbook_version, machine_version, state_form, direction, now)
            new = await connection.fetchval(SQL["create"], *row)
            if first_event is not None:
                await connection.fetchval(INBOX["receive"], *event_args(first_event))
        return new is not None

    async def next_pending(self, call_id: UUID) -> Pending | None:
        """The call and its oldest undecided event, by one query; None where there is nothing to decide.
        Raises `NoSuchCall`.
        """
        row = await self._pool.fetchrow(SQL["next_pending"], call_id)
        if row is None:
            raise NoSuchCall(f"no call {call_id}")
        if row["seq"] is None:
            return None
        event = InboxRow.read(row)
        return Pending(call_id, row["version"], row["playbook_version"], row["state"], event, row["more"])

    async def decide(self, decision: Decision) -> Decided | None:
        """Writes a decision. None: the version has moved on and nothing was written; read again and decide
        again.
        """
        effects = sort_effects(decision)
        query, args = deciding(decision, effects)
        if effects.learn is None and not effects.claims:
            async with self._pool.connection() as connection:
                return _decided(decision, await connection.fetch(query, *args))
        async with self._pool.transaction() as connection:
            decided = _decided(decision, await connection.fetch(query, *args))
            if decided is None:
                return None
            if effects.learn is not None:
                await enqueue_learn(connection, decision.call_id, effects.learn)
            keys = [await _claim(connection, decision, claim) for claim in effects.claims]
        return Decided(decided.version, decided.leased, decided.behind, tuple(key for key in keys if key))

    async def get(self, call_id: UUID) -> CallWithState | None:
        row = await self._pool.fetchrow(SQL["get"], call_id)
        return None if row is None else CallWithState.read(row)

    async def leg_owner(self, call_leg_id: str | None, call_session_id: str | None) -> LegOwner | None:
        """Whose leg it is: by the leg's id, else by a session that one call alone has."""
        row = await self._pool.fetchrow(SQL["leg_owner"], call_leg_id, call_session_id)
        return None if row is None else LegOwner(row["call_id"], row["leg"])

    async def message_owner(self, message_id: str, to: str) -> UUID | None:
        """The call that sent the message of this Telnyx id; else the last one whose message to this number was never
        answered.
        """
        call_id: UUID | None = await self._pool.fetchval(SQL["message_owner"], message_id, to)
        return call_id

    async def legs(self, call_id: UUID) -> list[LegRow]:
        return [_leg(row) for row in await self._pool.fetch(SQL["legs"], call_id)]

    async def standing(
        self, call_id: UUID | None, leg: str | None, call_leg_id: str | None
    ) -> Standing | None:
        """Of a leg: by its id, else by the call and name that its client_state says. None where it is not ours."""
        row = await self._pool.fetchrow(SQL["standing"], call_id, leg, call_leg_id)
        return None if row is None else Standing(**row)

    async def live(self, limit: int = 1000) -> list[CallRow]:
        """Calls without a final status, oldest first."""
        return [CallRow.read(row) for row in await self._pool.fetch(SQL["live"], limit)]

    async def page(
        self,
        limit: int,
        *,
        before: datetime | None = None,
        status: str | None = None,
        lead_id: UUID | None = None,
    ) -> list[CallRow]:
        """Newest first, those created before `before`; of one final status, of one lead."""
        rows = await self._pool.fetch(SQL["page"], limit, before, status, lead_id)
        return [CallRow.read(row) for row in rows]

    async def transcript(self, call_id: UUID) -> list[Segment]:
        """The segments that the decisions asked to file, the last of each seq, in order."""
        rows = await self._pool.fetch(SQL["transcript"], call_id)
        return [Segment.model_validate(row["segment"]) for row in rows]


def _leg(row: Record) -> LegRow:
    return LegRow(**{name: row[name] for name in LegRow.model_fields})


def _decided(decision: Decision, rows: list[Record]) -> Decided | None:
    """The statement answers with one row for the call, or one for each new outbox row."""
    if not rows:
        return None
    fresh = [row for row in rows if row.get("id") is not None]
    leased = tuple(OutboxRow.read(row) for row in fresh if row["leased"])
    behind = {row["destination"] for row in fresh if not row["leased"]} - {row.destination for row in leased}
    return Decided(decision.version + 1, leased, tuple(sorted(behind)))


async def _claim(connection: Connection, decision: Decision, claim: ClaimCloser) -> InboxKey | None:
    """Tries the closers in their order and receives the result as an event of the call."""
    id = f"{decision.call_id}:{claim.claim}"
    await connection.execute(SQL["expire_claims"], list(claim.closers), decision.now)
    closer = None
    for candidate in claim.closers:
        args = (id, decision.call_id, candidate, decision.now, claim.expires_at)
        if not await connection.fetchval(SQL["claim"], *args):
            continue
        if row := await connection.fetchrow(SQL["claimed"], id):
            closer = CloserHint(id=row["id"], name=row["name"], phone=row["phone"])
        else:
            await connection.execute(SQL["unclaim"], id)
        break  # also then: who waits for a second closer with a first one locked can deadlock
    result = ClaimResult(claim=claim.claim, closer=closer)
    event = ReceivedEvent.ours(f"claim:{id}", result, decision.now, decision.call_id)
    seq = await connection.fetchval(INBOX["receive"], *event_args(event))
    return None if seq is None else InboxKey(seq, decision.call_id)
