"""Claims looked at from outside, for those who check that no closer was promised twice. It changes nothing."""

from collections.abc import Sequence

from storage.closers import Claim
from storage.postgres import Pool, made
from storage.queries import load

SQL = load("sql/claim_audit.sql")


class ClaimAudit:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claims(self, closers: Sequence[str]) -> list[Claim]:
        """Every claim there ever was of these closers, oldest first."""
        rows = await self._pool.fetch(SQL["claims"], list(closers))
        return [made(Claim, row) for row in rows]

    async def held_twice(self, closers: Sequence[str]) -> list[str]:
        """Of these closers, those that two unreleased claims hold now. One statement, one snapshot."""
        return [row["closer_id"] for row in await self._pool.fetch(SQL["held_twice"], list(closers))]
