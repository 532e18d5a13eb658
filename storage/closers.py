"""Closers and when they can be reached: weekly windows on their own clock, overrides either way, busy now,
live claims.

What is read here is a hint. Who gets a closer is decided by the claim alone.
"""

from dataclasses import dataclass
from datetime import datetime, time

from call_flow.events import CloserHint
from storage.postgres import Pool, Record, made
from storage.queries import load

SQL = load("sql/closers.sql")


@dataclass(frozen=True, slots=True)
class Closer:
    """`timezone` is an IANA name; a lower `priority` is asked first."""

    id: str
    name: str
    phone: str
    timezone: str = "America/New_York"
    priority: int = 100
    active: bool = True
    email: str | None = None
    busy_now: bool = False

    @classmethod
    def read(cls, record: Record) -> "Closer":
        return made(cls, record)


@dataclass(frozen=True, slots=True)
class Window:
    """A weekly window on the wall clock of `timezone` (None: the closer's). `day` is ISO: 1 Monday to 7
    Sunday.

    From `start` (included) to `end` (not included); where `end` is not after `start` it ends on the next day.
    An hour that the clocks repeat is inside twice, one that they leave out never.
    """

    day: int
    start: time
    end: time
    timezone: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Override:
    """From `start` (included) to `end` (not included) the weekly windows do not count; where two overlap, the
    later made one does.
    """

    id: int
    start: datetime
    end: datetime
    available: bool
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A closer promised to a call. `id` is "<call id>:<claim>"."""

    id: str
    call_id: str
    closer_id: str
    claimed_at: datetime
    expires_at: datetime
    released_at: datetime | None


class Closers:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def available(self, now: datetime) -> list[CloserHint]:
        """Who can be reached at `now`, by priority, then by who was claimed least recently. One query."""
        rows = await self._pool.fetch(SQL["available"], now)
        return [CloserHint(id=row["id"], name=row["name"], phone=row["phone"]) for row in rows]

    async def save(self, closer: Closer) -> None:
        """Adds or replaces a closer; `busy_now` of one that is there stays. ValueError for an unknown time
        zone.
        """
        await self._check_zone(closer.timezone)
        row = (
            closer.id,
            closer.name,
            closer.phone,
            closer.email,
            closer.timezone,
            closer.priority,
            closer.active,
        )
        await self._pool.execute(SQL["save"], *row)

    async def get(self, closer_id: str) -> Closer | None:
        row = await self._pool.fetchrow(SQL["get"], closer_id)
        return None if row is None else Closer.read(row)

    async def all(self) -> list[Closer]:
        return [Closer.read(row) for row in await self._pool.fetch(SQL["all"])]

    async def set_busy(self, closer_id: str, busy: bool) -> bool:
        """False: no such closer."""
        return await self._pool.execute(SQL["set_busy"], closer_id, busy) > 0

    async def set_windows(self, closer_id: str, windows: list[Window], now: datetime) -> None:
        """Replaces the closer's weekly windows as a whole. ValueError for an unknown time zone."""
        for window in windows:
            if window.timezone is not None:
                await self._check_zone(window.timezone)
        async with self._pool.transaction() as connection:
            await connection.execute(SQL["clear_windows"], closer_id)
            for window in windows:
                row = (window.day, window.start, window.end, window.timezone, window.active)
                await connection.execute(SQL["add_window"], closer_id, *row, now)

    async def windows(self, closer_id: str) -> list[Window]:
        rows = await self._pool.fetch(SQL["windows"], closer_id)
        return [made(Window, row) for row in rows]

    async def add_override(
        self,
        closer_id: str,
        start: datetime,
        end: datetime,
        available: bool,
        now: datetime,
        reason: str | None = None,
    ) -> int:
        """Its id. ValueError where it does not end after its start."""
        if end <= start:
            raise ValueError(
                f"an override ends after its start, not {start.isoformat()} to {end.isoformat()}"
            )
        args = (closer_id, start, end, available, reason, now)
        return int(await self._pool.fetchval(SQL["add_override"], *args))

    async def remove_override(self, closer_id: str, override_id: int) -> bool:
        """False: this closer has no such override."""
        return await self._pool.execute(SQL["remove_override"], closer_id, override_id) > 0

    async def overrides(self, closer_id: str, since: datetime) -> list[Override]:
        """Those that end after `since`, by start."""
        rows = await self._pool.fetch(SQL["overrides"], closer_id, since)
        return [made(Override, row) for row in rows]

    async def _check_zone(self, timezone: str) -> None:
        if not await self._pool.fetchval(SQL["zone_known"], timezone):
            raise ValueError(f"unknown time zone {timezone!r}")
