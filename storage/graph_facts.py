"""What learning tells the graph beside a call's own record: counters as Postgres has them, and traits.

Every figure is a total that replaces the one before. `as_of` orders them: a smaller one never replaces a larger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SegmentResponds:
    """What a strategy did with a kind of lead: `wins` qualified of `n` conversations, in all and over 30 days."""

    segment: str
    strategy: str
    wins: int
    n: int
    wins_30d: int
    n_30d: int


@dataclass(frozen=True, slots=True)
class LeadResponds:
    """The same for the call's own lead."""

    strategy: str
    wins: int
    n: int
    wins_30d: int
    n_30d: int


@dataclass(frozen=True, slots=True)
class PerformsIn:
    strategy: str
    phase: str
    wins: int
    n: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response to an objection did."""

    objection: str
    response: str
    wins: int
    n: int


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """`effectiveness` is by choice key, in points of engagement; `scepticism` 0 to 1. `reward` is what the call counts
    for, 0 to 1, None where it was no conversation.
    """

    as_of: int = 0
    reward: float | None = None
    segment_responds: tuple[SegmentResponds, ...] = ()
    lead_responds: tuple[LeadResponds, ...] = ()
    performs_in: tuple[PerformsIn, ...] = ()
    answers: tuple[Answer, ...] = ()
    effectiveness: Mapping[str, float] = field(default_factory=dict)
    scepticism: float | None = None
    communication_style: str | None = None


NO_FACTS = GraphFacts()
