"""The inbox: everything that moves a call, kept before it is acknowledged and never changed in what it says.

Receiving knows nothing of calls and must never fail because of one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from call_flow.events import EVENT_FORM, Body
from storage.postgres import Pool, Record, made, storable
from storage.queries import load

SQL = load("sql/inbox.sql")
MAX_ID = 500  # characters
Source = Literal["telnyx", "ours"]
Status = Literal["received", "decided", "aside", "unknown"]


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event as it reached us. `body`: Telnyx' whole `data` object, or one of our `Body`s as JSON. Times in
    business time, UTC.
    """

    event_id: str
    source: Source
    event_type: str
    body: dict[str, Any]
    occurred_at: datetime
    received_at: datetime
    call_id: UUID | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    form: int = EVENT_FORM

    @classmethod
    def ours(cls, event_id: str, body: Body, now: datetime, call_id: UUID) -> "ReceivedEvent":
        """An event of our own making, which happens as it is received."""
        return cls(event_id, "ours", body.kind, body.model_dump(mode="json"), now, now, call_id)


@dataclass(frozen=True, slots=True)
class InboxKey:
    seq: int
    call_id: UUID | None


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One stored event. `given` and `decided_version` are None until it is decided."""

    seq: int
    event_id: str
    source: Source
    event_type: str
    form: int
    call_id: UUID | None
    call_leg_id: str | None
    call_session_id: str | None
    body: dict[str, Any]
    occurred_at: datetime
    received_at: datetime
    status: Status
    given: dict[str, Any] | None
    decided_version: int | None
    error: str | None

    @classmethod
    def read(cls, record: Record) -> "InboxRow":
        return made(cls, record)


def _key(event_id: str) -> str:
    """The id as the index takes it: a long one by its digest."""
    if len(event_id) > MAX_ID:
        return "sha256:" + sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()
    return str(storable(event_id))


def event_args(event: ReceivedEvent) -> tuple[Any, ...]:
    """The parameters of an event where a statement takes one, in the order of the table's columns."""
    return (
        _key(event.event_id),
        event.source,
        storable(event.event_type),
        event.form,
        event.call_id,
        storable(event.call_leg_id),
        storable(event.call_session_id),
        event.body,
        event.occurred_at,
        event.received_at,
    )


class Inbox:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def receive(self, event: ReceivedEvent) -> InboxKey | None:
        """Keeps the event; committed when it returns. None: it was here already, nothing has changed."""
        seq = await self._pool.fetchval(SQL["receive"], *event_args(event))
        return None if seq is None else InboxKey(seq, event.call_id)

    async def undecided(self, older_than_s: float, limit: int) -> list[UUID]:
        """Calls with an event that has waited for more than `older_than_s` seconds of wall time, longest
        first.
        """
        rows = await self._pool.fetch(SQL["undecided"], older_than_s, limit)
        return [row["call_id"] for row in rows]

    async def unrouted(self, limit: int, older_than_s: float = 0.0) -> list[InboxRow]:
        """Events received that have no call yet, oldest first."""
        return [InboxRow.read(row) for row in await self._pool.fetch(SQL["unrouted"], limit, older_than_s)]

    async def get(self, seq: int) -> InboxRow | None:
        row = await self._pool.fetchrow(SQL["get"], seq)
        return None if row is None else InboxRow.read(row)

    async def assign(self, seq: int, call_id: UUID) -> None:
        """Gives a received event its call; one that has a call already keeps it."""
        await self._pool.execute(SQL["assign"], seq, call_id)

    async def set_aside(self, seq: int, error: str) -> bool:
        """Takes an event that cannot be decided out of the call's way. False: it was decided meanwhile."""
        return await self._pool.execute(SQL["set_aside"], seq, error) > 0

    async def retry(self, seq: int | None = None) -> list[int]:
        """Gives an event that was set aside, or all of them, back to whoever decides; the seqs of those that were."""
        return [row["seq"] for row in await self._pool.fetch(SQL["retry"], seq)]

    async def mark_unknown(self, seq: int) -> bool:
        """Keeps an event that fits no call without waiting for one any more."""
        return await self._pool.execute(SQL["mark_unknown"], seq) > 0

    async def of_call(self, call_id: UUID) -> list[InboxRow]:
        """All of a call's events: the decided ones in the order of their decision, then the others by
        arrival.
        """
        return [InboxRow.read(row) for row in await self._pool.fetch(SQL["of_call"], call_id)]

    async def decided(self, event_ids: Collection[str]) -> set[str]:
        """Those of the events that a call has decided."""
        return {row["event_id"] for row in await self._pool.fetch(SQL["decided"], list(event_ids))}

    async def aside(self, limit: int) -> list[InboxRow]:
        """Events that were set aside, newest first."""
        return [InboxRow.read(row) for row in await self._pool.fetch(SQL["aside"], limit)]

    async def counts(self) -> dict[str, int]:
        """How many events are not decided, by status: "received", "aside", "unknown"."""
        return {row["status"]: row["n"] for row in await self._pool.fetch(SQL["counts"])}
