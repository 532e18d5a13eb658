"""What of a call is worth finding again by meaning: its telling utterances, and the call as one scenario. Pure.

Metadata are flat and never None; what is unknown is left out. No name and no number of a person may be in them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from call_flow.phases import Phase
from call_flow.record import CallRecord, Segment
from call_flow.status import MEANING, FinalStatus
from learning.analysis import Analysis
from learning.phrases import words_of

LEAST_WORDS = 4  # a shorter answer ("yes, sure") is like thousands of others
Metadata = dict[str, str | int | float | bool]


class Card(NamedTuple):
    """One entry of a collection: `text` is what its vector is made of."""

    id: str
    text: str
    metadata: Metadata


def segment_cards(record: CallRecord) -> list[Card]:
    """The prospect's utterances that say something, and the agent's chosen words; none of a call that was none."""
    if not record.conversation:
        return []
    shared = _shared(record)
    return [
        Card(f"{record.call_id}:{segment.seq}", segment.text, shared | _of(segment))
        for segment in record.segments
        if _telling(segment, record)
    ]


def scenario_card(record: CallRecord, analysis: Analysis) -> Card:
    """The call in words, without its end: a situation is found by what it was, its outcome is in the metadata."""
    metadata = _shared(record) | {
        "engagement": round(analysis.final_engagement, 2),
        "sentiment": analysis.average_sentiment,
        "objections": ",".join(sorted({objection.type for objection in record.objections})),
        "strategies": ",".join(choice.taken for choice in record.choices),
        "phases": len(record.phases),
        "phase": record.phases[-1].phase.value if record.phases else Phase.GREETING.value,
        "duration_s": (record.ended_at - record.started_at).total_seconds(),
    }
    return Card(record.call_id, " ".join(_scenario(record, analysis)), metadata)


def _telling(segment: Segment, record: CallRecord) -> bool:
    if segment.speaker == "agent":
        return segment.strategy in {choice.taken for choice in record.choices}
    return segment.speaker == "prospect" and len(words_of(segment.text)) >= LEAST_WORDS


def _shared(record: CallRecord) -> Metadata:
    meaning = MEANING[record.final_status]
    return {
        "call_id": record.call_id,
        "revision": record.revision,
        "segment": record.segment,
        "final_status": record.final_status.value,
        "outcome": meaning.outcome,
        "qualified": bool(meaning.qualified),
        "successful_transfer": record.final_status is FinalStatus.HOT_TRANSFER,
        "started_at": record.started_at.timestamp(),
    }


def _of(segment: Segment) -> Metadata:
    known = {
        "seq": segment.seq,
        "speaker": segment.speaker,
        "phase": segment.phase.value,
        "engagement": segment.engagement,
        "sentiment": segment.sentiment,
        "intent": segment.intent,
        "strategy": segment.strategy,
    }
    return {name: value for name, value in known.items() if value is not None}


def _scenario(record: CallRecord, analysis: Analysis) -> Iterator[str]:
    source, _, interest = record.segment.partition("/")
    yield f"A lead from {source} interested in {interest or 'something'}."
    if record.phases:
        yield "The call went through " + ", ".join(p.phase.value for p in record.phases) + "."
    for objection in record.objections:
        ended = "resolved" if objection.resolved else "not resolved"
        yield f"Objection {objection.type.replace('_', ' ')} in {objection.phase.value}, {ended}."
    if analysis.key_phrases:
        yield "They spoke of " + ", ".join(phrase.phrase for phrase in analysis.key_phrases[:5]) + "."
    yield f"Engagement {_level(analysis.final_engagement)}, tone {_tone(analysis.average_sentiment)}."


def _level(engagement: float) -> str:
    return "high" if engagement >= 65 else "low" if engagement < 40 else "middling"


def _tone(sentiment: float) -> str:
    return "positive" if sentiment >= 0.2 else "negative" if sentiment <= -0.2 else "neutral"
