"""Puts numbers on the do-not-call list, named one by one or in a file. A number must never be in a problem's text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.phones import e164
from storage.leads import Leads
from storage.postgres import storable


@dataclass(frozen=True)
class Listed:
    """How many are `new` on the list and how many were there. `problems` name what was no number by its place."""

    new: int
    known: int
    problems: tuple[str, ...]


async def list_numbers(words: Sequence[str], evidence: str, leads: Leads, now: datetime) -> Listed:
    """`words` are numbers in any common way of writing them, or files with one a line. OSError, or ValueError for a
    file that is no text; then nothing was listed.
    """
    new, known, problems = 0, 0, []
    for place, written in list(_numbers(words)):
        try:
            added = await leads.do_not_call(e164(written), storable(evidence), now)
        except ValueError as error:
            problems.append(f"{place}: {error}")
            continue
        new, known = new + added, known + (not added)
    return Listed(new, known, tuple(problems))


def _numbers(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each number with its place."""
    for nth, word in enumerate(words, 1):
        if not Path(word).is_file():
            yield f"argument {nth}", word
            continue
        for line, text in enumerate(Path(word).read_text(encoding="utf-8-sig").splitlines(), 1):
            if text.strip():
                yield f"{word} line {line}", text.strip()
