"""The document that a call is in Mongo, field by field: what `schemas/conversations.json` holds it to.

Times are UTC with a zone; scores of engagement 0 to 100, sentiments −1 to 1, confidences 0 to 1. It must never
hold anything that Postgres decides by: it is a record of what was said and of what was found in it.
"""

from datetime import datetime
from typing import Any, TypedDict

from call_flow.record import Segment


class SegmentEntry(TypedDict):
    """One piece of transcript; `strategy` is the playbook entry that the agent spoke."""

    seq: int
    speaker: str
    text: str
    at: datetime
    phase: str
    confidence: float | None
    sentiment: float | None
    engagement: float | None
    intent: str | None
    strategy: str | None
    interrupted: bool


class KeyPhraseEntry(TypedDict):
    phrase: str
    frequency: int
    sentiment: float
    context: str


class FlowEntry(TypedDict):
    """One phase as it went. `duration_s` in seconds, words by speaker."""

    phase: str
    started_at: datetime
    ended_at: datetime | None
    duration_s: float | None
    outcome: str | None
    notes: str
    agent_words: int
    prospect_words: int
    sentiment: float | None
    engagement_from: float | None
    engagement_to: float | None


class ScorePoint(TypedDict):
    """`at_s` seconds after the answer."""

    at_s: float
    score: float


class Engagement(TypedDict):
    """`voice_indicators` and `conversational_cues` are flat: name → number."""

    final: float | None
    average: float | None
    peak: float | None
    progression: list[ScorePoint]
    voice_indicators: dict[str, float]
    conversational_cues: dict[str, float]


class HotTransfer(TypedDict):
    """The last attempt at a warm hand-over; times are None for what did not happen, `rating` and `result` until the
    closer tells them.
    """

    attempts: int
    closer_id: str | None
    closer_name: str
    initiated_at: datetime
    answered_at: datetime | None
    accepted_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    successful: bool
    engagement: float
    phase: str
    key_indicators: list[str]
    reasons: list[str]
    rating: int | None
    result: str | None


class ObjectionEntry(TypedDict):
    type: str
    phase: str
    response: str | None
    resolved: bool | None


class LearningData(TypedDict):
    effective_strategies: list[str]
    objection_handling: list[ObjectionEntry]
    engagement_triggers: list[str]
    improvement_areas: list[str]


class Outcome(TypedDict):
    """`outcome` and `qualified` as `call_flow.status.MEANING` gives them for `final_status`; `reward` as the statistics
    count it.
    """

    outcome: str
    final_status: str
    qualified: bool | None
    reward: float | None
    hot_transfer: HotTransfer | None
    learning: LearningData


class Metadata(TypedDict):
    """`system_version` is the machine's, `agent_version` the playbook's; `duration_s` in seconds from start to end."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    duration_s: float
    direction: str
    control: bool
    kevin_availability: bool | None
    system_version: int
    agent_version: str


class KeyMomentEntry(TypedDict):
    """`seq` of the segment at which it happened, where there is one."""

    kind: str
    at: datetime
    phase: str
    seq: int | None
    detail: str


class AnalysisEntry(TypedDict):
    total_words: int
    average_sentiment: float | None
    key_moments: list[KeyMomentEntry]
    objection_types: list[str]


class ConversationDocument(TypedDict):
    """A whole call. `audio_ids` are Telnyx' ids of its recordings; `segment` is the kind of lead."""

    call_id: str
    lead_id: str | None
    segment: str
    transcript: list[SegmentEntry]
    key_phrases: list[KeyPhraseEntry]
    flow: list[FlowEntry]
    audio_ids: list[str]
    engagement: Engagement
    outcome: Outcome
    metadata: Metadata
    analysis: AnalysisEntry


class Factor(TypedDict):
    """Something that went with an outcome: a number, and a word where the number alone does not say it."""

    name: str
    value: float
    detail: str


class OutcomeDocument(TypedDict):
    """How a call ended. `at` is its end."""

    call_id: str
    lead_id: str | None
    segment: str
    outcome: str
    final_status: str
    qualified: bool | None
    reward: float | None
    at: datetime
    factors: list[Factor]


def segment_entry(segment: Segment) -> SegmentEntry:
    """The segment as it stands in a transcript."""
    return SegmentEntry(
        seq=segment.seq,
        speaker=segment.speaker,
        text=segment.text,
        at=segment.at,
        phase=segment.phase.value,
        confidence=segment.confidence,
        sentiment=segment.sentiment,
        engagement=segment.engagement,
        intent=segment.intent,
        strategy=segment.strategy,
        interrupted=segment.interrupted,
    )


def segment_of(entry: dict[str, Any]) -> Segment:
    """The way back, for a transcript read from Mongo."""
    return Segment.model_validate(entry)
