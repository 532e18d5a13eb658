"""Digits collected on a leg until there are enough, the terminator comes, or time is up."""

import asyncio
from collections.abc import Callable
from typing import Any

END = "call.gather.ended"


class Gather:
    """body: the command's parameters; done(digits, status) is called exactly once. rate: of the clock."""

    def __init__(self, body: dict[str, Any], rate: float, done: Callable[[str, str], None]) -> None:
        self._least = int(body.get("minimum_digits", 1))
        self._most = int(body.get("maximum_digits", 128))
        self._terminator = str(body.get("terminating_digit", "#"))
        self._valid = str(body.get("valid_digits", "0123456789#*"))
        self._between = float(body.get("inter_digit_timeout_millis", 5000)) / 1000 / rate
        self._whole = float(body.get("timeout_millis", 60000)) / 1000 / rate
        self._done = done
        self._digits = ""
        self._timer: asyncio.TimerHandle | None = None
        self.over = False

    def listen(self) -> None:
        """The clock of the whole gather starts, once the prompt has been played."""
        self._wait(self._whole)

    def _wait(self, wall: float) -> None:
        if self._timer:
            self._timer.cancel()
        if not self.over:
            self._timer = asyncio.get_running_loop().call_later(wall, self._time_is_up)

    def _time_is_up(self) -> None:
        self.end("valid" if self._acceptable() else "timeout")

    def _acceptable(self) -> bool:
        return len(self._digits) >= self._least and all(digit in self._valid for digit in self._digits)

    def digit(self, digit: str) -> None:
        if digit == self._terminator:
            self.end("valid" if self._acceptable() else "invalid")
            return
        self._digits += digit
        if len(self._digits) >= self._most:
            self.end("valid" if self._acceptable() else "invalid")
        else:
            self._wait(self._between)

    def end(self, status: str) -> None:
        if self.over:
            return
        self.over = True
        if self._timer:
            self._timer.cancel()
        self._done(self._digits, status)
