"""The connection pool of Postgres, and the one place that tells "the server is away" from "the question is wrong".

Business time must never come from the server: callers pass `now`. Only leases and retries read its clock.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias, TypeVar

import asyncpg
import orjson

from storage import away

STORE = "postgres"
Record = Mapping[str, Any]
Row = TypeVar("Row")
Connection: TypeAlias = Any  # an asyncpg connection, or a pool's stand-in for one

# SQLSTATE class 28 and 3D000: the server lets this user in nowhere, or has no such database.
_SHUT = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)
# Beside lost connections, what passes by itself: SQLSTATE classes 40 (deadlock, serialization), 53 (connections,
# memory, disk), 55 (locks) and 57 (shutting down, starting up, cancelled).
_AWAY = (
    *_SHUT,
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.OperatorInterventionError,
)
# What the driver has no type for: a closed connection or pool, and one lost at a bad moment (MagicStack/asyncpg#784).
_NAMELESS = (asyncpg.InterfaceError, asyncpg.InternalClientError)
_SAY_AWAY = ("is closed", "is closing", "was closed", "cannot switch to state")


def is_away(error: BaseException) -> bool:
    """Whether `error` says that the server cannot answer now, rather than that it refused what was asked."""
    if isinstance(error, _NAMELESS):
        return any(words in str(error) for words in _SAY_AWAY)
    return isinstance(error, _AWAY)


def why_away(error: BaseException) -> str:
    """The error's type, with the server's own words where it lets nobody in: they name the user or the database."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, _SHUT) else name


reachable = partial(away.reachable, STORE, is_away, why_away)


class Pool:
    """Connections to one database. Every method raises `StoreAway` where the server cannot be reached."""

    def __init__(self, pool: asyncpg.Pool, acquire_timeout: float) -> None:
        self._pool = pool
        self._acquire_timeout = acquire_timeout

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection, its statements committed one by one."""
        with reachable():
            async with self._pool.acquire(timeout=self._acquire_timeout) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One connection inside a transaction that commits when the block ends."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        async with self.connection() as connection:
            rows: list[Record] = await connection.fetch(query, *args)
            return rows

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        async with self.connection() as connection:
            row: Record | None = await connection.fetchrow(query, *args)
            return row

    async def fetchval(self, query: str, *args: Any) -> Any:
        async with self.connection() as connection:
            return await connection.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> int:
        """The number of rows touched."""
        async with self.connection() as connection:
            status: str = await connection.execute(query, *args)
        words = status.split()
        return int(words[-1]) if words and words[-1].isdigit() else 0

    async def ping(self) -> None:
        await self.fetchval("SELECT 1")

    async def close(self) -> None:
        """Waits two seconds for connections in use, then breaks them."""
        try:
            await asyncio.wait_for(self._pool.close(), 2.0)
        except (TimeoutError, OSError):
            self._pool.terminate()


def made(kind: type[Row], record: Record) -> Row:
    """A dataclass with slots, from the columns that are named like its fields."""
    return kind(**{name: record[name] for name in kind.__slots__})  # type: ignore[attr-defined]


def storable(value: Any) -> Any:
    """The same with U+FFFD for the characters that Postgres cannot keep: NUL and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {storable(key): storable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(one) for one in value]
    return value


def _encode(value: Any) -> bytes:
    """jsonb's binary form: a version byte, then the text."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        text = orjson.dumps(storable(value))
    if b"\\u0000" in text:
        text = orjson.dumps(storable(value))
    return b"\x01" + text


def _decode(value: bytes) -> Any:
    return orjson.loads(memoryview(value)[1:])


class _Session(asyncpg.Connection):
    """A connection that leaves nothing to reset: no setting, cursor, listener or session lock is ever left in it.

    That saves a round trip each time one is given back.
    """

    def get_reset_query(self) -> str:
        return ""


async def prepare(connection: asyncpg.Connection) -> None:
    """Teaches a new connection to carry Python values as jsonb."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode, decoder=_decode, format="binary"
    )


async def connect(
    url: str, *, min_size: int = 2, max_size: int = 10, timeout: float = 10.0, name: str = "voicelearn"
) -> Pool:
    """A pool on the database of `url`. `timeout` in seconds bounds connecting, waiting for a connection, and each
    statement. Raises `StoreAway`.

    Plans are generic and kept, since planning the deciding statement costs more than running it; and by index, since
    a plan made while a table was small is not made again before the server has noticed that it has grown.
    """
    with reachable():
        pool = await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=timeout,
            command_timeout=timeout,
            init=prepare,
            connection_class=_Session,
            statement_cache_size=256,
            max_cached_statement_lifetime=0,
            server_settings={
                "application_name": name,
                "plan_cache_mode": "force_generic_plan",
                "enable_seqscan": "off",
                "jit": "off",
                "timezone": "UTC",
            },
        )
    return Pool(pool, timeout)
