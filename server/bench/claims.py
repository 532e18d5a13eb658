"""`bench claims`: rivals in processes that are killed race for closers, by the statements that a decision runs.

What happened is judged from three sides: by the claims table, by what each holder knew of itself, and by an observer
who reads availability meanwhile.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any

from server.bench.claim_checks import Absence, Hold, by_closer, idle_after_expiry, overlaps, unexplained
from server.bench.claimants import POSTGRES_URL, Plan, Told
from server.bench.own_folder import own_folder
from server.bench.spread import spread
from server.clock import Clock
from server.demo.child import Child
from storage import migrations, postgres
from storage.claim_audit import ClaimAudit
from storage.closers import Claim, Closer, Closers, Window
from storage.embedded.stack import Stack
from storage.postgres import Pool

RIVALS = 10  # a process
LOOK_S = 0.02
ALWAYS = [Window(day, time(0), time(0)) for day in range(1, 8)]


@dataclass(frozen=True)
class Size:
    """`worlds`: how many closers each has. A process is killed every `kill_s` wall seconds, whatever it is doing."""

    races: int = 10_000
    worlds: tuple[int, ...] = (1, 2, 3, 4, 5)
    processes: int = 4
    kill_s: float = 2.0
    seed: int = 1


@dataclass
class Seen:
    """What rivals and observer told, as it came."""

    told: list[Told] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    held_twice: list[str] = field(default_factory=list)
    looks: int = 0
    kills: int = 0

    def races(self) -> int:
        return sum(told.what != "free" for told in self.told)


async def bench(size: Size, url: str, folder: Path) -> dict[str, Any]:
    """Runs the races on the database of `url`; the report's `violations` is empty when all is well."""
    clock, draw = Clock(), random.Random(size.seed)
    begun = clock.now()
    worlds = tuple(
        tuple(f"race-{draw.randrange(16**8):08x}-{n}" for n in range(closers)) for closers in size.worlds
    )
    await migrations.upgrade(url)
    pool = await postgres.connect(url, max_size=4, name="bench claims")
    try:
        await _hire(Closers(pool), worlds, begun)
        seen = await _races(size, Plan(worlds, RIVALS, size.seed), url, folder, pool)
        claims = await ClaimAudit(pool).claims([closer for world in worlds for closer in world])
    finally:
        await pool.close()
    seconds = (clock.now() - begun).total_seconds()
    return {"seconds": round(seconds, 1), "races": seen.races()} | judged(worlds, seen, claims)


@asynccontextmanager
async def own_postgres() -> AsyncIterator[tuple[str, Path]]:
    """A Postgres that nobody else uses: its URL, and a folder for logs; both are gone afterwards."""
    with own_folder() as folder:
        stack = await asyncio.to_thread(Stack.join, folder / "stack", ("postgres",))
        try:
            yield stack.urls.postgres, folder
        finally:
            await asyncio.to_thread(stack.leave, True)


def judged(worlds: Sequence[Sequence[str]], seen: Seen, claims: Sequence[Claim]) -> dict[str, Any]:
    """Counts, and every violation as a line of text."""
    stored = by_closer(map(stored_hold, claims))
    believed = by_closer(believed_holds(seen.told))
    lost = [_absence(told, closer) for told in seen.told if told.what == "lost" for closer in told.closers]
    forgotten = {claim.call_id for claim in claims if claim.released_at in (None, claim.expires_at)}
    violations = [
        *(f"held twice in the table: {closer}" for closer in seen.held_twice),
        *(_twice("by the table", *pair) for pair in overlaps(stored)),
        *(_twice("by what they knew", *pair) for pair in overlaps(believed)),
        *(_alive("a race", absence) for absence in unexplained(lost, stored)),
        *(_alive("availability", absence) for absence in unexplained(seen.absences, stored)),
    ]
    idle_ms = [1000 * seconds for seconds in idle_after_expiry(stored, forgotten)]
    return {
        "worlds": [_world(n, world, seen, claims) for n, world in enumerate(worlds)],
        "claims": len(claims),
        "never_released": len(forgotten),
        "processes_killed": seen.kills,
        "looks_of_the_observer": seen.looks,
        "free_again_after_expiry_ms": spread(idle_ms, 1),
        "double_bookings": sum("twice" in violation for violation in violations),
        "alive_past_their_time": sum("alive" in violation for violation in violations),
        "violations": violations[:50],
    }


