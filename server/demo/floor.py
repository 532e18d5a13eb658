"""The sales floor's day: leads are imported, closers are there, calls are placed as lines get free, until all
is over and learned.
"""

import asyncio
import csv
import io
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

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
    """`calls`: ids in the order placed; `ended` and `learned` grow to the same. `refused`: reason to count."""

    calls: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    learned: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)


async def prepare(world: World, leads: int) -> list[str]:
    """Imports a file of leads and sets up the closers; the leads' numbers, in the order to be called."""
    numbers = await import_leads(world, leads)
    for id, closer in CLOSERS.items():
        await _put(world, f"/api/closers/{id}", closer)
        await _put(world, f"/api/closers/{id}/windows", {"windows": EVERY_WEEKDAY})
    return numbers


async def import_leads(world: World, count: int) -> list[str]:
    """So many leads of this world, by the command that imports a file; their numbers in its order."""
    text = await _lead_file(world, count)
    path = world.options.folder / "leads.csv"
    path.write_text(text)
    await _run("server", "leads", "import", str(path), environment=world.environment())
    return [row["phone"] for row in csv.DictReader(io.StringIO(text))]


async def work(
    world: World, numbers: Iterable[str], count: int, progress: Progress | None = None, lines: int = LINES
) -> Day:
    """Places `count` calls, `lines` at a time, and returns when all have ended and every store has learned them."""
    day, waiting, seen = Day(), iter(numbers), time.monotonic()
    last: tuple[int, int, int] = (0, 0, 0)
    quiet = 0
    while quiet < QUIET_POLLS:
        while len(day.calls) < count and len(day.calls) - len(day.ended) < lines:
            await _place(world, next(waiting), day)
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


async def _place(world: World, number: str, day: Day) -> None:
    response = await world.api.post("/api/calls", json={"phone": number})
    body = response.json()
    if response.status_code == 201:
        day.calls.append(body["id"])
    elif "refused" in body:
        day.refused[body["refused"]] = day.refused.get(body["refused"], 0) + 1
    else:
        raise FloorError(f"POST /api/calls answered {response.status_code}: {body}")


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
    return await _run("load.leads", *arguments)


async def _run(module: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    if process.returncode:
        raise FloorError(f"{module} {' '.join(arguments)} failed:\n{errors.decode(errors='replace')[-2000:]}")
    return out.decode()


async def _put(world: World, path: str, body: dict[str, Any]) -> None:
    response = await world.api.put(path, json=body)
    if response.status_code >= 400:
        raise FloorError(f"PUT {path} answered {response.status_code}: {response.text}")
