"""What the commands of this folder that serve HTTP share: their arguments, their clock, their ready line, their end."""

import argparse
import asyncio
import json
import signal
import socket
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from load.clock import Clock


def parser(module: str, about: str | None) -> argparse.ArgumentParser:
    """Of `python -m module`, with what every server takes."""
    found = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    found.add_argument("--port", type=int, default=0, help="0: any free port")
    found.add_argument("--host", default="127.0.0.1")
    found.add_argument("--signing-key-file", type=Path, required=True, help="Ed25519 seed; made if absent")
    found.add_argument("--clock-origin", type=float, default=None, help="wall epoch seconds; default now")
    found.add_argument(
        "--clock-epoch", type=float, default=None, help="clock's epoch seconds; default the origin"
    )
    found.add_argument("--clock-rate", type=float, default=1.0)
    found.add_argument("--seed", type=int, default=1)
    return found


def clock_of(options: argparse.Namespace) -> Clock:
    origin = time.time() if options.clock_origin is None else options.clock_origin
    return Clock(origin, origin if options.clock_epoch is None else options.clock_epoch, options.clock_rate)


async def serve(app: Starlette, options: argparse.Namespace, public_key: str) -> None:
    """Prints {"port", "public_key"} on standard output, and serves until SIGTERM or SIGINT."""
    listener = socket.create_server((options.host, options.port), backlog=512)
    server = _Server(uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1))
    # The socket listens already: whoever reads this line may connect.
    print(json.dumps({"port": listener.getsockname()[1], "public_key": public_key}), flush=True)
    await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn raises a signal again once it has shut down; being told to stop is no failure here."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        return nullcontext()

    def _stop(self) -> None:
        self.should_exit = True
