"""What learning tells the graph beside a call's record: counters as Postgres has them, and what the call showed.

Pure. Every counter is a total that replaces the one before.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict

from call_flow.phases import Phase
from call_flow.record import CallRecord
from learning.analysis import Analysis
from storage.facts import LeadStat, StrategyStat
from storage.graph_facts import Answer, GraphFacts, LeadResponds, PerformsIn, SegmentResponds

OBJECTION = "objection."
# Objections that doubt what is said, rather than time or means.
DOUBTS = ("scam", "too_good", "trust_ai", "tried_before")
TALKATIVE, BRIEF = 12.0, 5.0  # words a turn


def graph_facts(
    record: CallRecord,
    analysis: Analysis,
    reward: float | None,
    stats: Iterable[StrategyStat],
    of_lead: Iterable[LeadStat],
    version: int,
) -> GraphFacts:
    """`stats` over all kinds of lead, `of_lead` over the lead's own calls; `version` is the posterior's."""
    touched = {choice.moment: choice.phase for choice in record.choices}
    rows = [stat for stat in stats if stat.moment in touched]
    return GraphFacts(
        as_of=version,
        reward=reward,
        segment_responds=tuple(_responds(stat) for stat in rows if stat.segment == record.segment),
        lead_responds=tuple(LeadResponds(**asdict(stat)) for stat in of_lead),
        performs_in=_performs(rows, touched),
        answers=_answers(rows),
        effectiveness={
            effect.key: effect.engagement_change
            for effect in analysis.strategies
            if effect.engagement_change is not None
        },
        scepticism=_scepticism(record),
        communication_style=_style(analysis),
    )


def _responds(stat: StrategyStat) -> SegmentResponds:
    return SegmentResponds(
        segment=stat.segment,
        strategy=stat.strategy,
        wins=stat.wins,
        n=stat.n,
        wins_30d=stat.wins_30d,
        n_30d=stat.n_30d,
    )


def _totals(rows: Iterable[StrategyStat]) -> dict[tuple[str, str], tuple[int, int]]:
    """(moment, strategy) → (wins, n) over all kinds of lead."""
    totals: defaultdict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for stat in rows:
        wins, n = totals[stat.moment, stat.strategy]
        totals[stat.moment, stat.strategy] = wins + stat.wins, n + stat.n
    return totals


def _performs(rows: list[StrategyStat], phases: dict[str, Phase]) -> tuple[PerformsIn, ...]:
    """Answers to objections come up in any phase: they perform in the phase that is named after them."""
    return tuple(
        PerformsIn(
            strategy=strategy,
            phase=(Phase.OBJECTIONS if moment.startswith(OBJECTION) else phases[moment]).value,
            wins=wins,
            n=n,
        )
        for (moment, strategy), (wins, n) in sorted(_totals(rows).items())
    )


def _answers(rows: list[StrategyStat]) -> tuple[Answer, ...]:
    return tuple(
        Answer(objection=moment.removeprefix(OBJECTION), response=strategy, wins=wins, n=n)
        for (moment, strategy), (wins, n) in sorted(_totals(rows).items())
        if moment.startswith(OBJECTION)
    )


def _scepticism(record: CallRecord) -> float | None:
    """0 to 1: half of it for doubting at all, the rest for each doubt that stayed; None without a conversation."""
    if not record.conversation:
        return None
    doubts = [objection for objection in record.objections if objection.type in DOUBTS]
    if not doubts:
        return 0.0
    return 0.5 + 0.5 * sum(doubt.resolved is not True for doubt in doubts) / len(doubts)


def _style(analysis: Analysis) -> str | None:
    cues = analysis.cues
    if not cues.turns:
        return None
    if cues.questions_asked * 3 >= cues.turns:
        return "inquisitive"
    if cues.words_a_turn >= TALKATIVE:
        return "talkative"
    return "brief" if cues.words_a_turn <= BRIEF else "balanced"
