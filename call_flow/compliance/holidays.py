"""Holidays as data: a date, the nth weekday of a month, or days from Easter."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Self

from pydantic import Field, model_validator

from call_flow.model import Frozen

_SATURDAY, _SUNDAY = 6, 7


class Holiday(Frozen):
    """Exactly one of: `month` and `day`; `month`, `weekday` and `nth`; `month`, `day` and `weekday`, the last such
    weekday on or before that date; `easter`, days after Easter Sunday. `weekday` is ISO (1 Monday … 7 Sunday), `nth`
    is 1 to 4 or -1 for the last, `offset` are days added.
    """

    id: str
    name: str
    month: int | None = Field(default=None, ge=1, le=12)
    day: int | None = Field(default=None, ge=1, le=31)
    weekday: int | None = Field(default=None, ge=1, le=7)
    nth: int | None = None
    offset: int = 0
    easter: int | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.easter is not None:
            ok = self.month is None and self.day is None and self.weekday is None and self.nth is None
        elif self.nth is not None:
            ok = self.nth in (1, 2, 3, 4, -1) and None not in (self.month, self.weekday) and self.day is None
        else:
            ok = None not in (self.month, self.day)
        if not ok:
            raise ValueError("is neither a date, nor an nth weekday of a month, nor days from Easter")
        date_of(self, 2024)
        return self

    def kept_on(self, day: date) -> bool:
        """Whether it falls on `day` or is kept on it: from a Saturday also on Friday, from a Sunday also on Monday."""
        return any(day in kept(self, year) for year in (day.year, day.year + 1))


@lru_cache(maxsize=1024)
def kept(holiday: Holiday, year: int) -> frozenset[date]:
    """The days on which a year's holiday is kept somewhere."""
    day = date_of(holiday, year)
    beside = {_SATURDAY: -1, _SUNDAY: 1}.get(day.isoweekday())
    return frozenset({day} if beside is None else {day, day + timedelta(beside)})


def date_of(holiday: Holiday, year: int) -> date:
    """The date itself. ValueError for a date that the calendar does not have."""
    if holiday.easter is not None:
        return easter(year) + timedelta(holiday.easter + holiday.offset)
    assert holiday.month is not None
    if holiday.nth is not None:
        assert holiday.weekday is not None
        return _nth(year, holiday.month, holiday.weekday, holiday.nth) + timedelta(holiday.offset)
    assert holiday.day is not None
    day = date(year, holiday.month, holiday.day)
    if holiday.weekday is not None:
        day -= timedelta((day.isoweekday() - holiday.weekday) % 7)
    return day + timedelta(holiday.offset)


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta((weekday - first.isoweekday()) % 7 + 7 * (nth - 1))
    after = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
    return after - timedelta((after.isoweekday() - weekday) % 7)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (J. Meeus, Astronomical Algorithms, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
