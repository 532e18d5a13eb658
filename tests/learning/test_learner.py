"""A call that has ended, learned into five real stores: once, twice, corrected, and with a store away."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest

from call_flow.status import FinalStatus
from learning.embeddings import AsyncEmbedder, Embedder
from learning.embeddings import Vectors as Embedded
from learning.kept_vectors import KeptVectors
from learning.known_statistics import KnownStatistics
from learning.learner import Learner, NotLearnable
from storage.embedded.stack import Stack
from storage.ledger import STORES, call_subject
from storage.postgres import Pool
from storage.urls import StoreUrls
from storage.vectors import Kind
from tests.learning.played import NOW, store_call
from tests.learning.records import conversation
from tests.learning.stores import Stores, opened


@pytest.fixture(scope="module")
async def stores(urls: StoreUrls, pool: Pool, embedder: Embedder) -> AsyncIterator[Stores]:
    async with opened(urls, pool, embedder) as stores:
        yield stores


@pytest.fixture
def learner(stores: Stores) -> Learner:
    return stores.learner()


async def statuses(stores: Stores, call_id: UUID) -> dict[str, tuple[str, int]]:
    rows = await stores.ledger.get(call_subject(call_id))
    return {store: (row.status, row.revision) for store, row in rows.items()}


async def test_a_call_is_in_every_store(stores: Stores, learner: Learner) -> None:
    record = conversation()
    call_id = await store_call(stores.pool, record)
    assert await statuses(stores, call_id) == dict.fromkeys(STORES, ("pending", 1))
    learned = await learner.learn(call_id, 1)
    assert learned.synced, learned.errors
    assert await statuses(stores, call_id) == dict.fromkeys(STORES, ("synced", 1))

    document = await stores.conversations.get(call_id)
    assert document is not None
    assert (document["revision"], len(document["transcript"])) == (1, 8)
    outcome = await stores.conversations.outcome(call_id)
    assert outcome is not None
    assert outcome["qualified"] is True
    graph = await stores.graph.call_graph(call_id)
    assert graph is not None
    assert {edge.id for edge in graph.of("USED_STRATEGY")} >= {"opening.story", "no_money.empathy"}
    assert await stores.vectors.count(Kind.SEGMENTS, [call_id]) == 8
    assert await stores.vectors.count(Kind.SCENARIOS, [call_id]) == 1


async def test_statistics_count_it_once_however_often_it_is_learned(stores: Stores, learner: Learner) -> None:
    kind = f"web/{uuid4().hex[:8]}"
    record = conversation()
    choices = tuple(choice.model_copy(update={"segment": kind}) for choice in record.choices)
    record = record.model_copy(update={"choices": choices, "segment": kind})
    call_id = await store_call(stores.pool, record)
    await asyncio.gather(*(stores.learner().learn(call_id, 1) for _ in range(3)))
    await learner.learn(call_id, 1)
    stats = [stat for stat in await stores.facts.stats() if stat.segment == kind]
    assert {(stat.strategy, stat.n, stat.wins) for stat in stats} == {
        (choice.taken, 1, 1) for choice in choices
    }
    assert await stores.vectors.count(Kind.SEGMENTS, [call_id]) == 8
    assert await stores.conversations.count([call_id]) == 1


async def test_what_is_synced_is_not_written_again(stores: Stores, learner: Learner) -> None:
    call_id = await store_call(stores.pool, conversation())
    await learner.learn(call_id, 1)
    assert (await learner.learn(call_id, 1)).statuses == {}


async def test_a_correction_replaces_the_whole(stores: Stores, learner: Learner) -> None:
    record = conversation()
    call_id = await store_call(stores.pool, record)
    await learner.learn(call_id, 1)
    corrected = record.segments[3].model_copy(update={"text": "Hm."})
    again = record.model_copy(
        update={"revision": 2, "segments": (*record.segments[:3], corrected, *record.segments[4:])}
    )
    await store_call(stores.pool, again)
    learned = await learner.learn(call_id, 2)
    assert learned.synced, learned.errors
    assert await statuses(stores, call_id) == dict.fromkeys(STORES, ("synced", 2))
    document = await stores.conversations.get(call_id)
    assert document is not None
    assert document["transcript"][3]["text"] == "Hm."
    assert await stores.vectors.count(Kind.SEGMENTS, [call_id]) == 7


class _Gate:
    """An embedder whose first run waits, in its thread, to be let through."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.version, self.dimensions = embedder.name, embedder.version, embedder.dimensions
        self._embedder = embedder
        self.reached, self.open = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> Embedded:
        self.reached.set()
        assert self.open.wait(20)
        return self._embedder.encode(texts)


