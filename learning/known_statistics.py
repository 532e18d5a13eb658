"""The strategy statistics that live calls choose by: in this process, else in Redis, else in Postgres.

A live call must never wait for them longer than for one query, and never at all once they were read: what is old is
used while it is read anew beside the call, and what cannot be read anew stays in use.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from call_flow.playbook.book import MOMENTS
from learning.statistics import Design, Statistics, StatisticsRow, family_of, statistics_of
from storage.away import StoreAway
from storage.cache import Cache
from storage.facts import Facts

log = logging.getLogger(__name__)

CACHE_KEY = "statistics"  # one entry for each family: `statistics:<family>`
CACHE_TTL_S = 600
TOPIC = "learned"
FAMILIES = (*MOMENTS, "objection")
FRESH_S = 5.0  # wall seconds after which a copy is read again, should a notice have been lost
PAUSE_S = 1.0  # between two readings of one family, however much is learned


@dataclass
class _Copy:
    statistics: Statistics
    read_at: float
    stale: bool = False


class KnownStatistics:
    """See `learning.policy.StatisticsSource`. `watch` keeps it fresh; without it copies age by `fresh_s`."""

    def __init__(
        self, facts: Facts, cache: Cache, *, fresh_s: float = FRESH_S, pause_s: float = PAUSE_S
    ) -> None:
        self._facts = facts
        self._cache = cache
        self._fresh_s = fresh_s
        self._pause_s = pause_s
        self._newest = 0  # the newest version that was heard of
        self._copies: dict[str, _Copy] = {}
        self._designs: dict[str, Design] = {}
        self._reading: dict[str, asyncio.Task[Statistics | None]] = {}

    async def of(self, family: str) -> Statistics | None:
        """The family's statistics; None where no store has ever answered."""
        copy = self._copies.get(family)
        if copy is None:
            return await asyncio.shield(self._read(family))
        age = time.monotonic() - copy.read_at
        if age > self._fresh_s or (copy.stale and age > self._pause_s):
            self._read(family)
        return copy.statistics

    async def warm(self) -> None:
        """Reads every family before the first call asks; one after the other, so that one query serves all."""
        for family in FAMILIES:
            await self.of(family)

    def forget(self, version: int) -> None:
        """Statistics of `version` are there: older copies are read again when they are next asked for."""
        self._newest = max(self._newest, version)
        for copy in self._copies.values():
            copy.stale = copy.stale or copy.statistics.version < version

    async def watch(self) -> None:
        """Follows what workers publish, until cancelled."""
        async for notice in self._cache.subscribe(TOPIC):
            self.forget(int(notice["version"]))

    async def settled(self) -> None:
        """Waits for what is being read now."""
        await asyncio.gather(*self._reading.values())

    async def close(self) -> None:
        for task in list(self._reading.values()):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _read(self, family: str) -> asyncio.Task[Statistics | None]:
        if family not in self._reading:
            task = asyncio.create_task(self._read_now(family), name=f"statistics of {family}")
            self._reading[family] = task
            task.add_done_callback(lambda _: self._reading.pop(family, None))
        return self._reading[family]

    async def _read_now(self, family: str) -> Statistics | None:
        """The newest that a store has; the old copy where none answers."""
        began = time.monotonic()
        try:
            stored = await self._cache.get_json(f"{CACHE_KEY}:{family}")
            if stored is None or stored["version"] < self._newest:
                stored = await self._from_postgres(family)
        except StoreAway as away:
            log.warning("statistics of %s: %s", family, away)
            known = self._copies.get(family)
            if known is not None:
                known.read_at, known.stale = began, False
            return known.statistics if known else None
        rows = [StatisticsRow(*row) for row in stored["rows"]]
        design = self._designs.setdefault(family, Design())
        statistics = await asyncio.to_thread(statistics_of, rows, stored["version"], design)
        self._copies[family] = _Copy(statistics, began)
        return statistics

    async def _from_postgres(self, family: str) -> dict[str, Any]:
        """Read once for all families, and left in the cache for other processes."""
        version = await self._facts.posterior_version()
        families: dict[str, list[Sequence[Any]]] = {name: [] for name in (*FAMILIES, family)}
        for stat in await self._facts.stats():
            row = (stat.moment, stat.segment, stat.strategy, stat.n, stat.reward)
            families.setdefault(family_of(stat.moment), []).append(row)
        stored = {name: {"version": version, "rows": rows} for name, rows in families.items()}
        keeping = (
            self._cache.set_json(f"{CACHE_KEY}:{k}", value, CACHE_TTL_S) for k, value in stored.items()
        )
        await asyncio.gather(*keeping)
        return stored[family]
