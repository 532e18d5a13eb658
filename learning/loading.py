"""Brings the playbook's entries from Postgres into the graph and the vectors, and notes in the ledger how that went.

It must never read the playbook's files: what a store lacks is what Postgres holds, whatever is on disk by then.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from call_flow.playbook.entries import Entry
from call_flow.playbook.parsing import KINDS
from learning.entry_cards import entry_cards
from learning.fault import fault
from learning.kept_vectors import KeptVectors
from learning.model_change import ModelChange
from storage.away import StoreAway
from storage.entries import Entries, StoredEntry
from storage.graph import Graph
from storage.ledger import LONGEST_RETRY_S, Ledger, LedgerRow, LedgerStatus, Store
from storage.vectors import Kind, Vectors

log = logging.getLogger(__name__)

# What is derived from entries of a kind, and where to. Lines and intents are in Postgres alone.
STORES_OF: dict[str, tuple[Store, ...]] = {
    "phase": ("graph",),
    "strategy": ("graph", "vectors"),
    "objection": ("graph", "vectors"),
    "knowledge": ("vectors",),
    "line": (),
    "intent": (),
}
COLLECTIONS = {"strategy": Kind.STRATEGIES, "objection": Kind.RESPONSES, "knowledge": Kind.KNOWLEDGE}
_MODELS = {kind.name: kind.model for kind in KINDS.values()}

LOADING = "entries"  # what is locked while entries are loaded
Subject = tuple[str, Store]


class _Read(NamedTuple):
    """A stored entry with what it says; None of one that has left the playbook."""

    stored: StoredEntry
    entry: Entry | None


class Loader:
    """`now` gives business time."""

    def __init__(
        self,
        *,
        entries: Entries,
        ledger: Ledger,
        graph: Graph,
        vectors: Vectors,
        embedder: KeptVectors,
        model_change: ModelChange,
        now: Callable[[], datetime],
    ) -> None:
        self._entries = entries
        self._ledger = ledger
        self._graph = graph
        self._vectors = vectors
        self._embedder = embedder
        self._model_change = model_change
        self._now = now

    async def load(self, rows: Sequence[LedgerRow]) -> dict[Subject, str | None]:
        """What these rows of the ledger name, as it stands now; the error of each, None where it went well.

        One loader at a time, whatever its process, so that an older entry never comes after a newer one. Raises
        StoreAway for Postgres alone.
        """
        async with self._ledger.alone(LOADING):
            stored = await self._entries.get({row.subject for row in rows})
            errors: dict[Subject, str | None] = {}
            wanted: defaultdict[Store, list[StoredEntry]] = defaultdict(list)
            for row in rows:
                if row.subject in stored:
                    wanted[row.store].append(stored[row.subject])
                else:
                    errors[row.subject, row.store] = await self._unknown(row)
            for store, entries in wanted.items():
                errors |= await self._into(store, entries)
            return errors

    async def _unknown(self, row: LedgerRow) -> str:
        error = f"{row.subject} is not stored"
        revisions = {row.subject: row.revision}
        await self._ledger.set(revisions, row.store, "failed", self._now(), error, LONGEST_RETRY_S)
        return error

    async def _into(self, store: Store, entries: Sequence[StoredEntry]) -> dict[Subject, str | None]:
        read, errors = [], {}
        for stored in entries:
            try:
                read.append(_Read(stored, _entry(stored)))
            except ValidationError as error:
                errors[stored.subject, store] = fault(error)
                await self._note([stored], store, "failed", fault(error))
        status, error_ = await self._try(store, read)
        await self._note([one.stored for one in read], store, status, error_)
        return errors | {(one.stored.subject, store): error_ for one in read}

    async def _try(self, store: Store, read: Sequence[_Read]) -> tuple[LedgerStatus, str | None]:
        try:
            await (self._to_graph(read) if store == "graph" else self._to_vectors(read))
        except StoreAway as away:
            if away.store == "postgres":
                raise
            return "pending", str(away)
        except Exception as error:
            log.error("loading the playbook into %s: %s", store, fault(error))
            return "failed", fault(error)
        return "synced", None

    async def _note(
        self, entries: Sequence[StoredEntry], store: Store, status: LedgerStatus, error: str | None
    ) -> None:
        revisions = {entry.subject: entry.revision for entry in entries}
        await self._ledger.set(revisions, store, status, self._now(), error)

    async def _to_graph(self, read: Sequence[_Read]) -> None:
        gone = [(stored.kind, stored.id) for stored, entry in read if entry is None]
        await self._graph.seed([entry for _, entry in read if entry is not None], gone)

    async def _to_vectors(self, read: Sequence[_Read]) -> None:
        await self._model_change.begin()
        for kind, collection in COLLECTIONS.items():
            mine = [one for one in read if one.stored.kind == kind]
            if not mine:
                continue
            cards = [card for _, entry in mine if entry is not None for card in entry_cards(entry)]
            texts = [card.text for card in cards]
            await self._vectors.replace(
                collection,
                {"entry": {"$in": [stored.id for stored, _ in mine]}},
                [card.id for card in cards],
                await self._embedder.encode(texts),
                texts,
                [card.metadata for card in cards],
            )


def _entry(stored: StoredEntry) -> Entry | None:
    return None if stored.content is None else _MODELS[stored.kind].model_validate(stored.content)
