"""What the agent can say and understand: one version of the playbook, whole and checked.

A call keeps the version it began with, so a version is named by its content and by nothing else. Files
are read elsewhere: this module only ever sees their text.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from pydantic import ValidationError, field_validator

from call_flow.model import Frozen
from call_flow.playbook.entries import (
    Intent,
    Knowledge,
    Line,
    Objection,
    Phase,
    Response,
    Spoken,
    Strategy,
)
from call_flow.playbook.parsing import KINDS, parse_file, read_all
from call_flow.playbook.placeholders import filled, missing, sayable
from call_flow.playbook.problems import PlaybookError, Problem
from call_flow.playbook.required import MOMENTS

__all__ = [
    "MOMENTS",
    "Intent",
    "Knowledge",
    "Line",
    "Objection",
    "Phase",
    "Playbook",
    "PlaybookError",
    "Problem",
    "Response",
    "Spoken",
    "Strategy",
    "parse_file",
]

Found = TypeVar("Found")


class Playbook(Frozen):
    """Entries are kept sorted, phases by order and all others by id, however the files were arranged."""

    phases: tuple[Phase, ...]
    all_strategies: tuple[Strategy, ...]
    objections: tuple[Objection, ...]
    lines: tuple[Line, ...]
    intents: tuple[Intent, ...]
    knowledge: tuple[Knowledge, ...]

    @field_validator("phases")
    @classmethod
    def _by_order(cls, phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
        return tuple(sorted(phases, key=lambda phase: phase.order))

    @field_validator("all_strategies", "objections", "lines", "intents", "knowledge")
    @classmethod
    def _by_id(cls, entries: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(sorted(entries, key=lambda entry: entry.id))

    @classmethod
    def parse(cls, files: Mapping[str, str]) -> "Playbook":
        """From file name ("lines.jsonl", …) → text of the six files.

        Raises PlaybookError with every problem of every file, each with its line and field.
        """
        parsed, problems = read_all(files)
        if problems:
            raise PlaybookError.of(problems)
        return cls(**{KINDS[name].field: tuple(entries.values()) for name, entries in parsed.items()})

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Playbook":
        """What `dump` gave, of whatever age: only its shape is checked. Raises PlaybookError."""
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            raise PlaybookError(f"a stored playbook does not load: {error}") from error

    def dump(self) -> dict[str, Any]:
        """As JSON values; `load` gives an equal playbook of the same version."""
        return self.model_dump(mode="json", exclude_none=True)

    @cached_property
    def version(self) -> str:
        """16 hex digits of the SHA-256 of the content: the same whatever the files' formatting and order."""
        content = json.dumps(self.dump(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def phase(self, key: str) -> Phase:
        return self._named(self._phases, key, "phase")

    def line(self, line_id: str) -> Line:
        return self._named(self._lines, line_id, "line")

    def is_line(self, entry_id: str) -> bool:
        """Whether `entry_id` is one of the fixed lines, not a strategy, response or snippet."""
        return entry_id in self._lines

    def strategies(self, moment: str) -> tuple[Strategy, ...]:
        """The arms of a moment, sorted by id; none for a moment that nothing is chosen for."""
        return tuple(strategy for strategy in self.all_strategies if strategy.moment == moment)

    def objection(self, objection_id: str) -> Objection:
        return self._named(self._objections, objection_id, "objection")

    def responses(self, objection_id: str) -> tuple[Response, ...]:
        """The arms of an objection, sorted by id."""
        return self.objection(objection_id).responses

    def spoken(self, entry_id: str) -> Spoken:
        """The line, strategy, response or knowledge of that id: what a transcript names."""
        return self._named(self._spoken, entry_id, "spoken entry")

    def entries(self) -> Iterator[tuple[str, str, str]]:
        """(kind, id, text) of all that is found by meaning; an intent's examples are `id/1`, `id/2`, …"""
        yield from (("phase", phase.id, phase.goal) for phase in self.phases)
        yield from (("strategy", strategy.id, strategy.text) for strategy in self.all_strategies)
        for objection in self.objections:
            yield "objection", objection.id, objection.meaning
            yield from (("response", response.id, response.text) for response in objection.responses)
        yield from (("line", line.id, line.text) for line in self.lines)
        for intent in self.intents:
            for n, example in enumerate(intent.examples, start=1):
                yield "intent", f"{intent.id}/{n}", example
        yield from (("knowledge", item.id, f"{item.question} {item.text}") for item in self.knowledge)

    def examples(self) -> list[tuple[str, str]]:
        """(utterance, intent's id) of all examples, what intents are recognised by."""
        return [(text, intent.id) for intent in self.intents for text in intent.examples]

    def render(self, entry: Spoken, values: Mapping[str, str]) -> str:
        """The words to say: `text`, or `fallback` where a value is missing or blank.

        {disclosure} is filled from the line of that name; amounts are said in words. Raises PlaybookError
        naming entry and placeholder when neither can be said.
        """
        known = self._with_disclosure(sayable(values))
        lacking = missing(entry.text, known)
        if not lacking:
            return filled(entry.text, known)
        if entry.fallback is not None:
            lacking = missing(entry.fallback, known)
            if not lacking:
                return filled(entry.fallback, known)
        raise PlaybookError(f"{entry.id}: no value for {{{lacking[0]}}}")

    def _with_disclosure(self, values: Mapping[str, str]) -> Mapping[str, str]:
        disclosure = self.line("disclosure").text
        if "disclosure" in values or missing(disclosure, values):
            return values
        return {**values, "disclosure": filled(disclosure, values)}

    def _named(self, entries: Mapping[str, Found], name: str, kind: str) -> Found:
        try:
            return entries[name]
        except KeyError:
            raise PlaybookError(f"playbook {self.version} has no {kind} {name!r}") from None

    @cached_property
    def _phases(self) -> dict[str, Phase]:
        return {phase.key: phase for phase in self.phases}

    @cached_property
    def _lines(self) -> dict[str, Line]:
        return {line.id: line for line in self.lines}

    @cached_property
    def _objections(self) -> dict[str, Objection]:
        return {objection.id: objection for objection in self.objections}

    @cached_property
    def _spoken(self) -> dict[str, Spoken]:
        responses = (response for objection in self.objections for response in objection.responses)
        said: tuple[Spoken, ...] = (*self.lines, *self.all_strategies, *responses, *self.knowledge)
        return {entry.id: entry for entry in said}
