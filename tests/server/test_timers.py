"""Timers go off when they are due, in whichever process is alive, and once."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

from call_flow.effects import SetTimer
from server.clock import Clock
from server.timers import Alarm
from storage.inbox import Inbox
from storage.postgres import Pool
from storage.timers import Timers
from tests.storage.events import NOW, decide_next, new_call


class Heard:
    """The calls whose timers went off."""

    def __init__(self) -> None:
        self.calls: list[UUID] = []
        self.some = asyncio.Event()

    def __call__(self, call_id: UUID) -> None:
        self.calls.append(call_id)
        self.some.set()


async def fired(pool: Pool, call_id: UUID) -> list[str]:
    rows = await Inbox(pool).of_call(call_id)
    return [row.body["key"] for row in rows if row.event_type == "timer.fired"]


async def test_own_timer_goes_off_on_time(pool: Pool) -> None:
    clock, heard = Clock(time.time(), NOW, 20.0), Heard()
    alarm = Alarm(Timers(pool), clock, heard)
    running = asyncio.create_task(alarm.run())
    call_id = await new_call(pool)
    due = clock.now() + timedelta(seconds=3)
    await decide_next(pool, call_id, [SetTimer(key="silence", due=due)])
    alarm.note(due)

    await asyncio.wait_for(heard.some.wait(), 5)

    late = (clock.now() - due).total_seconds() / clock.rate
    assert 0 <= late < 0.2
    assert heard.calls == [call_id]
    assert await fired(pool, call_id) == ["silence"]
    await alarm.close()
    await running


async def test_timers_of_a_dead_process_go_off_once_whoever_looks(pool: Pool) -> None:
    clock, heard = Clock(time.time(), NOW, 1.0), Heard()
    call_id = await new_call(pool)
    keys = [f"timer:{n}" for n in range(20)]
    await decide_next(pool, call_id, [SetTimer(key=key, due=NOW) for key in keys])
    alarms = [Alarm(Timers(pool), clock, heard) for _ in range(4)]
    running = [asyncio.create_task(alarm.run()) for alarm in alarms]

    async with asyncio.timeout(5):
        while len(await fired(pool, call_id)) < len(keys):
            heard.some.clear()
            await heard.some.wait()

    assert sorted(await fired(pool, call_id)) == sorted(keys)
    for alarm in alarms:
        await alarm.close()
    await asyncio.gather(*running)


async def test_moved_timer_goes_off_at_its_new_time_alone(pool: Pool) -> None:
    clock, heard = Clock(time.time(), NOW, 1.0), Heard()
    call_id = await new_call(pool)
    await decide_next(pool, call_id, [SetTimer(key="max", due=NOW - timedelta(seconds=1))])
    await decide_next(pool, call_id, [SetTimer(key="max", due=NOW + timedelta(hours=1))])
    alarm = Alarm(Timers(pool), clock, heard)
    await alarm._fire()
    assert await fired(pool, call_id) == []
