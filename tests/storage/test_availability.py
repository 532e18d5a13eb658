"""Who can be reached when, against an oracle that paints wall calendars minute by minute."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from call_flow.effects import ClaimCloser
from storage.closers import SQL, Closer, Closers, Window
from storage.postgres import Pool
from tests.storage.events import decide_next, new_call

ZONES = ("America/New_York", "Europe/London", "Australia/Sydney")
# The nights on which each zone's clocks change in 2025, as UTC instants of the change.
CHANGES = {
    "America/New_York": (datetime(2025, 3, 9, 7, tzinfo=UTC), datetime(2025, 11, 2, 6, tzinfo=UTC)),
    "Europe/London": (datetime(2025, 3, 30, 1, tzinfo=UTC), datetime(2025, 10, 26, 1, tzinfo=UTC)),
    "Australia/Sydney": (datetime(2025, 10, 4, 16, tzinfo=UTC), datetime(2025, 4, 5, 16, tzinfo=UTC)),
}


@dataclass
class Schedule:
    """What the oracle knows of one closer. Overrides: start, end, available, made at."""

    closer: Closer
    windows: list[Window] = field(default_factory=list)
    overrides: list[tuple[datetime, datetime, bool, datetime]] = field(default_factory=list)


class Painted:
    """The oracle: the closer's windows painted minute by minute on wall calendars, the overrides on top of them.

    It knows dates and minutes alone: no weekday is compared with a time, and nothing is said of midnight or of clocks
    that change, but that each instant has one place on the wall calendar of its zone.
    """

    def __init__(self, schedule: Schedule, instants: list[datetime]) -> None:
        self.closer, self.overrides = schedule.closer, schedule.overrides
        self.calendars: dict[str, set[datetime]] = defaultdict(set)
        dates = {now.date() + timedelta(days=n) for now in instants for n in range(-3, 4)}
        for window in (window for window in schedule.windows if window.active):
            calendar = self.calendars[window.timezone or schedule.closer.timezone]
            for day in (day for day in dates if day.isoweekday() == window.day):
                calendar.update(minutes_of(window, day))

    def reachable(self, now: datetime) -> bool:
        """At this full minute."""
        if not self.closer.active or self.closer.busy_now:
            return False
        wall = {zone: now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone in self.calendars}
        found = any(wall[zone] in calendar for zone, calendar in self.calendars.items())
        for start, end, available, _ in sorted(self.overrides, key=lambda one: one[3]):
            if start <= now < end:
                found = available
        return found


def minutes_of(window: Window, day: date) -> Iterator[datetime]:
    """Every minute of a window that begins on this day, as the wall calendar names it."""
    minute, end = datetime.combine(day, window.start), datetime.combine(day, window.end)
    if end <= minute:
        end += timedelta(days=1)
    while minute < end:
        yield minute
        minute += timedelta(minutes=1)


# The query itself, asked of many instants at once.
AT_EACH = """
    SELECT m.t, array_agg(a.id ORDER BY a.id) AS ids
    FROM unnest($1::timestamptz[]) m (t) CROSS JOIN LATERAL (query) a
    GROUP BY m.t
