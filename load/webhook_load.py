"""`python -m load.webhook_load`: webhooks of many calls, as fast or as often as asked, and how long each took.

It is the calls' Telnyx, too: the server under load must send its commands here, to /v2. One JSON line on standard
output when it is ready: {"port", "public_key"}. Then each POST /load/run with a plan (see `Plan`) answers with what was
measured, and GET /load/acknowledged with the ids of the events that were.
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from load import serving
from load.callers import Callers, Post, Replay, Target
from load.clock import Clock
from load.leg import Leg
from load.shift import Pace, Shift
from load.signing import Signer
from load.sink import Sink
from load.wire import Wire

Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """One stretch of load. With `api` calls are placed there to `numbers` and played, and what was sent is kept;
    without it what was kept is sent again to `url`. `rate` in webhooks a second; without it `in_flight` at a time.
    """

    url: str
    api: str = ""
    token: str = ""
    numbers: tuple[str, ...] = ()
    live: int = 50
    rate: float | None = None
    in_flight: int = 16
    seconds: float = 10.0
    warm_s: float = 2.0

    @classmethod
    def read(cls, values: Row) -> "Plan":
        """ValueError for a name that is no part of a plan."""
        unknown = set(values) - {one.name for one in fields(cls)}
        if unknown:
            raise ValueError(f"no part of a plan: {', '.join(sorted(unknown))}")
        return cls(**(values | {"numbers": tuple(values.get("numbers", ()))}))

    def pace(self) -> Pace:
        return Pace(self.rate, self.in_flight, self.seconds, self.warm_s)


@dataclass
class Load:
    """One stretch at a time. `seed`: which people are behind the numbers, as for load.telnyx_sim."""

    signer: Signer
    clock: Clock
    seed: int
    wire: Wire = field(default_factory=Wire)
    callers: Callers | None = None
    post: Post | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def app(self) -> Starlette:
        sink = Sink(self._dialled, self._commanded)
        ours = [
            Route("/load/run", self._run, methods=["POST"]),
            Route("/load/acknowledged", self._acknowledged, methods=["GET"]),
        ]
        return Starlette(routes=[*sink.routes(), *ours])

    async def run(self, plan: Plan) -> Row:
        """ValueError for a plan that cannot be run."""
        async with self._turn:
            return await (self._play(plan) if plan.api else self._replay(plan))

    async def _run(self, request: Request) -> Response:
        try:
            return JSONResponse(await self.run(Plan.read(await request.json())))
        except (ValueError, TypeError) as problem:
            return JSONResponse({"error": str(problem)}, 400)

    async def _acknowledged(self, request: Request) -> Response:
        return JSONResponse(self.post.acknowledged if self.post else [])

    async def _play(self, plan: Plan) -> Row:
        shift, target = Shift(plan.pace()), Target(plan.url, plan.api.rstrip("/"), plan.token)
        self.post = Post(self.wire, self.signer)
        callers = Callers(target, self.post, self.wire, self.clock, iter(plan.numbers), plan.live, self.seed)
        callers.shift = shift
        self.callers = callers
        placing = asyncio.create_task(callers.keep_live())
        try:
            found = await shift.run(callers)
        finally:
            placing.cancel()
            with suppress(asyncio.CancelledError):
                await placing
            await callers.finish()
        return found | {"calls": dict(callers.counts), "sent": len(self.post.kept)}

    async def _replay(self, plan: Plan) -> Row:
        if self.post is None or not self.post.kept:
            raise ValueError("nothing was sent yet that could be sent again")
        shift = Shift(plan.pace())
        return await shift.run(Replay(plan.url, self.post, shift))

    def _dialled(self, body: Row) -> Leg:
        assert self.callers is not None, "a dial before the first plan"
        return self.callers.dialled(body)

    def _commanded(self, control_id: str, action: str, body: Row) -> None:
        if self.callers is not None:
            self.callers.commanded(control_id, action, body)


async def _serve(options: argparse.Namespace) -> None:
    load = Load(Signer.from_file(options.signing_key_file), serving.clock_of(options), options.seed)
    await serving.serve(load.app(), options, load.signer.public_key)
    load.wire.close()


def main(given: list[str] | None = None) -> None:
    import uvloop

    options = serving.parser("load.webhook_load", __doc__).parse_args(given)
    try:
        uvloop.run(_serve(options))
    except (ValueError, OSError) as problem:
        sys.exit(f"webhook_load: {problem}")


if __name__ == "__main__":
    main()
