"""The sales floor's day: leads are imported, closers are there, calls are placed as lines get free, until all
is over and learned.
"""

import asyncio
import csv
import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from server.demo.child import output_of
from server.demo.world import KEVIN, World
from storage.ledger import Ledger

LINES = 6  # calls at the same time
POLL_S = 0.25
QUIET_POLLS = 4
STALL_S = 120.0  # wall seconds without any progress

CLOSERS: dict[str, dict[str, Any]] = {
    "kevin": {"name": "Kevin", "phone": KEVIN, "timezone": "America/Los_Angeles", "priority": 1},
    "maria": {"name": "Maria", "phone": "+13125559501", "timezone": "America/New_York", "priority": 2},
}
EVERY_WEEKDAY = [{"day": day, "start": "08:00", "end": "20:00"} for day in range(1, 6)]

Progress = Callable[[int, int, int], None]  # placed, ended, learned


class FloorError(Exception):
    """The day could not go on; the message says at what."""


@dataclass
class Day:
    """`calls`: ids in the order placed; `ended` and `learned` grow to the same. `refused`: how many not, by reason."""

    calls: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    learned: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)


async def prepare(world: World, leads: int) -> list[str]:
    """Loads the playbook into every store, imports a file of leads and sets up the closers; the leads' numbers, in the
    order to be called.
    """
    seeded = output_of("server", "seed", environment=world.environment())
    numbers, _ = await asyncio.gather(import_leads(world, leads), seeded)
    for id, closer in CLOSERS.items():
        await _put(world, f"/api/closers/{id}", closer)
        await _put(world, f"/api/closers/{id}/windows", {"windows": EVERY_WEEKDAY})
    return numbers


async def import_leads(world: World, count: int) -> list[str]:
    """So many leads of this world, by the command that imports a file; their numbers in its order."""
    text = await _lead_file(world, count)
    path = world.options.folder / "leads.csv"
    path.write_text(text)
    await output_of("server", "leads", "import", str(path), environment=world.environment())
    return [row["phone"] for row in csv.DictReader(io.StringIO(text))]


async def work(
    world: World, numbers: Iterable[str], count: int, progress: Progress | None = None, lines: int = LINES
) -> Day:
    """Places `count` calls, `lines` at a time, and returns when all have ended and every store has learned them.

    Raises FloorError where nothing moves any more, or where the numbers do not suffice.
    """
    day, waiting, seen = Day(), iter(numbers), time.monotonic()
    last: tuple[int, int, int] = (0, 0, 0)
    quiet = 0
    while quiet < QUIET_POLLS:
        while len(day.calls) < count and len(day.calls) - len(day.ended) < lines:
            await _place_next(world, waiting, count, day)
        await asyncio.sleep(POLL_S)
        await _look(world, day)
        now = (len(day.calls), len(day.ended), len(day.learned))
        if now != last:
            last, seen = now, time.monotonic()
            if progress is not None:
                progress(*now)
        done = len(day.learned) == count and await _nothing_under_way(world)
        quiet = quiet + 1 if done else 0
        if time.monotonic() - seen > STALL_S:
            raise FloorError(
                f"no progress for {STALL_S:.0f} s: {now} of {count} calls placed, ended, learned"
            )
    return day


async def place(world: World, number: str, refused: Counter[str]) -> str | None:
    """The id of a call to this number; None where it may not be called, for a reason that is counted."""
    response = await world.api.post("/api/calls", json={"phone": number})
    body = response.json()
    if response.status_code == 201:
        return str(body["id"])
    if "refused" not in body:
        raise FloorError(f"POST /api/calls answered {response.status_code}: {body}")
    refused[body["refused"]] += 1
    return None


async def _place_next(world: World, waiting: Iterator[str], count: int, day: Day) -> None:
    number = next(waiting, None)
    if number is None:
        why = ", ".join(f"{n} {reason}" for reason, n in day.refused.most_common())
        raise FloorError(f"only {len(day.calls)} of {count} calls could be placed; refused: {why or 'none'}")
    id = await place(world, number, day.refused)
    if id is not None:
        day.calls.append(id)


async def _look(world: World, day: Day) -> None:
    """Which calls have ended, and which of those every store has."""
    live = (await world.api.get("/api/calls", params={"live": "true", "limit": 1000})).json()["calls"]
    day.ended = set(day.calls) - {row["id"] for row in live}
    day.learned = {str(call.id) for call in await Ledger(world.pool).learned(day.calls)}


async def _nothing_under_way(world: World) -> bool:
    """No leg is up and no webhook waits to be delivered."""
    health = (await world.sim.get("/sim/health")).json()
    metrics = await world.metrics()
    waiting = metrics["unacknowledged"] - metrics["given_up"]
    return health["live_legs"] == 0 and waiting <= 0


async def _lead_file(world: World, count: int) -> str:
    now = world.clock.epoch.timestamp()
    arguments = ("--count", str(count), "--seed", str(world.options.seed), "--now", repr(now))
    return await output_of("load.leads", *arguments)


async def _put(world: World, path: str, body: dict[str, Any]) -> None:
    response = await world.api.put(path, json=body)
    if response.status_code >= 400:
        raise FloorError(f"PUT {path} answered {response.status_code}: {response.text}")
