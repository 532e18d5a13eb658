"""Each store is stopped for two minutes of the calls' clock while calls are under way, one after the other.

What waits on the wall's clock, as whoever tries again does, has its two minutes at a rate of 1: AWAY_RATE=1.
"""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from server.demo.world import World
from tests.survival import shift
from tests.survival.conftest import MakeWorld
from tests.survival.evidence import gather, happened_during, of_calls, wrong

RATE = float(os.environ.get("AWAY_RATE", "20"))
AWAY_S = 120.0  # of the clock; at a rate of 20 longer than any retry's first waits, which are wall seconds
CALLS = 24 if RATE > 1 else 36  # enough for all five: at a low rate little is spent on stopping and starting
LINES = 6
PLACED_MEANWHILE = 2

pytestmark = pytest.mark.timeout(280 if RATE > 1 else 3600)


@dataclass
class Outage:
    """From when to when the store was away, and the answers to the calls that were placed meanwhile."""

    store: str
    since: datetime
    until: datetime | None = None
    answers: list[int] = field(default_factory=list)


async def take_away(world: World, store: str, spare: list[str], calls: dict[str, str]) -> Outage:
    """Stops the store, places calls to two of the `spare` numbers, and lets it come back after its two minutes."""
    await asyncio.to_thread(world.stack.pause, store)
    outage = Outage(store, world.clock.now())
    try:
        for number in [spare.pop() for _ in range(PLACED_MEANWHILE)]:
            response = await shift.asked(world, number)
            outage.answers.append(response.status_code)
            if response.status_code == 201:
                calls[number] = response.json()["id"]
        await world.wait(AWAY_S)
        outage.until = world.clock.now()
    finally:
        await asyncio.to_thread(world.stack.resume, store)
    return outage


def spoken_during(report: dict[str, Any], calls: dict[str, str], outage: Outage) -> int:
    """Commands to speak that took effect, in calls of ours, while the store was away."""
    assert outage.until is not None
    commands = of_calls(report["commands"], set(calls.values()))
    spoken = [command for command in commands if command["action"] == "speak" and command["effect"]]
    return len(happened_during(spoken, "at", outage.since, outage.until))


async def test_calls_go_on_and_every_store_catches_up(make_world: MakeWorld) -> None:
    async with make_world(rate=RATE, seed=5) as world:
        await shift.staff(world, 4)
        numbers = await shift.import_leads(world, CALLS + 5 * PLACED_MEANWHILE, only_talkers=True)
        spare, placed = numbers[CALLS:], dict[str, str]()
        working = asyncio.create_task(shift.work(world, numbers[:CALLS], lines=LINES))
        outages = []
        for store in ("mongo", "graph", "vectors", "redis", "postgres"):
            await shift.busy(world, legs=LINES // 2)
            outages.append(await take_away(world, store, spare, placed))
        calls = await working | placed
        await shift.over(world, calls.values())

        report = await world.report()
        spoken = {outage.store: spoken_during(report, calls, outage) for outage in outages}
        print(f"lines spoken while a store was away: {spoken}")
        for outage in outages[:-1]:
            assert outage.answers == [201] * PLACED_MEANWHILE, outage
            assert spoken[outage.store] >= LINES, outage
        assert outages[-1].answers == [503] * PLACED_MEANWHILE, outages[-1]
        evidence = await gather(world, calls)
        problems = await wrong(world, evidence)
        assert problems == [], "\n".join(problems)
