"""From the text of the rules' files to their entries; all that is wrong is collected, each with its file and line."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from pydantic import ValidationError

from call_flow.compliance.holidays import Holiday
from call_flow.compliance.hours import Rule
from call_flow.compliance.places import Place
from call_flow.model import Frozen
from call_flow.playbook.problems import Problem

PLACES, HOURS, HOLIDAYS = "places.jsonl", "calling_hours.jsonl", "holidays.jsonl"
FILES = (PLACES, HOURS, HOLIDAYS)

Entry = TypeVar("Entry", bound=Frozen)
Lines = dict[int, Entry]


class RulesError(Exception):
    """Rules that cannot be used; the message names every problem, one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read(files: Mapping[str, str]) -> tuple[Lines[Place], Lines[Rule], Lines[Holiday]]:
    """Raises RulesError."""
    problems = [Problem(name, None, "", "the file is missing") for name in FILES if name not in files]
    places = _entries(PLACES, Place, files, problems)
    rules = _entries(HOURS, Rule, files, problems)
    holidays = _entries(HOLIDAYS, Holiday, files, problems)
    if not problems:
        problems += _between(places, rules, holidays)
    if problems:
        raise RulesError(problems)
    return places, rules, holidays


def _entries(
    name: str, model: type[Entry], files: Mapping[str, str], problems: list[Problem]
) -> Lines[Entry]:
    entries: Lines[Entry] = {}
    for number, line in enumerate(files.get(name, "").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entries[number] = model.model_validate_json(line)
        except ValidationError as error:
            problems += (
                Problem(name, number, ".".join(str(part) for part in fault["loc"]), fault["msg"])
                for fault in error.errors(include_url=False)
            )
    return entries


def _between(places: Lines[Place], rules: Lines[Rule], holidays: Lines[Holiday]) -> Iterator[Problem]:
    yield from _twice(PLACES, "code", {n: place.code for n, place in places.items()})
    yield from _twice(HOLIDAYS, "id", {n: holiday.id for n, holiday in holidays.items()})
    yield from _twice(HOURS, "place", {n: f"{rule.country}/{rule.place}" for n, rule in rules.items()})
    codes = {place.code for place in places.values()}
    days = {holiday.id for holiday in holidays.values()}
    ruled = {rule.country for rule in rules.values()}
    for number, rule in rules.items():
        if rule.place is not None and rule.place not in codes:
            yield Problem(HOURS, number, "place", f"{rule.place!r} is not in {PLACES}")
        for id in rule.closed_on:
            if id not in days:
                yield Problem(HOURS, number, "closed_on", f"{id!r} is not in {HOLIDAYS}")
    for number, place in places.items():
        if place.country not in ruled:
            yield Problem(PLACES, number, "country", f"{HOURS} has no rule for {place.country!r}")


def _twice(name: str, field: str, values: Mapping[int, str]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, value in values.items():
        first = seen.setdefault(value, number)
        if first != number:
            yield Problem(name, number, field, f"{value!r} is also on line {first}")
