"""The learning queue: in our transaction, at least once, and no job that kills its workers for ever."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from call_flow.effects import Learn
from storage.jobs import Jobs, LearnJob, enqueue_learn
from storage.postgres import Pool
from tests.storage.events import decide_next, new_call

HANGING_WORKER = """
import asyncio, sys
from storage.jobs import Jobs
from storage.postgres import connect

async def hang(job):
    print(job.call_id, job.attempt, flush=True)
    await asyncio.Event().wait()

async def main(url):
    await Jobs(await connect(url), url).run(hang, asyncio.Event(), heartbeat_s=1)

asyncio.run(main(sys.argv[1]))
"""


@contextlib.asynccontextmanager
async def worker(jobs: Jobs, handler: object, **options: float) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(jobs.run(handler, stop, heartbeat_s=1, poll_s=0.2, **options))  # type: ignore[arg-type]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)


class Learner:
    """Notes its jobs; each one fails `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.jobs: asyncio.Queue[LearnJob] = asyncio.Queue()
        self.failures = failures

    async def __call__(self, job: LearnJob) -> None:
        self.jobs.put_nowait(job)
        if job.attempt <= self.failures:
            raise ValueError("cannot be learned")

    async def next(self) -> LearnJob:
        return await asyncio.wait_for(self.jobs.get(), 10)


@pytest.fixture
async def jobs(pool: Pool, postgres_url: str) -> Jobs:
    await pool.execute("DELETE FROM pgqueuer")
    return Jobs(pool, postgres_url, max_attempts=3, retry_s=0.05)


async def until(jobs: Jobs, **counts: int) -> None:
    """The buffer in which finished jobs wait is flushed after a while."""
    async with asyncio.timeout(10):
        while True:
            now = await jobs.counts()
            if {name: getattr(now, name) for name in counts} == counts:
                return
            await asyncio.sleep(0.02)


async def test_a_decision_that_learns_makes_a_job(pool: Pool, jobs: Jobs) -> None:
    call_id, learner = await new_call(pool), Learner()
    await decide_next(pool, call_id, [Learn(revision=1)])
    async with worker(jobs, learner):
        assert await learner.next() == LearnJob(call_id, 1, 1)
        await until(jobs, queued=0, running=0)


async def test_no_commit_no_job(pool: Pool, jobs: Jobs) -> None:
    with contextlib.suppress(RuntimeError):
        async with pool.transaction() as connection:
            assert await enqueue_learn(connection, uuid4(), 1)
            raise RuntimeError
    assert (await jobs.counts()).queued == 0


async def test_one_job_a_revision_while_it_waits(jobs: Jobs) -> None:
    call_id = uuid4()
    assert await jobs.enqueue_learn(call_id, 1)
    assert not await jobs.enqueue_learn(call_id, 1)
    assert await jobs.enqueue_learn(call_id, 2)
    assert (await jobs.counts()).queued == 2


async def test_a_failure_is_tried_again(jobs: Jobs) -> None:
    learner = Learner(failures=2)
    await jobs.enqueue_learn(uuid4(), 1)
    async with worker(jobs, learner):
        assert [(await learner.next()).attempt for _ in range(3)] == [1, 2, 3]
        await until(jobs, queued=0, running=0)


async def test_poison_is_given_up_and_leaves_nothing(pool: Pool, jobs: Jobs) -> None:
    learner, call_id = Learner(failures=3), uuid4()
    await jobs.enqueue_learn(call_id, 1)
    async with worker(jobs, learner):
        assert [(await learner.next()).attempt for _ in range(3)] == [1, 2, 3]
        await until(jobs, queued=0, running=0)
        assert await pool.fetchval("SELECT count(*) FROM job_attempts") == 0
        assert await jobs.enqueue_learn(call_id, 1)
        assert (await learner.next()).attempt == 1


async def test_a_killed_worker_s_job_is_taken_up_and_its_attempt_counted(
    jobs: Jobs, postgres_url: str
) -> None:
    call_id, learner = uuid4(), Learner()
    await jobs.enqueue_learn(call_id, 1)
    arguments = ("-c", HANGING_WORKER, postgres_url)
    victim = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    assert victim.stdout is not None
    assert (await asyncio.wait_for(victim.stdout.readline(), 20)).decode().split() == [str(call_id), "1"]
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    async with worker(jobs, learner):
        assert await learner.next() == LearnJob(call_id, 1, 2)
        await until(jobs, queued=0, running=0)


async def test_a_job_that_kills_every_worker_is_given_up(pool: Pool, jobs: Jobs) -> None:
    learner, call_id = Learner(), uuid4()
    await jobs.enqueue_learn(call_id, 1)
    await pool.execute("INSERT INTO job_attempts (key, attempts) VALUES ($1, 3)", f"learn:{call_id}:1")
    async with worker(jobs, learner):
        await until(jobs, queued=0, running=0)
    assert learner.jobs.empty()


async def test_a_worker_that_is_cancelled_hands_its_job_back(jobs: Jobs) -> None:
    begun, call_id = asyncio.Event(), uuid4()

    async def hang(job: LearnJob) -> None:
        begun.set()
        await asyncio.Event().wait()

    await jobs.enqueue_learn(call_id, 1)
    running = asyncio.create_task(jobs.run(hang, asyncio.Event(), heartbeat_s=1))
    await asyncio.wait_for(begun.wait(), 10)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
    learner = Learner()
    async with worker(jobs, learner):
        assert (await learner.next()).call_id == call_id


async def test_two_workers_share_the_work(jobs: Jobs) -> None:
    one, two = Learner(), Learner()
    calls: set[UUID] = {uuid4() for _ in range(30)}
    for call_id in calls:
        await jobs.enqueue_learn(call_id, 1)
    async with worker(jobs, one), worker(jobs, two):
        await until(jobs, queued=0, running=0)
    done = [queue.get_nowait().call_id for queue in (one.jobs, two.jobs) for _ in range(queue.qsize())]
    assert len(done) == 30
    assert set(done) == calls
