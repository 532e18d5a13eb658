"""Delivers webhooks as Telnyx does: signed, often in order, at least once, retried with a growing attempt.

What the knobs ask for (copies, swaps, delays, losses) happens here and nowhere else.
"""

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from load.clock import Clock, iso
from load.journal import Journal, Row
from load.knobs import Knobs
from load.signing import Signer
from load.wire import Wire

ACK_TIMEOUT = 2.0
# Wall seconds between attempts: about five quick ones, then up to a minute for a server that restarts.
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
NEIGHBOURS = 1.0
_NEXT_AFTER = 0.25


@dataclass
class Delivery:
    """One event on its way. data: the signed `data`; row: its line in the journal; at: occurred, sim."""

    data: Row
    row: Row
    url: str
    at: float
    awaits_answer: bool = False


@dataclass
class _Lane:
    waiting: deque[Delivery] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    busy: bool = False


class Postman:
    """spawn: starts a task that outlives the call it is for."""

    def __init__(
        self,
        clock: Clock,
        knobs: Knobs,
        signer: Signer,
        journal: Journal,
        chance: random.Random,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._clock, self._knobs, self._signer, self._journal = clock, knobs, signer, journal
        self._chance, self._spawn = chance, spawn
        self._lanes: dict[str, _Lane] = {}
        self._wire = Wire()

    def post(self, lane: str, delivery: Delivery) -> None:
        """Deliver; events of one lane (a leg, a message) leave in order unless a knob says otherwise."""
        if self._is_lost(delivery.data):
            delivery.row["given_up"] = True
            return
        for _ in range(self._knobs.duplicate.copies(self._chance)):
            pause = self._chance.uniform(0.0, max(NEIGHBOURS, self._knobs.shuffle_within))
            self._spawn(self._later(delivery, pause))
        if self._knobs.shuffle_within:
            self._spawn(self._later(delivery, self._chance.uniform(0.0, self._knobs.shuffle_within)))
            return
        line = self._lanes.setdefault(lane, _Lane())
        line.waiting.append(delivery)
        line.arrived.set()
        if not line.busy:
            line.busy = True
            self._spawn(self._drain(lane, line))

    def _is_lost(self, data: Row) -> bool:
        lost, payload = self._knobs.lose_hangups, data["payload"]
        return data["event_type"] == "call.hangup" and (payload["to"] in lost or payload["from"] in lost)

    async def _later(self, delivery: Delivery, seconds: float) -> None:
        await self._clock.sleep(seconds + self._knobs.delay)
        await self._attempts(delivery, asyncio.Event())

    async def _drain(self, lane: str, line: _Lane) -> None:
        while line.waiting:
            for delivery in await self._next(line):
                await self._clock.sleep(delivery.at + self._knobs.delay - self._clock.now())
                answered = asyncio.Event()
                self._spawn(self._attempts(delivery, answered))
                await _within(answered, _NEXT_AFTER)
        line.busy = False
        del self._lanes[lane]

    async def _next(self, line: _Lane) -> list[Delivery]:
        """The next event; with swapping on, a neighbour less than a second later goes before it."""
        first = line.waiting.popleft()
        if self._chance.random() >= self._knobs.swap_neighbours:
            return [first]
        line.arrived.clear()
        if not line.waiting:
            wait = first.at + NEIGHBOURS - self._clock.now()
            await _within(line.arrived, max(0.0, wait) / self._clock.rate)
        if line.waiting and line.waiting[0].at - first.at < NEIGHBOURS:
            return [line.waiting.popleft(), first]
        return [first]

    async def _attempts(self, delivery: Delivery, answered: asyncio.Event) -> None:
        row = delivery.row
        for attempt, wait in enumerate((*BACKOFF, None), 1):
            status = await self._attempt(delivery, attempt)
            answered.set()
            if status is not None and status not in (408, 429) and status < 500:
                row["refused"] = row["refused"] or not 200 <= status < 300
                break
            if wait is None:
                break
            await asyncio.sleep(wait * self._chance.uniform(0.75, 1.0))
        row["given_up"] = row["acked_at"] is None

    async def _attempt(self, delivery: Delivery, attempt: int) -> int | None:
        """The status of one attempt, None when nothing was answered."""
        row = delivery.row
        row["attempts"] += 1
        if attempt == 1 and self._chance.random() < self._knobs.drop_first_attempt:
            return None
        body = json.dumps(
            {"data": delivery.data, "meta": {"attempt": attempt, "delivered_to": delivery.url}},
            separators=(",", ":"),
        ).encode()
        headers = self._signer.headers(body)
        started = time.time()
        self._begun(delivery, started)
        status = await self._send(delivery.url, headers, body)
        row["last_status"] = status
        if status is not None and 200 <= status < 300:
            self._journal.acknowledged(row, (time.time() - started) * 1000)
        self._journal.record("webhooks", _recorded(delivery, attempt, headers, body, status))
        return status

    def _begun(self, delivery: Delivery, wall: float) -> None:
        if delivery.row["sent_at"] is None:
            delivery.row["sent_at"] = iso(self._clock.now())
            if delivery.awaits_answer:
                self._journal.words_sent(delivery.data["payload"]["call_session_id"], wall)

    async def _send(self, url: str, headers: dict[str, str], body: bytes) -> int | None:
        try:
            return await self._wire.post(url, headers, body, ACK_TIMEOUT)
        except (OSError, TimeoutError):
            return None

    def close(self) -> None:
        self._wire.close()


def _recorded(
    delivery: Delivery, attempt: int, headers: dict[str, str], body: bytes, status: int | None
) -> Row:
    return {
        "method": "POST",
        "path": delivery.url,
        "headers": headers,
        "body": body.decode(),
        "attempt": attempt,
        "status": status,
    }


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
