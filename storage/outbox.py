"""The outbox: what decisions ask of the world, in order per call and destination, each row until it is done.

A row is leased, never owned: a lease that ran out is another's. `first_sent_at` is set before the first
sending, so that a row whose sender died says that its fate is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from storage.inbox import InboxKey, ReceivedEvent, event_args
from storage.postgres import Pool, Record, made
from storage.queries import load

SQL = load("sql/outbox.sql")
OutboxStatus = Literal["pending", "done", "failed", "void", "expired"]


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One effect on its way. `body` is the effect as JSON. `first_sent_at` is set where a sending was begun
    before this lease.
    """

    id: UUID
    seq: int
    call_id: UUID
    destination: str
    key: str
    body: dict[str, Any]
    not_after: datetime | None
    attempts: int
    first_sent_at: datetime | None
    created_at: datetime

    @classmethod
    def read(cls, record: Record) -> "OutboxRow":
        return made(cls, record)


@dataclass(frozen=True, slots=True)
class Sending:
    """Leave to send a row. `attempts` counts this one; `error` is what the last one met; `first_sent_at` of
    the first.

    `control_id`, `other_control_id`: of the legs that a command names, None where it names none or the leg
    has none yet.
    """

    first_sent_at: datetime
    attempts: int
    error: str | None
    control_id: str | None
    other_control_id: str | None


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A row with what became of it, for showing and for replay."""

    row: OutboxRow
    status: OutboxStatus
    error: str | None
    result: dict[str, Any] | None


class Outbox:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due(self, kinds: Sequence[str], limit: int) -> list[tuple[UUID, str]]:
        """(call, destination) of the heads of these kinds ("telnyx", "mongo", …) that nobody is sending and whose
        time for another try has come.
        """
        rows = await self._pool.fetch(SQL["due"], list(kinds), limit)
        return [(row["call_id"], row["destination"]) for row in rows]

    async def lease_head(
        self, call_id: UUID, destination: str, owner: str, lease_s: float
    ) -> OutboxRow | None:
        """Leases the oldest pending row, or None where there is none, another holds it, or it waits for its
        next try.

        The same owner may lease again what it holds.
        """
        row = await self._pool.fetchrow(SQL["lease_head"], call_id, destination, owner, lease_s)
        return None if row is None else OutboxRow.read(row)

    async def mark_sending(
        self, id: UUID, now: datetime, owner: str, lease_s: float = 10.0
    ) -> Sending | None:
        """Must be called before each sending; renews the lease. None: voided, or the lease was lost: it must
        not be sent.
        """
        row = await self._pool.fetchrow(SQL["mark_sending"], id, now, owner, lease_s)
        return None if row is None else made(Sending, row)

    async def done(
        self, id: UUID, result: dict[str, Any] | None = None, event: ReceivedEvent | None = None
    ) -> InboxKey | None:
        """It took effect. The event, where given, is received in the same statement; its key where it is new."""
        return await self._finish(id, "done", None, result, event)

    async def fail(self, id: UUID, error: str, event: ReceivedEvent | None = None) -> InboxKey | None:
        """It will not happen, or never again be tried."""
        return await self._finish(id, "failed", error, None, event)

    async def expire(self, id: UUID, event: ReceivedEvent | None = None) -> InboxKey | None:
        """Its time had passed before it was sent."""
        return await self._finish(id, "expired", None, None, event)

    async def _finish(
        self,
        id: UUID,
        status: OutboxStatus,
        error: str | None,
        result: dict[str, Any] | None,
        event: ReceivedEvent | None,
    ) -> InboxKey | None:
        if event is None:
            await self._pool.execute(SQL["finish"], id, status, error, result)
            return None
        seq = await self._pool.fetchval(
            SQL["finish_with_event"], id, status, error, result, *event_args(event)
        )
        return None if seq is None else InboxKey(seq, event.call_id)

    async def retry(self, id: UUID, error: str, wait_s: float, *, unsent: bool = False) -> None:
        """Lets go of the row; its destination waits `wait_s` seconds of wall time.

        `unsent`: no attempt so far can have taken effect, so that the row counts as never sent.
        """
        await self._pool.execute(SQL["retry"], id, error, wait_s, unsent)

    async def release(self, owner: str) -> int:
        """Lets go of all rows that `owner` has leased and not begun to send, when it shuts down."""
        return await self._pool.execute(SQL["release"], owner)

    async def of_call(self, call_id: UUID) -> list[OutboxEntry]:
        """All rows of a call by age."""
        rows = await self._pool.fetch(SQL["of_call"], call_id)
        return [OutboxEntry(OutboxRow.read(row), row["status"], row["error"], row["result"]) for row in rows]

    async def backlog(self) -> dict[str, tuple[int, float]]:
        """Pending rows by kind of destination ("telnyx", "mongo", "phrase"): their number, and the oldest
        one's age in seconds of wall time.
        """
        return {row["kind"]: (row["n"], row["age"]) for row in await self._pool.fetch(SQL["backlog"])}
