"""A learned call as Mongo keeps it: the record and its analysis, field by field. Pure."""

from call_flow.record import CallRecord
from call_flow.status import MEANING
from learning.analysis import Analysis, Cues
from storage.conversation import (
    AnalysisEntry,
    ConversationDocument,
    Engagement,
    Factor,
    FlowEntry,
    HotTransfer,
    KeyMomentEntry,
    KeyPhraseEntry,
    LearningData,
    Metadata,
    ObjectionEntry,
    Outcome,
    OutcomeDocument,
    ScorePoint,
    segment_entry,
)


def conversation_document(
    record: CallRecord, analysis: Analysis, reward: float | None
) -> ConversationDocument:
    """`reward`: what the call counts for in learning; None where it was no conversation."""
    return ConversationDocument(
        call_id=record.call_id,
        lead_id=record.lead.id,
        segment=record.segment,
        transcript=[segment_entry(segment) for segment in record.segments],
        key_phrases=[KeyPhraseEntry(**phrase.model_dump()) for phrase in analysis.key_phrases],  # type: ignore[typeddict-item]
        flow=[FlowEntry(**{**phase.model_dump(), "phase": phase.phase.value}) for phase in analysis.flow],  # type: ignore[typeddict-item]
        audio_ids=_audio_ids(record),
        engagement=_engagement(record, analysis),
        outcome=_outcome(record, analysis, reward),
        metadata=_metadata(record),
        analysis=_analysis(record, analysis),
    )


def outcome_document(record: CallRecord, analysis: Analysis, reward: float | None) -> OutcomeDocument:
    """How the call ended, with what went with it: numbers that outcomes may be compared by."""
    meaning = MEANING[record.final_status]
    return OutcomeDocument(
        call_id=record.call_id,
        lead_id=record.lead.id,
        segment=record.segment,
        outcome=meaning.outcome,
        final_status=record.final_status.value,
        qualified=meaning.qualified,
        reward=reward,
        at=record.ended_at,
        factors=_factors(record, analysis),
    )


def _factors(record: CallRecord, analysis: Analysis) -> list[Factor]:
    factors = [
        Factor(name="engagement", value=analysis.final_engagement, detail=""),
        Factor(name="sentiment", value=analysis.average_sentiment, detail=""),
        Factor(name="talk_share", value=analysis.cues.talk_share, detail=""),
        Factor(name="phases_completed", value=float(_completed(record)), detail=""),
        Factor(name="closer_available", value=float(bool(record.closer_available)), detail=""),
    ]
    factors += [
        Factor(
            name=f"objection.{objection.type}",
            value=float(objection.resolved is True),
            detail=objection.response or "",
        )
        for objection in record.objections
    ]
    factors += [Factor(name=f"choice.{c.moment}", value=1.0, detail=c.taken) for c in record.choices]
    return factors


def _completed(record: CallRecord) -> int:
    return len({phase.phase for phase in record.phases if phase.outcome in ("advanced", "positive")})


def _audio_ids(record: CallRecord) -> list[str]:
    return [record.recording["id"]] if record.recording and "id" in record.recording else []


def _engagement(record: CallRecord, analysis: Analysis) -> Engagement:
    known = bool(record.engagement)
    return Engagement(
        final=analysis.final_engagement if known else None,
        average=analysis.average_engagement if known else None,
        peak=analysis.peak_engagement if known else None,
        progression=[ScorePoint(at_s=second, score=score) for second, score in record.engagement],
        voice_indicators={},
        conversational_cues=_cues(analysis.cues),
    )


def _cues(cues: Cues) -> dict[str, float]:
    return {name: float(value) for name, value in cues.model_dump().items()}


def _outcome(record: CallRecord, analysis: Analysis, reward: float | None) -> Outcome:
    meaning = MEANING[record.final_status]
    return Outcome(
        outcome=meaning.outcome,
        final_status=record.final_status.value,
        qualified=meaning.qualified,
        reward=reward,
        hot_transfer=_hot_transfer(record),
        learning=LearningData(
            effective_strategies=list(analysis.effective_strategies),
            objection_handling=[
                ObjectionEntry(type=o.type, phase=o.phase.value, response=o.response, resolved=o.resolved)
                for o in analysis.objections
            ],
            engagement_triggers=list(analysis.engagement_triggers),
            improvement_areas=list(analysis.improvement_areas),
        ),
    )


def _hot_transfer(record: CallRecord) -> HotTransfer | None:
    if not record.transfers:
        return None
    last = record.transfers[-1]
    hot = [decision for decision in record.decisions if decision.hot]
    return HotTransfer(
        attempts=len(record.transfers),
        closer_id=last.closer_id,
        closer_name=last.closer_name,
        initiated_at=last.initiated_at,
        answered_at=last.answered_at,
        accepted_at=last.accepted_at,
        bridged_at=last.bridged_at,
        ended_at=last.ended_at,
        outcome=last.outcome,
        successful=last.outcome == "bridged",
        engagement=last.engagement,
        phase=last.phase.value,
        key_indicators=list(last.key_indicators),
        reasons=list(hot[-1].reasons) if hot else [],
        rating=last.rating,
        result=last.result,
    )


def _metadata(record: CallRecord) -> Metadata:
    return Metadata(
        started_at=record.started_at,
        answered_at=record.answered_at,
        ended_at=record.ended_at,
        duration_s=(record.ended_at - record.started_at).total_seconds(),
        direction=record.direction,
        control=record.control,
        kevin_availability=record.closer_available,
        system_version=record.machine_version,
        agent_version=record.playbook_version,
    )


def _analysis(record: CallRecord, analysis: Analysis) -> AnalysisEntry:
    heard = any(segment.speaker == "prospect" for segment in record.segments)
    return AnalysisEntry(
        total_words=analysis.total_words,
        average_sentiment=analysis.average_sentiment if heard else None,
        key_moments=[
            KeyMomentEntry(kind=m.kind, at=m.at, phase=m.phase.value, seq=m.seq, detail=m.detail)
            for m in analysis.key_moments
        ],
        objection_types=sorted({objection.type for objection in record.objections}),
    )
