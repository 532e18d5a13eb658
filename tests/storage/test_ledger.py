"""The ledger moves forward only."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from storage.ledger import STORES, Ledger, call_subject, entry_subject
from storage.postgres import Pool
from tests.storage.events import NOW


async def test_pending_synced_failed(pool: Pool) -> None:
    ledger, call_id = Ledger(pool), uuid4()
    subject = call_subject(call_id)
    await ledger.pending({subject: 1}, NOW)
    assert (await ledger.counts([call_id]))["mongo"] == {"synced": 0, "pending": 1, "failed": 0}
    assert await ledger.set({subject: 1}, "mongo", "synced", NOW) == 1
    assert await ledger.set({subject: 1}, "graph", "failed", NOW, "ServiceUnavailable") == 1
    counts = await ledger.counts([call_id])
    assert counts["mongo"] == {"synced": 1, "pending": 0, "failed": 0}
    assert counts["graph"] == {"synced": 0, "pending": 0, "failed": 1}
    assert set(counts) == set(STORES)
    assert (await ledger.get(subject))["graph"].error == "ServiceUnavailable"


async def test_an_older_revision_changes_nothing(pool: Pool) -> None:
    ledger, subject = Ledger(pool), call_subject(uuid4())
    await ledger.set({subject: 2}, "mongo", "synced", NOW)
    assert not await ledger.set({subject: 1}, "mongo", "failed", NOW, "late")
    await ledger.pending({subject: 2}, NOW, ("mongo",))
    assert not await ledger.set({subject: 2}, "mongo", "failed", NOW, "a second worker")
    row = (await ledger.get(subject))["mongo"]
    assert (row.revision, row.status, row.error) == (2, "synced", None)
    await ledger.pending({subject: 3}, NOW, ("mongo",))
    row = (await ledger.get(subject))["mongo"]
    assert (row.revision, row.status, row.attempts) == (3, "pending", 0)


async def test_in_any_order_the_highest_revision_stands(pool: Pool) -> None:
    ledger, subject = Ledger(pool), call_subject(uuid4())
    for _ in range(5):
        await asyncio.gather(*(ledger.set({subject: n}, "graph", "synced", NOW) for n in (3, 1, 5, 2, 4)))
    assert (await ledger.get(subject))["graph"].revision == 5


async def test_behind_names_the_oldest_first_and_waits_before_a_retry(pool: Pool) -> None:
    ledger = Ledger(pool)
    await pool.execute("DELETE FROM ledger")
    late, early = call_subject(uuid4()), entry_subject("line", "greeting.1")
    await ledger.pending({late: 1}, NOW + timedelta(seconds=1), ("vectors",))
    await ledger.pending({early: 1}, NOW, ("vectors",))
    assert [row.subject for row in await ledger.behind("vectors", 10)] == [early, late]
    assert [row.subject for row in await ledger.behind("vectors", 10, "call:")] == [late]
    await ledger.set({early: 1}, "vectors", "failed", NOW, "away", retry_s=60)
    assert [row.subject for row in await ledger.behind("vectors", 10)] == [late]
    await ledger.set({early: 1}, "vectors", "failed", NOW, "away", retry_s=0)
    assert (await ledger.get(early))["vectors"].attempts == 2
    assert len(await ledger.behind("vectors", 10)) == 2


async def test_each_failure_doubles_the_pause(pool: Pool) -> None:
    ledger, subject = Ledger(pool), call_subject(uuid4())
    pauses = []
    for _ in range(8):
        await ledger.set({subject: 1}, "graph", "failed", NOW, "ClientError", retry_s=4)
        pauses.append(
            await pool.fetchval("SELECT next_try - clock_timestamp() FROM ledger WHERE subject = $1", subject)
        )
    seconds = [round(pause.total_seconds()) for pause in pauses]
    assert seconds == [4, 8, 16, 32, 60, 60, 60, 60]


async def test_one_at_a_time_has_a_subject(pool: Pool) -> None:
    ledger, subject, order = Ledger(pool), call_subject(uuid4()), []

    async def hold(name: str, taken: asyncio.Event, release: asyncio.Event) -> None:
        async with ledger.alone(subject):
            taken.set()
            await release.wait()
            order.append(name)

    first, second = (asyncio.Event(), asyncio.Event()), (asyncio.Event(), asyncio.Event())
    holding = asyncio.create_task(hold("first", *first))
    await first[0].wait()
    waiting = asyncio.create_task(hold("second", *second))
    second[1].set()
    async with ledger.alone(call_subject(uuid4())):
        assert not second[0].is_set()
    first[1].set()
    await asyncio.gather(holding, waiting)
    assert order == ["first", "second"]


async def test_a_store_is_filled_again(pool: Pool) -> None:
    ledger, subjects = Ledger(pool), [entry_subject("strategy", str(n)) for n in range(3)]
    revisions = {subject: n for n, subject in enumerate(subjects, 1)}
    await ledger.pending(revisions, NOW, ("graph",))
    assert await ledger.set(revisions, "graph", "synced", NOW) == 3
    assert await ledger.reset("graph", NOW, "entry:strategy:") == 3
    assert (await ledger.get(subjects[0]))["graph"].status == "pending"


async def test_runs_are_recorded(pool: Pool) -> None:
    ledger = Ledger(pool)
    id = await ledger.start_run("by hand", NOW)
    assert (await ledger.runs(1))[0].ended_at is None
    await ledger.end_run(id, NOW, 3, 1, {"graph": "away"})
    (run,) = await ledger.runs(1)
    assert (run.id, run.done, run.failed, run.detail, run.ended_at) == (id, 3, 1, {"graph": "away"}, NOW)
