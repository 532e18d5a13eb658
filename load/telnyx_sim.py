"""`python -m load.telnyx_sim`: a server that is Telnyx for us, with people behind its numbers.

One JSON line on standard output when it is ready: {"port", "public_key"}. Stops cleanly on SIGTERM.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette

from load import serving
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
    parser = serving.parser("load.telnyx_sim", __doc__)
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--record", type=Path, default=None, metavar="DIR")
    parser.add_argument("--closer-numbers", default="", help="+1…,+1…")
    parser.add_argument("--knobs", default="{}", help="JSON, as for POST /sim/knobs")
    return parser.parse_args(given)


def exchange_of(options: argparse.Namespace, signer: Signer) -> Exchange:
    """The exchange that the command line asks for; ValueError for a bad knob."""
    clock, knobs = serving.clock_of(options), Knobs()
    knobs.turn(json.loads(options.knobs))
    closers = frozenset(filter(None, options.closer_numbers.split(",")))
    journal = Journal(clock, options.record)
    return Exchange(clock, options.seed, signer, journal, knobs, options.webhook_url, closers)


async def _serve(options: argparse.Namespace) -> None:
    signer = Signer.from_file(options.signing_key_file)
    app = build(exchange_of(options, signer), options.api_key, signer.public_key)
    await serving.serve(app, options, signer.public_key)


def main(given: list[str] | None = None) -> None:
    options = _arguments(given)
    try:
        asyncio.run(_serve(options))
    except (ValueError, OSError) as problem:
        sys.exit(f"telnyx_sim: {problem}")


if __name__ == "__main__":
    main()