async def test_an_earlier_revision_that_is_late_does_not_come_back(
    stores: Stores, embedder: Embedder, learner: Learner
) -> None:
    record = conversation()
    told = record.segments[3].model_copy(update={"text": f"Nobody said this before {uuid4().hex}."})
    record = record.model_copy(update={"segments": (*record.segments[:3], told, *record.segments[4:])})
    call_id = await store_call(stores.pool, record)
    gate = _Gate(embedder)
    slow = AsyncEmbedder(gate)
    kept = replace(stores, kept=KeptVectors(slow, stores.facts))
    first = asyncio.create_task(kept.learner().learn(call_id, 1))
    await asyncio.to_thread(gate.reached.wait, 20)
    said = told.model_copy(update={"text": "Hm."})
    again = record.model_copy(
        update={"revision": 2, "segments": (*record.segments[:3], said, *record.segments[4:])}
    )
    await store_call(stores.pool, again)
    second = asyncio.create_task(learner.learn(call_id, 2))
    await asyncio.wait({second}, timeout=1.0)
    gate.open.set()
    await asyncio.gather(first, second)
    held = await stores.vectors.ids(Kind.SEGMENTS, {"call_id": str(call_id)})
    assert len(held) == 7, "what the second revision no longer says is gone"
    assert await statuses(stores, call_id) == dict.fromkeys(STORES, ("synced", 2))
    await slow.close()


async def test_each_store_has_its_own_time_and_the_first_one_counts(stores: Stores) -> None:
    ticks = count()
    later = replace(stores, now=lambda: NOW + timedelta(seconds=next(ticks)))
    record = conversation()
    call_id = await store_call(stores.pool, record)
    await later.learner().learn(call_id, 1)
    rows = await stores.ledger.get(call_subject(call_id))
    times = {store: row.updated_at for store, row in rows.items()}
    assert NOW < times["postgres"] < min(times[store] for store in ("mongo", "graph", "vectors"))
    assert max(times.values()) == times["cache"]
    [first] = await stores.ledger.learned([call_id])
    assert first.learned_at == times["cache"]
    await store_call(stores.pool, record.model_copy(update={"revision": 2}))
    assert await stores.ledger.learned([call_id]) == []
    await later.learner().learn(call_id, 2)
    assert await stores.ledger.learned([call_id]) == [first]


async def test_a_call_that_nobody_took_is_filed_and_teaches_nothing(stores: Stores, learner: Learner) -> None:
    nothing = {
        "segments": (),
        "phases": (),
        "choices": (),
        "objections": (),
        "decisions": (),
        "engagement": (),
    }
    record = conversation(FinalStatus.NO_ANSWER).model_copy(update=nothing | {"answered_at": None})
    call_id = await store_call(stores.pool, record)
    learned = await learner.learn(call_id, 1)
    assert learned.synced, learned.errors
    assert await stores.conversations.count([call_id]) == 1
    assert await stores.graph.count([call_id]) == 1
    assert await stores.vectors.count(Kind.SCENARIOS, [call_id]) == 0


async def test_days_are_set_from_calls(stores: Stores, learner: Learner) -> None:
    for status in (FinalStatus.HOT_TRANSFER, FinalStatus.ABANDONED):
        await learner.learn(await store_call(stores.pool, conversation(status)), 1)
    day = NOW.date()
    [metrics] = await stores.facts.metrics(day, day)
    assert metrics.total_calls >= metrics.conversations >= 2
    assert metrics.beast_mode_score == pytest.approx(5.0)
    assert metrics.pattern_recognition_accuracy is not None


async def test_there_is_nothing_to_learn_of_a_call_that_is_not_there(learner: Learner) -> None:
    with pytest.raises(NotLearnable, match="is not there"):
        await learner.learn(uuid4(), 1)


async def test_a_store_that_is_away_holds_up_no_other_and_catches_up(
    stores: Stores, stack: Stack, learner: Learner
) -> None:
    call_id = await store_call(stores.pool, conversation())
    stack.pause("mongo")
    try:
        learned = await learner.learn(call_id, 1)
    finally:
        stack.resume("mongo")
    assert learned.statuses["mongo"] == "pending"
    assert "mongo" in learned.errors["mongo"]
    assert {s for s, status in learned.statuses.items() if status == "synced"} == set(STORES) - {"mongo"}
    state = await stores.sync().state()
    assert state.behind >= 1
    async with asyncio.timeout(20):
        while (await statuses(stores, call_id))["mongo"] != ("synced", 1):
            await stores.sync().once("test", untried=False)
            await asyncio.sleep(0.2)
    assert await stores.conversations.count([call_id]) == 1
    assert (await stores.ledger.runs(1))[0].reason == "test"


async def test_live_calls_hear_of_what_was_learned(stores: Stores, learner: Learner) -> None:
    known = KnownStatistics(stores.facts, stores.cache, pause_s=0.0)
    watching = asyncio.create_task(known.watch())
    before = await known.of("opening")
    assert before is not None
    n = sum(n for n, _ in before.cells.values())
    async with asyncio.timeout(20):
        while sum(n for n, _ in (await known.of("opening")).cells.values()) == n:  # type: ignore[union-attr]
            await learner.learn(await store_call(stores.pool, conversation()), 1)
            await asyncio.sleep(0.05)
    watching.cancel()
    await known.close()


async def test_a_store_is_rebuilt_from_the_others(stores: Stores, learner: Learner) -> None:
    call_id = await store_call(stores.pool, conversation())
    await learner.learn(call_id, 1)
    await stores.vectors.delete(Kind.SEGMENTS, await stores.vectors.ids(Kind.SEGMENTS))
    computed = stores.kept.computed
    report = await stores.sync().rebuild("vectors")
    assert report.failed == 0, report.errors
    assert await stores.vectors.count(Kind.SEGMENTS, [call_id]) == 8
    assert stores.kept.computed == computed
