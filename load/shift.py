"""One stretch of load: webhooks at a fixed rate or with a fixed number in flight, and how long each took.

At a fixed rate each webhook is sent when it is due, however slow the last one was; in flight the next waits for the
last. What came before the warm-up's end and after the last second is sent but not counted.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from load.journal import spread

Row = dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """`rate` in webhooks a second, or `in_flight` of them at a time; seconds of wall time."""

    rate: float | None = None
    in_flight: int = 16
    seconds: float = 10.0
    warm_s: float = 2.0


@dataclass
class Tally:
    """What was counted, wall milliseconds; `late_ms`: how far behind its time a webhook of a fixed rate was sent."""

    ack_ms: list[float] = field(default_factory=list)
    word_to_command_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    mix: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)

    def report(self, seconds: float) -> Row:
        """Acknowledgements a second, and the spread of each time."""
        return {
            "webhooks": len(self.ack_ms),
            "per_s": round(len(self.ack_ms) / seconds, 1),
            "ack_ms": _rounded(self.ack_ms),
            "word_to_command_ms": _rounded(self.word_to_command_ms),
            "late_ms": _rounded(self.late_ms),
            "mix": dict(self.mix.most_common()),
            "not_acknowledged": {name: n for name, n in self.statuses.items() if name != "200"},
        }


class Source(Protocol):
    """Where the events come from: `take` waits for the next one and sends it when awaited."""

    async def take(self) -> Callable[[], Coroutine[Any, Any, None]]: ...


class Shift:
    """Counts only while it is `open`."""

    def __init__(self, pace: Pace) -> None:
        self.pace, self.tally = pace, Tally()
        self.open = False
        self._cpu = 0.0
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self, source: Source) -> Row:
        """Sends for `warm_s + seconds`; returns when every answer has come."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        opening = loop.call_later(self.pace.warm_s, self._open)
        end = begun + self.pace.warm_s + self.pace.seconds
        try:
            if self.pace.rate is not None:
                await self._at_rate(source, self.pace.rate, end)
            else:
                await asyncio.gather(
                    *(self._one_after_another(source, end) for _ in range(self.pace.in_flight))
                )
        finally:
            opening.cancel()
            self.open = False
        share = (time.process_time() - self._cpu) / self.pace.seconds
        await asyncio.gather(*self._sending)
        return self.tally.report(self.pace.seconds) | {"generator_cpu": round(share, 2)}

    def acknowledged(self, event_type: str, status: int | None, milliseconds: float) -> None:
        if not self.open:
            return
        self.tally.statuses[str(status)] += 1
        if status == 200:
            self.tally.ack_ms.append(milliseconds)
            self.tally.mix[event_type] += 1

    def answered(self, milliseconds: float) -> None:
        """A command came to the words that awaited one."""
        if self.open:
            self.tally.word_to_command_ms.append(milliseconds)

    def _open(self) -> None:
        self.open, self._cpu = True, time.process_time()

    async def _at_rate(self, source: Source, rate: float, end: float) -> None:
        loop = asyncio.get_running_loop()
        begun, count = loop.time(), 0
        while (due := begun + count / rate) < end:
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            send = await _before(end, source)
            if send is None:
                return
            if self.open:
                self.tally.late_ms.append(1000 * (loop.time() - due))
            task = asyncio.create_task(send())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
            count += 1

    async def _one_after_another(self, source: Source, end: float) -> None:
        while (send := await _before(end, source)) is not None:
            await send()


async def _before(end: float, source: Source) -> Callable[[], Coroutine[Any, Any, None]] | None:
    """The next event to send, or None when the time is over first."""
    loop = asyncio.get_running_loop()
    if loop.time() >= end:
        return None
    try:
        async with asyncio.timeout_at(end):
            return await source.take()
    except TimeoutError:
        return None


def _rounded(values: list[float]) -> Row:
    return {name: value if value is None else round(value, 2) for name, value in spread(values).items()}
