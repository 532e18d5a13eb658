"""Reads leads out of CSV and JSONL files: a bad line is named with its field and reason, and loses no other.

Phone numbers and names must never be in a problem's text: problems are shown and logged.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from server.phones import e164
from storage.leads import COLUMNS, Consent, LeadRow

CONSENT_COLUMNS = ("consent", "consent_at", "consent_how", "consent_evidence", "sms_consent")
ALIASES = {"phone_number": "phone", "mobile": "phone", "id": "external_id", "created_at": "arrived_at"}
YES = frozenset({"yes", "true", "y", "t", "1"})
NO = frozenset({"no", "false", "n", "f", "0"})
LONGEST = 2000


@dataclass(frozen=True)
class LineProblem:
    """`field` is empty where the line as a whole is bad."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field + ': ' if self.field else ''}{self.reason}"


@dataclass(frozen=True)
class LeadLine:
    line: int
    lead: LeadRow
    consents: tuple[Consent, ...]


@dataclass
class LeadFile:
    """What a file holds. `ignored` are columns that mean nothing here."""

    leads: list[LeadLine] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)


class BadField(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def read_leads(path: Path) -> LeadFile:
    """Reads the file whole. OSError where it cannot be read; ValueError for a kind of file that is not known."""
    readers = {".csv": _csv_lines, ".jsonl": _jsonl_lines, ".ndjson": _jsonl_lines}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path.name}: leads are read from .csv and .jsonl files")
    text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    into = LeadFile()
    for line, values in reader(text, into):
        _read_line(line, values, into)
    return into


def _csv_lines(text: str, into: LeadFile) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    before = 1
    while True:
        try:
            values = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            into.problems.append(LineProblem(rows.line_num, "", f"no CSV: {error}"))
            continue
        first, before = before + 1, rows.line_num
        if None in values or None in values.values():
            into.problems.append(LineProblem(first, "", "has not as many fields as the header"))
        else:
            yield first, values


def _jsonl_lines(text: str, into: LeadFile) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            into.problems.append(LineProblem(number, "", "no JSON"))
            continue
        if isinstance(values, dict):
            yield number, values
        else:
            into.problems.append(LineProblem(number, "", "no JSON object"))


def _read_line(line: int, values: Mapping[str, Any], into: LeadFile) -> None:
    known = _known(values, into)
    try:
        lead = _lead(known)
        into.leads.append(LeadLine(line, lead, _consents(known, lead)))
    except BadField as bad:
        into.problems.append(LineProblem(line, bad.field, str(bad)))


def _known(values: Mapping[str, Any], into: LeadFile) -> dict[str, Any]:
    """The columns that mean something here, by their own names."""
    known: dict[str, Any] = {}
    for written, value in values.items():
        name = "_".join(str(written).strip().lower().replace("-", " ").split())
        name = ALIASES.get(name, name)
        if name in COLUMNS or name in CONSENT_COLUMNS:
            known[name] = value
        else:
            into.ignored.add(str(written))
    return known


def _lead(known: Mapping[str, Any]) -> LeadRow:
    values = {name: _column(name, known[name]) for name in COLUMNS if name in known}
    if not values.get("phone"):
        raise BadField("phone", "is missing")
    return LeadRow(**values)


def _column(name: str, value: object) -> Any:
    """One column's value; None for an empty one."""
    text = _text(name, value)
    if text is None:
        return None
    try:
        return _READERS.get(name, str)(text)
    except ValueError as error:
        raise BadField(name, str(error)) from None


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int | float):
        raise BadField(name, f"is {type(value).__name__}, not text")
    text = str(value).strip()
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadField(name, "is not UTF-8")
    if "\x00" in text or len(text) > LONGEST:
        raise BadField(name, f"is longer than {LONGEST} characters or holds a NUL")
    return text or None


def _consents(known: Mapping[str, Any], lead: LeadRow) -> tuple[Consent, ...]:
    """What the line says of consent to calls, and to messages."""
    said = {
        kind: _column(name, known.get(name)) for kind, name in (("call", "consent"), ("sms", "sms_consent"))
    }
    if all(granted is None for granted in said.values()):
        return ()
    at = _column("consent_at", known.get("consent_at")) or lead.arrived_at
    if at is None:
        raise BadField("consent_at", "is missing: a consent needs its time, or the lead's arrived_at")
    how = _text("consent_how", known.get("consent_how")) or "import"
    evidence = _text("consent_evidence", known.get("consent_evidence")) or ""
    return tuple(
        Consent(phone=lead.phone, kind=kind, granted=granted, at=at, how=how, evidence=evidence)  # type: ignore[arg-type]
        for kind, granted in said.items()
        if granted is not None
    )


def _yes_or_no(text: str) -> bool:
    word = text.lower()
    if word not in YES | NO:
        raise ValueError("is neither yes nor no")
    return word in YES


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no time in ISO 8601, such as 2026-03-02T15:04:05Z") from None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no IANA time zone, such as America/Chicago") from None
    return text


def _email(text: str) -> str:
    name, _, host = text.rpartition("@")
    if not name or "." not in host or " " in text:
        raise ValueError("is no email address")
    return text


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("is no number") from None
    if number != number or abs(number) == float("inf"):
        raise ValueError("is no number")
    return number


def _rating(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10:
        raise ValueError("is no whole number from 1 to 10")
    return int(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "phone": e164,
    "email": _email,
    "timezone": _zone,
    "arrived_at": _moment,
    "last_contacted": _moment,
    "next_followup": _moment,
    "consent_at": _moment,
    "consent": _yes_or_no,
    "sms_consent": _yes_or_no,
    "qualification_score": _number,
    "relationship_strength": _number,
    "closer_rating": _rating,
}