"""
AT_EACH = AT_EACH.replace("query", SQL["available"].strip().rstrip(";").replace("$1", "m.t"))


async def store(pool: Pool, schedules: list[Schedule]) -> None:
    closers = Closers(pool)
    await pool.execute("DELETE FROM claims")
    await pool.execute("DELETE FROM closers")
    for one in schedules:
        await closers.save(one.closer)
        await closers.set_busy(one.closer.id, one.closer.busy_now)
        await closers.set_windows(one.closer.id, one.windows, datetime(2025, 1, 1, tzinfo=UTC))
        for start, end, available, made in one.overrides:
            await closers.add_override(one.closer.id, start, end, available, made)


async def compare(pool: Pool, schedules: list[Schedule], instants: list[datetime], note: str) -> None:
    await store(pool, schedules)
    painted = [Painted(one, instants) for one in schedules]
    got = {row["t"]: row["ids"] for row in await pool.fetch(AT_EACH, list(set(instants)))}
    for now in instants:
        expected = sorted(one.closer.id for one in painted if one.reachable(now))
        assert got.get(now, []) == expected, f"{note} at {now.isoformat()}"
    for now in instants[:: max(1, len(instants) // 20)]:
        assert sorted(hint.id for hint in await Closers(pool).available(now)) == got.get(now, [])


def closer(id: str = "kevin", zone: str = ZONES[0], **changes: object) -> Closer:
    values: dict[str, object] = {"name": id, "phone": "+12125550300", "timezone": zone} | changes
    return Closer(id, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("which", [0, 1])
async def test_around_a_change_of_the_clocks(pool: Pool, zone: str, which: int) -> None:
    change = CHANGES[zone][which]
    local_day = change.astimezone(ZoneInfo(zone)).isoweekday()
    nights = [
        Window(local_day, time(1, 30), time(2, 30)),
        Window(local_day, time(0, 0), time(9, 0)),
        Window(local_day % 7 + 1, time(8, 0), time(17, 0)),
        Window((local_day - 2) % 7 + 1, time(22, 0), time(2, 15)),
        Window((local_day - 2) % 7 + 1, time(22, 0), time(3, 0)),
        Window(local_day, time(23, 59), time(0, 1)),
        Window(local_day, time(2, 0), time(2, 0)),
    ]
    schedules = [Schedule(closer(f"c{n}", zone), [window]) for n, window in enumerate(nights)]
    hour, made = timedelta(hours=1), datetime(2025, 1, 1, tzinfo=UTC)
    away = [(change - hour, change + hour, False, made), (change, change + hour / 2, True, made + hour)]
    schedules.append(Schedule(closer("overridden", zone), nights, away))
    instants = [change + timedelta(minutes=minute) for minute in range(-36 * 60, 48 * 60)]
    await compare(pool, schedules, instants, f"{zone} {which}")


async def test_what_the_wall_clock_says_on_the_night_of_the_change(pool: Pool) -> None:
    """Written out, since the oracle and the query might share a mistake: New York, 9 March and 2 November
    2025.
    """
    window = Window(7, time(1, 30), time(3, 0))
    await store(pool, [Schedule(closer(), [window])])

    async def at(month: int, day: int, hour: int, minute: int) -> bool:
        return bool(await Closers(pool).available(datetime(2025, month, day, hour, minute, tzinfo=UTC)))

    assert [await at(3, 9, 6, 29), await at(3, 9, 6, 30), await at(3, 9, 6, 59)] == [False, True, True]
    assert not await at(3, 9, 7, 0)  # 01:59 is followed by 03:00
    assert [await at(11, 2, 5, 30), await at(11, 2, 5, 59)] == [True, True]  # 01:30 for the first time
    assert [await at(11, 2, 6, 0), await at(11, 2, 6, 30)] == [False, True]  # 01:00 and 01:30 once more
    assert [await at(11, 2, 7, 59), await at(11, 2, 8, 0)] == [True, False]


async def test_past_midnight_belongs_to_the_day_it_began_on(pool: Pool) -> None:
    await store(pool, [Schedule(closer(zone="Europe/London"), [Window(7, time(22, 0), time(2, 0))])])
    sunday = datetime(2025, 6, 1, 0, 0, tzinfo=ZoneInfo("Europe/London"))
    hours = {1: False, 21: False, 22: True, 23: True, 24: True, 25: True, 26: False, 48: False}
    for hour, expected in hours.items():
        now = (sunday + timedelta(hours=hour)).astimezone(UTC)
        assert bool(await Closers(pool).available(now)) is expected, hour


async def test_a_whole_day(pool: Pool) -> None:
    await store(pool, [Schedule(closer(zone="Australia/Sydney"), [Window(3, time(0, 0), time(0, 0))])])
    wednesday = datetime(2025, 6, 4, 0, 0, tzinfo=ZoneInfo("Australia/Sydney"))
    for minutes, expected in ((-1, False), (0, True), (1439, True), (1440, False)):
        now = (wednesday + timedelta(minutes=minutes)).astimezone(UTC)
        assert bool(await Closers(pool).available(now)) is expected


async def test_overrides_win_either_way_and_the_latest_made_among_them(pool: Pool) -> None:
    noon = datetime(2025, 6, 4, 16, 0, tzinfo=UTC)  # a Wednesday's noon in New York
    hour = timedelta(hours=1)
    made = datetime(2025, 6, 1, tzinfo=UTC)
    works = Schedule(
        closer("works"), [Window(3, time(9, 0), time(17, 0))], [(noon, noon + hour, False, made)]
    )
    rests = Schedule(closer("rests"), [], [(noon, noon + hour, True, made)])
    both = Schedule(
        closer("both"), [], [(noon, noon + 2 * hour, True, made + hour), (noon, noon + hour, False, made)]
    )
    schedules = [works, rests, both]
    instants = [
        noon - timedelta(minutes=1),
        noon,
        noon + hour - timedelta(minutes=1),
        noon + hour,
        noon + 2 * hour,
    ]
    await compare(pool, schedules, instants, "overrides")
    assert [hint.id for hint in await Closers(pool).available(noon)] == ["both", "rests"]
    (override,) = await Closers(pool).overrides("rests", noon)
    assert await Closers(pool).remove_override("rests", override.id)
    assert [hint.id for hint in await Closers(pool).available(noon)] == ["both"]


async def test_busy_inactive_and_claimed_closers_are_left_out(pool: Pool) -> None:
    noon = datetime(2025, 6, 4, 16, 0, tzinfo=UTC)
    always = [Window(day, time(0, 0), time(0, 0)) for day in range(1, 8)]
    people = [closer("busy", busy_now=True), closer("gone", active=False), closer("taken"), closer("free")]
    await store(pool, [Schedule(one, always) for one in people])
    call_id = await new_call(pool)
    wish = ClaimCloser(claim="c", closers=("taken",), expires_at=noon + timedelta(seconds=30))
    await decide_next(pool, call_id, [wish], now=noon)
    assert [hint.id for hint in await Closers(pool).available(noon)] == ["free"]
    after = await Closers(pool).available(noon + timedelta(seconds=30))
    assert [hint.id for hint in after] == ["free", "taken"]  # the one claimed least recently first
    await Closers(pool).set_busy("busy", False)
    assert "busy" in [hint.id for hint in await Closers(pool).available(noon)]


async def test_priority_comes_before_who_was_claimed_last(pool: Pool) -> None:
    noon = datetime(2025, 6, 4, 16, 0, tzinfo=UTC)
    always = [Window(day, time(0, 0), time(0, 0)) for day in range(1, 8)]
    people = [closer("a", priority=2), closer("b", priority=1), closer("c", priority=2)]
    await store(pool, [Schedule(one, always) for one in people])
    assert [hint.id for hint in await Closers(pool).available(noon)] == ["b", "a", "c"]


async def test_a_window_may_have_a_time_zone_of_its_own(pool: Pool) -> None:
    window = Window(3, time(9, 0), time(10, 0), "Australia/Sydney")
    instants = [datetime(2025, 6, 3, 12, tzinfo=UTC) + timedelta(minutes=30 * step) for step in range(60)]
    await compare(pool, [Schedule(closer(), [window])], instants, "own zone")


async def test_random_schedules_agree_with_the_oracle(pool: Pool) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for _ in range(8):
        schedules = [random_schedule(draw, f"c{n}") for n in range(4)]
        instants = [random_instant(draw, draw.choice(schedules).closer.timezone) for _ in range(60)]
        await compare(pool, schedules, instants, f"seed {seed}")


def random_schedule(draw: random.Random, id: str) -> Schedule:
    zone = draw.choice(ZONES)
    one = Schedule(closer(id, zone, active=draw.random() > 0.1, busy_now=draw.random() < 0.1))
    for _ in range(draw.randrange(7)):
        start, end = (time(draw.randrange(24), draw.choice((0, 15, 30, 59))) for _ in range(2))
        own = draw.choice((None, None, *ZONES))
        one.windows.append(Window(draw.randint(1, 7), start, end, own, draw.random() > 0.1))
    for _ in range(draw.randrange(4)):
        start_at = random_instant(draw, zone)
        end_at = start_at + timedelta(minutes=draw.randint(1, 4000))
        made = datetime(2025, 1, draw.randint(1, 3), tzinfo=UTC)
        one.overrides.append((start_at, end_at, draw.random() < 0.5, made))
    return one


def random_instant(draw: random.Random, zone: str) -> datetime:
    """Within two days of a change of the zone's clocks, often on a full or half hour."""
    minutes = draw.randint(-2880, 2880)
    if draw.random() < 0.5:
        minutes -= minutes % 30
    return draw.choice(CHANGES[zone]) + timedelta(minutes=minutes)


async def test_what_cannot_be_meant_is_refused(pool: Pool) -> None:
    closers, now = Closers(pool), datetime(2025, 6, 4, tzinfo=UTC)
    with pytest.raises(ValueError, match="Mars/Olympus"):
        await closers.save(closer(zone="Mars/Olympus"))
    await closers.save(closer())
    with pytest.raises(ValueError, match="Nowhere"):
        await closers.set_windows("kevin", [Window(1, time(9), time(17), "Nowhere")], now)
    with pytest.raises(ValueError, match="ends after its start"):
        await closers.add_override("kevin", now, now, True, now)
    assert await closers.windows("kevin") == []
