"""What the API does wrong on purpose, drawn once for each request."""

import random
from dataclasses import dataclass

from load.knobs import Knobs


@dataclass(frozen=True)
class Fault:
    """kind: before (5xx without effect), after (5xx although it took effect), rate (429), silence."""

    kind: str
    takes_effect: bool


def draw(knobs: Knobs, chance: random.Random, action: str) -> Fault | None:
    """The fault of this request, if it is to have one."""
    if knobs.api_actions and action not in knobs.api_actions:
        return None
    point = chance.random()
    for kind, share in (
        ("before", knobs.api_5xx),
        ("after", knobs.api_5xx_after_effect),
        ("rate", knobs.api_429),
        ("silence", knobs.api_no_answer),
    ):
        if point < share:
            return Fault(
                kind, kind == "after" or (kind == "silence" and chance.random() < knobs.api_no_answer_effect)
            )
        point -= share
    return None
