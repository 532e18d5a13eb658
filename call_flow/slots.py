"""What a phase captures from the prospect's words, in the form in which it is kept."""

from datetime import datetime
from typing import Literal

from call_flow.model import Frozen

Experience = Literal["none", "some", "experienced"]
Level = Literal["low", "medium", "high"]


class Slots(Frozen):
    """Values found in one utterance; None where it holds none.

    `income` is a monthly range in US dollars such as "3000-4000/month"; `hours_per_week` in hours;
    `callback_at` an instant in UTC, never before the utterance.
    """

    income: str | None = None
    hours_per_week: float | None = None
    experience: Experience | None = None
    motivation: Level | None = None
    urgency: Level | None = None
    callback_at: datetime | None = None
