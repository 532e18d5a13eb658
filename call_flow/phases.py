"""The twelve phases of a call, in order, with what each captures."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from call_flow.model import Draft


class Phase(StrEnum):
    GREETING = "greeting"
    PERMISSION = "permission"
    RAPPORT = "rapport"
    SITUATION = "situation"
    GOALS = "goals"
    MOTIVATION = "motivation"
    AVAILABILITY = "availability"
    EXPERIENCE = "experience"
    PRESENTATION = "presentation"
    OBJECTIONS = "objections"
    COMMITMENT = "commitment"
    HANDOFF = "handoff"

    @property
    def order(self) -> int:
        """1 for greeting to 12 for handoff."""
        return ORDER.index(self) + 1


ORDER: tuple[Phase, ...] = tuple(Phase)

# The capture whose presence lets a phase be skipped.
CAPTURES: dict[Phase, tuple[str, ...]] = {
    Phase.GREETING: ("right_person", "consent"),
    Phase.PERMISSION: ("callback_at",),
    Phase.SITUATION: ("current_income_range",),
    Phase.GOALS: ("desired_income_range",),
    Phase.MOTIVATION: ("motivation_level", "urgency"),
    Phase.AVAILABILITY: ("time_availability",),
    Phase.EXPERIENCE: ("experience_level",),
}
SKIPPABLE = (Phase.SITUATION, Phase.GOALS, Phase.MOTIVATION, Phase.AVAILABILITY, Phase.EXPERIENCE)

PhaseOutcome = Literal["advanced", "stalled", "objection", "positive"]


class PhaseRecord(Draft):
    """What a phase left behind. `ended_at` and `outcome` are None while it lasts."""

    phase: Phase
    started_at: datetime
    ended_at: datetime | None = None
    outcome: PhaseOutcome | None = None
    notes: str = ""
