"""Durable timers: a deadline in Postgres that whichever process is alive turns into an inbox event, once."""

from datetime import datetime
from uuid import UUID

from call_flow.events import EVENT_FORM
from storage.postgres import Pool
from storage.queries import load

SQL = load("sql/timers.sql")


class Timers:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def fire(self, now: datetime, limit: int = 200) -> list[UUID]:
        """Turns timers due by `now` into events "timer:<call>:<key>:<due>" in one statement; the calls they
        belong to, each once.
        """
        rows = await self._pool.fetch(SQL["fire"], now, limit, EVENT_FORM)
        return list(dict.fromkeys(row["call_id"] for row in rows))

    async def of_call(self, call_id: UUID) -> dict[str, datetime]:
        return {row["key"]: row["due"] for row in await self._pool.fetch(SQL["of_call"], call_id)}
