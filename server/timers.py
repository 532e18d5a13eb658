"""Lets durable timers go off: wakes at the times that this process's decisions set, and looks for others'."""

import asyncio
import heapq
import logging
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from server.clock import Clock
from storage.away import StoreAway
from storage.timers import Timers

log = logging.getLogger(__name__)

POLL_S = 0.25  # wall seconds
LIMIT = 200


class Alarm:
    """`decide` is told of every call whose timer went off."""

    def __init__(self, timers: Timers, clock: Clock, decide: Callable[[UUID], None]) -> None:
        self._timers = timers
        self._clock = clock
        self._decide = decide
        self._dues: list[datetime] = []
        self._sooner = asyncio.Event()
        self._closed = False

    def note(self, due: datetime) -> None:
        """A timer was set for then."""
        if not self._dues or due < self._dues[0]:
            self._sooner.set()
        heapq.heappush(self._dues, due)

    async def run(self) -> None:
        while not self._closed:
            await self._pause()
            try:
                await self._fire()
            except StoreAway as away:
                log.warning("timers wait: %s", away)
                await asyncio.sleep(POLL_S)
            except Exception:
                log.exception("firing timers failed; it will be tried again")
                await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        self._closed = True
        self._sooner.set()

    async def _fire(self) -> None:
        now = self._clock.now()
        while self._dues and self._dues[0] <= now:
            heapq.heappop(self._dues)
        while not self._closed:
            calls = await self._timers.fire(now, LIMIT)
            for call_id in calls:
                self._decide(call_id)
            if len(calls) < LIMIT:
                return

    async def _pause(self) -> None:
        """Until the earliest due time that is known here, or the next look."""
        look = time.monotonic() + POLL_S
        while not self._closed:
            wait = min(look - time.monotonic(), self._until_due())
            if wait <= 0:
                return
            try:
                await asyncio.wait_for(self._sooner.wait(), wait)
            except TimeoutError:
                return
            self._sooner.clear()

    def _until_due(self) -> float:
        return self._clock.wall_until(self._dues[0]) if self._dues else POLL_S
