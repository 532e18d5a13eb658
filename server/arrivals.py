"""Sends a new event on to whoever can use it: its call's decider, or the router where it names no call."""

import asyncio

from server.decider import Decider
from server.routing import Router
from storage.inbox import InboxKey


class Arrivals:
    def __init__(self, decider: Decider, router: Router) -> None:
        self._decider = decider
        self._router = router
        self._routing: set[asyncio.Task[None]] = set()

    def arrived(self, key: InboxKey) -> None:
        if key.call_id is not None:
            self._decider.decide(key.call_id)
            return
        task = asyncio.create_task(self._router.route_new(key))
        self._routing.add(task)
        task.add_done_callback(self._routing.discard)
