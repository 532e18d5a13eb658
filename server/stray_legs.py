"""Hangs up legs that Telnyx runs and nobody looks after: at start, and every few minutes.

A call that a timer or an event will move looks after its own legs, whichever process decides it: those must never be
touched here. Nor may legs that are none of ours.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from call_flow.telnyx import route
from server.clock import Clock
from server.telnyx import Accepted, Rejected, Telnyx
from storage.calls import Calls, Standing

log = logging.getLogger(__name__)

# Of business time since the leg ended for us, or since an event last touched it: hangups are under way until then.
UNTOUCHED = timedelta(seconds=60)
EVERY_S = 300.0  # business seconds


class StrayLegs:
    def __init__(self, telnyx: Telnyx, calls: Calls, clock: Clock, connection_id: str) -> None:
        self._telnyx = telnyx
        self._calls = calls
        self._clock = clock
        self._connection_id = connection_id

    async def run(self, stop: asyncio.Event) -> None:
        """Sweeps until `stop` is set. Raises StoreAway."""
        while not stop.is_set():
            await self.sweep()
            try:
                await asyncio.wait_for(stop.wait(), max(1.0, self._clock.wall(EVERY_S)))
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Hangs up every stray leg; how many."""
        live = await self._telnyx.active_calls(self._connection_id)
        if not isinstance(live, list):
            log.warning("stray legs not looked for: %s", type(live).__name__)
            return 0
        return sum([await self._hang_up(leg) for leg in live if await self._stray(leg)])

    async def _stray(self, leg: dict[str, Any]) -> bool:
        whose = route({"payload": leg})
        standing = await self._calls.standing(whose.call_id, whose.leg, whose.call_leg_id)
        return standing is not None and is_stray(standing, self._clock.now())

    async def _hang_up(self, leg: dict[str, Any]) -> bool:
        control_id = str(leg.get("call_control_id"))
        command_id = uuid5(NAMESPACE_URL, f"voicelearn:stray:{control_id}")
        answer = await self._telnyx.act(control_id, "hangup", {"command_id": str(command_id)})
        log.warning("stray leg %s: hung up, %s", leg.get("call_leg_id"), type(answer).__name__)
        return isinstance(answer, Accepted | Rejected)


def is_stray(standing: Standing, now: datetime) -> bool:
    """Whether it is over for us and still runs, or nothing that is stored will ever end it."""
    if standing.over_at is not None:
        return now - standing.over_at > UNTOUCHED
    return not standing.watched and now - standing.touched_at > UNTOUCHED
