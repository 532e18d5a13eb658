"""Statistics as a live call finds them: fresh where a store answers, the last known where none does, never late."""

import secrets
from collections.abc import AsyncIterator

import pytest

from call_flow.record import CallRecord
from call_flow.status import FinalStatus
from learning.known_statistics import CACHE_KEY, KnownStatistics
from storage.cache import Cache
from storage.embedded.stack import Stack
from storage.facts import Facts
from storage.postgres import Pool, connect
from storage.transfers import Transfers
from tests.learning.played import NOW, store_call
from tests.learning.records import conversation

UNREACHABLE = "redis://127.0.0.1:1/0"


@pytest.fixture
async def cache(stack: Stack) -> AsyncIterator[Cache]:
    opened = Cache.open(stack.urls.redis, prefix=f"known:{secrets.token_hex(4)}:", timeout_s=2.0)
    yield opened
    await opened.close()


async def learn_one(pool: Pool) -> None:
    record = conversation()
    await store_call(pool, record, learn=False)
    await Facts(pool).recompute(pairs_of(record), NOW)


def pairs_of(record: CallRecord) -> set[tuple[str, str]]:
    return {(choice.moment, choice.segment) for choice in record.choices}


def seen(statistics: object) -> int:
    return sum(n for n, _ in statistics.cells.values())  # type: ignore[attr-defined]


async def test_they_come_from_postgres_and_stay_in_the_cache(pool: Pool, cache: Cache) -> None:
    await learn_one(pool)
    known = KnownStatistics(Facts(pool), cache)
    statistics = await known.of("opening")
    assert statistics is not None
    assert seen(statistics) >= 1
    assert statistics.version == await Facts(pool).posterior_version()
    kept = await cache.get_json(f"{CACHE_KEY}:objection")
    assert kept["rows"][0][0] == "objection.no_money"
    assert await known.of("opening") is statistics


async def test_the_cache_spares_postgres(pool: Pool, cache: Cache, postgres_url: str) -> None:
    await learn_one(pool)
    assert await KnownStatistics(Facts(pool), cache).of("opening") is not None
    gone = await connect(postgres_url)
    await gone.close()
    assert await KnownStatistics(Facts(gone), cache).of("opening") is not None


async def test_a_newer_version_is_read_and_an_older_cache_passed_over(pool: Pool, cache: Cache) -> None:
    known = KnownStatistics(Facts(pool), cache, pause_s=0.0)
    first = await known.of("opening")
    assert first is not None
    await learn_one(pool)
    known.forget(await Facts(pool).posterior_version())
    assert await known.of("opening") is first
    await known.settled()
    newer = await known.of("opening")
    assert newer is not None
    assert seen(newer) == seen(first) + 1


async def test_what_the_closer_says_of_a_lead_changes_what_is_believed(pool: Pool, cache: Cache) -> None:
    record = conversation(FinalStatus.HOT_TRANSFER)
    call_id = await store_call(pool, record, learn=False)
    transfer = await pool.fetchval(
        "INSERT INTO transfers (call_id, claim, outcome, bridged_at) VALUES ($1, 'c', 'bridged', $2) RETURNING id",
        call_id,
        NOW,
    )
    choice = next(choice for choice in record.choices if choice.moment == "opening")
    means = []
    for rating in (10, 1):
        await Transfers(pool).rate(transfer, rating, None, NOW)
        version = await Facts(pool).recompute(pairs_of(record), NOW)
        known = KnownStatistics(Facts(pool), cache)
        known.forget(version)
        statistics = await known.of("opening")
        assert statistics is not None
        means.append(statistics.beliefs("opening", choice.segment, (choice.taken,)).mean[0])
    assert means[1] < means[0]


async def test_without_any_store_there_are_none(postgres_url: str) -> None:
    gone = await connect(postgres_url)
    await gone.close()
    cache = Cache.open(UNREACHABLE)
    assert await KnownStatistics(Facts(gone), cache).of("opening") is None
    await cache.close()


async def test_the_last_known_serve_on_when_stores_are_away(pool: Pool, postgres_url: str) -> None:
    await learn_one(pool)
    own = await connect(postgres_url)
    cache = Cache.open(UNREACHABLE)
    known = KnownStatistics(Facts(own), cache, fresh_s=0.0)
    first = await known.of("opening")
    await own.close()
    for _ in range(3):
        assert await known.of("opening") is first
        await known.settled()
    await known.close()
    await cache.close()
