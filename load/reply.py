"""What a listener does after hearing a line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """After `delay` s says `text` (None: nothing), then hangs up or not. cut: hangs up after this share of
    the words. takes_turn: false for "mm-hm", which awaits no answer. digit: a key that is pressed instead."""

    delay: float
    text: str | None = None
    hang_up: bool = False
    act: str = "silence"
    takes_turn: bool = True
    cut: float | None = None
    digit: str | None = None
