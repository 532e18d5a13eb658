"""Loads the playbook's files into every store: Postgres first, entry by entry, then what is derived from it.

Idempotent: an unchanged entry is neither embedded nor written again. A file with a bad line yields nothing, the others
load; only a whole playbook without a bad line is kept as a version, for calls to begin with.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from call_flow.playbook.book import Playbook, PlaybookError, Problem, parse_file
from call_flow.playbook.entries import Entry
from call_flow.playbook.parsing import KINDS
from learning.kept_vectors import KeptVectors
from learning.loading import STORES_OF, Loader
from storage.entries import Entries, Kept
from storage.ledger import Ledger, Store
from storage.playbooks import Playbooks


@dataclass
class SeedReport:
    """`entries` found by kind; `written` of them, for they were new, changed or gone, by store and kind.

    `embedded` counts texts that the model itself had to embed; `errors` are by store. `version` is None where only a
    part of the playbook was wanted or could be read.
    """

    version: str | None = None
    new_version: bool = False
    entries: Counter[str] = field(default_factory=Counter)
    written: defaultdict[Store, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    embedded: int = 0
    problems: tuple[Problem, ...] = ()
    errors: dict[Store, str] = field(default_factory=dict)


class Seeder:
    """`now` gives business time."""

    def __init__(
        self,
        *,
        playbooks: Playbooks,
        entries: Entries,
        ledger: Ledger,
        loader: Loader,
        embedder: KeptVectors,
        now: Callable[[], datetime],
    ) -> None:
        self._playbooks = playbooks
        self._entries = entries
        self._ledger = ledger
        self._loader = loader
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
        report.entries = Counter({kind: len(entries) for kind, entries in chosen.items()})
        if playbook is not None and not only and limit is None:
            report.version = playbook.version
            report.new_version = await self._playbooks.save(playbook.version, playbook.dump(), self._now())
        kept = await self._entries.keep(chosen, self._now())
        if limit is None:
            kept += await self._taken_out(chosen)
        report.written["postgres"] = Counter(entry.kind for entry in kept if entry.changed)
        await self._derive(kept, report)
        return report

    def _parse(
        self, files: Mapping[str, str], report: SeedReport
    ) -> tuple[Playbook | None, dict[str, tuple[Entry, ...]]]:
        """The playbook where all is well, and the entries of every file that is."""
        try:
            playbook = Playbook.parse(files)
            return playbook, {kind.name: getattr(playbook, kind.field) for kind in KINDS.values()}
        except PlaybookError as error:
            report.problems = error.problems
        bad = {problem.file for problem in report.problems}
        good = {name: text for name, text in files.items() if name not in bad and name in KINDS}
        return None, {KINDS[name].name: parse_file(name, text) for name, text in good.items()}

    async def _taken_out(self, chosen: Mapping[str, Sequence[Entry]]) -> list[Kept]:
        """What was in the playbook before and is in none of the files that were read whole."""
        gone = []
        for kind, entries in chosen.items():
            gone += await self._entries.take_out(kind, [entry.id for entry in entries], self._now())
        return gone

    async def _derive(self, kept: Sequence[Kept], report: SeedReport) -> None:
        """Into each store what it lacks of these entries, as far as it is there."""
        for store in ("graph", "vectors"):
            mine = {entry.subject: entry for entry in kept if store in STORES_OF[entry.kind]}
            revisions = {subject: entry.revision for subject, entry in mine.items()}
            await self._ledger.pending(revisions, self._now(), [store])
            rows = [row for row in await self._ledger.rows(mine) if row.store == store and row.behind]
            before = self._embedder.computed
            for (subject, _), error in (await self._loader.load(rows)).items():
                if error is None:
                    report.written[store][mine[subject].kind] += 1
                else:
                    report.errors[store] = error
            report.embedded += self._embedder.computed - before


def _chosen(
    loaded: Mapping[str, Sequence[Entry]], only: Collection[str], limit: int | None
) -> dict[str, tuple[Entry, ...]]:
    wanted = set(only) or loaded.keys()
    return {kind: tuple(islice(entries, limit)) for kind, entries in loaded.items() if kind in wanted}
