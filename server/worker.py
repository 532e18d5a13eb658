"""Learns from ended calls as their jobs come, in a server or a process of its own."""

import asyncio
import logging
from dataclasses import dataclass

from learning.fault import fault
from learning.learner import Learner, NotLearnable
from storage.away import StoreAway
from storage.jobs import Jobs, LearnJob

log = logging.getLogger(__name__)

CONCURRENCY = 2


@dataclass(frozen=True)
class Worker:
    jobs: Jobs
    learner: Learner

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; jobs under way are finished or handed back."""
        await self.jobs.run(self.learn, stop, concurrency=CONCURRENCY)

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
