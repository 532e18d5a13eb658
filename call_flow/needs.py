"""What `reduce` may ask of the world. It raises `Needs`; the caller answers into `event.given` and reduces the
same event again.
"""

from typing import Literal

from call_flow.model import Frozen
from call_flow.phases import Phase


class Perception(Frozen):
    """Answered in `given.perceived[text]`. `at` and `timezone` give times to call back their meaning."""

    kind: Literal["perception"] = "perception"
    text: str
    timezone: str


class PolicyVector(Frozen):
    """Answered in `given.vectors[key]`: a probability for every arm, and a draw."""

    kind: Literal["vector"] = "vector"
    key: str
    moment: str
    phase: Phase
    segment: str
    arms: tuple[str, ...]
    control: bool


class Closers(Frozen):
    """Answered in `given.closers`: who is available now, best first; empty where nobody is."""

    kind: Literal["closers"] = "closers"


class Prediction(Frozen):
    """Answered in `given.prediction`: the live probability of a qualified outcome."""

    kind: Literal["prediction"] = "prediction"
    features: dict[str, float]


class InboundCaller(Frozen):
    """Answered in `given.lead` (by number; a bare lead for an unknown one) and `given.settings`."""

    kind: Literal["inbound"] = "inbound"
    phone: str


Need = Perception | PolicyVector | Closers | Prediction | InboundCaller


class Needs(Exception):
    """`reduce` cannot decide before `need` is answered; the state it was given is untouched."""

    def __init__(self, need: Need) -> None:
        super().__init__(need.kind)
        self.need = need
