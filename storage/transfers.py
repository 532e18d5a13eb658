"""Hand-overs to a closer, and what the closer said of them afterwards: rating and result, the learner's
delayed rewards.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from call_flow.events import EVENT_FORM, ConsoleAction
from call_flow.record import TransferResult
from storage.postgres import Pool, Record, made
from storage.queries import load

SQL = load("sql/transfers.sql")


@dataclass(frozen=True, slots=True)
class Transfer:
    """One attempt. Times are None for what did not happen; `duration_s` from bridge to end; `outcome` and `reason` as
    in `TransferRecord`.
    """

    id: UUID
    call_id: UUID
    claim: str
    closer_id: str | None
    closer_name: str | None
    initiated_at: datetime | None
    dialed_at: datetime | None
    answered_at: datetime | None
    accepted_at: datetime | None
    joining_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    reason: str
    accepted: bool
    duration_s: float | None
    engagement: float | None
    phase: str | None
    key_indicators: list[str]
    rating: int | None
    result: TransferResult | None
    notes: str | None
    rated_at: datetime | None

    @classmethod
    def read(cls, record: Record) -> "Transfer":
        return made(cls, record)


class Transfers:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, id: UUID) -> Transfer | None:
        row = await self._pool.fetchrow(SQL["get"], id)
        return None if row is None else Transfer.read(row)

    async def of_call(self, call_id: UUID) -> list[Transfer]:
        return [Transfer.read(row) for row in await self._pool.fetch(SQL["of_call"], call_id)]

    async def recent(self, limit: int = 50) -> list[Transfer]:
        """Newest first."""
        return [Transfer.read(row) for row in await self._pool.fetch(SQL["recent"], limit)]

    async def rate(
        self, id: UUID, rating: int, notes: str | None, now: datetime, by: str = "api"
    ) -> Transfer | None:
        """The closer's rating, 1 to 10, also kept with the lead; a later one replaces it. ValueError outside
        that; None: no such transfer. Its call receives an event that tells it, in the same statement.
        """
        if not 1 <= rating <= 10:
            raise ValueError(f"a rating is 1 to 10, not {rating}")
        told = ConsoleAction(action="rate", by=by, rating=rating)
        row = await self._pool.fetchrow(SQL["rate"], id, rating, notes, now, *_event(told))
        return None if row is None else Transfer.read(row)

    async def record_result(
        self, id: UUID, result: TransferResult, notes: str | None, now: datetime, by: str = "api"
    ) -> Transfer | None:
        """What came of it; a later one replaces it. None: no such transfer. Its call receives an event that tells
        it, in the same statement.
        """
        told = ConsoleAction(action="rate", by=by, result=result)
        row = await self._pool.fetchrow(SQL["record_result"], id, result, notes, now, *_event(told))
        return None if row is None else Transfer.read(row)


def _event(told: ConsoleAction) -> tuple[object, ...]:
    """Id, kind, form and body of the inbox row; the statement knows whose transfer it is."""
    return f"rate:{uuid4()}", told.kind, EVENT_FORM, told.model_dump(mode="json")
