"""The cache on a real Redis: what it keeps, what it forgets, and that it is never in anybody's way."""

import asyncio
import socket
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from storage.cache import FAILURES, LEFT_ALONE_S, Breaker, Cache
from storage.embedded.stack import Stack


@pytest.fixture
async def cache(stack: Stack) -> AsyncIterator[Cache]:
    """A part of the key space of one test's own, in no hurry on a busy machine."""
    opened = Cache.open(stack.urls.redis, prefix=f"test:{uuid.uuid4().hex[:8]}:", timeout_s=5.0)
    yield opened
    await opened.close()


@pytest.mark.parametrize("value", [{"n": 3, "mean": 0.4}, [1, "two", None], "words", 0, False, {}])
async def test_a_value_comes_back_as_it_was(cache: Cache, value: Any) -> None:
    assert await cache.set_json("statistics", value, ttl_s=60)
    assert await cache.get_json("statistics") == value


async def test_a_value_expires(cache: Cache) -> None:
    assert await cache.set_json("soon", 1, ttl_s=0.02)
    deadline = time.monotonic() + 10
    while await cache.get_json("soon") is not None:
        assert time.monotonic() < deadline


async def test_what_is_no_json_is_not_there(cache: Cache) -> None:
    await cache._client.set(cache._prefix + "garbage", b"{")
    assert await cache.get_json("garbage") is None


async def test_keys_are_invalidated_by_name(cache: Cache) -> None:
    for key in ("stats", "closers"):
        await cache.set_json(key, 1, ttl_s=60)
    assert await cache.invalidate("closers", "never there")
    assert await cache.get_json("closers") is None
    assert await cache.get_json("stats") == 1
    assert await cache.invalidate()


async def test_listeners_hear_what_is_published_on_their_topic(cache: Cache) -> None:
    listening = asyncio.Event()
    heard = cache.subscribe("calls", listening)
    first = asyncio.ensure_future(anext(heard))
    await asyncio.wait_for(listening.wait(), 10)
    assert await cache.publish("others", {"call": "no"})
    for n in range(3):
        assert await cache.publish("calls", {"call": n})
    assert await asyncio.wait_for(first, 10) == {"call": 0}
    assert [await asyncio.wait_for(anext(heard), 10) for _ in range(2)] == [{"call": 1}, {"call": 2}]
    await heard.aclose()


async def test_without_a_server_everything_is_empty_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        cache = Cache.open(f"redis://:pw@127.0.0.1:{unused.getsockname()[1]}/0")
        assert await cache.get_json("x") is None
        assert not await cache.set_json("x", 1, ttl_s=1)
        assert not await cache.invalidate("x")
        assert not await cache.publish("x", 1)
        assert not await cache.ping()
        await cache.close()


async def test_a_server_that_says_nothing_costs_three_timeouts_and_then_nothing() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        await reader.read()

    accepted: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    cache = Cache.open(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", timeout_s=0.05)
    for _ in range(FAILURES):
        assert await cache.get_json("x") is None
    asked = len(accepted)
    assert [await cache.get_json("x") for _ in range(200)] == [None] * 200
    assert len(accepted) <= asked + 1
    await cache.close()
    for writer in accepted:
        writer.close()
    server.close()
    await server.wait_closed()


def test_the_breaker_lets_one_request_a_second_try() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.admits(100.0)
        breaker.failed(100.0)
    assert not breaker.admits(100.0 + LEFT_ALONE_S / 2)
    assert breaker.admits(100.0 + LEFT_ALONE_S)
    assert not breaker.admits(100.0 + LEFT_ALONE_S)
    breaker.worked()
    assert breaker.admits(100.0 + LEFT_ALONE_S)


async def _until_cleared(event: asyncio.Event) -> None:
    async with asyncio.timeout(20):
        while event.is_set():  # noqa: ASYNC110, an event cannot be awaited to be cleared
            await asyncio.sleep(0.01)


async def test_it_works_again_after_the_server_was_away_and_listeners_listen_on(
    stack: Stack, cache: Cache
) -> None:
    listening = asyncio.Event()
    heard = cache.subscribe("calls", listening)
    first = asyncio.ensure_future(anext(heard))
    await asyncio.wait_for(listening.wait(), 10)
    await cache.set_json("kept", 1, ttl_s=600)
    await asyncio.to_thread(stack.pause, "redis")
    try:
        assert await cache.get_json("kept") is None
        assert not await cache.publish("calls", "nobody hears")
        await _until_cleared(listening)
    finally:
        await asyncio.to_thread(stack.resume, "redis")
    await asyncio.wait_for(listening.wait(), 20)
    assert await cache.ping()
    assert await cache.set_json("again", 2, ttl_s=60)
    assert await cache.get_json("again") == 2
    assert await cache.publish("calls", "back")
    assert await asyncio.wait_for(first, 10) == "back"
    await heard.aclose()
