"""What learning tells the graph beside a call's own record: counters as Postgres has them, and findings.

Every figure is a total that replaces the one before. `as_of` orders them: a smaller one never replaces a larger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


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
class PatternShown:
    """A pattern that this call shows, `strength` 0 to 1; `wins` of `n` are over all calls that show it."""

    id: str
    kind: str
    description: str
    wins: int
    n: int
    strength: float = 1.0
    phase: str | None = None


@dataclass(frozen=True, slots=True)
class Correlation:
    """Between two indicators, each the id of a pattern node: `r` −1 to 1 with its 95 % interval, from `n` calls."""

    a: str
    b: str
    r: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Similar:
    """`score` 0 to 1 between two nodes of one kind."""

    kind: Literal["segments", "strategies", "calls"]
    a: str
    b: str
    score: float


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
    patterns: tuple[PatternShown, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    similar: tuple[Similar, ...] = ()
    effectiveness: Mapping[str, float] = field(default_factory=dict)
    scepticism: float | None = None
    communication_style: str | None = None


NO_FACTS = GraphFacts()
