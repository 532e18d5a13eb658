"""The one clock that simulator and server share: business time as a linear function of wall time.

Every timestamp, duration and memory on the wire is on it; it must never be used for HTTP timeouts or for
the age of a signature, which are wall time.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """now = epoch + (wall - origin) * rate; all in seconds since 1970."""

    origin: float
    epoch: float
    rate: float = 1.0

    def now(self) -> float:
        return self.epoch + (time.time() - self.origin) * self.rate

    async def sleep(self, seconds: float) -> None:
        """Sleep `seconds` of this clock's time."""
        await asyncio.sleep(max(0.0, seconds) / self.rate)


def iso(seconds: float) -> str:
    """Telnyx' form of a time: UTC with microseconds and a Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
