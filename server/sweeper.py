"""Picks up what a dead process left undecided, within a second, and gives late finders their call."""

import asyncio
import logging

from server.decider import Decider
from server.routing import Router
from storage.away import StoreAway
from storage.inbox import Inbox, InboxRow

log = logging.getLogger(__name__)

EVERY_S = 0.4  # wall seconds
OLDER_THAN_S = 0.4  # an event that its own process is still deciding is left alone for as long
LIMIT = 500


class Sweeper:
    def __init__(self, inbox: Inbox, decider: Decider, router: Router) -> None:
        self._inbox = inbox
        self._decider = decider
        self._router = router
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Sweeps until `close`; a Postgres that is away is waited for."""
        while not self._closed.is_set():
            try:
                await self.sweep()
            except StoreAway as away:
                log.warning("not swept: %s", away)
            except Exception:
                log.exception("sweeping failed; it will be tried again")
            await self._pause()

    async def sweep(self) -> None:
        for call_id in await self._inbox.undecided(OLDER_THAN_S, LIMIT):
            self._decider.decide(call_id)
        for row in await self._inbox.unrouted(LIMIT, OLDER_THAN_S):
            await self._route(row)

    async def _route(self, row: InboxRow) -> None:
        """One that cannot be routed leaves the others their turn."""
        try:
            await self._router.route(row)
        except StoreAway:
            raise
        except Exception:
            log.exception("event %s (%s) is not routed; it will be tried again", row.seq, row.event_type)

    async def close(self) -> None:
        self._closed.set()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._closed.wait(), EVERY_S)
        except TimeoutError:
            return
