"""Meanings on a real Chroma: what is found, what is replaced, and one model beside another."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from storage.away import StoreAway
from storage.embedded.stack import Stack
from storage.vectors import BATCH, Kind, Vectors, flat

MODEL = "all-MiniLM-L6-v2@abc123"
SIZE = 32


def _random(n: int, seed: int, size: int = SIZE) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, size)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
async def vectors(stack: Stack) -> AsyncIterator[Vectors]:
    """Collections of one test's own."""
    opened = Vectors.open(stack.urls.vectors, prefix=f"test-{uuid.uuid4().hex[:8]}-", timeout_s=60.0)
    await opened.ensure(MODEL)
    yield opened
    await opened.close()


async def _fill(
    vectors: Vectors, kind: Kind, n: int, *, call: str = "call", model: str | None = None
) -> None:
    ids = [f"{call}/{number}" for number in range(n)]
    metadatas = [{"call_id": call, "phase": "rapport", "engagement": float(number)} for number in range(n)]
    await vectors.upsert(kind, ids, _random(n, 1), [f"words {id_}" for id_ in ids], metadatas, model)


async def test_the_nearest_come_first_as_arithmetic_says(vectors: Vectors) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rows, asked = _random(300, seed), _random(1, seed + 1)[0]
    ids = [str(number) for number in range(300)]
    await vectors.upsert(Kind.SEGMENTS, ids, rows, ids, [{"n": n} for n in range(300)])
    found = await vectors.query(Kind.SEGMENTS, asked, 10)
    cosines = rows @ asked
    assert [hit.id for hit in found] == [str(n) for n in np.argsort(-cosines)[:10]]
    assert [hit.similarity for hit in found] == pytest.approx(sorted(cosines)[: -10 - 1 : -1], abs=1e-4)


async def test_an_entry_comes_back_with_words_metadata_and_model(vectors: Vectors) -> None:
    metadata = {"phase": "goals", "engagement": 61.5, "successful_transfer": True, "outcome": None, "uses": 3}
    row = _random(1, 3)
    await vectors.upsert(Kind.STRATEGIES, ["opening.story"], row, ["A story"], [metadata])
    (found,) = await vectors.query(Kind.STRATEGIES, row[0], 1)
    kept = {"phase": "goals", "engagement": 61.5, "successful_transfer": True, "uses": 3, "model": MODEL}
    assert (found.id, found.document, found.metadata) == ("opening.story", "A story", kept)
    assert found.similarity == pytest.approx(1.0, abs=1e-5)
    assert (await vectors.get(Kind.STRATEGIES, ["opening.story", "absent"])).keys() == {"opening.story"}


async def test_the_same_again_changes_nothing_and_a_changed_entry_is_replaced(vectors: Vectors) -> None:
    for _ in range(2):
        await _fill(vectors, Kind.SEGMENTS, 5)
    assert await vectors.count(Kind.SEGMENTS) == 5
    await vectors.upsert(Kind.SEGMENTS, ["call/1"], _random(1, 9), ["other words"], [{"call_id": "call"}])
    assert await vectors.count(Kind.SEGMENTS) == 5
    assert (await vectors.get(Kind.SEGMENTS, ["call/1"]))["call/1"].document == "other words"


async def test_more_than_a_batch(vectors: Vectors) -> None:
    await _fill(vectors, Kind.SEGMENTS, BATCH + 7)
    assert await vectors.count(Kind.SEGMENTS) == BATCH + 7
    assert len(set(await vectors.ids(Kind.SEGMENTS))) == BATCH + 7
    await vectors.delete(Kind.SEGMENTS, [f"call/{n}" for n in range(BATCH + 2)])
    assert await vectors.count(Kind.SEGMENTS) == 5


async def test_a_call_learned_again_leaves_nothing_of_the_time_before(vectors: Vectors) -> None:
    await _fill(vectors, Kind.SEGMENTS, 5)
    await _fill(vectors, Kind.SEGMENTS, 2, call="another")
    row, metadata = _random(1, 4), [{"call_id": "call"}]
    for _ in range(2):
        await vectors.replace(Kind.SEGMENTS, {"call_id": "call"}, ["call/2"], row, ["words"], metadata)
    assert set(await vectors.ids(Kind.SEGMENTS)) == {"call/2", "another/0", "another/1"}
    await vectors.replace(Kind.SEGMENTS, {"call_id": "call"}, [], np.empty((0, SIZE)), [], [])
    assert set(await vectors.ids(Kind.SEGMENTS)) == {"another/0", "another/1"}


async def test_filters_and_counts_by_call(vectors: Vectors) -> None:
    await _fill(vectors, Kind.SEGMENTS, 4)
    await _fill(vectors, Kind.SEGMENTS, 3, call="another")
    assert await vectors.count(Kind.SEGMENTS, ["another", "absent"]) == 3
    assert await vectors.count(Kind.SEGMENTS, []) == 0
    assert await vectors.count(Kind.SEGMENTS, [f"none{n}" for n in range(450)] + ["call"]) == 4
    high = await vectors.query(Kind.SEGMENTS, _random(1, 5)[0], 10, {"engagement": {"$gte": 2.0}})
    assert {hit.id for hit in high} == {"call/2", "call/3", "another/2"}


