"""What would keep a call from being placed, driven or learned, as a list of findings with what to do."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from server.settings import Settings, variable

LARGEST_SKEW = 60.0  # seconds; Telnyx's signatures are refused beyond 300
CLOCK_DEADLINE = 3.0


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    detail: str


async def examine(settings: Settings) -> list[Finding]:
    """Settings, stores and clock, in this order. Starts the embedded stores where they do not run."""
    findings = list(_settings(settings))
    async for finding in _stores(settings):
        findings.append(finding)
    findings.append(await _clock(settings))
    return findings


def _settings(settings: Settings) -> list[Finding]:
    missing = set(settings.missing())
    needed = ["telnyx_api_key", "telnyx_public_key", "telnyx_connection_id", "from_number"]
    findings = [
        Finding(
            variable(name),
            variable(name) not in missing,
            "is not set" if variable(name) in missing else "set",
        )
        for name in needed
    ]
    token = bool(settings.api_token.get_secret_value())
    findings.append(
        Finding(variable("api_token"), token, "set" if token else "is not set: the API lets nobody in")
    )
    return findings


async def _stores(settings: Settings) -> AsyncIterator[Finding]:
    from server.app import store_health

    for name, health in (await store_health(settings)).items():
        yield Finding(name, health.ok, f"{health.ms:.1f} ms" if health.ok else str(health.error))


async def _clock(settings: Settings) -> Finding:
    """Telnyx's own `Date` against ours: beyond 300 s no webhook would be believed."""
    try:
        async with httpx.AsyncClient(timeout=CLOCK_DEADLINE) as client:
            response = await client.get(settings.telnyx_base_url)
        told = _http_date(response.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        return Finding("clock", True, f"not compared: Telnyx was not reached ({type(error).__name__})")
    skew = time.time() - told
    return Finding("clock", abs(skew) <= LARGEST_SKEW, f"{skew:+.0f} s against Telnyx")


def _http_date(text: str) -> float:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(text).timestamp()
