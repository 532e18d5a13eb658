"""The job queue of learning, over pgqueuer: at least once, redelivered when a worker dies, given up when it never
succeeds. The ledger names the call still, and the sync goes on trying.

pgqueuer does not count an attempt that ended in a crash, so the attempts are counted here, before each one. A
worker that is told to stop must hand its job back: a job cancelled in pgqueuer's terms is a job deleted.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import orjson
from pgqueuer import Job, PgQueuer, RetryRequested
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.errors import FailingListenerError

from storage.away import StoreAway
from storage.postgres import Connection, Pool, is_away
from storage.queries import load

SQL = load("sql/jobs.sql")
ENTRYPOINT = "learn"
MAX_ATTEMPTS = 5
GRACE_S = 5.0  # wall seconds that a running job gets when its worker stops
_ENQUEUE = QueryQueueBuilder().build_enqueue_query("skip")


@dataclass(frozen=True, slots=True)
class LearnJob:
    """A call to be learned at `revision`. `attempt` counts from 1, crashes included."""

    call_id: UUID
    revision: int
    attempt: int


@dataclass(frozen=True, slots=True)
class JobCounts:
    queued: int
    running: int


Handler = Callable[[LearnJob], Awaitable[None]]


async def enqueue_learn(connection: Connection, call_id: UUID, revision: int) -> bool:
    """Enqueues in the caller's transaction, once for the call and revision. False: it was waiting already."""
    payload = orjson.dumps({"call_id": str(call_id), "revision": revision})
    key = _key(call_id, revision)
    rows = await connection.fetch(_ENQUEUE, [0], [ENTRYPOINT], [payload], [timedelta()], [key], [None])
    return bool(rows)


def _key(call_id: UUID, revision: int) -> str:
    return f"{ENTRYPOINT}:{call_id}:{revision}"


class Jobs:
    """`url` is that of the pool's database: a worker keeps connections of its own, one of which listens.

    A job is tried `max_attempts` times, pausing `retry_s` seconds, then twice as long each time.
    """

    def __init__(
        self, pool: Pool, url: str, *, max_attempts: int = MAX_ATTEMPTS, retry_s: float = 1.0
    ) -> None:
        self._pool = pool
        self._url = url
        self._max_attempts = max_attempts
        self._retry_s = retry_s
        self._handling: set[asyncio.Future[None]] = set()

    async def enqueue_learn(self, call_id: UUID, revision: int) -> bool:
        """Enqueues in a transaction of its own: for a call that is to be learned again."""
        async with self._pool.transaction() as connection:
            return await enqueue_learn(connection, call_id, revision)

    async def counts(self) -> JobCounts:
        row = await self._pool.fetchrow(SQL["counts"])
        return JobCounts(row["queued"], row["running"]) if row else JobCounts(0, 0)

    async def run(
        self,
        handler: Handler,
        stop: asyncio.Event,
        *,
        concurrency: int = 2,
        heartbeat_s: float = 10.0,
        poll_s: float = 5.0,
    ) -> None:
        """Runs jobs until `stop` is set, through restarts of the server.

        A job whose worker died is taken up by another after `heartbeat_s`. `handler` must be idempotent; what
        it raises is tried again with growing pauses, and given up after the last attempt.
        """
        while not stop.is_set():
            try:
                await self._serve(handler, stop, concurrency, heartbeat_s, poll_s)
            except Exception as error:
                if not _gone(error):
                    raise
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 0.5)

    async def _serve(
        self, handler: Handler, stop: asyncio.Event, concurrency: int, heartbeat_s: float, poll_s: float
    ) -> None:
        async with asyncpg.create_pool(
            self._url, min_size=2, max_size=4, timeout=10, command_timeout=30,
            server_settings={"application_name": "voicelearn jobs"},
        ) as connections:  # fmt: skip
            queuer = PgQueuer.from_asyncpg_pool(connections)

            @queuer.entrypoint(ENTRYPOINT, on_failure="delete", accepts_context=False)
            async def learn(job: Job) -> None:
                await self._attempt(handler, job)

            queue = queuer.qm.run(
                dequeue_timeout=timedelta(seconds=poll_s),
                batch_size=1,
                max_concurrent_tasks=max(2, concurrency),
                heartbeat_timeout=timedelta(seconds=heartbeat_s),
                log_aggregation_interval=timedelta(0),
                shutdown_on_listener_failure=True,
            )
            await self._until(stop, asyncio.create_task(queue), queuer.shutdown)

    async def _until(self, stop: asyncio.Event, queue: asyncio.Task[None], shutdown: asyncio.Event) -> None:
        """Waits for the queue's end. When told to stop, or cancelled, jobs that do not end by themselves are
        handed back.
        """
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((queue, stopped), return_when=asyncio.FIRST_COMPLETED)
            shutdown.set()
            await asyncio.wait((queue,), timeout=GRACE_S)
        finally:
            stopped.cancel()
            shutdown.set()
            for handling in self._handling:
                handling.cancel()
            await asyncio.wait((queue,))
        queue.result()

    async def _attempt(self, handler: Handler, job: Job) -> None:
        wanted = orjson.loads(job.payload or b"{}")
        call_id, revision = UUID(wanted["call_id"]), int(wanted["revision"])
        key = _key(call_id, revision)
        attempt = await self._count(key)
        if attempt > self._max_attempts:
            await self._pool.execute(SQL["forget_attempts"], key)
            raise RuntimeError(
                f"learning call {call_id} revision {revision} ended {attempt - 1} times without an end"
            )
        handling = asyncio.ensure_future(handler(LearnJob(call_id, revision, attempt)))
        self._handling.add(handling)
        handling.add_done_callback(self._handling.discard)
        try:
            await handling
        except (asyncio.CancelledError, StoreAway) as error:
            raise RetryRequested(delay=timedelta(seconds=0.5), reason=type(error).__name__) from error
        except Exception as error:
            if attempt >= self._max_attempts:
                await self._pool.execute(SQL["forget_attempts"], key)
                raise
            delay = timedelta(seconds=min(60.0, self._retry_s * 2 ** (attempt - 1)))
            raise RetryRequested(delay=delay, reason=type(error).__name__) from error
        await self._pool.execute(SQL["forget_attempts"], key)

    async def _count(self, key: str) -> int:
        try:
            return int(await self._pool.fetchval(SQL["count_attempt"], key))
        except StoreAway as error:
            raise RetryRequested(delay=timedelta(seconds=0.5), reason="StoreAway") from error


def _gone(error: BaseException) -> bool:
    """Whether the queue has ended because the server, or the connection that listens, is gone.

    pgqueuer then tidies up connections that are lost already, which fails in asyncpg's own words.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(_gone(one) for one in error.exceptions)
    return isinstance(error, (StoreAway, FailingListenerError, asyncpg.InterfaceError)) or is_away(error)
