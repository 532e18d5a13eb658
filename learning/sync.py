"""Works off what the ledger says is behind: a store that was away catches up by itself once it is back.

It must never race the job that is about to learn a call: what nobody has tried yet is left to the queue for a while.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from learning.fault import fault
from learning.learner import Learner, NotLearnable
from learning.loading import Loader
from learning.model_change import ModelChange
from storage.away import StoreAway
from storage.ledger import LONGEST_RETRY_S, STORES, Ledger, LedgerRow, Store, SyncRun

log = logging.getLogger(__name__)

CALL = "call:"
ENTRY = "entry:"
BATCH = 200  # rows of one store in one pass
QUEUE_HAS_S = 20.0  # wall seconds in which a call that nobody tried yet is the job queue's
MOST_REMEMBERED = 50_000


@dataclass
class SyncReport:
    """One pass: (subject, store) pairs brought in and not, and the last error by store."""

    done: int = 0
    failed: int = 0
    by_store: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StoreState:
    """One store in the ledger. `oldest` is since when the first of what is behind waits (business time)."""

    store: Store
    synced: int
    pending: int
    failed: int
    oldest: datetime | None
    error: str | None


@dataclass(frozen=True)
class SyncState:
    stores: tuple[StoreState, ...]
    runs: tuple[SyncRun, ...]

    @property
    def behind(self) -> int:
        return sum(store.pending + store.failed for store in self.stores)

    def as_json(self) -> dict[str, Any]:
        return {
            "stores": [asdict(store) for store in self.stores],
            "runs": [asdict(run) for run in self.runs],
        }


class Sync:
    """`now` gives business time."""

    def __init__(
        self,
        ledger: Ledger,
        learner: Learner,
        loader: Loader,
        model_change: ModelChange,
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._learner = learner
        self._loader = loader
        self._model_change = model_change
        self._now = now
        self._untried: dict[tuple[str, int], float] = {}  # since when (wall) a row was seen that nobody tried

    async def state(self) -> SyncState:
        """The ledger, by store, and the latest runs."""
        counts = await self._ledger.counts()
        stores = []
        for store in STORES:
            rows = await self._ledger.behind(store, 1) if _behind(counts[store]) else []
            first = rows[0] if rows else None
            stores.append(
                StoreState(
                    store,
                    **counts[store],
                    oldest=first.updated_at if first else None,
                    error=first.error if first else None,
                )
            )
        return SyncState(tuple(stores), tuple(await self._ledger.runs(10)))

    async def once(self, reason: str = "command", *, untried: bool = True) -> SyncReport:
        """One pass over everything that is due; recorded as a run where there was anything.

        `untried`: also what nobody has tried yet. Raises StoreAway for Postgres, and while the model changes for the
        vectors.
        """
        due = await self._due(untried)
        report = SyncReport()
        if due:
            await self._recorded(reason, due, report)
        await self._model_change.end()
        return report

    async def _recorded(self, reason: str, due: dict[str, list[LedgerRow]], report: SyncReport) -> None:
        run = await self._ledger.start_run(reason, self._now())
        try:
            await self._work_off(due, report)
        finally:
            with contextlib.suppress(StoreAway):
                detail = {"by_store": dict(report.by_store), "errors": report.errors}
                await self._ledger.end_run(run, self._now(), report.done, report.failed, detail)

    async def until_done(self, reason: str = "command") -> SyncReport:
        """Passes until one brings nothing further in; their sum."""
        total = SyncReport()
        while (report := await self.once(reason)).done:
            total.done += report.done
            total.by_store += report.by_store
            total.failed, total.errors = report.failed, report.errors
        total.failed, total.errors = report.failed or total.failed, report.errors or total.errors
        return total

    async def watch(self, stop: asyncio.Event, every_s: float = 1.0) -> None:
        """A pass every `every_s` wall seconds until `stop` is set, through absences of Postgres."""
        while not stop.is_set():
            try:
                await self.once("watch", untried=False)
            except StoreAway as away:
                log.warning("sync: %s", away)
            except Exception as error:
                log.error("sync: %s", fault(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every_s)

    async def rebuild(self, store: Store) -> SyncReport:
        """Everything that this store should hold, brought in again from Postgres and Mongo."""
        await self._ledger.reset(store, self._now())
        return await self.until_done(f"rebuild {store}")

    async def _due(self, untried: bool) -> dict[str, list[LedgerRow]]:
        """Rows to try now, by subject."""
        due: defaultdict[str, list[LedgerRow]] = defaultdict(list)
        for store in STORES:
            for row in await self._ledger.behind(store, BATCH):
                if untried or row.attempts > 0 or self._waited(row):
                    due[row.subject].append(row)
        return due

    def _waited(self, row: LedgerRow) -> bool:
        """Whether a row that nobody tried has been seen for long enough to be taken from the queue."""
        if len(self._untried) > MOST_REMEMBERED:
            self._untried.clear()
        since = self._untried.setdefault((row.subject, row.revision), time.monotonic())
        return time.monotonic() - since > QUEUE_HAS_S

    async def _work_off(self, due: dict[str, list[LedgerRow]], report: SyncReport) -> None:
        entries = {subject: rows for subject, rows in due.items() if subject.startswith(ENTRY)}
        if entries:
            await self._entries(entries, report)
        away: set[Store] = set()
        for subject, rows in due.items():
            reachable = [row for row in rows if row.store not in away]
            if subject.startswith(CALL) and reachable:
                away |= await self._call(subject, reachable, report)

    async def _call(self, subject: str, rows: Sequence[LedgerRow], report: SyncReport) -> set[Store]:
        """Stores that are away: nothing else is tried on them in this pass."""
        stores = [row.store for row in rows]
        try:
            learned = await self._learner.learn(
                UUID(subject.removeprefix(CALL)), max(row.revision for row in rows), stores
            )
        except StoreAway:
            raise
        except NotLearnable as reason:
            await self._refused(rows, str(reason), LONGEST_RETRY_S, report)
            return set()
        except Exception as error:
            log.error("learning %s: %s", subject, fault(error))
            await self._refused(rows, fault(error), None, report)
            return set()
        for store in stores:
            _note(report, store, learned.errors.get(store))
        return learned.away

    async def _refused(
        self, rows: Sequence[LedgerRow], error: str, retry_s: float | None, report: SyncReport
    ) -> None:
        """A call that cannot be read must not be the first again in every pass, and hold up all others."""
        for row in rows:
            await self._ledger.set(
                {row.subject: row.revision}, row.store, "failed", self._now(), error, retry_s
            )
            _note(report, row.store, error)

    async def _entries(self, due: dict[str, list[LedgerRow]], report: SyncReport) -> None:
        rows = [row for rows in due.values() for row in rows]
        for (_, store), error in (await self._loader.load(rows)).items():
            _note(report, store, error)


def _note(report: SyncReport, store: Store, error: str | None) -> None:
    if error is None:
        report.done += 1
        report.by_store[store] += 1
    else:
        report.failed += 1
        report.errors[store] = error


def _behind(counts: dict[str, int]) -> bool:
    return counts["pending"] + counts["failed"] > 0
