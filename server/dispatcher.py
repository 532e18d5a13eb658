"""Works off the outbox: one chain a call and destination, each row until it is done, and only then the next.

A row is sent by whoever holds its lease. What a dead process left is taken over when its lease has run out.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from storage.away import StoreAway
from storage.outbox import Outbox, OutboxRow

log = logging.getLogger(__name__)

POLL_S = 0.25  # wall seconds between looks for rows that no decision of ours handed over
POLL_LIMIT = 200
LEASE_S = 15.0
AWAY_WAIT_S = 0.5

Chain = tuple[UUID, str]


class Sender(Protocol):
    """Sends rows of one kind of destination and writes down what became of them."""

    async def send(self, row: OutboxRow) -> float | None:
        """None: nothing more to do for this row. Else the wall seconds until its destination may be tried again."""
        ...


class Dispatcher:
    """`senders` by kind of destination: "telnyx", "mongo", … A kind without a sender is left to other processes."""

    def __init__(self, outbox: Outbox, senders: Mapping[str, Sender], owner: str) -> None:
        self._outbox = outbox
        self._senders = senders
        self._owner = owner
        self._queues: dict[Chain, deque[OutboxRow]] = {}
        self._tasks: dict[Chain, asyncio.Task[None]] = {}
        self._closed = asyncio.Event()
        self.counts: Counter[str] = Counter()

    def take(self, rows: tuple[OutboxRow, ...]) -> None:
        """Sends rows that this process has leased, each destination's in their order."""
        for row in rows:
            self._queues.setdefault((row.call_id, row.destination), deque()).append(row)
        for row in rows:
            self._start((row.call_id, row.destination))

    def wake(self, call_id: UUID, destination: str) -> None:
        """There is something to lease for this destination."""
        self._start((call_id, destination))

    async def run(self) -> None:
        """Looks for due rows until `close`."""
        while not self._closed.is_set():
            await self._poll()
            try:
                await asyncio.wait_for(self._closed.wait(), POLL_S)
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Finishes what is being sent, begins nothing more, and lets go of the rest."""
        self._closed.set()
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        try:
            await self._outbox.release(self._owner)
        except StoreAway as away:
            log.warning("leases are left to run out: %s", away)

    async def _poll(self) -> None:
        try:
            for call_id, destination in await self._outbox.due(self._owner, POLL_LIMIT):
                self._start((call_id, destination))
        except StoreAway as away:
            log.warning("outbox not read: %s", away)

    def _start(self, chain: Chain) -> None:
        if chain in self._tasks or self._closed.is_set() or _kind(chain) not in self._senders:
            return
        self._tasks[chain] = asyncio.create_task(self._run(chain), name=f"send {chain[1]} of {chain[0]}")

    async def _run(self, chain: Chain) -> None:
        try:
            await self._work(chain)
        except StoreAway as away:
            self.counts["store_away"] += 1
            log.warning("%s of call %s waits: %s", chain[1], chain[0], away)
        except Exception:
            self.counts["failed"] += 1
            log.exception("sending to %s of call %s failed; it will be tried again", chain[1], chain[0])
        finally:
            del self._tasks[chain]
            self._queues.pop(chain, None)

    async def _work(self, chain: Chain) -> None:
        """First what was handed over; after a wait, or where nothing was, what is head of the line in Postgres."""
        sender, queue, handed = self._senders[_kind(chain)], self._queues.get(chain), bool(self._queues.get(chain))
        while not self._closed.is_set():
            row = await self._next_row(chain, queue if handed else None)
            if row is None:
                return
            wait = await sender.send(row)
            self.counts[f"{_kind(chain)}.{'sent' if wait is None else 'again'}"] += 1
            if wait is not None:
                handed = False
                await self._pause(wait)
            queue = self._queues.get(chain)

    async def _next_row(self, chain: Chain, queue: deque[OutboxRow] | None) -> OutboxRow | None:
        if queue is not None:
            return queue.popleft() if queue else None
        self._queues.pop(chain, None)
        return await self._outbox.lease_head(*chain, self._owner, LEASE_S)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closed.wait(), seconds)
        except TimeoutError:
            return


def _kind(chain: Chain) -> str:
    return chain[1].partition(":")[0]
