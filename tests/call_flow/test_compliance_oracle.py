"""No dial outside hours, by an oracle that is written from the laws' own words, apart from the rules' data."""

import os
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from call_flow.compliance import allowed_until, next_allowed
from tests.call_flow.dialled import (
    ADAK,
    ANCHORAGE,
    CENTRAL,
    EAST,
    HONOLULU,
    MOUNTAIN,
    PHOENIX,
    RULES,
    SAN_JUAN,
    WEST,
    ask,
    number,
)

LAW: dict[str, tuple[tuple[float, float] | None, tuple[float, float] | None, tuple[float, float] | None]] = {
    "NY": ((8, 21), (8, 21), (8, 21)),
    "CA": ((9, 21), (9, 21), (9, 21)),
    "FL": ((8, 20), (8, 20), (8, 20)),
    "TX": ((9, 21), (9, 21), (12, 21)),
    "AL": ((8, 20), (8, 20), None),
    "LA": ((8, 20), (8, 20), None),
    "MS": ((8, 20), (8, 20), None),
    "RI": ((9, 18), (10, 17), None),
    "ME": ((9, 17), None, None),
    "SD": ((9, 21), None, None),
    "KY": ((10, 21), (10, 21), (10, 21)),
    "CT": ((9, 20), (9, 20), (9, 20)),
    "UT": ((8, 21), (8, 21), None),
    "PA": ((9, 19), (9, 12), None),
    "IL": ((9, 21), (9, 21), (9, 21)),
    "MI": ((9, 21), (9, 21), (9, 21)),
    "NM": ((9, 21), (9, 21), (9, 21)),
    "NV": ((9, 20), (9, 20), (9, 20)),
    "WY": ((8, 20), (8, 20), (8, 20)),
    "IN": ((8, 21), (8, 21), (8, 21)),
    "TN": ((8, 21), (8, 21), (8, 21)),
    "AZ": ((8, 21), (8, 21), (8, 21)),
    "HI": ((8, 21), (8, 21), (8, 21)),
    "AK": ((8, 21), (8, 21), (8, 21)),
    "PR": ((8, 21), (8, 21), (8, 21)),
    "ON": ((9, 21.5), (10, 18), (10, 18)),
}
# Where people of a state live, and area codes of each place.
HOMES: list[tuple[str, str, str]] = [
    ("NY", EAST, "212 718 585"),
    ("CA", WEST, "415 213 619"),
    ("FL", EAST, "305 407 689"),
    ("FL", CENTRAL, "850"),
    ("TX", CENTRAL, "214 512 713"),
    ("TX", MOUNTAIN, "915"),
    ("AL", CENTRAL, "205 334"),
    ("LA", CENTRAL, "504"),
    ("MS", CENTRAL, "601"),
    ("RI", EAST, "401"),
    ("ME", EAST, "207"),
    ("SD", CENTRAL, "605"),
    ("SD", MOUNTAIN, "605"),
    ("KY", EAST, "502 859"),
    ("KY", CENTRAL, "270"),
    ("CT", EAST, "203"),
    ("UT", MOUNTAIN, "801"),
    ("PA", EAST, "215"),
    ("IL", CENTRAL, "312"),
    ("MI", EAST, "313"),
    ("MI", CENTRAL, "906"),
    ("NM", MOUNTAIN, "505"),
    ("NV", WEST, "702"),
    ("NV", MOUNTAIN, "775"),
    ("WY", MOUNTAIN, "307"),
    ("IN", "America/Indiana/Indianapolis", "317"),
    ("IN", CENTRAL, "219 812"),
    ("TN", CENTRAL, "615 901"),
    ("TN", EAST, "865 423"),
    ("AZ", PHOENIX, "602"),
    ("AZ", MOUNTAIN, "928"),
    ("HI", HONOLULU, "808"),
    ("AK", ANCHORAGE, "907"),
    ("AK", ADAK, "907"),
    ("PR", SAN_JUAN, "787"),
    ("ON", "America/Toronto", "416"),
]
CLOSED = {
    "AL": "2026-01-01 2026-01-19 2026-02-16 2026-04-27 2026-05-25 2026-06-01 2026-07-03 2026-09-07 2026-10-12 "
    "2026-11-11 2026-11-26 2026-12-25",
    "LA": "2026-01-01 2026-01-08 2026-01-19 2026-02-17 2026-04-03 2026-05-25 2026-09-07 2026-11-26 2026-11-27 "
    "2026-12-25",
    "PA": "2026-01-01 2026-01-19 2026-02-16 2026-04-03 2026-05-25 2026-07-04 2026-09-07 2026-10-12 2026-11-03 "
    "2026-11-11 2026-11-26 2026-12-25",
    "RI": "2026-01-01 2026-01-19 2026-05-04 2026-05-25 2026-06-19 2026-08-10 2026-09-07 2026-11-03 2026-11-26",
    "UT": "2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-24 2026-09-07 2026-11-26 2026-12-25",
}
DAYS_OFF = {(state, date.fromisoformat(day)) for state, days in CLOSED.items() for day in days.split()}


