"""`python -m load.telnyx_sim`: a server that is Telnyx for us, with people behind its numbers.

One JSON line on standard output when it is ready: {"port", "public_key"}. Stops cleanly on SIGTERM.
"""

import argparse
import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from load.clock import Clock
from load.exchange import Exchange
from load.journal import Journal
from load.knobs import Knobs
from load.signing import Signer
from load.sim_api import SimApi
from load.telnyx_api import TelnyxApi


def build(exchange: Exchange, api_key: str, public_key: str) -> Starlette:
    """The application; its calls end with it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await exchange.close()
        exchange.journal.close()

    routes = TelnyxApi(exchange, api_key).routes() + SimApi(exchange, public_key).routes()
    return Starlette(routes=routes, lifespan=lifespan)


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m load.telnyx_sim", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--signing-key-file", type=Path, required=True, help="Ed25519 seed; made if absent")
    parser.add_argument("--clock-origin", type=float, default=None, help="wall epoch seconds; default now")
    parser.add_argument(
        "--clock-epoch", type=float, default=None, help="clock's epoch seconds; default the origin"
    )
    parser.add_argument("--clock-rate", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, default=None, metavar="DIR")
    parser.add_argument("--closer-numbers", default="", help="+1…,+1…")
    parser.add_argument("--knobs", default="{}", help="JSON, as for POST /sim/knobs")
    return parser.parse_args(given)


def exchange_of(options: argparse.Namespace, signer: Signer) -> Exchange:
    """The exchange that the command line asks for; ValueError for a bad knob."""
    origin = time.time() if options.clock_origin is None else options.clock_origin
    epoch = origin if options.clock_epoch is None else options.clock_epoch
    clock = Clock(origin, epoch, options.clock_rate)
    knobs = Knobs()
    knobs.turn(json.loads(options.knobs))
    closers = frozenset(filter(None, options.closer_numbers.split(",")))
    journal = Journal(clock, options.record)
    return Exchange(clock, options.seed, signer, journal, knobs, options.webhook_url, closers)


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
    signer = Signer.from_file(options.signing_key_file)
    app = build(exchange_of(options, signer), options.api_key, signer.public_key)
    listener = socket.create_server((options.host, options.port), backlog=512)
    server = _Server(uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1))
    # The socket listens already: whoever reads this line may connect.
    print(json.dumps({"port": listener.getsockname()[1], "public_key": signer.public_key}), flush=True)
    await server.serve(sockets=[listener])


def main(given: list[str] | None = None) -> None:
    options = _arguments(given)
    try:
        asyncio.run(_serve(options))
    except (ValueError, OSError) as problem:
        sys.exit(f"telnyx_sim: {problem}")


if __name__ == "__main__":
    main()
