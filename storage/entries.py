"""The playbook's entries, one by one as they stand: what the graph and the vectors are filled from.

Each has a revision of its own, which counts up with every change, also one back to what it was before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from call_flow.playbook.entries import Entry
from storage.ledger import entry_subject
from storage.postgres import Pool
from storage.queries import load

SQL = load("sql/entries.sql")


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an entry that was given: its revision, and whether that is a new one."""

    kind: str
    id: str
    revision: int
    changed: bool

    @property
    def subject(self) -> str:
        return entry_subject(self.kind, self.id)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """`content` as JSON values; None where the entry has left the playbook."""

    kind: str
    id: str
    content: dict[str, Any] | None
    revision: int

    @property
    def subject(self) -> str:
        return entry_subject(self.kind, self.id)


class Entries:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, chosen: Mapping[str, Sequence[Entry]], now: datetime) -> list[Kept]:
        """Stores entries by kind; an unchanged one keeps its revision."""
        given = [
            {"kind": kind, "id": entry.id, "content": entry.model_dump(mode="json", exclude_none=True)}
            for kind, entries in chosen.items()
            for entry in entries
        ]
        return [Kept(**dict(row)) for row in await self._pool.fetch(SQL["keep"], given, now)]

    async def take_out(self, kind: str, stay: Collection[str], now: datetime) -> list[Kept]:
        """Takes entries of a kind out of the playbook, all but those whose ids `stay`."""
        return [Kept(**dict(row)) for row in await self._pool.fetch(SQL["take_out"], kind, list(stay), now)]

    async def get(self, subjects: Collection[str]) -> dict[str, StoredEntry]:
        """Entries by their subject in the ledger; those that were never stored are left out."""
        named = [subject.split(":", 2)[1:] for subject in subjects]
        kinds, ids = [kind for kind, _ in named], [id for _, id in named]
        found = [StoredEntry(**dict(row)) for row in await self._pool.fetch(SQL["get"], kinds, ids)]
        return {entry.subject: entry for entry in found}
