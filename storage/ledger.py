"""The sync ledger: for every call and playbook entry and each store, which revision is there. It only moves
forward.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from storage.postgres import Pool, Record, made
from storage.queries import load

SQL = load("sql/ledger.sql")
Store = Literal["postgres", "mongo", "graph", "vectors", "cache"]
STORES: tuple[Store, ...] = ("postgres", "mongo", "graph", "vectors", "cache")
LedgerStatus = Literal["pending", "synced", "failed"]
# Wall seconds before another try. Those of a failure are doubled with each one, up to the longest.
RETRY_S: dict[LedgerStatus, float] = {"pending": 2.0, "failed": 1.0, "synced": 0.0}
LONGEST_RETRY_S = 60.0
_LOCK_POLL_S = 0.05


def call_subject(call_id: UUID | str) -> str:
    return f"call:{call_id}"


def entry_subject(kind: str, id: str) -> str:
    """Of a playbook entry."""
    return f"entry:{kind}:{id}"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    subject: str
    store: Store
    revision: int
    status: LedgerStatus
    attempts: int
    updated_at: datetime
    error: str | None

    @property
    def behind(self) -> bool:
        return self.status != "synced"

    @classmethod
    def read(cls, record: Record) -> "LedgerRow":
        return made(cls, record)


@dataclass(frozen=True, slots=True)
class LearnedCall:
    """Times are business time; `learned_at` is when the last store had it for the first time."""

    id: UUID
    ended_at: datetime
    learned_at: datetime


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One run of a sync: `done` and `failed` count (subject, store) pairs; `ended_at` is None while it runs
    or where it died.
    """

    id: int
    started_at: datetime
    ended_at: datetime | None
    reason: str
    done: int
    failed: int
    detail: dict[str, Any]


class Ledger:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def alone(self, subject: str) -> AsyncIterator[None]:
        """Holds `subject` against every other process while the block lasts; one that dies lets go of it.

        A connection is in use meanwhile, but none while waiting.
        """
        while True:
            async with self._pool.transaction() as connection:
                if await connection.fetchval(SQL["try_lock"], subject):
                    yield
                    return
            await asyncio.sleep(_LOCK_POLL_S)

    async def pending(
        self, revisions: Mapping[str, int], now: datetime, stores: Collection[Store] = STORES
    ) -> None:
        """Says that the stores are to hold these revisions by subject; one that holds it or a later one is left
        alone.
        """
        args = (list(revisions), list(revisions.values()), list(stores), now)
        await self._pool.execute(SQL["pending"], *args)

    async def set(
        self,
        revisions: Mapping[str, int],
        store: Store,
        status: LedgerStatus,
        now: datetime,
        error: str | None = None,
        retry_s: float | None = None,
    ) -> int:
        """Records what became of these revisions by subject; how many moved, the ledger not being further already.

        `retry_s`: wall seconds before `behind` names them again, doubled with each failure.
        """
        args = (
            list(revisions),
            list(revisions.values()),
            store,
            status,
            now,
            error,
            retry_s,
            LONGEST_RETRY_S,
        )
        return await self._pool.execute(SQL["set"], *args)

    async def reset(self, store: Store, now: datetime, prefix: str = "") -> int:
        """Makes everything of a store that begins with `prefix` pending again, to rebuild it."""
        return await self._pool.execute(SQL["reset"], store, prefix, now)

    async def get(self, subject: str) -> dict[Store, LedgerRow]:
        """By store."""
        return {row.store: row for row in await self.rows([subject])}

    async def rows(self, subjects: Collection[str]) -> list[LedgerRow]:
        """Of these subjects in all stores."""
        return [LedgerRow.read(row) for row in await self._pool.fetch(SQL["rows"], list(subjects))]

    async def behind(self, store: Store, limit: int, prefix: str = "") -> list[LedgerRow]:
        """What the store still lacks and whose time for another try has come, oldest first."""
        return [LedgerRow.read(row) for row in await self._pool.fetch(SQL["behind"], store, limit, prefix)]

    async def counts(self, call_ids: Collection[UUID | str] | None = None) -> dict[str, dict[str, int]]:
        """{store: {"synced", "pending", "failed"}} over the given calls, or over everything."""
        subjects = None if call_ids is None else [call_subject(id) for id in call_ids]
        counts: dict[str, dict[str, int]] = {
            store: dict.fromkeys(("synced", "pending", "failed"), 0) for store in STORES
        }
        for row in await self._pool.fetch(SQL["counts"], subjects):
            counts[row["store"]][row["status"]] = row["n"]
        return counts

    async def learned(self, call_ids: Collection[UUID | str]) -> list[LearnedCall]:
        """Those of the calls that have ended and are in every store, in their latest revision."""
        rows = await self._pool.fetch(SQL["learned"], [str(id) for id in call_ids], list(STORES))
        return [LearnedCall(row["id"], row["ended_at"], row["learned_at"]) for row in rows]

    async def start_run(self, reason: str, now: datetime) -> int:
        """Records that a sync began; its id."""
        return int(await self._pool.fetchval(SQL["start_run"], reason, now))

    async def end_run(
        self, id: int, now: datetime, done: int, failed: int, detail: dict[str, Any] | None = None
    ) -> None:
        await self._pool.execute(SQL["end_run"], id, now, done, failed, detail or {})

    async def runs(self, limit: int = 20) -> list[SyncRun]:
        """Newest first."""
        rows = await self._pool.fetch(SQL["runs"], limit)
        return [made(SyncRun, row) for row in rows]
