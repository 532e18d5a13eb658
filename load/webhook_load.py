"""`python -m load.webhook_load`: webhooks of many calls, as fast or as often as asked, and how long each took.

It is the calls' Telnyx, too: the server under load must send its commands here, to /v2. One JSON line on standard
output when it is ready: {"port", "public_key"}. Then each POST /load/run with a plan (see `Plan`) answers with what was
measured, and GET /load/acknowledged with the ids of the events that were. With --plan it runs that one alone, prints
the answer and ends.
"""

import argparse
import asyncio
import json
import signal
import socket
import sys
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

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


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m load.webhook_load", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--signing-key-file", type=Path, required=True, help="Ed25519 seed; made if absent")
    parser.add_argument("--clock-origin", type=float, default=None, help="wall epoch seconds; default now")
    parser.add_argument("--clock-epoch", type=float, default=None, help="clock's seconds; default the origin")
    parser.add_argument("--clock-rate", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan", type=json.loads, default=None, metavar="JSON")
    return parser.parse_args(given)


class _Server(uvicorn.Server):
    """uvicorn raises a signal again once it has shut down; being told to stop is no failure here."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        return nullcontext()

    def _stop(self) -> None:
        self.should_exit = True


async def _serve(options: argparse.Namespace) -> None:
    origin = time.time() if options.clock_origin is None else options.clock_origin
    epoch = origin if options.clock_epoch is None else options.clock_epoch
    load = Load(
        Signer.from_file(options.signing_key_file), Clock(origin, epoch, options.clock_rate), options.seed
    )
    listener = socket.create_server((options.host, options.port), backlog=512)
    server = _Server(
        uvicorn.Config(load.app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1)
    )
    # The socket listens already: whoever reads this line may connect.
    print(json.dumps({"port": listener.getsockname()[1], "public_key": load.signer.public_key}), flush=True)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    if options.plan is not None:
        print(json.dumps(await load.run(Plan.read(options.plan))), flush=True)
        server.should_exit = True
    await serving
    load.wire.close()


def main(given: list[str] | None = None) -> None:
    import uvloop

    options = _arguments(given)
    try:
        uvloop.run(_serve(options))
    except (ValueError, OSError) as problem:
        sys.exit(f"webhook_load: {problem}")


if __name__ == "__main__":
    main()
