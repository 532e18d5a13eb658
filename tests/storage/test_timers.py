"""Timers fire once, whoever is alive to fire them."""

import asyncio
from datetime import timedelta
from uuid import UUID

from call_flow.effects import SetTimer
from storage.inbox import Inbox
from storage.postgres import Pool
from storage.timers import Timers
from tests.storage.events import NOW, decide_next, new_call


async def call_with_timers(pool: Pool, *seconds: int) -> UUID:
    call_id = await new_call(pool)
    timers = [SetTimer(key=f"t{n}", due=NOW + timedelta(seconds=n)) for n in seconds]
    await decide_next(pool, call_id, timers)
    return call_id


async def fired(pool: Pool, call_id: UUID) -> list[str]:
    rows = await Inbox(pool).of_call(call_id)
    return [row.body["key"] for row in rows if row.event_type == "timer.fired"]


async def test_due_timers_become_events_in_their_order(pool: Pool) -> None:
    timers, call_id = Timers(pool), await call_with_timers(pool, 30, 10, 20)
    assert call_id in await timers.fire(NOW + timedelta(seconds=20))
    assert await fired(pool, call_id) == ["t10", "t20"]
    assert list(await timers.of_call(call_id)) == ["t30"]
    row = (await Inbox(pool).of_call(call_id))[-1]
    assert (row.occurred_at, row.received_at) == (NOW + timedelta(seconds=20), NOW + timedelta(seconds=20))
    assert row.body == {"kind": "timer.fired", "key": "t20"}
    assert row.event_id == f"timer:{call_id}:t20:2025-03-04T15:00:20.000000"


async def test_two_firers_fire_each_timer_once(pool: Pool) -> None:
    calls = [await call_with_timers(pool, *range(10)) for _ in range(10)]
    later = NOW + timedelta(seconds=60)
    while any(await asyncio.gather(*(Timers(pool).fire(later, limit=7) for _ in range(6)))):
        pass
    for call_id in calls:
        assert sorted(await fired(pool, call_id)) == sorted(f"t{n}" for n in range(10))


async def test_a_timer_set_again_fires_again(pool: Pool) -> None:
    call_id = await call_with_timers(pool, 1)
    await Timers(pool).fire(NOW + timedelta(seconds=1))
    await decide_next(pool, call_id, [SetTimer(key="t1", due=NOW + timedelta(seconds=2))])
    await Timers(pool).fire(NOW + timedelta(seconds=2))
    assert await fired(pool, call_id) == ["t1", "t1"]