def lawful(true_time: datetime, state: str, zone: str) -> bool:
    """The law where the person really is, at the time that it really is."""
    local = true_time.astimezone(ZoneInfo(zone))
    weekday = local.isoweekday()
    hours = LAW[state][0 if weekday < 6 else weekday - 5]
    if hours is None or (state, local.date()) in DAYS_OFF:
        return False
    return hours[0] <= local.hour + local.minute / 60 + local.second / 3600 < hours[1]


def drawn(rng: random.Random) -> tuple[datetime, tuple[str, str, str], str, str | None, str | None]:
    """When (often near an edge), where somebody lives, their area code, and what is known of their address."""
    home, other = rng.choice(HOMES), rng.choice(HOMES)
    area = rng.choice((home if rng.random() < 0.6 else other)[2].split())
    day = datetime.combine(date(2026, 1, 1) + timedelta(rng.randrange(364)), time())
    if rng.random() < 0.2:
        day = datetime.combine(rng.choice(sorted({d for _, d in DAYS_OFF} | CHANGES)), time())
    edge = rng.choice((8, 9, 10, 12, 13, 17, 18, 19, 20, 21, 21.5))
    wall = day + timedelta(hours=edge if rng.random() < 0.7 else rng.uniform(0, 24))
    wall += timedelta(seconds=rng.choice((rng.uniform(-600, 600), rng.uniform(-30, 30))))
    zone = rng.choice((home[1], home[1], other[1]))
    known = rng.choice(("both", "state", "both"))
    return (
        wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC),
        home,
        area,
        home[0],
        (home[1] if known == "both" else None),
    )


CHANGES = {date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9), date(2026, 10, 31), date(2026, 11, 1)}


def test_no_dial_outside_hours_with_a_clock_up_to_four_minutes_wrong() -> None:
    seed = int(os.environ.get("SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(20_000):
        true_time, (lives, zone, _), area, state, timezone = drawn(rng)
        clock = true_time + timedelta(minutes=rng.choice((-4, 4, rng.uniform(-4, 4))))
        refused = ask(clock, number(area), state, timezone)
        seen["allowed" if refused is None else refused.reason.value] += 1
        if refused is None:
            assert lawful(true_time, lives, zone), (seed, true_time, lives, zone, area, timezone)
            assert lawful_by_number(true_time, area), (seed, true_time, area)
    print(dict(seen))
    assert min(seen["allowed"], seen["outside_hours"], seen["state_forbids_day"]) > 500


def lawful_by_number(true_time: datetime, area: str) -> bool:
    """As if the person lived anywhere that has the area code."""
    return all(lawful(true_time, state, zone) for state, zone, codes in HOMES if area in codes.split())


def test_well_inside_hours_nobody_is_refused_who_lives_where_the_number_says() -> None:
    for state, zone, codes in HOMES:
        for area in codes.split():
            local = datetime(2026, 3, 3, 13, 30, tzinfo=ZoneInfo(zone))
            assert ask(local.astimezone(UTC), number(area), state, zone) is None, (state, zone, area)


def test_the_next_instant_is_the_first_by_brute_force() -> None:
    seed = int(os.environ.get("SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    rng = random.Random(seed)
    for _ in range(60):
        now, _, area, state, timezone = drawn(rng)
        now = now.replace(second=0, microsecond=0)
        found = next_allowed(RULES, now=now, phone=number(area), state=state, timezone=timezone)
        minutes = (now + timedelta(minutes=m) for m in range(8 * 24 * 60 + 1))
        brute = next((m for m in minutes if ask(m, number(area), state, timezone) is None), None)
        assert found == brute, (seed, now, area, state, timezone)


def test_hours_end_when_they_are_said_to() -> None:
    seed = int(os.environ.get("SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    rng = random.Random(seed)
    checked = 0
    while checked < 300:
        now, _, area, state, timezone = drawn(rng)
        if ask(now, number(area), state, timezone) is None:
            until = allowed_until(RULES, now=now, phone=number(area), state=state, timezone=timezone)
            assert until is not None, (seed, now, area, state, timezone)
            step = (until - now) / 7
            assert all(ask(now + n * step, number(area), state, timezone) is None for n in range(7)), seed
            assert ask(until, number(area), state, timezone) is not None, (seed, now, area, state, timezone)
            checked += 1
