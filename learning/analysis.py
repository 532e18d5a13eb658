"""What a finished call shows, read from its record alone: pure, so that learning it twice gives the same.

It must never look anything up, and never judge by what other calls did: that is the statistics' part.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import fmean

from call_flow.model import Frozen
from call_flow.phases import Phase, PhaseOutcome, PhaseRecord
from call_flow.record import CallRecord, Segment
from call_flow.status import MEANING
from learning.phrases import KeyPhrase, key_phrases, words_of

# On the scale of 0 to 100, a change that a listener would notice between two utterances.
NOTICEABLE = 8.0
LONGEST_AGENT_SHARE = 0.75  # of all words: above it the call was a lecture
HESITATIONS = frozenset({"um", "uh", "hmm", "er", "maybe", "perhaps", "dunno"})
AFFIRMATIONS = frozenset(
    {"yes", "yeah", "yep", "sure", "okay", "ok", "right", "great", "absolutely", "definitely"}
)


class KeyMoment(Frozen):
    """kind: objection, buying_signal, engagement_rise, engagement_fall, decision or transfer."""

    kind: str
    at: datetime
    phase: Phase
    seq: int | None
    detail: str


class PhaseFlow(Frozen):
    """One phase as it went: seconds, words of each speaker, engagement 0–100, sentiment −1 to 1."""

    phase: Phase
    started_at: datetime
    ended_at: datetime
    duration_s: float
    outcome: PhaseOutcome | None
    notes: str
    agent_words: int
    prospect_words: int
    sentiment: float
    engagement_from: float | None
    engagement_to: float | None


class ObjectionHandling(Frozen):
    """An objection and what answered it; `resolved` None where the call ended before it showed."""

    type: str
    phase: Phase
    response: str | None
    resolved: bool | None


class StrategyEffect(Frozen):
    """What followed a strategy: the prospect's change of engagement and tone at the next words.

    `key` is its choice's.
    """

    key: str
    strategy: str
    moment: str
    phase: Phase
    engagement_change: float | None
    sentiment_after: float | None
    effective: bool


class Cues(Frozen):
    """How the prospect took part; `talk_share` 0 to 1 is of the words of agent and prospect."""

    turns: int
    questions_asked: int
    words_a_turn: float
    talk_share: float
    interruptions: int
    affirmations: int
    hesitations: int


class Analysis(Frozen):
    total_words: int
    average_sentiment: float
    average_engagement: float
    peak_engagement: float
    final_engagement: float
    key_phrases: tuple[KeyPhrase, ...]
    key_moments: tuple[KeyMoment, ...]
    flow: tuple[PhaseFlow, ...]
    objections: tuple[ObjectionHandling, ...]
    strategies: tuple[StrategyEffect, ...]
    effective_strategies: tuple[str, ...]
    engagement_triggers: tuple[str, ...]
    improvement_areas: tuple[str, ...]
    cues: Cues


def analyse(record: CallRecord) -> Analysis:
    """Everything that the record shows; empty parts where the call had none of it."""
    spoken = record.segments
    heard = [segment for segment in spoken if segment.speaker == "prospect"]
    scores = [score for _, score in record.engagement] or [
        s.engagement for s in heard if s.engagement is not None
    ]
    strategies = _strategies(record)
    flow = tuple(_flow(phase, record) for phase in record.phases)
    cues = _cues(spoken, heard)
    return Analysis(
        total_words=sum(len(words_of(segment.text)) for segment in spoken),
        average_sentiment=_mean([s.sentiment for s in heard if s.sentiment is not None]),
        average_engagement=_mean(scores),
        peak_engagement=max(scores, default=0.0),
        final_engagement=scores[-1] if scores else 0.0,
        key_phrases=key_phrases(spoken, (record.lead.first_name, record.lead.last_name)),
        key_moments=_moments(record, heard),
        flow=flow,
        objections=tuple(
            ObjectionHandling(type=o.type, phase=o.phase, response=o.response, resolved=o.resolved)
            for o in record.objections
        ),
        strategies=strategies,
        effective_strategies=tuple(dict.fromkeys(s.strategy for s in strategies if s.effective)),
        engagement_triggers=_triggers(heard),
        improvement_areas=_improvements(record, flow, cues),
        cues=cues,
    )


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 4) if values else 0.0


def _flow(phase: PhaseRecord, record: CallRecord) -> PhaseFlow:
    ended_at = phase.ended_at or record.ended_at
    inside = [s for s in record.segments if s.phase == phase.phase]
    heard = [s for s in inside if s.speaker == "prospect"]
    engagement = [s.engagement for s in inside if s.engagement is not None]
    return PhaseFlow(
        phase=phase.phase,
        started_at=phase.started_at,
        ended_at=ended_at,
        duration_s=round((ended_at - phase.started_at).total_seconds(), 3),
        outcome=phase.outcome,
        notes=phase.notes,
        agent_words=sum(len(words_of(s.text)) for s in inside if s.speaker == "agent"),
        prospect_words=sum(len(words_of(s.text)) for s in heard),
        sentiment=_mean([s.sentiment for s in heard if s.sentiment is not None]),
        engagement_from=engagement[0] if engagement else None,
        engagement_to=engagement[-1] if engagement else None,
    )


def _cues(spoken: Sequence[Segment], heard: Sequence[Segment]) -> Cues:
    words = [words_of(segment.text) for segment in heard]
    said = sum(map(len, words))
    total = sum(len(words_of(segment.text)) for segment in spoken if segment.speaker != "closer")
    every = [word for turn in words for word in turn]
    return Cues(
        turns=len(heard),
        questions_asked=sum(_is_question(segment) for segment in heard),
        words_a_turn=round(said / len(heard), 2) if heard else 0.0,
        talk_share=round(said / total, 4) if total else 0.0,
        interruptions=sum(s.interrupted for s in spoken if s.speaker == "agent"),
        affirmations=sum(word in AFFIRMATIONS for word in every),
        hesitations=sum(word in HESITATIONS for word in every),
    )


def _is_question(segment: Segment) -> bool:
    return segment.text.rstrip().endswith("?") or (segment.intent or "").startswith("ask_")


def _strategies(record: CallRecord) -> tuple[StrategyEffect, ...]:
    """Each choice with the prospect's next words after the line that spoke it."""
    outcomes = {phase.phase: phase.outcome for phase in record.phases}
    resolved = {o.response: o.resolved for o in record.objections if o.response}
    effects = []
    for choice in record.choices:
        before, after = _around(record.segments, choice.taken)
        change = _change(before, after)
        sentiment = after.sentiment if after else None
        if choice.taken in resolved:
            effective = resolved[choice.taken] is True
        else:
            effective = outcomes.get(choice.phase) in ("advanced", "positive") and (change or 0.0) >= 0
        effects.append(
            StrategyEffect(
                key=choice.key,
                strategy=choice.taken,
                moment=choice.moment,
                phase=choice.phase,
                engagement_change=change,
                sentiment_after=sentiment,
                effective=effective,
            )
        )
    return tuple(effects)


