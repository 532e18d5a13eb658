"""`bench webhooks`: durable acknowledgements by a server that decides what it acknowledges, beside bare ones.

Every round sends a stretch at a fixed rate and one as fast as answers come, to our server, and then the same events to
the bare one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from server.bench.load_world import LoadWorld
from server.bench.spread import medians, quotient
from server.demo.floor import import_leads
from server.demo.world import Options, free_ports
from storage.inbox import Inbox

CALLS_A_SECOND = 25  # more than are ever placed
SETTLED_S = 60.0
LOOK_S = 0.1
IDS_AT_ONCE = 5000


@dataclass(frozen=True)
class Size:
    """`live` calls at the fixed `rate`; `crowd` calls where `in_flight` webhooks are always under way."""

    rounds: int = 3
    seconds: float = 15.0
    warm_s: float = 3.0
    rate: float = 100.0
    live: int = 50
    in_flight: int = 16
    crowd: int = 150
    seed: int = 1

    def options(self, folder: Path) -> Options:
        """A world of its own in that folder."""
        return Options(folder, rate=1.0, seed=self.seed, worker=False)

    @property
    def leads(self) -> int:
        """Numbers enough for every stretch."""
        return self.rounds * (self.stretch(self.live) + self.stretch(self.crowd))

    def stretch(self, calls: int) -> int:
        """Numbers that a stretch with so many calls at once may use up."""
        return calls + int(CALLS_A_SECOND * (self.seconds + self.warm_s))


async def bench(size: Size, options: Options) -> dict[str, Any]:
    """Medians over the rounds, each round, and the ratios of bare to ours, in a world of these options."""
    async with LoadWorld(options) as world:
        await world.start_bare(free_ports(1)[0])
        numbers = iter(await import_leads(world, size.leads))
        rounds = [await _round(world, size, numbers) for _ in range(size.rounds)]
    found = medians(rounds)
    return {"medians": found | ratios(found), "mix": _mix(rounds), "rounds": rounds}


def ratios(found: Mapping[str, Any]) -> dict[str, Any]:
    """How many times as much the bare server acknowledges, and our p99 in terms of its p99."""
    ours, bare = found["saturated"], found["bare_saturated"]
    fixed, bare_fixed = found["fixed_rate"], found["bare_fixed_rate"]
    return {
        "bare_to_ours_per_s": quotient(bare["per_s"], ours["per_s"]),
        "ours_to_bare_p99": quotient(fixed["ack_ms"]["p99"], bare_fixed["ack_ms"]["p99"]),
    }


async def _round(world: LoadWorld, size: Size, numbers: Iterator[str]) -> dict[str, Any]:
    times = {"seconds": size.seconds, "warm_s": size.warm_s}
    fixed = {**times, "rate": size.rate, "live": size.live}
    crowd = {**times, "in_flight": size.in_flight, "live": size.crowd}
    found: dict[str, Any] = {}
    for name, plan, calls in (("fixed_rate", fixed, size.live), ("saturated", crowd, size.crowd)):
        mine = list(islice(numbers, size.stretch(calls)))
        before = world.servers[0].cpu_s()
        found[name] = await world.run(**plan, numbers=mine)
        spent = world.servers[0].cpu_s() - before
        found[name] |= {"server_cpu_ms": round(1000 * spent / found[name]["sent"], 2)} | await _kept(world)
        found[f"bare_{name}"] = await world.run_bare(**plan)
    return found


async def _kept(world: LoadWorld) -> dict[str, Any]:
    """Of the events that were acknowledged, those that were not decided once all was quiet, and how long that took."""
    begun, inbox = time.monotonic(), Inbox(world.pool)
    await _settled(inbox)
    settled = time.monotonic() - begun
    ids = await world.acknowledged()
    chunks = [ids[n : n + IDS_AT_ONCE] for n in range(0, len(ids), IDS_AT_ONCE)]
    decided = sum([len(await inbox.decided(chunk)) for chunk in chunks])
    return {"acknowledged": len(ids), "not_decided": len(set(ids)) - decided, "settled_s": round(settled, 2)}


async def _settled(inbox: Inbox) -> None:
    """Waits until nothing is undecided, at most `SETTLED_S`."""
    for _ in range(int(SETTLED_S / LOOK_S)):
        if not (await inbox.counts()).get("received"):
            return
        await asyncio.sleep(LOOK_S)


def _mix(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """Each event type's share of what was acknowledged at the fixed rate."""
    total: Counter[str] = Counter()
    for one in rounds:
        total.update(one["fixed_rate"]["mix"])
    return {name: round(n / total.total(), 4) for name, n in total.most_common()}
