"""Loads a file of leads into Postgres: good lines whatever the bad ones, each once, a repeat changing nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from server.leads_file import LeadLine, LineProblem, read_leads
from server.phones import zone_of
from storage.leads import Leads

BATCH = 500


@dataclass(frozen=True)
class Imported:
    """`problems` are the lines that were left out. `consents`: how many were new."""

    created: int
    updated: int
    unchanged: int
    consents: int
    problems: tuple[LineProblem, ...]
    ignored: tuple[str, ...]


async def import_leads(path: Path, leads: Leads, now: datetime) -> Imported:
    """OSError, or ValueError for a kind of file that is not known; then nothing was loaded."""
    file = read_leads(path)
    changes: Counter[str] = Counter()
    consents = 0
    for start in range(0, len(file.leads), BATCH):
        batch = _last_of_each(file.leads[start : start + BATCH])
        changes += await _store(batch, leads, now)
        consents += await leads.record_consents([c for line in batch for c in line.consents], now)
    return Imported(
        created=changes["created"],
        updated=changes["updated"],
        unchanged=changes["unchanged"],
        consents=consents,
        problems=tuple(sorted(file.problems, key=lambda problem: problem.line)),
        ignored=tuple(sorted(file.ignored)),
    )


def _last_of_each(lines: Sequence[LeadLine]) -> list[LeadLine]:
    """Of several lines with one number the last."""
    return list({line.lead.phone: line for line in lines}.values())


async def _store(lines: Sequence[LeadLine], leads: Leads, now: datetime) -> Counter[str]:
    """A new lead without a time zone gets the one that its number suggests; a known one keeps its own."""
    rows = [line.lead for line in lines]
    stored = await leads.upsert_many(rows, now)
    zoneless = [
        replace(row, timezone=zone_of(row.phone))
        for row, upserted in zip(rows, stored, strict=True)
        if upserted.change == "created" and row.timezone is None
    ]
    if zoneless:
        await leads.upsert_many(zoneless, now)
    return Counter(upserted.change for upserted in stored)
