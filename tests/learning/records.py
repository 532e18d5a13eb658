"""Call records to learn from, built from the few things that a test is about."""

import uuid
from datetime import UTC, datetime, timedelta

from call_flow.lead import Lead
from call_flow.phases import Phase, PhaseRecord
from call_flow.record import CallRecord, Choice, HotDecision, ObjectionRecord, Segment, Speaker
from call_flow.status import FinalStatus

TEN_O_CLOCK = datetime(2025, 3, 4, 15, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return TEN_O_CLOCK + timedelta(seconds=seconds)


def segment(
    seq: int,
    speaker: Speaker,
    text: str,
    phase: Phase,
    *,
    sentiment: float | None = None,
    engagement: float | None = None,
    intent: str | None = None,
    strategy: str | None = None,
    interrupted: bool = False,
) -> Segment:
    return Segment(
        seq=seq,
        speaker=speaker,
        text=text,
        at=at(seq * 4),
        phase=phase,
        confidence=0.9 if speaker == "prospect" else None,
        sentiment=sentiment,
        engagement=engagement,
        intent=intent,
        strategy=strategy,
        interrupted=interrupted,
    )


def choice(moment: str, phase: Phase, taken: str, kind: str = "facebook/income", n: int = 1) -> Choice:
    arms = tuple(sorted({taken, f"{moment}.direct", f"{moment}.story"}))
    return Choice(
        key=f"{moment}:{n}",
        moment=moment,
        phase=phase,
        segment=kind,
        arms=arms,
        p=(1 / len(arms),) * len(arms),
        taken=taken,
        draw=0.5,
        policy="uniform",
        posterior_version=0,
        at=at(0),
    )


def conversation(
    status: FinalStatus = FinalStatus.FOLLOW_UP, *, call_id: str | None = None, revision: int = 1
) -> CallRecord:
    """A short whole call: greeting, rapport, an objection against the presentation, and its end."""
    greeting, rapport, presentation = Phase.GREETING, Phase.RAPPORT, Phase.PRESENTATION
    segments = (
        segment(1, "agent", "Am I speaking with Ana?", greeting, strategy="opening.story"),
        segment(2, "prospect", "Yes, this is Ana.", greeting, sentiment=0.4, engagement=52, intent="affirm"),
        segment(3, "agent", "Are you still interested?", rapport, strategy="rapport.direct"),
        segment(
            4,
            "prospect",
            "Extra income would be great, how does the training work?",
            rapport,
            sentiment=0.6,
            engagement=66,
            intent="ask_details",
        ),
        segment(5, "agent", "It is a business from home.", presentation, strategy="presentation.story"),
        segment(
            6,
            "prospect",
            "I have no money for that right now.",
            presentation,
            sentiment=-0.4,
            engagement=55,
            intent="objection.no_money",
        ),
        segment(7, "agent", "That makes sense. Does that help?", presentation, strategy="no_money.empathy"),
        segment(
            8,
            "prospect",
            "Okay, extra income sounds good to me.",
            presentation,
            sentiment=0.5,
            engagement=64,
            intent="buying_signal",
        ),
    )
    return CallRecord(
        call_id=call_id or str(uuid.uuid4()),
        revision=revision,
        lead=Lead(
            id=str(uuid.uuid4()),
            phone="+12125550123",
            first_name="Ana",
            source="facebook",
            initial_interest="income",
            campaign="spring",
        ),
        segment="facebook/income",
        direction="outbound",
        playbook_version="0" * 16,
        machine_version=1,
        control=False,
        started_at=at(0),
        answered_at=at(2),
        ended_at=at(60),
        final_status=status,
        phases=(
            PhaseRecord(phase=greeting, started_at=at(2), ended_at=at(9), outcome="advanced"),
            PhaseRecord(phase=rapport, started_at=at(9), ended_at=at(18), outcome="positive"),
            PhaseRecord(phase=presentation, started_at=at(18), ended_at=at(50), outcome="positive"),
        ),
        segments=segments,
        choices=(
            choice("opening", greeting, "opening.story"),
            choice("rapport", rapport, "rapport.direct"),
            choice("presentation", presentation, "presentation.story"),
            choice("objection.no_money", presentation, "no_money.empathy"),
        ),
        objections=(
            ObjectionRecord(
                type="no_money", phase=presentation, at=at(24), response="no_money.empathy", resolved=True
            ),
        ),
        transfers=(),
        decisions=(
            HotDecision(
                at=at(40),
                hot=False,
                confidence=0.4,
                reasons=("engagement 64",),
                phase=presentation,
                engagement=64,
            ),
        ),
        captures={"current_income_range": "3000-4000/month"},
        engagement=((6, 52.0), (14, 66.0), (22, 55.0), (30, 64.0)),
        prediction=0.6,
        closer_available=False,
    )
