"""What live calls ask for again and again, and what people watch: best effort, and never in a call's way.

Nothing may be here alone. A Redis that is slow or away must look like an empty cache, at once and without an error:
after a few failures it is left alone for a second (the breaker).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self, TypeVar

import orjson
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ServerGone
from redis.exceptions import RedisError

TIMEOUT_S = 0.1
FAILURES = 3  # in a row, until it is left alone
LEFT_ALONE_S = 1.0
_RECONNECT_S = 0.5
_SILENCE_S = 5.0
_SCAN = 500
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Breaker:
    """Lets requests through until some in a row failed; then one a second. `now` is monotonic, in seconds."""

    failures: int = 0
    next_try: float = 0.0

    def admits(self, now: float) -> bool:
        if self.failures < FAILURES:
            return True
        if now < self.next_try:
            return False
        self.next_try = now + LEFT_ALONE_S
        return True

    def failed(self, now: float) -> None:
        self.failures += 1
        self.next_try = now + LEFT_ALONE_S

    def worked(self) -> None:
        self.failures = 0


class Cache:
    """Keys and topics share the prefix. No method raises because of the server."""

    def __init__(self, client: Redis, prefix: str, timeout_s: float) -> None:
        self._client = client
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._breaker = Breaker()

    @classmethod
    def open(cls, url: str, prefix: str = "voicelearn:", timeout_s: float = TIMEOUT_S) -> Self:
        """Connects when it is first used. `timeout_s` bounds every method but `subscribe`."""
        client = Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            # A pooled connection of before the server's restart fails once; a slow server is not asked twice.
            retry=Retry(NoBackoff(), 1, supported_errors=(ServerGone,)),
            health_check_interval=0,
            max_connections=64,
        )
        return cls(client, prefix, timeout_s)

    async def close(self) -> None:
        await self._client.aclose()

    async def ping(self) -> bool:
        """Asks the server even while it is left alone."""
        return bool(await self._ask(self._client.ping, False, always=True))

    async def get_json(self, key: str) -> Any | None:
        """None where it is not there, has expired, or cannot be asked for."""
        raw = await self._ask(lambda: self._client.get(self._prefix + key), None)
        with suppress(orjson.JSONDecodeError):
            return None if raw is None else orjson.loads(raw)
        return None

    async def set_json(self, key: str, value: Any, ttl_s: float) -> bool:
        """Keeps it for `ttl_s` seconds of wall time, at least a millisecond. False where it could not be kept."""
        raw, expiry = orjson.dumps(value), max(1, int(ttl_s * 1000))
        return bool(await self._ask(lambda: self._client.set(self._prefix + key, raw, px=expiry), False))

    async def invalidate(self, *keys: str) -> bool:
        """False where it could not be done: what is there expires by itself."""
        if not keys:
            return True
        names = [self._prefix + key for key in keys]
        return await self._ask(lambda: self._client.unlink(*names), None) is not None

    async def publish(self, topic: str, value: Any) -> bool:
        """Tells whoever listens now. False where it could not be told: the loss is a repaint, never a fact."""
        raw = orjson.dumps(value)
        return await self._ask(lambda: self._client.publish(self._prefix + topic, raw), None) is not None

    async def subscribe(self, topic: str, listening: asyncio.Event | None = None) -> AsyncIterator[Any]:
        """Values as they are published, without end; it listens on after the server was away.

        `listening` is set while it listens.
        """
        while True:
            with suppress(RedisError, OSError, TimeoutError):
                async for value in self._listen(self._prefix + topic, listening):
                    yield value
            if listening is not None:
                listening.clear()
            await asyncio.sleep(_RECONNECT_S)

    async def _listen(self, channel: str, listening: asyncio.Event | None) -> AsyncIterator[Any]:
        async with self._client.pubsub() as listener:
            await listener.subscribe(channel)
            while True:
                kind, data = await _next(listener)
                if kind == "subscribe" and listening is not None:
                    listening.set()
                elif kind == "message":
                    with suppress(orjson.JSONDecodeError):
                        yield orjson.loads(data)

    async def _ask(self, ask: Callable[[], Awaitable[Answer]], otherwise: Any, always: bool = False) -> Any:
        if not (always or self._breaker.admits(monotonic())):
            return otherwise
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await ask()
        except (RedisError, OSError, TimeoutError):
            self._breaker.failed(monotonic())
            return otherwise
        self._breaker.worked()
        return answer


async def _next(listener: PubSub) -> tuple[str, Any]:
    """The next message of whatever kind. A server that is gone without a word is found out by asking it."""
    message = await listener.get_message(timeout=_SILENCE_S)
    if message is None:
        await listener.ping()
        message = await listener.get_message(timeout=_SILENCE_S)
    if message is None:
        raise ConnectionError("nothing is heard from Redis")
    return message["type"], message["data"]
