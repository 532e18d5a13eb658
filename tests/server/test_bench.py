"""The benches, small: that they measure what they say, and that the checks of `bench claims` find what is wrong."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.bench import claims, webhooks
from server.bench.claim_checks import Absence, Hold, by_closer, idle_after_expiry, overlaps, unexplained
from server.bench.own_folder import own_folder
from server.bench.spread import medians, quotient, spread
from server.percentiles import percentile
from storage.embedded.stack import Stack
from tests.conftest import copy_of, database_name

NOW = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)


@pytest.fixture
def folder() -> Iterator[Path]:
    with own_folder() as folder:
        yield folder


@pytest.fixture
async def warm_url(stack: Stack, warm_template: str) -> AsyncIterator[str]:
    """A database for a server that is to start quickly."""
    async with copy_of(stack.urls.postgres, warm_template) as url:
        yield url


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def hold(who: str, start: float, end: float, closer: str = "ann") -> Hold:
    return Hold(closer, who, at(start), at(end))


def absence(asked: float, known: float | None = None) -> Absence:
    return Absence("ann", "somebody", at(asked), at(asked if known is None else known))


def test_holds_that_touch_do_not_overlap() -> None:
    holds = by_closer([hold("b", 5, 9), hold("a", 0, 5), hold("c", 3, 4, closer="ben")])
    assert overlaps(holds) == []


def test_an_overlap_is_found_behind_a_long_hold() -> None:
    long, short, late = hold("long", 0, 10), hold("short", 1, 2), hold("late", 8, 12)
    assert overlaps(by_closer([late, short, long])) == [(long, short), (long, late)]


def test_an_absence_is_explained_for_a_second_after_the_hold() -> None:
    holds = by_closer([hold("a", 0, 5), hold("b", 20, 21)])
    assert unexplained([absence(3), absence(5.9), absence(19.5, known=20)], holds) == []
    assert unexplained([absence(6), absence(19.5)], holds) == [absence(6), absence(19.5)]
    assert unexplained([absence(3)], {}) == [absence(3)]


def test_how_long_a_closer_waits_after_a_forgotten_claim() -> None:
    holds = by_closer([hold("a", 0, 5), hold("b", 5.25, 6), hold("c", 7, 8)])
    assert idle_after_expiry(holds, ["a"]) == [0.25]


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile([3, 1, 2], share) for share in (0.5, 0.99)] == [2, 3]
    assert percentile([], 0.5) is None
    assert spread([1.0, 2.0]) == {"n": 2, "p50": 1.0, "p99": 2.0, "max": 2.0}


def test_medians_go_into_nested_figures_and_leave_words_out() -> None:
    rounds = [{"a": {"p50": n, "p99": None}, "name": "x"} for n in (1, 5, 3)]
    assert medians(rounds) == {"a": {"p50": 3}}
    assert (quotient(6, 4), quotient(None, 4), quotient(6, 0)) == (1.5, None, None)


async def test_a_few_hundred_races(postgres_url: str, folder: Path) -> None:
    size = claims.Size(races=300, worlds=(1, 2, 3), processes=2, kill_s=1.5, seed=time.time_ns() % 10**6)
    print(f"seed {size.seed}")
    report = await claims.bench(size, postgres_url, folder)
    assert report["violations"] == []
    assert report["races"] >= 300
    assert all(world["won"] > 0 for world in report["worlds"])
    assert report["never_released"] > 0
    assert report["looks_of_the_observer"] > 0


async def test_webhooks_are_measured_and_all_of_them_decided(
    folder: Path, stack: Stack, warm_url: str, data_folder: Path
) -> None:
    size = webhooks.Size(rounds=1, seconds=2, warm_s=1, rate=20, live=6, in_flight=4, crowd=8)
    place = {"stack": stack.path, "database": database_name(warm_url)}
    options = replace(size.options(folder), **place, settings={"data": str(data_folder)})
    report = await webhooks.bench(size, options)
    found = report["rounds"][0]
    for stretch in ("fixed_rate", "saturated"):
        assert found[stretch]["not_acknowledged"] == {}
        assert found[stretch]["not_decided"] == 0
        assert found[stretch]["acknowledged"] == found[stretch]["sent"] > 0
        assert found[stretch]["ack_ms"]["p99"] > 0
        assert found[f"bare_{stretch}"]["webhooks"] > 0
    assert found["fixed_rate"]["word_to_command_ms"]["n"] > 0
    assert report["mix"]["call.transcription"] > 0.3
