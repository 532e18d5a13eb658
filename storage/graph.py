"""Who responded to what, as a graph over Bolt: one code path for Neo4j and for ArcadeDB.

It is derived: what is in it can be learned again from Postgres and Mongo. It must never hold anything that says
who a person is beyond the lead's id, and never count by itself: learning a call twice is learning it once.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import UUID

from neo4j import (
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncSession,
    NotificationMinimumSeverity,
)
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConnectionAcquisitionTimeoutError,
    ConstraintError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)
from neo4j.time import DateTime

from call_flow.playbook.entries import Entry
from call_flow.record import CallRecord
from storage import away
from storage.graph_facts import NO_FACTS, GraphFacts
from storage.graph_rows import Row, Statement, counting, forgetting, seeding, telling
from storage.queries import Queries, load

STORE = "graph"
TIMEOUT_S = 10.0
_SCHEMA = load("cypher/schema.cypher")
_LEARN = load("cypher/learn.cypher")
_SEED = load("cypher/seed.cypher")
_ASK = load("cypher/ask.cypher")
_MERGE_ATTEMPTS = 6  # two first MERGEs of one key: one of them is refused, and finds it the next time
_AWAY_CODES = frozenset(
    {"Neo.ClientError.Database.DatabaseNotFound", "Neo.ClientError.Security.Unauthorized"}
)
_AWAY = (
    AuthError,  # what a server says while it stops, too
    ConnectionAcquisitionTimeoutError,
    OSError,
    ServiceUnavailable,
    SessionExpired,
    TimeoutError,
    TransientError,
)
Answer = TypeVar("Answer")
Work = Callable[[AsyncManagedTransaction], Awaitable[Answer]]


def is_away(error: BaseException) -> bool:
    """Whether `error` says that the server cannot be reached now, rather than that it refused what was asked."""
    return isinstance(error, _AWAY) or (isinstance(error, ClientError) and error.code in _AWAY_CODES)


reachable = partial(away.reachable, STORE, is_away)


@dataclass(frozen=True, slots=True)
class SegmentStrategy:
    """What a strategy did with a kind of lead: `wins` of `n` conversations, in all and over 30 days."""

    strategy: str
    moment: str | None
    phase: str | None
    technique: str | None
    wins: int
    n: int
    wins_30d: int
    n_30d: int


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge that begins at a call: its type, the id of the node at its end, and the properties of both."""

    type: str
    id: str
    edge: Row
    node: Row


@dataclass(frozen=True, slots=True)
class CallGraph:
    """A call with its properties, its lead's, its kind of lead, and its edges by type and id."""

    call: Row
    lead: Row | None
    segment: str | None
    edges: tuple[Edge, ...]

    def of(self, type_: str) -> list[Edge]:
        return [edge for edge in self.edges if edge.type == type_]


