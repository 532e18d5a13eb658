"""Learns from ended calls: jobs as they come, and what is behind in any store; in a server or a process of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from learning.fault import fault
from learning.learner import Learner, NotLearnable
from learning.sync import Sync
from storage.away import StoreAway
from storage.jobs import Jobs, LearnJob

log = logging.getLogger(__name__)

CONCURRENCY = 2
SCHEMA_RETRY_S = 2.0  # wall seconds

Step = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Worker:
    jobs: Jobs
    learner: Learner
    sync: Sync

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; jobs under way are finished or handed back."""
        await asyncio.gather(self.jobs.run(self.learn, stop, concurrency=CONCURRENCY), self.sync.watch(stop))

    async def learn(self, job: LearnJob) -> None:
        """Raises for what is to be tried again, in words that the queue may log."""
        try:
            learned = await self.learner.learn(job.call_id, job.revision)
        except NotLearnable as reason:
            log.warning("not learned: %s", reason)
            return
        except StoreAway:
            raise
        except Exception as error:
            raise RuntimeError(f"call {job.call_id} is not learned: {fault(error)}") from None
        log.info(
            "learned call %s revision %s, attempt %s: %s",
            job.call_id,
            learned.revision,
            job.attempt,
            "every store" if learned.synced else ", ".join(learned.errors) + " behind",
        )


async def ensure_schemas(steps: Mapping[str, Step], stop: asyncio.Event) -> None:
    """Brings each store's schema up to date as soon as the store is there."""
    waiting = dict(steps)
    while waiting and not stop.is_set():
        for store, step in list(waiting.items()):
            try:
                await step()
                del waiting[store]
            except StoreAway as away:
                log.warning("schema of %s waits: %s", store, away)
        if waiting:
            await _pause(stop, SCHEMA_RETRY_S)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
