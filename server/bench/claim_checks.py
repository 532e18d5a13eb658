"""What must be true of claims, over everything that was written and seen. Pure; each finding is one line of text."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

GRACE = timedelta(seconds=1)  # a claim may be alive this much longer than its time


@dataclass(frozen=True)
class Hold:
    """A closer held by `who` from `start` (included) to `end` (not included)."""

    closer: str
    who: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Absence:
    """Somebody asked at `asked`, knew by `known`, and did not find the closer free."""

    closer: str
    who: str
    asked: datetime
    known: datetime


def by_closer(holds: Iterable[Hold]) -> dict[str, list[Hold]]:
    """Each closer's holds by their start."""
    found: dict[str, list[Hold]] = defaultdict(list)
    for hold in holds:
        found[hold.closer].append(hold)
    return {closer: sorted(theirs, key=lambda hold: hold.start) for closer, theirs in found.items()}


def overlaps(holds: Mapping[str, Sequence[Hold]]) -> list[tuple[Hold, Hold]]:
    """Pairs of holds of one closer that share an instant: the one that began first, and the other."""
    found = []
    for theirs in holds.values():
        longest: Hold | None = None
        for hold in theirs:
            if longest is not None and hold.start < min(longest.end, hold.end):
                found.append((longest, hold))
            if longest is None or hold.end > longest.end:
                longest = hold
    return found


def unexplained(absences: Iterable[Absence], holds: Mapping[str, Sequence[Hold]]) -> list[Absence]:
    """Absences of a closer whom nobody had held for `GRACE` before the asking, nor until the answer was known."""
    starts = {closer: [hold.start for hold in theirs] for closer, theirs in holds.items()}
    ends = {closer: list(accumulate((hold.end for hold in theirs), max)) for closer, theirs in holds.items()}

    def explained(absence: Absence) -> bool:
        begun = bisect_right(starts.get(absence.closer, []), absence.known)
        return begun > 0 and ends[absence.closer][begun - 1] > absence.asked - GRACE

    return [absence for absence in absences if not explained(absence)]


def idle_after_expiry(holds: Mapping[str, Sequence[Hold]], forgotten: Iterable[str]) -> list[float]:
    """Seconds from the end of a claim that was never released to the next claim of that closer."""
    left = set(forgotten)
    return [
        (after.start - hold.end).total_seconds()
        for theirs in holds.values()
        for hold, after in pairwise(theirs)
        if hold.who in left
    ]
