"""Playbooks by version: a call keeps the one that it began with, and a replay finds it here."""

from datetime import datetime
from typing import Any

from storage.postgres import Pool
from storage.queries import load

SQL = load("sql/playbooks.sql")


class Playbooks:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def save(self, version: str, content: dict[str, Any], now: datetime) -> bool:
        """Keeps a version; one that is there stays as it is, and False is returned."""
        return await self._pool.execute(SQL["save"], version, content, now) > 0

    async def load(self, version: str) -> dict[str, Any] | None:
        content: dict[str, Any] | None = await self._pool.fetchval(SQL["load"], version)
        return content