class Graph:
    """Every method raises `StoreAway` where the server cannot be reached."""

    def __init__(self, driver: AsyncDriver, database: str | None, timeout_s: float) -> None:
        self._driver = driver
        self._database = database
        self._timeout_s = timeout_s
        # Writers on one hot node collide and are retried: those of one process wait for each other instead.
        self._writing = asyncio.Lock()

    @classmethod
    def open(cls, url: str, timeout_s: float = TIMEOUT_S) -> Self:
        """`bolt://user:password@host:port/database`, or neo4j:// and their +s. Connects when it is first used.

        `timeout_s` bounds every method, retries included.
        """
        place = urlsplit(url)
        driver = AsyncGraphDatabase.driver(
            f"{place.scheme}://{place.netloc.rpartition('@')[2]}",
            auth=(unquote(place.username or ""), unquote(place.password or "")) if place.username else None,
            connection_timeout=2.0,
            connection_acquisition_timeout=min(timeout_s, 5.0),
            max_transaction_retry_time=min(timeout_s, 5.0),
            # Writers that collided try again soon: the driver would let the first of them wait a second.
            initial_retry_delay=0.02,
            retry_delay_multiplier=1.5,
            retry_delay_jitter_factor=0.5,
            max_connection_pool_size=16,
            # A pooled connection that idled is asked first: its server may have been restarted.
            liveness_check_timeout=5.0,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
        )
        return cls(driver, place.path.strip("/") or None, timeout_s)

    async def close(self) -> None:
        await self._driver.close()

    async def ping(self) -> None:
        await self._read("ping")

    async def ensure_schema(self) -> None:
        """Constraints and indexes; a repeat changes nothing."""
        with reachable():
            async with (
                asyncio.timeout(6 * self._timeout_s),
                self._session() as session,
            ):
                for statement in _SCHEMA.values():
                    await (await session.run(statement)).consume()

    async def seed(self, entries: Collection[Entry], gone: Collection[tuple[str, str]] = ()) -> None:
        """Phases, strategies, objections and responses. Those of `gone`, by kind and id, stay for what was learned of
        them, but are not `current` any more; nor are responses that an objection no longer has.
        """
        await self._write(lambda transaction: _run(transaction, _SEED, seeding(entries, gone)))

    async def learn(self, record: CallRecord, facts: GraphFacts = NO_FACTS) -> bool:
        """Makes the graph say of this call what the record says, and nothing else; counters are set from `facts`.

        False where a higher revision was learned already: then the call stays as it is.
        """

        async def work(transaction: AsyncManagedTransaction) -> bool:
            before = await _one(transaction, _LEARN["claim_call"], {"id": record.call_id})
            learns = before["revision"] <= record.revision
            if learns and before["revision"] > 0:
                await _run(transaction, _LEARN, forgetting(record))
            if learns:
                await _run(transaction, _LEARN, telling(record, facts))
            await _run(transaction, _LEARN, counting(record, facts))
            return bool(learns)

        return await self._write(work)

    async def count(self, call_ids: Collection[UUID | str] | None = None) -> int:
        """Learned calls: of these, or all."""
        if call_ids is None:
            (row,) = await self._read("count_calls")
            return int(row["n"])
        return len(await self.revisions(call_ids))

    async def revisions(self, call_ids: Collection[UUID | str] | None = None) -> dict[str, int]:
        """Call id → the revision that was learned; calls that are not there are left out."""
        if call_ids is None:
            rows = await self._read("revisions")
        else:
            rows = await self._read("revisions_of", ids=[str(call_id) for call_id in call_ids])
        return {row["id"]: row["revision"] for row in rows}

    async def strategies_for(
        self, segment: str, moment: str | None = None, phase: str | None = None
    ) -> list[SegmentStrategy]:
        """What this kind of lead responded to, of a moment, a phase or all, the best (Laplace's mean) first."""
        rows = await self._read("strategies_for", segment=segment, moment=moment, phase=phase)
        return [SegmentStrategy(**row) for row in rows]

    async def answers_to(self, objection: str) -> list[Row]:
        """response, technique, current, wins, n, the best first."""
        return await self._read("answers_to", objection=objection)

    async def calls_of_lead(self, lead_id: UUID | str) -> list[Row]:
        """The properties of a lead's calls, the earliest first."""
        return [row["call"] for row in await self._read("calls_of_lead", lead=str(lead_id))]

    async def call_graph(self, call_id: UUID | str) -> CallGraph | None:
        """All that the graph says of a call; times are UTC."""
        found = await self._read("call", id=str(call_id))
        if not found:
            return None
        edges = await self._read("call_edges", id=str(call_id))
        return CallGraph(**found[0], edges=tuple(Edge(**edge) for edge in edges))

    async def _read(self, block: str, **parameters: Any) -> list[Row]:
        async def work(transaction: AsyncManagedTransaction) -> list[Row]:
            return await _rows(transaction, _ASK[block], parameters)

        with reachable():
            async with (
                asyncio.timeout(self._timeout_s),
                self._session() as session,
            ):
                return await session.execute_read(work)

    async def _write(self, work: Work[Answer]) -> Answer:
        with reachable():
            async with asyncio.timeout(self._timeout_s), self._writing, self._session() as session:
                for attempt in range(1, _MERGE_ATTEMPTS):
                    try:
                        return await session.execute_write(work)
                    except ConstraintError:
                        await asyncio.sleep(random.uniform(0.0, 0.02 * attempt))
                return await session.execute_write(work)

    def _session(self) -> AsyncSession:
        return self._driver.session(database=self._database)


async def _run(
    transaction: AsyncManagedTransaction, blocks: Queries, statements: Iterable[Statement]
) -> None:
    for name, parameters in statements:
        await (await transaction.run(blocks[name], parameters)).consume()


async def _rows(transaction: AsyncManagedTransaction, text: str, parameters: Row) -> list[Row]:
    result = await transaction.run(text, parameters)
    return [_plain(record.data()) async for record in result]


async def _one(transaction: AsyncManagedTransaction, text: str, parameters: Row) -> Row:
    (row,) = await _rows(transaction, text, parameters)
    return row


def _plain(value: Any) -> Any:
    """The driver's values as Python's; a time without a zone, as some servers give it back, is UTC."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, DateTime):
        value = value.to_native()
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return value
