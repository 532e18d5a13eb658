"""Loads a file of leads into Postgres: good lines whatever the bad ones, and a repeat changing nothing.

Several lines of one number are one lead, with what the latest of them says in each column; their consents are kept one
by one, for the last line need not hold the last word on them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from server.leads_file import LeadLine, LineProblem, read_leads
from server.phones import zone_of
from storage.leads import COLUMNS, LeadRow, Leads

BATCH = 500
One = TypeVar("One")


@dataclass(frozen=True)
class Repeat:
    """A line whose number an earlier line has already."""

    line: int
    first: int

    def __str__(self) -> str:
        return f"line {self.line}: the same number as line {self.first}: one lead of both"


@dataclass(frozen=True)
class Imported:
    """`problems` are the lines that were left out. `consents`: how many were new."""

    created: int
    updated: int
    unchanged: int
    consents: int
    problems: tuple[LineProblem, ...]
    repeats: tuple[Repeat, ...]
    ignored: tuple[str, ...]


async def import_leads(path: Path, leads: Leads, now: datetime) -> Imported:
    """OSError, or ValueError for a kind of file that is not known; then nothing was loaded."""
    file = read_leads(path)
    changes: Counter[str] = Counter()
    for rows in _batches(_merged(file.leads)):
        changes += await _store(rows, leads, now)
    consents = 0
    said_no_first = sorted(
        (c for line in file.leads for c in line.consents), key=lambda consent: consent.granted
    )
    for said in _batches(said_no_first):
        consents += await leads.record_consents(said, now)
    return Imported(
        created=changes["created"],
        updated=changes["updated"],
        unchanged=changes["unchanged"],
        consents=consents,
        problems=tuple(sorted(file.problems, key=lambda problem: problem.line)),
        repeats=tuple(_repeats(file.leads)),
        ignored=tuple(sorted(file.ignored)),
    )


def _batches(all_of_them: Sequence[One]) -> Iterator[list[One]]:
    left = iter(all_of_them)
    while batch := list(islice(left, BATCH)):
        yield batch


def _merged(lines: Sequence[LeadLine]) -> list[LeadRow]:
    """One row a number: what a later line gives stands before what an earlier one gave."""
    merged: dict[str, LeadRow] = {}
    for line in lines:
        given = {name: value for name in COLUMNS if (value := getattr(line.lead, name)) is not None}
        merged[line.lead.phone] = replace(merged.get(line.lead.phone, line.lead), **given)
    return list(merged.values())


def _repeats(lines: Sequence[LeadLine]) -> Iterator[Repeat]:
    first: dict[str, int] = {}
    for line in lines:
        earlier = first.setdefault(line.lead.phone, line.line)
        if earlier != line.line:
            yield Repeat(line.line, earlier)


async def _store(rows: Sequence[LeadRow], leads: Leads, now: datetime) -> Counter[str]:
    """A new lead without a time zone gets the one that its number suggests; a known one keeps its own."""
    stored = await leads.upsert_many(rows, now)
    zoneless = [
        replace(row, timezone=zone_of(row.phone))
        for row, upserted in zip(rows, stored, strict=True)
        if upserted.change == "created" and row.timezone is None
    ]
    if zoneless:
        await leads.upsert_many(zoneless, now)
    return Counter(upserted.change for upserted in stored)
