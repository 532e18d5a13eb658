"""A process of rivals for `bench claims`: each places a call, claims a closer, holds, then releases or forgets.

It may be killed at any instant and must never notice that somebody else holds what it holds.
"""

import asyncio
import os
import random
import sys
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson

from call_flow.effects import ClaimCloser, Effect, ReleaseClaim
from call_flow.events import ClaimResult, Given
from call_flow.state import CallState
from server.clock import Clock
from storage import postgres
from storage.calls import Calls, Decided, Decision, Pending, Summary
from storage.inbox import ReceivedEvent

POSTGRES_URL = "VOICELEARN_POSTGRES_URL"
CLAIM = "c1"


@dataclass(frozen=True)
class Plan:
    """`worlds`: the closers of each, raced for apart. Times in business seconds, each drawn between its two ends.
    `forget`: the share of holders that never release.
    """

    worlds: tuple[tuple[str, ...], ...]
    rivals: int
    seed: int
    lasts: tuple[float, float] = (0.2, 0.8)
    holds: tuple[float, float] = (0.001, 0.02)
    forget: float = 0.15

    def as_json(self) -> str:
        return orjson.dumps(asdict(self)).decode()


@dataclass(frozen=True)
class Told:
    """One line of a rival: it "lost" a race, "won" one, or is about to let go ("free").

    `asked` is the business time of the claim, `known` when its result was known; `call` and `closers` say whose and
    for whom.
    """

    what: str
    world: int
    call: str
    closers: tuple[str, ...]
    asked: datetime
    known: datetime
    expires: datetime

    def write(self) -> None:
        """To standard output at once: a line that was written outlives a kill."""
        os.write(1, orjson.dumps(asdict(self)) + b"\n")

    @classmethod
    def read(cls, line: bytes) -> "Told":
        found = orjson.loads(line)
        times = {name: datetime.fromisoformat(found[name]) for name in ("asked", "known", "expires")}
        return cls(**(found | times | {"closers": tuple(found["closers"])}))


class Rival:
    """Races on and on in one world, on a connection of its own for as long as it needs one."""

    def __init__(self, plan: Plan, world: int, calls: Calls, seed: str) -> None:
        self._plan, self._world, self._calls = plan, world, calls
        self._draw = random.Random(seed)
        self._clock = Clock()

    async def run(self) -> None:
        while True:
            await self._race()

    async def _race(self) -> None:
        closers = self._plan.worlds[self._world]
        order = tuple(self._draw.sample(closers, len(closers)))
        call_id, lasts = uuid4(), timedelta(seconds=self._draw.uniform(*self._plan.lasts))
        await self._begin(call_id)
        asked = self._clock.now()
        claim = ClaimCloser(claim=CLAIM, closers=order, expires_at=asked + lasts)
        await self._decide(await self._pending(call_id), (claim,), asked)
        pending = await self._pending(call_id)
        known, closer = self._clock.now(), ClaimResult.model_validate(pending.event.body).closer
        told = Told("lost", self._world, str(call_id), order, asked, known, claim.expires_at)
        if closer is None:
            told.write()
            return
        won = replace(told, what="won", closers=(closer.id,))
        won.write()
        await self._hold(pending, won)

    async def _hold(self, pending: Pending, won: Told) -> None:
        await asyncio.sleep(self._draw.uniform(*self._plan.holds))
        if self._draw.random() < self._plan.forget:
            return
        now = self._clock.now()
        replace(won, what="free", known=now).write()
        await self._decide(pending, (ReleaseClaim(claim=CLAIM),), now)

    async def _begin(self, call_id: UUID) -> None:
        now = self._clock.now()
        event = ReceivedEvent(
            event_id=f"begin:{call_id}",
            source="ours",
            event_type="noted",
            body={"kind": "noted", "event_type": "race"},
            occurred_at=now,
            received_at=now,
            call_id=call_id,
        )
        await self._calls.create(
            call_id, None, "+12125550100", "race", event, now, machine_version=1, state_form=1
        )

    async def _pending(self, call_id: UUID) -> Pending:
        pending = await self._calls.next_pending(call_id)
        assert pending is not None, f"call {call_id} lacks the result of its claim"
        return pending

    async def _decide(self, pending: Pending, effects: tuple[Effect, ...], now: datetime) -> Decided:
        state = CallState.new(str(pending.call_id)).model_dump_json()
        decision = Decision(
            pending.call_id,
            pending.version,
            pending.event.seq,
            given=Given(),
            state_json=state,
            summary=Summary(phase="handoff"),
            effects=effects,
            now=now,
            owner=f"{os.getpid()}",
        )
        decided = await self._calls.decide(decision)
        assert decided is not None, f"somebody else decided call {pending.call_id}"
        return decided


async def race(plan: Plan, url: str) -> None:
    """Rivals in turn for each world, until the process is killed."""
    pool = await postgres.connect(url, min_size=plan.rivals, max_size=plan.rivals, name="race")
    calls = Calls(pool)
    rivals = [
        Rival(plan, n % len(plan.worlds), calls, f"{plan.seed}:{os.getpid()}:{n}") for n in range(plan.rivals)
    ]
    await asyncio.gather(*(rival.run() for rival in rivals))


def main() -> None:
    given = orjson.loads(sys.argv[1])
    plan = Plan(**(given | {"worlds": tuple(map(tuple, given["worlds"]))}))
    asyncio.run(race(plan, os.environ[POSTGRES_URL]))


if __name__ == "__main__":
    main()