def stored_hold(claim: Claim) -> Hold:
    """A claim as the table tells it: until it was released, and no longer than it was for."""
    end = min(claim.released_at or claim.expires_at, claim.expires_at)
    return Hold(claim.closer_id, claim.call_id, claim.claimed_at, end)


def believed_holds(told: Sequence[Told]) -> list[Hold]:
    """From when the holder knew that it had won until it began to let go, or its time was up."""
    let_go = {one.call: one.known for one in told if one.what == "free"}
    return [
        Hold(one.closers[0], one.call, one.known, min(let_go.get(one.call, one.expires), one.expires))
        for one in told
        if one.what == "won" and one.known < one.expires
    ]


def _absence(told: Told, closer: str) -> Absence:
    return Absence(closer, told.call, told.asked, told.known)


def _twice(where: str, one: Hold, other: Hold) -> str:
    shared = (min(one.end, other.end) - other.start).total_seconds()
    return f"{one.closer} held twice {where}: {one.who} and {other.who}, for {1000 * shared:.3f} ms from {other.start}"


def _alive(where: str, absence: Absence) -> str:
    return (
        f"a claim of {absence.closer} alive past its time for {where}: {absence.who} asked at {absence.asked}"
    )


def _world(n: int, closers: Sequence[str], seen: Seen, claims: Sequence[Claim]) -> dict[str, int]:
    what = Counter(told.what for told in seen.told if told.world == n)
    held = sum(claim.closer_id in closers for claim in claims)
    return {"closers": len(closers), "races": what["lost"] + what["won"], "won": what["won"], "claims": held}


async def _hire(closers: Closers, worlds: Sequence[Sequence[str]], now: datetime) -> None:
    for world in worlds:
        for n, id in enumerate(world):
            await closers.save(Closer(id, id, f"+131255595{n:02d}", priority=n))
            await closers.set_windows(id, ALWAYS, now)


async def _races(size: Size, plan: Plan, url: str, folder: Path, pool: Pool) -> Seen:
    """Until `size.races` were decided; then every process is killed."""
    seen, done = Seen(), asyncio.Event()
    rivals = [
        Child(
            f"rivals-{n}",
            ["server.bench.claimants", plan.as_json()],
            {POSTGRES_URL: url},
            folder / f"rivals-{n}.log",
        )
        for n in range(size.processes)
    ]
    beside = [
        asyncio.create_task(_kill(rivals, seen, size)),
        asyncio.create_task(_observe(pool, plan, seen)),
    ]
    listening = [asyncio.create_task(_listen(child, seen, size.races, done)) for child in rivals]
    waiting = asyncio.create_task(done.wait())
    try:
        ended, _ = await asyncio.wait([waiting, *beside, *listening], return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in (waiting, *beside, *listening):
            task.cancel()
        for child in rivals:
            await child.kill()
        await asyncio.gather(waiting, *beside, *listening, return_exceptions=True)
    return seen


async def _listen(child: Child, seen: Seen, races: int, done: asyncio.Event) -> None:
    """Starts the process again whenever it was killed; one that ends by itself raises ChildFailed."""
    while True:
        await child.start()
        async for line in child.lines():
            seen.told.append(Told.read(line))
            if seen.races() >= races:
                done.set()
        if await child.ended() >= 0:
            raise child.failed()


async def _kill(rivals: Sequence[Child], seen: Seen, size: Size) -> None:
    draw = random.Random(size.seed)
    while True:
        await asyncio.sleep(size.kill_s * draw.uniform(0.5, 1.5))
        child = draw.choice(rivals)
        seen.kills += child.alive
        await child.kill()


async def _observe(pool: Pool, plan: Plan, seen: Seen) -> None:
    """Asks who is available and what is claimed, again and again."""
    closers, audit, clock = Closers(pool), ClaimAudit(pool), Clock()
    everyone = [closer for world in plan.worlds for closer in world]
    while True:
        asked = clock.now()
        free = {hint.id for hint in await closers.available(asked)}
        known = clock.now()
        seen.absences += [Absence(one, "observer", asked, known) for one in everyone if one not in free]
        seen.held_twice += await audit.held_twice(everyone)
        seen.looks += 1
        await asyncio.sleep(LOOK_S)
