"""A shift on the sales floor that goes on whatever dies: calls are placed once however often it takes to place them,
and the shift is over when nothing moves any more.

It must never ask the server whether a call is over: the server may be dead.
"""

import asyncio
import csv
import io
import time
from collections.abc import Iterable
from contextlib import suppress

import httpx

from server.demo.child import output_of
from server.demo.world import World
from storage.away import StoreAway
from storage.ledger import Ledger

EVERY_DAY = [{"day": day, "start": "00:00", "end": "23:59"} for day in range(1, 8)]
PATIENCE_S = 150.0  # wall, for one request to get through: longer than any store is away
STALL_S = 150.0  # wall, without anything changing
AGREEING_LOOKS = 3

MIXED, ACCEPTING = "+131255595{:02d}", "+131255590{:02d}"  # closers of every mood, and who take every call


async def import_leads(world: World, count: int, *, only_talkers: bool = False) -> list[str]:
    """Imports a file of leads; their numbers, in its order."""
    arguments = ["--count", str(count), "--seed", str(world.options.seed)]
    arguments += ["--now", repr(world.options.epoch.timestamp())] + ["--only-talkers"] * only_talkers
    text = await output_of("load.leads", *arguments)
    path = world.options.folder / "leads.csv"
    path.write_text(text)
    await output_of("server", "leads", "import", str(path), environment=world.environment())
    return [row["phone"] for row in csv.DictReader(io.StringIO(text))]


async def staff(world: World, closers: int, phone: str = MIXED) -> None:
    """So many closers of one name, at any hour."""
    for n in range(closers):
        body = {"name": "Kevin", "phone": phone.format(n), "timezone": "America/New_York", "priority": n}
        for path, wanted in (("", body), ("/windows", {"windows": EVERY_DAY})):
            (await world.api.put(f"/api/closers/kevin-{n}{path}", json=wanted)).raise_for_status()


async def place(world: World, number: str) -> str:
    """The id of the call to `number`: asked for until there is a server to place it, which places it once."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            response = await asked(world, number)
            if response.status_code != 503:
                assert response.status_code in (200, 201), response.text
                return str(response.json()["id"])
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    raise TimeoutError(f"no call could be placed within {PATIENCE_S:.0f} s")


async def asked(world: World, number: str) -> httpx.Response:
    """The answer to a call to `number`, under the one key of this number in this world."""
    headers = {"Idempotency-Key": f"{world.options.database} {number}"}
    return await world.api.post("/api/calls", json={"phone": number}, headers=headers)


async def busy(world: World, legs: int) -> None:
    """Returns when so many legs are up."""
    deadline = time.monotonic() + PATIENCE_S
    while (await world.sim.get("/sim/health")).json()["live_legs"] < legs:
        if time.monotonic() > deadline:
            raise TimeoutError(f"never {legs} legs at once within {PATIENCE_S:.0f} s")
        await asyncio.sleep(0.1)


async def work(world: World, numbers: Iterable[str], lines: int) -> dict[str, str]:
    """Places a call to each number, `lines` at a time, and returns the calls by number when all is over."""
    calls: dict[str, str] = {}
    for number in numbers:
        await _free_line(world, lines)
        calls[number] = await place(world, number)
    await over(world, calls.values())
    return calls


async def over(world: World, calls: Iterable[str]) -> None:
    """Returns when every call has ended, every store has learned it where there is a worker, and nothing is under way
    any more.
    """
    ids = list(calls)
    looks = 0
    last, since = "", time.monotonic()
    while looks < AGREEING_LOOKS:
        left = await _left(world, ids)
        looks = 0 if left else looks + 1
        if left != last:
            last, since = left, time.monotonic()
        if time.monotonic() - since > STALL_S:
            raise TimeoutError(f"nothing has changed for {STALL_S:.0f} s: {left}")
        await asyncio.sleep(0.2)


_LEFT = """
SELECT (SELECT count(*) FROM calls WHERE final_status IS NULL) AS live,
       (SELECT count(*) FROM legs WHERE state <> 'ended') AS legs,
       (SELECT count(*) FROM inbox WHERE status = 'received') AS undecided,
       (SELECT count(*) FROM outbox WHERE status = 'pending') AS unsent,
       (SELECT coalesce(sum(version), 0) FROM calls) AS decisions
"""


async def _left(world: World, calls: list[str]) -> str:
    """What is still to come, in words; nothing when all is over."""
    health = (await world.sim.get("/sim/health")).json()
    metrics = await world.metrics()
    try:
        row = await world.pool.fetchrow(_LEFT)
        unlearned = len(calls) - len(await Ledger(world.pool).learned(calls)) if world.options.worker else 0
    except StoreAway as away:
        return str(away)
    assert row is not None
    webhooks = metrics["unacknowledged"] - metrics["given_up"]
    counts = {**row, "unlearned": unlearned, "up": health["live_legs"], "untold": max(0, webhooks)}
    decisions = counts.pop("decisions")
    if not any(counts.values()):
        return ""
    return ", ".join(f"{name} {n}" for name, n in counts.items() if n) + f" after {decisions} decisions"


async def _free_line(world: World, lines: int) -> None:
    """Returns when fewer than `lines` calls are live, as far as anybody can tell."""
    while True:
        with suppress(StoreAway):
            if await world.pool.fetchval("SELECT count(*) FROM calls WHERE final_status IS NULL") < lines:
                return
        await asyncio.sleep(0.1)
