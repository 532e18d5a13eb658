"""Calling hours: what one country's or state's rule says of a day, and how near to its edges a dial may come."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator

from call_flow.compliance.holidays import Holiday
from call_flow.model import Frozen

# Kept clear at both ends of every window. With a clock wrong by up to 4 minutes either way no dial falls outside hours,
# and a minute is left from the decision to the first ring.
GUARD = timedelta(minutes=5)
_SATURDAY, _SUNDAY = 6, 7


class Window(NamedTuple):
    """Local times of day; calls are allowed from `opens` to `closes`."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M} to {self.closes:%H:%M}"

    def holds(self, local: datetime) -> bool:
        """Whether a wall time of its day is inside by the guard band at least."""
        return self.first(local.date()) <= local.replace(tzinfo=None) < self.last(local.date())

    def first(self, day: date) -> datetime:
        """The first wall time of `day` at which a dial is allowed."""
        return datetime.combine(day, self.opens) + GUARD

    def last(self, day: date) -> datetime:
        return datetime.combine(day, self.closes) - GUARD

    def narrowed(self, other: "Window") -> "Window":
        return Window(max(self.opens, other.opens), min(self.closes, other.closes))


def _window(value: object) -> Window | None:
    if value is None or isinstance(value, Window):
        return value
    if value == "none":
        return None
    opens, dash, closes = str(value).partition("-")
    try:
        window = Window(time.fromisoformat(opens), time.fromisoformat(closes))
    except ValueError:
        dash = ""
    if not dash or window.opens >= window.closes:
        raise ValueError('must be hours such as "08:00-21:00", or "none"')
    return window


Hours = Annotated[Window | None, BeforeValidator(_window)]


class Source(Frozen):
    """Where a rule comes from: the law it cites, what that says in our words, where it was read."""

    cites: str = Field(min_length=1)
    says: str = Field(min_length=1)
    url: str = Field(pattern="^https?://")


class Verdict(NamedTuple):
    """What a rule says of a day. `window` None: no calls, because of `day`, such as "Sundays"."""

    window: Window | None
    day: str


class Rule(Frozen):
    """The rule of a country or of a place: `holidays` are the hours on the days that `closed_on` names, `attempts` the
    calls to a number that it allows in 24 hours.
    """

    country: str | None = None
    place: str | None = None
    weekdays: Hours
    saturday: Hours
    sunday: Hours
    holidays: Hours = None
    closed_on: tuple[str, ...] = ()
    attempts: int | None = Field(default=None, ge=1)
    sources: tuple[Source, ...] = Field(min_length=1)
    note: str = ""

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.country is None) == (self.place is None):
            raise ValueError("exactly one of country and place is needed")
        if "holidays" in self.model_fields_set and not self.closed_on:
            raise ValueError("holidays has no meaning without closed_on")
        return self

    @property
    def cites(self) -> str:
        return "; ".join(source.cites for source in self.sources)

    def on(self, day: date, holidays: Mapping[str, Holiday]) -> Verdict:
        """The hours of a local date; on a holiday those that both it and its weekday allow."""
        verdict = self._weekday(day)
        kept = next((holidays[id] for id in self.closed_on if holidays[id].kept_on(day)), None)
        if kept is None or verdict.window is None:
            return verdict
        if self.holidays is None:
            return Verdict(None, f"holidays ({kept.name})")
        return Verdict(self.holidays.narrowed(verdict.window), kept.name)

    def _weekday(self, day: date) -> Verdict:
        if day.isoweekday() == _SUNDAY:
            return Verdict(self.sunday, "Sundays")
        if day.isoweekday() == _SATURDAY:
            return Verdict(self.saturday, "Saturdays")
        return Verdict(self.weekdays, "weekdays")
