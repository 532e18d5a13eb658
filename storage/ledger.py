"""The sync ledger: for every call and playbook entry and each store, which revision is there. It only moves
forward.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from storage.postgres import Pool, Record
from storage.queries import load

SQL = load("sql/ledger.sql")
Store = Literal["postgres", "mongo", "graph", "vectors", "cache"]
STORES: tuple[Store, ...] = ("postgres", "mongo", "graph", "vectors", "cache")
LedgerStatus = Literal["pending", "synced", "failed"]


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

    @classmethod
    def read(cls, record: Record) -> "LedgerRow":
        return cls(**{name: record[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class LearnedCall:
    """Times are business time; `learned_at` is when the last store had it."""

    id: UUID
    ended_at: datetime
    revision: int
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

    async def pending(
        self, subjects: Iterable[str], revision: int, now: datetime, stores: Collection[Store] = STORES
    ) -> None:
        """Says that the stores are to hold this revision; one that holds it or a later one is left alone."""
        await self._pool.execute(SQL["pending"], list(subjects), list(stores), revision, now)

    async def set(
        self,
        subject: str,
        store: Store,
        revision: int,
        status: LedgerStatus,
        now: datetime,
        error: str | None = None,
        retry_s: float = 0.0,
    ) -> bool:
        """Records what became of a revision. False: the ledger is further already. `retry_s`: wall seconds
        before `behind` names it again.
        """
        args = (subject, store, revision, status, now, error, retry_s)
        return await self._pool.execute(SQL["set"], *args) > 0

    async def set_many(
        self, subjects: Iterable[str], store: Store, revision: int, status: LedgerStatus, now: datetime
    ) -> int:
        """`set` for many subjects of one store; how many moved."""
        return await self._pool.execute(SQL["set_many"], list(subjects), store, revision, status, now)

    async def reset(self, store: Store, now: datetime, prefix: str = "") -> int:
        """Makes everything of a store that begins with `prefix` pending again, to rebuild it."""
        return await self._pool.execute(SQL["reset"], store, prefix, now)

    async def get(self, subject: str) -> dict[str, LedgerRow]:
        """By store."""
        rows = await self._pool.fetch(SQL["get"], subject)
        return {row["store"]: LedgerRow.read(row) for row in rows}

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
        return [
            LearnedCall(row["id"], row["ended_at"], row["learn_revision"], row["learned_at"]) for row in rows
        ]

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
        return [SyncRun(**{name: row[name] for name in SyncRun.__slots__}) for row in rows]
