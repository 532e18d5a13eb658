"""Receiving: kept once, whatever is delivered how often."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from storage.inbox import Inbox
from storage.postgres import Pool, storable
from tests.storage.events import NOW, decide_next, event, new_call


async def test_an_event_is_received_once(pool: Pool) -> None:
    inbox, one = Inbox(pool), event(uuid4())
    key = await inbox.receive(one)
    assert key is not None
    assert key.call_id == one.call_id
    assert await inbox.receive(replace(one, body={"kind": "other"})) is None
    kept = await inbox.get(key.seq)
    assert kept is not None
    assert kept.body == one.body


async def test_many_deliveries_at_once_leave_one_row(pool: Pool) -> None:
    inbox, one = Inbox(pool), event(uuid4())
    keys = await asyncio.gather(*(inbox.receive(one) for _ in range(20)))
    assert sum(key is not None for key in keys) == 1


async def test_what_is_stored_comes_back_as_it_was(pool: Pool) -> None:
    body = {"kind": "noted", "event_type": "naïve ☎ \\u0041", "n": [1, 2.5, None, {"deep": True}]}
    one = event(uuid4(), body=body, call_leg_id="leg", call_session_id="session", source="telnyx", form=7)
    key = await Inbox(pool).receive(one)
    assert key is not None
    row = await Inbox(pool).get(key.seq)
    assert row is not None
    assert (row.body, row.call_leg_id, row.call_session_id, row.form) == (body, "leg", "session", 7)
    assert (row.occurred_at, row.received_at, row.status) == (NOW, NOW, "received")


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {"text": "a\0b", "deep": [{"k\0": "\\u0000"}]}},
        {"body": {"text": "\ud800 alone"}},
        {
            "event_id": "id\0" + str(uuid4()),
            "event_type": "x\0",
            "call_leg_id": "\ud800",
            "call_session_id": "\0",
        },
        {"event_id": "x" * 5000},
    ],
    ids=["nul in the body", "lone surrogate", "nul elsewhere", "long id"],
)
async def test_what_postgres_cannot_keep_is_kept_all_the_same(pool: Pool, changes: dict[str, Any]) -> None:
    one = event(uuid4(), **changes)
    key = await Inbox(pool).receive(one)
    assert key is not None
    assert await Inbox(pool).receive(one) is None
    row = await Inbox(pool).get(key.seq)
    assert row is not None
    assert row.body == storable(one.body)


def test_what_can_be_kept_stays_as_it_is() -> None:
    kept = {"text": "naïve ☎ 😀", "n": [1, 2.5, None, True]}
    assert storable(kept) == kept
    assert storable("a\0b \ud83d\ude00 \ud800") == "a\ufffdb 😀 \ufffd"


async def test_undecided_names_calls_that_wait(pool: Pool) -> None:
    inbox, call_id = Inbox(pool), await new_call(pool)
    assert call_id in await inbox.undecided(0.0, 1000)
    assert call_id not in await inbox.undecided(60.0, 1000)
    await decide_next(pool, call_id)
    assert call_id not in await inbox.undecided(0.0, 1000)


async def test_an_event_without_a_call_is_assigned_once(pool: Pool) -> None:
    inbox, mine, other = Inbox(pool), uuid4(), uuid4()
    key = await inbox.receive(event(None))
    assert key is not None
    assert key.seq in [row.seq for row in await inbox.unrouted(1000)]
    await inbox.assign(key.seq, mine)
    await inbox.assign(key.seq, other)
    assert key.seq not in [row.seq for row in await inbox.unrouted(1000)]
    assert [row.seq for row in await inbox.of_call(mine)] == [key.seq]


async def test_an_event_set_aside_lets_the_call_go_on(pool: Pool) -> None:
    inbox, call_id = Inbox(pool), await new_call(pool)
    (bad,) = await inbox.of_call(call_id)
    await inbox.receive(event(call_id, "next"))
    assert await inbox.set_aside(bad.seq, "ValueError: no such phase")
    decided = await decide_next(pool, call_id)
    assert decided.version == 1
    assert bad.seq in [row.seq for row in await inbox.aside(1000)]
    rows = {row.event_id: row for row in await inbox.of_call(call_id)}
    assert (rows["next"].status, rows["next"].decided_version) == ("decided", 1)
    assert (rows[bad.event_id].status, rows[bad.event_id].error) == ("aside", "ValueError: no such phase")


async def test_an_event_that_was_set_aside_may_be_decided_after_all(pool: Pool) -> None:
    inbox, call_id = Inbox(pool), await new_call(pool)
    (bad,) = await inbox.of_call(call_id)
    await inbox.set_aside(bad.seq, "ValueError: no such phase")

    assert await inbox.retry(bad.seq) == [bad.seq]
    assert await inbox.retry(bad.seq) == []
    assert call_id in await inbox.undecided(0.0, 1000)
    await decide_next(pool, call_id)

    (row,) = await inbox.of_call(call_id)
    assert (row.status, row.error) == ("decided", None)


async def test_all_that_was_set_aside_comes_back_at_once(pool: Pool) -> None:
    inbox, calls = Inbox(pool), [await new_call(pool) for _ in range(3)]
    rows = [(await inbox.of_call(call_id))[0] for call_id in calls]
    for row in rows:
        await inbox.set_aside(row.seq, "ValueError: no such phase")

    assert {row.seq for row in rows} <= set(await inbox.retry())
    assert await inbox.aside(1000) == []


async def test_a_decided_event_is_not_set_aside_any_more(pool: Pool) -> None:
    inbox, call_id = Inbox(pool), await new_call(pool)
    await decide_next(pool, call_id)
    (row,) = await inbox.of_call(call_id)
    assert not await inbox.set_aside(row.seq, "late")
    assert not await inbox.mark_unknown(row.seq)


async def test_an_event_that_fits_nothing_stops_waiting(pool: Pool) -> None:
    inbox = Inbox(pool)
    key = await inbox.receive(event(None))
    assert key is not None
    assert await inbox.mark_unknown(key.seq)
    assert key.seq not in [row.seq for row in await inbox.unrouted(1000)]
    assert (await inbox.counts())["unknown"] >= 1
