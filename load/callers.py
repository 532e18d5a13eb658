"""Many calls at once for a server under load: placed by its API, played by lifecycles, driven by its commands.

Each call's next webhook is sent when its last was acknowledged and, after a turn of words, when the server has
commanded something; which call is next is whose turn came first.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from load.clock import Clock
from load.journal import TURNS
from load.leg import Leg
from load.lifecycle import Lifecycle
from load.shift import Shift
from load.signing import Signer
from load.wire import Wire

Row = dict[str, Any]
Send = Callable[[], Coroutine[Any, Any, None]]
TIMEOUT_S = 10.0
IDLE_S = 20.0  # a person to whom nobody speaks for so long hangs up
PLACING = 2  # calls being placed at the same time


@dataclass(frozen=True)
class Target:
    """The server under load: where webhooks go, and its API with a token, where calls are placed."""

    url: str
    api: str
    token: str


@dataclass
class Played:
    """A lifecycle and where it stands. `since`: when the words were sent that await a command; `busy`: its next
    event waits for its turn or its answer.
    """

    life: Lifecycle
    since: float | None = None
    touched: float = 0.0
    busy: bool = False


class Post:
    """Signs and delivers one event. `kept`: what was sent; `acknowledged`: ids of the events that were."""

    def __init__(self, wire: Wire, signer: Signer) -> None:
        self._wire, self._signer = wire, signer
        self.kept: list[tuple[str, bytes]] = []
        self.acknowledged: list[str] = []

    async def event(self, url: str, data: Row, shift: Shift) -> None:
        body = orjson.dumps({"data": data, "meta": {"attempt": 1, "delivered_to": url}})
        self.kept.append((data["event_type"], body))
        if await self.body(url, data["event_type"], body, shift) == 200:
            self.acknowledged.append(data["id"])

    async def body(self, url: str, event_type: str, body: bytes, shift: Shift) -> int | None:
        """Delivers a body that was made before; its signature is new. None: no answer."""
        headers = self._signer.headers(body)
        begun = time.perf_counter()
        try:
            status: int | None = await self._wire.post(url, headers, body, TIMEOUT_S)
        except (OSError, TimeoutError):
            status = None
        shift.acknowledged(event_type, status, 1000 * (time.perf_counter() - begun))
        return status


class Callers:
    """Keeps `live` calls going to `numbers` in turn. `seed`: which people are behind them."""

    def __init__(
        self,
        target: Target,
        post: Post,
        wire: Wire,
        clock: Clock,
        numbers: Iterator[str],
        live: int,
        seed: int,
    ) -> None:
        self._target, self._post, self._wire, self._clock = target, post, wire, clock
        self._numbers, self._wanted, self._seed = numbers, live, seed
        self._calls: dict[str, Played] = {}
        self._ready: deque[Played] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._underway = 0
        self._finishing = False
        self.counts: Counter[str] = Counter()
        self.shift: Shift

    # ---- what the server does

    def dialled(self, body: Row) -> Leg:
        """A dial came in: a leg begins."""
        played = Played(Lifecycle(body, self._clock, self._seed))
        self._calls[played.life.leg.control_id] = played
        self.counts["dialled"] += 1
        self._wake(played)
        return played.life.leg

    def commanded(self, control_id: str, action: str, body: Row) -> None:
        """Any other command to a leg; those of legs of an earlier stretch are ignored."""
        played = self._calls.get(control_id)
        if played is None:
            return
        if played.since is not None and action in TURNS:
            self.shift.answered(1000 * (time.perf_counter() - played.since))
            played.since = None
        played.life.command(action, body)
        self._wake(played)

    # ---- what is sent

    async def take(self) -> Send:
        """See `shift.Source`."""
        while not self._ready:
            self._news.clear()
            await self._news.wait()
        played = self._ready.popleft()
        return lambda: self._send(played)

    async def keep_live(self) -> None:
        """Places calls as others end, until cancelled; nothing more once the numbers are used up."""
        await asyncio.gather(self._hurry(), *(self._place_on() for _ in range(PLACING)))

    async def finish(self) -> None:
        """Everybody who is still there hangs up; returns when that was acknowledged. Nothing may be under way."""
        self._finishing = True
        self._ready.clear()
        for played in list(self._calls.values()):
            played.life.give_up()
            await self._send(played)

    async def _send(self, played: Played) -> None:
        data, awaits = played.life.next()
        if awaits:
            played.since = time.perf_counter()
        played.touched = time.monotonic()
        await self._post.event(self._target.url, data, self.shift)
        played.busy = False
        if played.life.over:
            self._ended(played)
        else:
            self._wake(played)

    def _wake(self, played: Played) -> None:
        if played.life.ready and not played.busy and not self._finishing:
            played.busy = True
            self._ready.append(played)
            self._news.set()

    def _ended(self, played: Played) -> None:
        self._calls.pop(played.life.leg.control_id, None)
        self.counts["ended"] += 1
        self._underway -= 1
        self._room.set()

    async def _place_on(self) -> None:
        for number in self._numbers:
            while self._underway >= self._wanted:
                self._room.clear()
                await self._room.wait()
            self._underway += 1
            if not await self._place(number):
                self._underway -= 1

    async def _place(self, number: str) -> bool:
        headers = {"authorization": f"Bearer {self._target.token}", "content-type": "application/json"}
        body = orjson.dumps({"phone": number})
        try:
            status = await self._wire.post(f"{self._target.api}/api/calls", headers, body, TIMEOUT_S)
        except (OSError, TimeoutError):
            status = 0
        self.counts["placed" if status == 201 else f"not_placed_{status}"] += 1
        return status == 201

    async def _hurry(self) -> None:
        """Those to whom nobody speaks hang up."""
        while True:
            await asyncio.sleep(1.0)
            for played in list(self._calls.values()):
                if not played.busy and time.monotonic() - played.touched > IDLE_S:
                    self.counts["gave_up"] += 1
                    played.life.give_up()
                    self._wake(played)


class Replay:
    """Sends what `post` kept, in its order, round and round: the same mix to a server that decides nothing."""

    def __init__(self, url: str, post: Post, shift: Shift) -> None:
        self._url, self._post, self._shift = url, post, shift
        self._next = 0

    async def take(self) -> Send:
        """See `shift.Source`."""
        event_type, body = self._post.kept[self._next % len(self._post.kept)]
        self._next += 1

        async def send() -> None:
            await self._post.body(self._url, event_type, body, self._shift)

        return send
