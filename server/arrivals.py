"""Sends a new event on to whoever can use it: its call's decider, or the router where it names no call."""

import asyncio
import logging

from server.decider import Decider
from server.routing import Router
from storage.inbox import InboxKey

log = logging.getLogger(__name__)


class Arrivals:
    def __init__(self, decider: Decider, router: Router) -> None:
        self._decider = decider
        self._router = router
        self._routing: set[asyncio.Task[None]] = set()

    def arrived(self, key: InboxKey) -> None:
        if key.call_id is not None:
            self._decider.decide(key.call_id)
            return
        task = asyncio.create_task(self._route(key), name=f"route {key.seq}")
        self._routing.add(task)
        task.add_done_callback(self._routing.discard)

    async def close(self) -> None:
        """Finishes what is being routed."""
        await asyncio.gather(*self._routing)

    async def _route(self, key: InboxKey) -> None:
        try:
            await self._router.route_new(key)
        except Exception:
            log.exception("event %s is not routed; the sweeper will try again", key.seq)
