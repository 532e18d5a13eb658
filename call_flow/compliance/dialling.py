"""May this number be dialled now; if not, why; and from when on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from call_flow.compliance.hours import GUARD, Rule, Window
from call_flow.compliance.location import Location, Unlocated, locate
from call_flow.compliance.places import Place
from call_flow.compliance.rules import Rules

OWN_CAP = 3  # calls to a number in 24 hours, where no law asks for fewer
# The day in which attempts count, with a clock that was wrong one way then and the other way now.
ATTEMPTS_WITHIN = timedelta(hours=24) + 2 * GUARD
HORIZON = timedelta(days=8)


class Reason(StrEnum):
    DO_NOT_CALL = "do_not_call"
    NO_CONSENT = "no_consent"
    ALREADY_IN_CALL = "already_in_call"
    UNKNOWN_LOCATION = "unknown_location"
    STATE_FORBIDS_DAY = "state_forbids_day"
    OUTSIDE_HOURS = "outside_hours"
    TOO_MANY_ATTEMPTS = "too_many_attempts"


@dataclass(frozen=True)
class Refusal:
    """`detail` names rule, local time and source, and never the number."""

    reason: Reason
    detail: str


def refusal(
    rules: Rules,
    *,
    now: datetime,
    phone: str,
    state: str | None,
    timezone: str | None,
    attempts_last_24h: int,
    on_do_not_call: bool,
    consent: bool | None,
    in_call: str | None,
    cap: int = OWN_CAP,
) -> Refusal | None:
    """Why `phone` (E.164) must not be dialled at `now` (aware), or None where it may.

    `consent` is the latest word on calls, None where there is none on record; `in_call` names the call it is in.
    """
    personal = _personal(on_do_not_call, consent, in_call)
    if personal is not None:
        return personal
    try:
        location = locate(rules, phone, state, timezone, now)
    except Unlocated as unlocated:
        return Refusal(Reason.UNKNOWN_LOCATION, str(unlocated))
    return closed(rules, location, now) or _attempts(rules, location, attempts_last_24h, cap)


def next_allowed(
    rules: Rules, *, now: datetime, phone: str, state: str | None, timezone: str | None
) -> datetime | None:
    """The first instant (UTC) from `now` on that calling hours allow; None where there is none within 8 days or the
    place is not known. Of attempts, consent and the do-not-call list it knows nothing.
    """
    try:
        location = locate(rules, phone, state, timezone, now)
    except Unlocated:
        return None
    # Which zones an address leaves open may change with the clocks, never beyond those of its places.
    zones = {*location.zones, *(zone for place in location.places for zone in place.zones)}
    for at in (now.astimezone(UTC), *sorted(_turns(rules, location, zones, now, Window.first))):
        if closed(rules, locate(rules, phone, state, timezone, at), at) is None:
            return at
    return None


def allowed_until(
    rules: Rules, *, now: datetime, phone: str, state: str | None, timezone: str | None
) -> datetime | None:
    """The first instant (UTC) after `now` at which hours end in some zone; None where the place is not known."""
    try:
        location = locate(rules, phone, state, timezone, now)
    except Unlocated:
        return None
    return min(_turns(rules, location, location.zones, now, Window.last), default=None)


def closed(rules: Rules, location: Location, now: datetime) -> Refusal | None:
    """What calling hours say against `now`: the first rule of a place that does not allow it in some zone."""
    for place in location.places:
        for rule in rules.of[place.code]:
            for zone in location.zones:
                refused = _against(rules, place, rule, now.astimezone(ZoneInfo(zone)), zone)
                if refused is not None:
                    return refused
    return None


def _personal(on_do_not_call: bool, consent: bool | None, in_call: str | None) -> Refusal | None:
    if on_do_not_call:
        return Refusal(Reason.DO_NOT_CALL, "the number is on the do-not-call list")
    if consent is None:
        return Refusal(Reason.NO_CONSENT, "there is no consent to be called on record for this number")
    if not consent:
        return Refusal(Reason.NO_CONSENT, "consent to be called was taken back")
    if in_call is not None:
        return Refusal(Reason.ALREADY_IN_CALL, f"the number is in call {in_call}")
    return None


def _against(rules: Rules, place: Place, rule: Rule, local: datetime, zone: str) -> Refusal | None:
    verdict = rule.on(local.date(), rules.holidays)
    if verdict.window is not None and verdict.window.holds(local):
        return None
    moment = f"it is {local:%H:%M} on {local:%A} {local.day} {local:%B %Y} in {zone}"
    if verdict.window is None:
        says = f"{_owner(place, rule)} allow no calls on {verdict.day}"
        return Refusal(Reason.STATE_FORBIDS_DAY, f"{moment}; {says}. Source: {rule.cites}")
    says = f"{_owner(place, rule)} allow calls from {verdict.window}"
    clear = f"{GUARD.seconds // 60} minutes are kept clear at both ends"
    return Refusal(Reason.OUTSIDE_HOURS, f"{moment}; {says}, of which {clear}. Source: {rule.cites}")


def _owner(place: Place, rule: Rule) -> str:
    return f"the rules of {place.name}" if rule.place else f"the federal rules ({place.country})"


def _attempts(rules: Rules, location: Location, attempts: int, cap: int) -> Refusal | None:
    limits = [
        (rule.attempts, f"{_owner(place, rule)} allow {rule.attempts}. Source: {rule.cites}")
        for place in location.places
        for rule in rules.of[place.code]
        if rule.attempts is not None
    ]
    least, says = min([*limits, (cap, f"our own limit is {cap}")], key=lambda limit: limit[0])
    if attempts < least:
        return None
    return Refusal(Reason.TOO_MANY_ATTEMPTS, f"calls placed in the last 24 hours: {attempts}; {says}")


def _turns(
    rules: Rules,
    location: Location,
    zones: Iterable[str],
    now: datetime,
    turn: Callable[[Window, date], datetime],
) -> set[datetime]:
    """Every instant after `now` at which some rule begins (`Window.first`) or ceases (`Window.last`) to allow calls in
    some zone: only then can all begin to allow, or one cease to.
    """
    found = {
        instant
        for place in location.places
        for rule in rules.of[place.code]
        for zone in zones
        for instant in _of_days(rules, rule, zone, now, turn)
    }
    return {instant for instant in found if now < instant <= now + HORIZON}


def _of_days(
    rules: Rules, rule: Rule, zone: str, now: datetime, turn: Callable[[Window, date], datetime]
) -> Iterator[datetime]:
    today: date = now.astimezone(ZoneInfo(zone)).date()
    for ahead in range(HORIZON.days + 1):
        day = today + timedelta(ahead)
        window = rule.on(day, rules.holidays).window
        if window is not None:
            yield turn(window, day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
