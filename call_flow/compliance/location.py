"""Where a lead may be: every state and every time zone that address and area code leave open."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from call_flow.compliance.places import PLACELESS, Place
from call_flow.compliance.rules import Area, Rules

_NORTH_AMERICAN = re.compile(r"\+1([2-9]\d\d)\d{7}")


class Unlocated(Exception):
    """Not enough, or nothing certain, is known of where the lead is. The message says what, without the number."""


@dataclass(frozen=True)
class Location:
    """A dial must be allowed under the rules of all `places` in all `zones` (IANA names)."""

    places: tuple[Place, ...]
    zones: tuple[str, ...]


def locate(rules: Rules, phone: str, state: str | None, timezone: str | None, now: datetime) -> Location:
    """`phone` in E.164; empty state or zone: not known. Raises Unlocated.

    A number outside the United States and Canada is never located: no rule for it is known.
    """
    area = _area(rules, phone)
    home = _home(rules, state)
    if area is None and home is None:
        raise Unlocated("the number's area code names no place, and the lead's state is not known")
    address = _address_zones(home, area, _zone(timezone), now)
    places = (*((home,) if home else ()), *(area.places if area else ()))
    zones = (*address, *(area.zones if area else ()))
    return Location(_unique_places(places), tuple(dict.fromkeys(zones)))


def _area(rules: Rules, phone: str) -> Area | None:
    """None for a number without a place, such as a toll-free one."""
    match = _NORTH_AMERICAN.fullmatch(phone)
    if match is None:
        raise Unlocated("no calling rules are known for numbers outside the United States and Canada")
    if match[1] in PLACELESS:
        return None
    area = rules.areas.get(match[1])
    if area is None:
        raise Unlocated(f"area code {match[1]} is of no state or province whose calling rules are known")
    return area


def _home(rules: Rules, state: str | None) -> Place | None:
    if not state or not state.strip():
        return None
    home = rules.place(state)
    if home is None:
        raise Unlocated(f"the lead's state {state!r} is none of the United States and Canada")
    return home


def _zone(timezone: str | None) -> str | None:
    if not timezone:
        return None
    try:
        ZoneInfo(timezone)
    except (ValueError, KeyError, OSError):
        raise Unlocated(f"the lead's time zone {timezone!r} is not known") from None
    return timezone


def _address_zones(
    home: Place | None, area: Area | None, timezone: str | None, now: datetime
) -> tuple[str, ...]:
    """The zones of the address. A time zone that fits the state stands for it, unless it is one that only repeats the
    area code of another state: an import fills in a missing zone from the number.
    """
    if home is None or timezone is None:
        return home.zones if home else (timezone,) if timezone else ()
    repeated = (
        area is not None and home not in area.places and _offset(timezone, now) in _offsets(area.zones, now)
    )
    if _offset(timezone, now) in _offsets(home.zones, now) and not repeated:
        return (timezone,)
    return (timezone, *home.zones)


def _offset(zone: str, now: datetime) -> timedelta | None:
    return now.astimezone(ZoneInfo(zone)).utcoffset()


def _offsets(zones: tuple[str, ...], now: datetime) -> set[timedelta | None]:
    return {_offset(zone, now) for zone in zones}


def _unique_places(places: tuple[Place, ...]) -> tuple[Place, ...]:
    return tuple({place.code: place for place in places}.values())
