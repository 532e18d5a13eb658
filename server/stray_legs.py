"""Hangs up legs that Telnyx still runs for calls that ended: at start, and every few minutes.

A live call's legs are watched by the call itself, whoever decides it, and are never touched here. Nor are legs whose
`client_state` names no call of ours.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from call_flow.telnyx import route
from server.clock import Clock
from server.telnyx import Accepted, Rejected, Telnyx
from storage.away import StoreAway
from storage.calls import Calls

log = logging.getLogger(__name__)

UNTOUCHED = timedelta(
    seconds=60
)  # of business time since the call ended: its own hangups are under way until then
EVERY_S = 300.0  # business seconds


class StrayLegs:
    def __init__(self, telnyx: Telnyx, calls: Calls, clock: Clock, connection_id: str) -> None:
        self._telnyx = telnyx
        self._calls = calls
        self._clock = clock
        self._connection_id = connection_id

    async def run(self, stop: asyncio.Event) -> None:
        """Sweeps until `stop` is set; without a connection there is nothing to ask for."""
        while self._connection_id and not stop.is_set():
            try:
                await self.sweep()
            except StoreAway as away:
                log.warning("stray legs not looked for: %s", away)
            try:
                await asyncio.wait_for(stop.wait(), max(1.0, self._clock.wall(EVERY_S)))
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Hangs up every stray leg; how many."""
        live = await self._telnyx.active_calls(self._connection_id)
        if not isinstance(live, list):
            log.warning("stray legs not looked for: Telnyx does not answer")
            return 0
        return sum([await self._hang_up(leg) for leg in live if await self._stray(leg)])

    async def _stray(self, leg: dict[str, Any]) -> bool:
        call_id = route({"payload": leg}).call_id
        call = await self._calls.get(call_id) if call_id else None
        if call is None or call.final_status is None or call.ended_at is None:
            return False
        return self._clock.now() - call.ended_at > UNTOUCHED

    async def _hang_up(self, leg: dict[str, Any]) -> bool:
        control_id = str(leg.get("call_control_id"))
        command_id = uuid5(NAMESPACE_URL, f"voicelearn:stray:{control_id}")
        answer = await self._telnyx.act(control_id, "hangup", {"command_id": str(command_id)})
        log.warning("stray leg %s of an ended call: %s", leg.get("call_leg_id"), type(answer).__name__)
        return isinstance(answer, Accepted | Rejected)