def _around(segments: Sequence[Segment], strategy: str) -> tuple[Segment | None, Segment | None]:
    spoken = next((i for i, s in enumerate(segments) if s.strategy == strategy), None)
    if spoken is None:
        return None, None
    before = next((s for s in reversed(segments[:spoken]) if s.speaker == "prospect"), None)
    after = next((s for s in segments[spoken + 1 :] if s.speaker == "prospect"), None)
    return before, after


def _change(before: Segment | None, after: Segment | None) -> float | None:
    if before is None or after is None or before.engagement is None or after.engagement is None:
        return None
    return round(after.engagement - before.engagement, 2)


def _moments(record: CallRecord, heard: Sequence[Segment]) -> tuple[KeyMoment, ...]:
    moments = [*_turning_points(heard), *_signals(heard)]
    for objection in record.objections:
        ending = {True: "resolved", False: "unresolved", None: "open"}[objection.resolved]
        moments.append(_moment("objection", objection.at, objection.phase, f"{objection.type}, {ending}"))
    for decision in record.decisions:
        detail = ("hot: " if decision.hot else "not hot: ") + "; ".join(decision.reasons)
        moments.append(_moment("decision", decision.at, decision.phase, detail))
    for transfer in record.transfers:
        moments.append(
            _moment("transfer", transfer.initiated_at, transfer.phase, transfer.outcome or "unfinished")
        )
    return tuple(sorted(moments, key=lambda moment: (moment.at, moment.kind)))


def _moment(kind: str, at: datetime, phase: Phase, detail: str, seq: int | None = None) -> KeyMoment:
    return KeyMoment(kind=kind, at=at, phase=phase, seq=seq, detail=detail)


def _turning_points(heard: Sequence[Segment]) -> list[KeyMoment]:
    moments = []
    for before, after in pairwise(heard):
        change = _change(before, after)
        if change is not None and abs(change) >= NOTICEABLE:
            kind = "engagement_rise" if change > 0 else "engagement_fall"
            moments.append(_moment(kind, after.at, after.phase, f"{change:+.0f}", after.seq))
    return moments


def _signals(heard: Sequence[Segment]) -> list[KeyMoment]:
    return [
        _moment("buying_signal", segment.at, segment.phase, segment.text, segment.seq)
        for segment in heard
        if segment.intent == "buying_signal"
    ]


def _triggers(heard: Sequence[Segment]) -> tuple[str, ...]:
    """Intents at which engagement rose noticeably: what this prospect warmed to."""
    rises = [
        f"{after.phase}: {after.intent or 'other'}"
        for before, after in pairwise(heard)
        if (_change(before, after) or 0.0) >= NOTICEABLE
    ]
    return tuple(dict.fromkeys(rises))


def _improvements(record: CallRecord, flow: Sequence[PhaseFlow], cues: Cues) -> tuple[str, ...]:
    """What to do better next time, in words; nothing for a call that was no conversation."""
    if not record.conversation or not record.segments:
        return ()
    areas = [f"objection {o.type} stayed unresolved" for o in record.objections if o.resolved is False]
    areas += [f"phase {phase.phase} stalled" for phase in flow if phase.outcome == "stalled"]
    areas += [f"engagement fell in {phase.phase}" for phase in flow if _fell(phase)]
    if cues.turns and cues.talk_share < 1 - LONGEST_AGENT_SHARE:
        areas.append("the agent did most of the talking")
    if cues.interruptions > 1:
        areas.append(f"the agent was interrupted {cues.interruptions} times")
    if MEANING[record.final_status].reward == 0 and record.phases:
        areas.append(f"the call was lost in {record.phases[-1].phase}")
    return tuple(dict.fromkeys(areas))


def _fell(phase: PhaseFlow) -> bool:
    if phase.engagement_from is None or phase.engagement_to is None:
        return False
    return phase.engagement_to - phase.engagement_from <= -NOTICEABLE
