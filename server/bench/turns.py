"""`bench turns`: from a last word to the next command at a talking pace, with a worker learning beside it and without.

Server, worker and simulated Telnyx are processes of their own on one clock at its natural rate. The worker has more to
do than its share: what ended while it was stopped waits for it.
"""

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from server.bench.spread import medians, quotient, spread
from server.demo.floor import place, prepare
from server.demo.world import Options, World
from storage.calls import Calls
from storage.ledger import Ledger

LOOK_S = 0.25
RAMP_S = 25.0  # as long as it takes until first calls are past their greeting
CALLS_A_SECOND = 2.0  # more than ever end
PLACED_AT_ONCE = 4


@dataclass(frozen=True)
class Size:
    """Each of the rounds measures `seconds` without a worker and then as long with one, `live` calls at all times."""

    rounds: int = 3
    seconds: float = 60.0
    live: int = 50
    ramp_s: float = RAMP_S
    seed: int = 1

    def options(self, folder: Path) -> Options:
        """A world of its own in that folder."""
        return Options(folder, rate=1.0, seed=self.seed, worker=False)

    @property
    def leads(self) -> int:
        """Numbers enough for all rounds."""
        return self.live + int(CALLS_A_SECOND * (self.ramp_s + 2 * self.rounds * self.seconds))


async def bench(size: Size, options: Options) -> dict[str, Any]:
    """Medians over the rounds of either kind, and each round, in a world of these options."""
    async with World(options) as world:
        floor = Floor(world, deque(await prepare(world, size.leads)), size.live)
        keeping = asyncio.create_task(floor.keep_live())
        try:
            await _while(keeping, size.ramp_s)
            rounds = [await _round(world, floor, keeping, size.seconds) for _ in range(size.rounds)]
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        events = (await world.report())["events"]
    found = medians(rounds)
    p99 = {kind: figures["word_to_command_ms"].get("p99") for kind, figures in found.items()}
    ratio = {"with_to_without_p99": quotient(p99["with_worker"], p99["without_worker"])}
    return {"medians": found | ratio, "mix": _mix(events), "refused": dict(floor.refused), "rounds": rounds}


class Floor:
    """Keeps `live` calls going by placing another whenever one has ended."""

    def __init__(self, world: World, numbers: deque[str], live: int) -> None:
        self._world, self._numbers, self._live = world, numbers, live
        self._calls = Calls(world.pool)
        self.placed: list[str] = []
        self.refused: Counter[str] = Counter()
        self.at_once: list[int] = []  # how many calls were live, look by look

    async def keep_live(self) -> None:
        """Until cancelled. FloorError where a call cannot be placed for a reason that is not the lead's."""
        while True:
            live = len(await self._calls.live())
            self.at_once.append(live)
            wanted = min(PLACED_AT_ONCE, self._live - live, len(self._numbers))
            await asyncio.gather(*(self._place(self._numbers.popleft()) for _ in range(wanted)))
            await asyncio.sleep(LOOK_S)

    async def _place(self, number: str) -> None:
        id = await place(self._world, number, self.refused)
        if id is not None:
            self.placed.append(id)


async def _round(
    world: World, floor: Floor, keeping: asyncio.Task[None], seconds: float
) -> dict[str, dict[str, Any]]:
    without = await _measured(world, floor, keeping, seconds)
    await world.worker.start()
    try:
        return {"without_worker": without, "with_worker": await _measured(world, floor, keeping, seconds)}
    finally:
        await world.worker.stop()


async def _measured(
    world: World, floor: Floor, keeping: asyncio.Task[None], seconds: float
) -> dict[str, Any]:
    before, learned, looks = await _raw(world), await _learned(world, floor), len(floor.at_once)
    begun = time.monotonic()
    await _while(keeping, seconds)
    after, took = await _raw(world), time.monotonic() - begun
    times = {name: after[name][len(before[name]) :] for name in before}
    return {name: spread(values) for name, values in times.items()} | {
        "webhooks_per_s": round(len(times["webhook_ack_ms"]) / took, 1),
        "live_calls": _mean(floor.at_once[looks:]),
        "calls_learned": await _learned(world, floor) - learned,
    }


async def _while(keeping: asyncio.Task[None], seconds: float) -> None:
    """Lets the calls go on for so long; raises what stopped the placing, if anything did."""
    done, _ = await asyncio.wait([keeping], timeout=seconds)
    for task in done:
        task.result()


async def _raw(world: World) -> dict[str, list[float]]:
    """Every time that the simulator has taken so far, in wall milliseconds."""
    metrics = (await world.sim.get("/sim/metrics", params={"raw": "1"}, timeout=60)).json()
    found: dict[str, list[float]] = metrics["raw"]
    return found


async def _learned(world: World, floor: Floor) -> int:
    return len(await Ledger(world.pool).learned([UUID(id) for id in floor.placed]))


def _mean(values: list[int]) -> float:
    return round(sum(values) / len(values), 1) if values else 0.0


def _mix(events: list[dict[str, Any]]) -> dict[str, float]:
    """Each event type's share of all that the simulator sent."""
    total = Counter(event["event_type"] for event in events)
    return {name: round(n / total.total(), 4) for name, n in total.most_common()}
