"""The scenarios, a function each, by what they are about."""

from tests.histories.play import SCENARIOS, played
from tests.histories.scenarios import arrivals, conversation, courtesy, endings, transfers, turns, unheard

__all__ = [
    "SCENARIOS",
    "arrivals",
    "conversation",
    "courtesy",
    "endings",
    "played",
    "transfers",
    "turns",
    "unheard",
]
