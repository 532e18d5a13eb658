"""Conversations and records for tests of the stores: small, whole, and different where a test needs it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from call_flow.lead import Lead, kind_of_lead
from call_flow.phases import Phase, PhaseRecord
from call_flow.record import CallRecord, Choice, HotDecision, ObjectionRecord, Segment, TransferRecord
from call_flow.status import MEANING, FinalStatus
from storage.conversation import ConversationDocument, OutcomeDocument, segment_entry

AT = datetime(2025, 3, 4, 15, 0, tzinfo=UTC)


def a_segment(seq: int, text: str = "Hello there.", **changes: Any) -> Segment:
    speaker = "agent" if seq % 2 else "prospect"
    at = AT + timedelta(seconds=5 * seq)
    return Segment(
        **{"seq": seq, "speaker": speaker, "text": text, "at": at, "phase": Phase.RAPPORT, **changes}
    )


def a_conversation(call_id: str, *segments: Segment, **changes: Any) -> ConversationDocument:
    """A whole document that the validator accepts; `changes` replaces its fields."""
    ended = AT + timedelta(seconds=95)
    whole: dict[str, Any] = {
        "call_id": call_id,
        "lead_id": "lead-1",
        "segment": "facebook/income",
        "transcript": [segment_entry(segment) for segment in segments],
        "key_phrases": [
            {"phrase": "side income", "frequency": 2, "sentiment": 0.4, "context": "A side income."}
        ],
        "flow": [
            {
                "phase": "rapport",
                "started_at": AT,
                "ended_at": ended,
                "duration_s": 95.0,
                "outcome": "advanced",
                "notes": "",
                "agent_words": 20,
                "prospect_words": 9,
                "sentiment": 0.1,
                "engagement_from": 50.0,
                "engagement_to": 61.5,
            }
        ],
        "audio_ids": ["rec-1"],
        "engagement": {
            "final": 61.5,
            "average": 55.0,
            "peak": 70,
            "progression": [{"at_s": 4.0, "score": 50.0}, {"at_s": 9.0, "score": 61.5}],
            "voice_indicators": {},
            "conversational_cues": {"questions_asked": 1, "talk_share": 0.3},
        },
        "outcome": {
            "outcome": "transferred",
            "final_status": "hot_transfer",
            "qualified": True,
            "reward": 1.0,
            "hot_transfer": {
                "attempts": 1,
                "closer_id": "kevin",
                "closer_name": "Kevin",
                "initiated_at": AT,
                "answered_at": ended,
                "accepted_at": ended,
                "bridged_at": ended,
                "ended_at": None,
                "outcome": "bridged",
                "successful": True,
                "engagement": 70.0,
                "phase": "commitment",
                "key_indicators": ["asked about cost"],
                "reasons": ["engagement 70"],
                "rating": None,
                "result": None,
            },
            "learning": {
                "effective_strategies": ["opening.story"],
                "objection_handling": [
                    {"type": "no_time", "phase": "rapport", "response": "no_time.empathy", "resolved": True}
                ],
                "engagement_triggers": ["rapport: ask_cost"],
                "improvement_areas": [],
            },
        },
        "metadata": {
            "started_at": AT,
            "answered_at": AT + timedelta(seconds=2),
            "ended_at": ended,
            "duration_s": 95.0,
            "direction": "outbound",
            "control": False,
            "kevin_availability": True,
            "system_version": 1,
            "agent_version": "0123456789abcdef",
        },
        "analysis": {
            "total_words": 29,
            "average_sentiment": 0.1,
            "key_moments": [
                {
                    "kind": "objection",
                    "at": AT,
                    "phase": "rapport",
                    "seq": None,
                    "detail": "no_time, resolved",
                }
            ],
            "objection_types": ["no_time"],
        },
    }
    return {**whole, **changes}  # type: ignore[typeddict-item, return-value]


def an_outcome(call_id: str, **changes: Any) -> OutcomeDocument:
    whole: dict[str, Any] = {
        "call_id": call_id,
        "lead_id": "lead-1",
        "segment": "facebook/income",
        "outcome": "transferred",
        "final_status": "hot_transfer",
        "qualified": True,
        "reward": 1.0,
        "at": AT,
        "factors": [{"name": "engagement", "value": 70.0, "detail": "peak"}],
    }
    return {**whole, **changes}  # type: ignore[typeddict-item, return-value]


def a_choice(taken: str, moment: str, phase: Phase, segment: str, **changes: Any) -> Choice:
    return Choice(
        **{
            "key": moment,
            "moment": moment,
            "phase": phase,
            "segment": segment,
            "arms": (taken, "other.arm"),
            "p": (0.6, 0.4),
            "taken": taken,
            "draw": 0.1,
            "policy": "thompson",
            "posterior_version": 3,
            "at": AT,
            **changes,
        }
    )


def a_record(call_id: str, **changes: Any) -> CallRecord:
    """A hot transfer with two choices, one objection, one decision; `changes` replaces its fields."""
    lead = changes.get("lead") or Lead(
        id="lead-1", phone="+15550001", source="facebook", initial_interest="income", first_name="Ann"
    )
    segment = kind_of_lead(lead)
    whole: dict[str, Any] = {
        "call_id": call_id,
        "revision": 1,
        "lead": lead,
        "segment": segment,
        "direction": "outbound",
        "playbook_version": "0123456789abcdef",
        "machine_version": 1,
        "control": False,
        "started_at": AT,
        "answered_at": AT + timedelta(seconds=4),
        "ended_at": AT + timedelta(seconds=200),
        "final_status": FinalStatus.HOT_TRANSFER,
        "phases": (PhaseRecord(phase=Phase.GREETING, started_at=AT, ended_at=AT, outcome="advanced"),),
        "segments": (a_segment(1), a_segment(2)),
        "choices": (
            a_choice("opening.story", "opening", Phase.GREETING, segment),
            a_choice("no_time.empathy", "objection.no_time", Phase.RAPPORT, segment),
        ),
        "objections": (
            ObjectionRecord(
                type="no_time", phase=Phase.RAPPORT, at=AT, response="no_time.empathy", resolved=True
            ),
        ),
        "transfers": (
            TransferRecord(
                claim="claim.1",
                closer_id="closer-kevin",
                closer_name="Kevin",
                initiated_at=AT,
                bridged_at=AT + timedelta(seconds=30),
                outcome="bridged",
                engagement=72.0,
            ),
        ),
        "decisions": (
            HotDecision(
                at=AT,
                hot=True,
                confidence=0.8,
                reasons=("engagement 72", "hours known"),
                phase=Phase.COMMITMENT,
                engagement=72.0,
            ),
        ),
        "captures": {},
        "engagement": ((0.0, 50.0), (40.0, 72.0)),
        "prediction": 0.7,
        "closer_available": True,
    }
    return CallRecord(**{**whole, **changes})


def qualified(record: CallRecord) -> bool | None:
    return MEANING[record.final_status].qualified
