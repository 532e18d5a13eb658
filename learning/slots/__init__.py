"""Finds in one utterance the values that a phase captures.

Pure functions of the text, the time and the zone: no clock, no model, so that the same words give the same values.
"""

from datetime import datetime

from call_flow.slots import Slots
from learning.slots.attitude import experience, motivation, urgency
from learning.slots.callback import callback_at
from learning.slots.hours import hours_per_week
from learning.slots.income import income
from learning.slots.numbers import with_digits

__all__ = ["extract"]


def extract(text: str, now: datetime, timezone: str) -> Slots:
    """What `text` holds, said at `now` (aware) by someone in `timezone` (an IANA name).

    Raises ValueError for a naive `now`, ZoneInfoNotFoundError for an unknown zone.
    """
    if now.tzinfo is None:
        raise ValueError(f"now must be aware, not {now.isoformat()}")
    said = with_digits(text)
    return Slots(
        income=income(said),
        hours_per_week=hours_per_week(said),
        experience=experience(said),
        motivation=motivation(said),
        urgency=urgency(said),
        callback_at=callback_at(said, now, timezone),
    )