async def test_nothing_is_found_where_nothing_is(vectors: Vectors) -> None:
    assert await vectors.count(Kind.SCENARIOS) == 0
    assert await vectors.query(Kind.SCENARIOS, _random(1, 5)[0], 3) == []
    await vectors.upsert(Kind.SCENARIOS, [], np.empty((0, SIZE)), [], [])
    await vectors.delete(Kind.SCENARIOS, [])
    await vectors.delete(Kind.SCENARIOS, ["absent"])


@pytest.mark.parametrize("value", [["a"], {"a": 1}, b"x", np.float32(1)])
def test_a_metadata_that_is_not_flat_is_named(value: object) -> None:
    with pytest.raises(TypeError, match="'reasons'"):
        flat({"reasons": value})  # type: ignore[dict-item]


async def test_another_model_is_built_beside_and_switched_to_at_once(vectors: Vectors, stack: Stack) -> None:
    await _fill(vectors, Kind.SEGMENTS, 3)
    assert await vectors.current() == MODEL
    newer = Vectors.open(stack.urls.vectors, prefix=vectors._prefix, timeout_s=60.0)
    await newer.ensure("bigger@1")
    await newer.fill("bigger@1")
    ids = [f"call/{number}" for number in range(3)]
    await newer.upsert(Kind.SEGMENTS, ids, _random(3, 2, size=64), ids, [{"call_id": "call"}] * 3)
    assert (await newer.current(), await vectors.current()) == (MODEL, MODEL)
    assert len(await vectors.query(Kind.SEGMENTS, _random(1, 5)[0], 3)) == 3
    assert await vectors.filling() == "bigger@1"
    await newer.fill("bigger@1", switch=True)
    assert await vectors.current() == "bigger@1"
    assert len(await newer.query(Kind.SEGMENTS, _random(1, 5, size=64)[0], 3)) == 3
    with pytest.raises(ValueError, match="current model"):
        await newer.drop("bigger@1")
    await newer.drop(MODEL)
    await newer.drop(MODEL)
    assert await newer.count(Kind.SEGMENTS) == 3


async def test_collections_that_were_deleted_elsewhere_are_made_anew(vectors: Vectors, stack: Stack) -> None:
    await _fill(vectors, Kind.SEGMENTS, 3)
    other = Vectors.open(stack.urls.vectors, prefix=vectors._prefix, timeout_s=60.0)
    await other.ensure("another@1")
    await vectors.upsert(Kind.SEGMENTS, ["x"], _random(1, 1), ["x"], [{}], model="another@1")
    await other.upsert(Kind.SEGMENTS, ["x", "y", "z"], _random(3, 1), ["x"] * 3, [{}] * 3)
    await other.fill("another@1", switch=True)
    await other.drop(MODEL)
    await _fill(vectors, Kind.SEGMENTS, 2)
    assert await vectors.count(Kind.SEGMENTS) == 2


async def test_without_a_model_it_says_so(stack: Stack) -> None:
    vectors = Vectors.open(stack.urls.vectors, prefix=f"test-{uuid.uuid4().hex[:8]}-")
    assert await vectors.current() is None
    with pytest.raises(ValueError, match="no embedding model"):
        await vectors.count(Kind.SEGMENTS)
    await vectors.close()


async def test_writers_of_the_same_entries_at_once(stack: Stack) -> None:
    prefix = f"test-{uuid.uuid4().hex[:8]}-"
    writers = [Vectors.open(stack.urls.vectors, prefix=prefix, timeout_s=60.0) for _ in range(3)]
    await asyncio.gather(*(writer.ensure(MODEL) for writer in writers))
    await asyncio.gather(*(_fill(writer, Kind.SEGMENTS, 20) for writer in writers))
    assert [await writer.count(Kind.SEGMENTS) for writer in writers] == [20, 20, 20]
    await writers[0].close()


async def test_away_is_said_in_time_and_over_when_it_is_back(stack: Stack, vectors: Vectors) -> None:
    await _fill(vectors, Kind.SEGMENTS, 3)
    vectors._timeout_s = 3.0
    await asyncio.to_thread(stack.pause, "vectors")
    try:
        async with asyncio.timeout(6):
            with pytest.raises(StoreAway, match="vectors cannot be reached") as away:
                await _fill(vectors, Kind.SEGMENTS, 4)
        assert away.value.store == "vectors"
        fresh = Vectors.open(stack.urls.vectors, prefix=vectors._prefix)
        with pytest.raises(StoreAway):
            await fresh.ensure(MODEL)
    finally:
        await asyncio.to_thread(stack.resume, "vectors")
    await _fill(vectors, Kind.SEGMENTS, 4)
    await fresh.ensure(MODEL)
    assert await fresh.count(Kind.SEGMENTS) == 4
