"""Loads the playbook into every store: Postgres by version, the graph, and what is found by meaning.

Idempotent: an unchanged entry is neither embedded nor written to the vectors again. A file with a bad line yields
nothing, the others load; without all six files there is no playbook, and so no version of one, and no graph of it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from call_flow.playbook.book import Playbook, PlaybookError, Problem, parse_file
from call_flow.playbook.entries import Entry, Knowledge, Objection, Strategy
from call_flow.playbook.parsing import KINDS
from learning.cards import Card
from learning.kept_vectors import KeptVectors
from learning.learner import RETRY_S
from storage.away import StoreAway
from storage.graph import Graph
from storage.ledger import Ledger, LedgerStatus, Store, entry_subject
from storage.playbooks import Playbooks
from storage.vectors import Kind, Vectors

Row = tuple[str, str]  # an entry's kind and id

# What is loaded one by one, and where to. Lines and intents are part of the playbook's version alone.
STORES_OF: dict[str, tuple[Store, ...]] = {
    "phase": ("postgres", "graph"),
    "strategy": ("postgres", "graph", "vectors"),
    "objection": ("postgres", "graph"),
    "response": ("postgres", "graph", "vectors"),
    "knowledge": ("postgres", "vectors"),
    "line": ("postgres",),
    "intent": ("postgres",),
}
COLLECTIONS = {"strategy": Kind.STRATEGIES, "response": Kind.RESPONSES, "knowledge": Kind.KNOWLEDGE}


@dataclass
class SeedReport:
    """`entries` found by kind, `written` to the vectors, `embedded` by the model itself; `errors` by store."""

    version: str | None = None
    new_version: bool = False
    entries: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    embedded: int = 0
    problems: tuple[Problem, ...] = ()
    errors: dict[Store, str] = field(default_factory=dict)


class Seeder:
    """`now` gives business time."""

    def __init__(
        self,
        *,
        playbooks: Playbooks,
        ledger: Ledger,
        graph: Graph,
        vectors: Vectors,
        embedder: KeptVectors,
        now: Callable[[], datetime],
    ) -> None:
        self._playbooks = playbooks
        self._ledger = ledger
        self._graph = graph
        self._vectors = vectors
        self._embedder = embedder
        self._now = now

    async def seed(
        self, files: Mapping[str, str], *, only: Collection[str] = (), limit: int | None = None
    ) -> SeedReport:
        """From file name → text. `only`: these kinds; `limit`: the first so many entries of each kind.

        Raises StoreAway for Postgres alone.
        """
        report = SeedReport()
        playbook, loaded = self._parse(files, report)
        chosen = _chosen(loaded, only, limit)
        report.entries = Counter(kind for kind, _ in _rows(chosen))
        if playbook is not None:
            report.version = playbook.version
            report.new_version = await self._playbooks.save(playbook.version, playbook.dump(), self._now())
        revision = len(await self._playbooks.versions())
        await self._load(playbook, chosen, revision, report)
        return report

    async def again(self, stores: Collection[Store]) -> dict[Store, str]:
        """The newest playbook once more into those stores that lack it; errors by store."""
        report = SeedReport()
        versions = await self._playbooks.versions()
        stored = await self._playbooks.load(versions[0][0]) if versions else None
        if stored is None:
            return dict.fromkeys(stores, "no playbook has been loaded")
        playbook = Playbook.load(stored)
        await self._load(playbook, _entries_of(playbook), len(versions), report, stores)
        return report.errors

    def _parse(
        self, files: Mapping[str, str], report: SeedReport
    ) -> tuple[Playbook | None, dict[str, tuple[Entry, ...]]]:
        """The playbook where all is well, and the entries of every file that is."""
        try:
            playbook = Playbook.parse(files)
            return playbook, _entries_of(playbook)
        except PlaybookError as error:
            report.problems = error.problems
        bad = {problem.file for problem in report.problems}
        good = {name: text for name, text in files.items() if name not in bad and name in KINDS}
        return None, {KINDS[name].name: parse_file(name, text) for name, text in good.items()}

    async def _load(
        self,
        playbook: Playbook | None,
        chosen: Mapping[str, Sequence[Entry]],
        revision: int,
        report: SeedReport,
        stores: Collection[Store] = ("postgres", "graph", "vectors"),
    ) -> None:
        rows = _rows(chosen)
        for store in stores:
            subjects = [entry_subject(*row) for row in rows if store in STORES_OF[row[0]]]
            if subjects and not (playbook is None and store != "vectors"):
                revisions = dict.fromkeys(subjects, max(revision, 1))
                await self._ledger.pending(revisions, self._now(), [store])
                error = await self._into(store, playbook, chosen, report)
                status: LedgerStatus = "synced" if error is None else "pending"
                await self._ledger.set(revisions, store, status, self._now(), error, RETRY_S[status])

    async def _into(
        self,
        store: Store,
        playbook: Playbook | None,
        chosen: Mapping[str, Sequence[Entry]],
        report: SeedReport,
    ) -> str | None:
        try:
            if store == "graph" and playbook is not None:
                await self._graph.seed(playbook)
            elif store == "vectors":
                await self._to_vectors(chosen, report)
        except StoreAway as away:
            if away.store == "postgres":
                raise
            report.errors[store] = str(away)
        return report.errors.get(store)

    async def _to_vectors(self, chosen: Mapping[str, Sequence[Entry]], report: SeedReport) -> None:
        await self._vectors.ensure(self._embedder.model)
        before = self._embedder.computed
        for kind, collection in COLLECTIONS.items():
            cards = _cards(kind, chosen)
            changed = await self._changed(collection, cards)
            if changed:
                embedded = await self._embedder.encode([card.text for card in changed])
                ids, texts, metadatas = zip(*changed, strict=True)
                await self._vectors.upsert(collection, ids, embedded, texts, metadatas)
            report.written[kind] = len(changed)
        report.embedded = self._embedder.computed - before

    async def _changed(self, collection: Kind, cards: Sequence[Card]) -> list[Card]:
        """Those that the collection lacks, or holds with other words or facts."""
        held = await self._vectors.get(collection, [card.id for card in cards]) if cards else {}
        return [
            card
            for card in cards
            if card.id not in held
            or held[card.id].document != card.text
            or not card.metadata.items() <= held[card.id].metadata.items()
        ]


def _entries_of(playbook: Playbook) -> dict[str, tuple[Entry, ...]]:
    return {kind.name: getattr(playbook, kind.field) for kind in KINDS.values()}


def _chosen(
    loaded: Mapping[str, Sequence[Entry]], only: Collection[str], limit: int | None
) -> dict[str, tuple[Entry, ...]]:
    """`response` is chosen with its objections."""
    wanted = {"objection" if kind == "response" else kind for kind in only} or loaded.keys()
    return {kind: tuple(islice(entries, limit)) for kind, entries in loaded.items() if kind in wanted}


def _rows(chosen: Mapping[str, Sequence[Entry]]) -> list[Row]:
    rows = [(kind, entry.id) for kind, entries in chosen.items() for entry in entries]
    objections = [entry for entry in chosen.get("objection", ()) if isinstance(entry, Objection)]
    return rows + [("response", response.id) for one in objections for response in one.responses]


def _cards(kind: str, chosen: Mapping[str, Sequence[Entry]]) -> list[Card]:
    """What a collection holds of the entries."""
    cards: list[Card] = []
    for entry in chosen.get("objection" if kind == "response" else kind, ()):
        match entry:
            case Strategy():
                facts = {"moment": entry.moment, "phase": entry.phase, "technique": entry.technique}
                cards.append(Card(entry.id, entry.text, {**facts}))
            case Objection():
                cards += [
                    Card(r.id, r.text, {"objection": entry.id, "technique": r.technique})
                    for r in entry.responses
                ]
            case Knowledge():
                phase = {"phase": entry.phase} if entry.phase else {}
                cards.append(Card(entry.id, f"{entry.question} {entry.text}", {**phase}))
    return cards
