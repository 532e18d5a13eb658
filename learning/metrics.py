"""What was learned, in figures for people: where each strategy stands. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from call_flow.phases import Phase
from call_flow.playbook.book import MOMENTS
from learning.statistics import StatisticsRow, family_of, statistics_of

# With fewer conversations than this an interval is wider than any difference worth knowing.
ENOUGH = 20


class Standing(NamedTuple):
    """What is believed of a strategy with a kind of lead: success of `mean`, 95 % between `low` and `high`.

    `n` conversations took it; what is believed also rests on its other kinds of lead.
    """

    strategy: str
    moment: str
    phase: str
    segment: str
    n: int
    mean: float
    low: float
    high: float


def standings(rows: Iterable[StatisticsRow]) -> list[Standing]:
    """Of every strategy that was tried, by the model that the policy chooses with; most tried first."""
    families: defaultdict[str, list[StatisticsRow]] = defaultdict(list)
    for row in rows:
        families[family_of(row.moment)].append(row)
    found = [standing for family in families.values() for standing in _of_family(family)]
    return sorted(found, key=lambda s: (-s.n, s.moment, s.segment, s.strategy))


def _of_family(rows: list[StatisticsRow]) -> Iterable[Standing]:
    statistics = statistics_of(rows)
    tried: defaultdict[tuple[str, str], list[StatisticsRow]] = defaultdict(list)
    for row in rows:
        tried[row.moment, row.segment].append(row)
    for (moment, segment), arms in tried.items():
        beliefs = statistics.beliefs(moment, segment, [arm.strategy for arm in arms])
        phase = MOMENTS.get(moment, Phase.OBJECTIONS.value)
        for arm, mean, low, high in zip(arms, beliefs.mean, *beliefs.interval(), strict=True):
            yield Standing(
                arm.strategy,
                moment,
                phase,
                segment,
                arm.n,
                *(round(float(x), 4) for x in (mean, low, high)),
            )
