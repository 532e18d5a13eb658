"""The server dies by kill -9 in the middle of calls, again and again; the stores stay up."""

import asyncio
import random
import secrets

import pytest

from server.demo.world import World
from tests.survival import shift
from tests.survival.conftest import MakeWorld
from tests.survival.evidence import gather, lines_told, wrong

CALLS = 20
LINES = 10  # so that there are calls to be killed until the last time
RATE = 8.0  # a server is back within a minute of the calls' time, and they last for minutes
KILLS = 3
NEVER_TOLD = 2  # prospects whose hangup nobody will ever hear of

pytestmark = pytest.mark.timeout(240)


async def kill_at_random(world: World, chance: random.Random) -> list[tuple[float, int]]:
    """Kills the server in the middle of calls, and starts it again at once; after how many wall seconds, and how many
    legs were up.
    """
    kills = []
    for _ in range(KILLS):
        await shift.busy(world, legs=LINES // 2)
        pause = chance.uniform(0.2, 4.0)
        await asyncio.sleep(pause)
        await world.servers[0].kill()
        kills.append((round(pause, 2), (await world.sim.get("/sim/health")).json()["live_legs"]))
        await world.start_server(0)
    return kills


async def test_what_a_killed_server_left_is_taken_up(make_world: MakeWorld) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with make_world(rate=RATE, seed=3) as world:
        await shift.staff(world, 4)
        numbers = await shift.import_leads(world, CALLS, only_talkers=True)
        silent = chance.sample(numbers, NEVER_TOLD)
        await world.turn(lose_hangups=silent)
        killing = asyncio.create_task(kill_at_random(world, chance))
        calls = await shift.work(world, numbers, LINES)
        kills = await killing
        print(f"killed after seconds, with legs up: {kills}")
        assert all(legs for _, legs in kills), "a server that has nothing to do proves nothing"
        await shift.over(world, calls.values())
        evidence = await gather(world, calls)
        problems = await wrong(world, evidence)
        assert problems == [], "\n".join(problems)
        for number in silent:
            leg = evidence.calls[number].state.prospect
            assert (leg.state, leg.hangup_cause) == ("ended", "lost"), lines_told(evidence.calls[number])
