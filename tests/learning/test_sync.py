"""Working off the ledger: what is tried, what is left to the queue, and what is told of it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import orjson
import pytest

from learning.embeddings import Embedder
from storage.ledger import STORES, call_subject
from storage.postgres import Pool
from storage.urls import StoreUrls
from tests.learning.played import NOW, store_call
from tests.learning.records import conversation
from tests.learning.stores import Stores, opened


@pytest.fixture(scope="module")
async def stores(urls: StoreUrls, pool: Pool, embedder: Embedder) -> AsyncIterator[Stores]:
    async with opened(urls, pool, embedder) as stores:
        yield stores


async def test_what_nobody_tried_yet_is_left_to_the_queue(stores: Stores) -> None:
    call_id = await store_call(stores.pool, conversation())
    sync = stores.sync()
    runs = len(await stores.ledger.runs(100))
    assert (await sync.once("watch", untried=False)).done == 0
    assert len(await stores.ledger.runs(100)) == runs
    report = await sync.once("command")
    assert (report.done, report.failed) == (len(STORES), 0)
    rows = await stores.ledger.get(call_subject(call_id))
    assert {row.status for row in rows.values()} == {"synced"}


async def test_a_run_is_recorded_with_what_it_did(stores: Stores) -> None:
    await store_call(stores.pool, conversation())
    await stores.sync().until_done("test")
    run = (await stores.ledger.runs(1))[0]
    assert (run.reason, run.done, run.failed) == ("test", len(STORES), 0)
    assert run.ended_at is not None
    assert run.detail["by_store"] == dict.fromkeys(STORES, 1)


async def test_a_call_that_is_not_there_fails_by_name(stores: Stores) -> None:
    subject = call_subject(uuid4())
    await stores.ledger.pending({subject: 1}, NOW, ["graph"])
    report = await stores.sync().once()
    assert report.failed == 1
    assert "is not there" in report.errors["graph"]
    row = (await stores.ledger.get(subject))["graph"]
    assert row.status == "failed"
    assert await stores.ledger.behind("graph", 10) == []


async def test_a_call_that_cannot_be_read_holds_up_no_other_and_its_words_stay_out(stores: Stores) -> None:
    bad = await store_call(stores.pool, conversation())
    await stores.pool.execute("UPDATE calls SET state = $2 WHERE id = $1", bad, {"mode": "a secret"})
    good = await store_call(stores.pool, conversation())
    report = await stores.sync().once()
    assert (report.done, report.failed) == (len(STORES), len(STORES))
    assert {row.status for row in (await stores.ledger.get(call_subject(good))).values()} == {"synced"}
    rows = (await stores.ledger.get(call_subject(bad))).values()
    assert {row.status for row in rows} == {"failed"}
    assert {str(row.error).partition(":")[0] for row in rows} == {"ValidationError at learning/learner.py"}
    assert await stores.ledger.behind("mongo", 10) == []


async def test_the_state_is_told_by_store(stores: Stores) -> None:
    await store_call(stores.pool, conversation())
    state = await stores.sync().state()
    assert [store.store for store in state.stores] == list(STORES)
    assert state.behind >= len(STORES)
    assert state.stores[1].oldest is not None
    assert orjson.loads(orjson.dumps(state.as_json()))["stores"][1]["pending"] >= 1
    await stores.sync().until_done()
