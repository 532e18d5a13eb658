"""From the text of a playbook's files to entries. All that is wrong is collected, never only the first.

A file with one bad line yields nothing: a half-loaded playbook would leave a call without words.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import ValidationError

from call_flow.playbook.entries import Entry, Intent, Knowledge, Line, Objection, Phase, Spoken, Strategy
from call_flow.playbook.problems import PlaybookError, Problem
from call_flow.playbook.required import OBJECTION_INTENT
from call_flow.playbook.rules import entry_faults, gaps


class Kind(NamedTuple):
    """`field` is where a `Playbook` keeps entries of the kind."""

    name: str
    field: str
    model: type[Entry]


KINDS: dict[str, Kind] = {
    "phases.jsonl": Kind("phase", "phases", Phase),
    "strategies.jsonl": Kind("strategy", "all_strategies", Strategy),
    "objections.jsonl": Kind("objection", "objections", Objection),
    "lines.jsonl": Kind("line", "lines", Line),
    "intents.jsonl": Kind("intent", "intents", Intent),
    "knowledge.jsonl": Kind("knowledge", "knowledge", Knowledge),
}

Parsed = dict[int, Entry]


def parse_file(name: str, text: str) -> tuple[Entry, ...]:
    """The entries of one file, judged alone. Blank lines are skipped.

    Raises PlaybookError with every problem, each with its line.
    """
    parsed, problems = read(name, text)
    if problems:
        raise PlaybookError.of(problems)
    return tuple(parsed.values())


def read_all(files: Mapping[str, str]) -> tuple[dict[str, Parsed], list[Problem]]:
    """Every file's entries by line, and every problem in and between the files."""
    problems = [Problem(name, None, "", "no such part of a playbook") for name in files if name not in KINDS]
    problems += [Problem(name, None, "", "the file is missing") for name in KINDS if name not in files]
    parsed: dict[str, Parsed] = {}
    for name in sorted(KINDS.keys() & files.keys()):
        parsed[name], found = read(name, files[name])
        problems += found
    bad = {problem.file for problem in problems}
    good = {name: entries for name, entries in parsed.items() if name not in bad}
    return parsed, [*problems, *_between(good)]


def read(name: str, text: str) -> tuple[Parsed, list[Problem]]:
    """One file's well-formed entries by line, and its problems."""
    if name not in KINDS:
        return {}, [Problem(name, None, "", "no such part of a playbook")]
    lines = {n: line for n, line in enumerate(text.split("\n"), start=1) if line.strip()}
    parsed: Parsed = {}
    problems: list[Problem] = []
    for number, line in lines.items():
        entry, found = _entry(name, number, line)
        problems += found
        if entry is not None:
            parsed[number] = entry
    problems += _repeats(name, parsed)
    if len(parsed) == len(lines):
        problems += (Problem(name, None, "", gap) for gap in gaps(KINDS[name].name, tuple(parsed.values())))
    return parsed, problems


def _entry(name: str, number: int, line: str) -> tuple[Entry | None, list[Problem]]:
    try:
        entry = KINDS[name].model.model_validate_json(line, strict=True)
    except ValidationError as error:
        return None, [
            Problem(name, number, ".".join(str(part) for part in fault["loc"]), fault["msg"])
            for fault in error.errors(include_url=False)
        ]
    return entry, [Problem(name, number, field, message) for field, message in entry_faults(entry)]


def _repeats(name: str, parsed: Parsed) -> Iterator[Problem]:
    """Ids that a file uses twice, and utterances that are an example of two intents or of one twice."""
    seen: dict[tuple[str, str], int] = {}
    for number, entry in parsed.items():
        for field, value in _names(entry):
            first = seen.get((field, value.casefold()))
            if first is not None:
                yield Problem(name, number, field, f"{value!r} is also on line {first}")
            seen.setdefault((field, value.casefold()), number)


def _names(entry: Entry) -> Iterator[tuple[str, str]]:
    yield ("key" if isinstance(entry, Phase) else "id"), entry.id
    if isinstance(entry, Objection):
        yield from (("responses.id", response.id) for response in entry.responses)
    if isinstance(entry, Intent):
        yield from (("examples", " ".join(example.split())) for example in entry.examples)


def _between(parsed: Mapping[str, Parsed]) -> Iterator[Problem]:
    yield from _spoken_twice(parsed)
    if not parsed.keys() >= {"intents.jsonl", "objections.jsonl"}:
        return
    intents, objections = parsed["intents.jsonl"], parsed["objections.jsonl"]
    heard = {entry.id for entry in intents.values()}
    answered = {OBJECTION_INTENT + entry.id for entry in objections.values()}
    for number, entry in intents.items():
        if entry.id.startswith(OBJECTION_INTENT) and entry.id not in answered:
            yield Problem("intents.jsonl", number, "id", f"no objection answers {entry.id!r}")
    for number, entry in objections.items():
        if OBJECTION_INTENT + entry.id not in heard:
            yield Problem(
                "objections.jsonl", number, "id", f"no intent {OBJECTION_INTENT + entry.id!r} hears it"
            )


def _spoken_twice(parsed: Mapping[str, Parsed]) -> Iterator[Problem]:
    """A transcript names what was said by its id alone: ids of spoken entries are unique over all files."""
    owner: dict[str, str] = {}
    for name, entries in parsed.items():
        for number, entry in entries.items():
            spoken = entry.responses if isinstance(entry, Objection) else (entry,)
            for said in spoken:
                if isinstance(said, Spoken) and owner.setdefault(said.id, name) != name:
                    yield Problem(name, number, "id", f"{said.id!r} is also in {owner[said.id]}")
