"""Business time, the same in every process that was given the same origin, epoch and rate.

Signature age, socket timeouts, leases and pacing are wall time and never ask this clock.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Clock:
    """Business time is `epoch` at wall second `origin` (Unix time) and runs `rate` times as fast as the wall's."""

    origin: float = 0.0
    epoch: datetime = UNIX_EPOCH
    rate: float = 1.0

    def now(self) -> datetime:
        """UTC."""
        return self.at(time.time())

    def at(self, wall: float) -> datetime:
        """Business time at a wall time in Unix seconds."""
        return self.epoch + timedelta(seconds=(wall - self.origin) * self.rate)

    def wall_until(self, moment: datetime) -> float:
        """Wall seconds from now until the business time `moment`; negative when it has passed."""
        return (moment - self.now()).total_seconds() / self.rate

    def wall(self, seconds: float) -> float:
        """Wall seconds that `seconds` of business time last."""
        return seconds / self.rate

    async def sleep(self, seconds: float) -> None:
        """Sleeps `seconds` of business time."""
        await asyncio.sleep(self.wall(seconds))
