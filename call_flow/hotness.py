"""Whether a prospect who said yes is handed over now: engagement, what is known, how far the call came, how
such calls ended.
"""

from datetime import datetime

from call_flow.phases import CAPTURES, SKIPPABLE
from call_flow.record import HotDecision
from call_flow.state import CallState

YES = 0.20  # of the score: only who said yes is weighed at all
WEIGHTS = {"engagement": 0.30, "captures": 0.15, "phase": 0.15, "prediction": 0.20}


def features(state: CallState) -> dict[str, float]:
    """What the live prediction is made from; every value 0 to 1 but sentiment, −1 to 1."""
    raised = len(state.objections)
    resolved = sum(o.resolved is True for o in state.objections)
    return {
        "engagement": state.engagement / 100,
        "sentiment": state.sentiment,
        "captures": known_share(state),
        "objections": min(raised, 5) / 5,
        "resolved": resolved / raised if raised else 1.0,
        "phase": state.phase.order / 12,
        "motivation": {"low": 0.0, "medium": 0.5, "high": 1.0}.get(
            state.captures.get("motivation_level", ""), 0.5
        ),
    }


def known_share(state: CallState) -> float:
    """The share of the qualification captures that is known, 0 to 1."""
    names = [CAPTURES[phase][0] for phase in SKIPPABLE]
    return sum(name in state.captures for name in names) / len(names)


def decide(state: CallState, at: datetime, threshold: float) -> HotDecision:
    """The decision with its reasons, strongest first. `confidence` is the weighted score, 0 to 1."""
    values = {
        "engagement": state.engagement / 100,
        "captures": known_share(state),
        "phase": state.phase.order / 12,
        "prediction": 0.5 if state.prediction is None else state.prediction,
    }
    score = YES + sum(WEIGHTS[name] * value for name, value in values.items())
    ranked = sorted(values, key=lambda name: -WEIGHTS[name] * values[name])
    return HotDecision(
        at=at,
        hot=score >= threshold,
        confidence=round(score, 4),
        reasons=tuple(f"{name} {values[name]:.2f}" for name in ranked),
        phase=state.phase,
        engagement=state.engagement,
    )
