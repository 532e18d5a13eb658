"""What would keep a call from being placed, driven or learned, as a list of findings with what to do.

It only looks: no schema is changed, and what cannot be opened is a finding.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from server.app import pings
from server.health import Ping
from server.settings import Settings, variable
from server.stores import Stores, open_stores
from storage import migrations
from storage.away import SchemaDiffers, StoreAway
from storage.embedded.errors import StackError
from storage.inbox import Inbox

LARGEST_SKEW = 60.0  # seconds; Telnyx's signatures are refused beyond 300
DEADLINE = 3.0


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    detail: str


async def examine(settings: Settings) -> list[Finding]:
    """Settings, stores and clock, in this order. Starts the embedded stores where they do not run."""
    return [*_settings(settings), *await _stores(settings), await _clock(settings)]


def _settings(settings: Settings) -> Iterator[Finding]:
    for name, given in settings.needed().items():
        yield Finding(name, given, "set" if given else "is not set: no call is placed")
    token = bool(settings.api_token.get_secret_value())
    yield Finding(variable("api_token"), token, "set" if token else "is not set: the API lets nobody in")


async def _stores(settings: Settings) -> list[Finding]:
    try:
        async with open_stores(settings, upgrade=False) as stores:
            asked = [_answers(name, ping) for name, ping in pings(stores).items()]
            answers, schema = await asyncio.gather(*asked), await _schema(stores)
            return [*answers, schema, *([await _inbox(stores)] if schema.ok else [])]
    except StackError as error:
        return [Finding("embedded stores", False, str(error))]


async def _answers(store: str, ping: Ping) -> Finding:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(DEADLINE):
            if await ping() is False:
                return Finding(store, False, "does not answer")
    except Exception as error:
        return Finding(store, False, str(error) if isinstance(error, StoreAway) else type(error).__name__)
    return Finding(store, True, f"{(time.perf_counter() - began) * 1000:.1f} ms")


async def _schema(stores: Stores) -> Finding:
    try:
        return Finding("schema", True, await migrations.check(stores.pool))
    except (SchemaDiffers, StoreAway) as error:
        return Finding("schema", False, str(error))


async def _inbox(stores: Stores) -> Finding:
    """Events that could not be decided are faults of the code, and wait for its cure."""
    try:
        counts = await Inbox(stores.pool).counts()
    except StoreAway as error:
        return Finding("inbox", False, str(error))
    detail = f"{counts['unknown']} events of no call, {counts['aside']} set aside"
    help = ": see `voicelearn inbox aside`" if counts["aside"] else ""
    return Finding("inbox", not counts["aside"], detail + help)


async def _clock(settings: Settings) -> Finding:
    """Telnyx's own `Date` against ours: beyond 300 s no webhook would be believed."""
    try:
        async with httpx.AsyncClient(timeout=DEADLINE) as client:
            response = await client.get(settings.telnyx_base_url)
        told = parsedate_to_datetime(response.headers["date"]).timestamp()
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError) as error:
        return Finding("clock", True, f"not compared: Telnyx was not reached ({type(error).__name__})")
    skew = time.time() - told
    return Finding("clock", abs(skew) <= LARGEST_SKEW, f"{skew:+.0f} s against Telnyx")
