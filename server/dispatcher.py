"""Works off the outbox: one chain a call and destination, each row until it is done, and only then the next.

A row is sent by whoever holds its lease. What a dead process left is taken over when its lease has run out. A row that
cannot be sent must not hold up those behind it for ever.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from storage.away import StoreAway
from storage.calls import Decided
from storage.outbox import Outbox, OutboxRow

log = logging.getLogger(__name__)

POLL_S = 0.25  # wall seconds between looks for rows that no decision of ours handed over
POLL_LIMIT = 200
LEASE_S = 2.0  # until the sender takes its own
MOST_FAULTS = 3  # of one row in its sender, before it is given up
FAULT_WAIT_S = 0.5  # wall seconds

Chain = tuple[UUID, str]


class Sender(Protocol):
    """Sends rows of one kind of destination and writes down what became of them."""

    async def send(self, row: OutboxRow) -> float | None:
        """None: nothing more to do for this row. Else the wall seconds until its destination may be tried again."""
        ...

    async def give_up(self, row: OutboxRow, error: str) -> None:
        """Writes down that the row has failed, and tells its call where that decides by it."""
        ...


class Dispatcher:
    """`senders` by kind of destination: "telnyx", "mongo", … A kind without a sender is left to other processes."""

    def __init__(self, outbox: Outbox, senders: Mapping[str, Sender], owner: str) -> None:
        self._outbox = outbox
        self._senders = senders
        self._owner = owner
        self._tasks: dict[Chain, asyncio.Task[None]] = {}
        self._news: dict[Chain, asyncio.Event] = {}  # of chains at work: their rows have changed
        self._faults: Counter[UUID] = Counter()
        self._closed = asyncio.Event()
        self.counts: Counter[str] = Counter()

    def take(self, decided: Decided, call_id: UUID) -> None:
        """Sends what a decision asked for: rows leased with it at once, those behind others when their turn comes."""
        for row in decided.leased:
            self._start((call_id, row.destination), row)
        for destination in decided.behind:
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
        for news in self._news.values():
            news.set()
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        try:
            await self._outbox.release(self._owner)
        except StoreAway as away:
            log.warning("leases are left to run out: %s", away)

    async def _poll(self) -> None:
        try:
            for call_id, destination in await self._outbox.due(tuple(self._senders), POLL_LIMIT):
                self._start((call_id, destination))
        except StoreAway as away:
            log.warning("outbox not read: %s", away)
        except Exception:
            log.exception("reading the outbox failed; it will be tried again")

    def _start(self, chain: Chain, head: OutboxRow | None = None) -> None:
        if self._closed.is_set() or _kind(chain) not in self._senders:
            return
        if chain in self._tasks:
            self._news[chain].set()
            return
        self._news[chain] = asyncio.Event()
        self._tasks[chain] = asyncio.create_task(
            self._run(chain, head), name=f"send {chain[1]} of {chain[0]}"
        )

    async def _run(self, chain: Chain, head: OutboxRow | None) -> None:
        try:
            await self._work(chain, self._news[chain], head)
        except StoreAway as away:
            self.counts["store_away"] += 1
            log.warning("%s of call %s waits: %s", chain[1], chain[0], away)
        except Exception:
            self.counts["failed"] += 1
            log.exception("sending to %s of call %s failed; it will be tried again", chain[1], chain[0])
        finally:
            del self._tasks[chain], self._news[chain]

    async def _work(self, chain: Chain, news: asyncio.Event, row: OutboxRow | None) -> None:
        """The row that was handed over, then whatever heads the line in Postgres, until there is nothing to lease.

        While a row waits for its next try, news of the chain may bring another to its head.
        """
        due = 0.0
        while not self._closed.is_set():
            if row is None:
                news.clear()
                row = await self._outbox.lease_head(*chain, self._owner, LEASE_S)
            if row is not None:
                due = time.monotonic() + (await self._sent(chain, row) or 0.0)
                row = None
            elif not news.is_set() and time.monotonic() >= due:
                return
            await _until(news, due)

    async def _sent(self, chain: Chain, row: OutboxRow) -> float | None:
        """As `Sender.send`; a row whose sender keeps failing is given up."""
        kind = _kind(chain)
        try:
            wait = await self._senders[kind].send(row)
        except StoreAway:
            raise
        except Exception as error:
            wait = await self._faulty(kind, row, error)
        else:
            self._faults.pop(row.id, None)
        self.counts[f"{kind}.{'sent' if wait is None else 'again'}"] += 1
        return wait

    async def _faulty(self, kind: str, row: OutboxRow, error: Exception) -> float | None:
        self._faults[row.id] += 1
        log.exception("%s of call %s cannot be sent", row.key, row.call_id)
        if self._faults[row.id] < MOST_FAULTS:
            return FAULT_WAIT_S
        del self._faults[row.id]
        self.counts["given_up"] += 1
        await self._senders[kind].give_up(row, type(error).__name__)
        return None


async def _until(news: asyncio.Event, due: float) -> None:
    """Waits for the monotonic time `due`, or for news."""
    seconds = due - time.monotonic()
    if seconds <= 0:
        return
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return


def _kind(chain: Chain) -> str:
    return chain[1].partition(":")[0]
