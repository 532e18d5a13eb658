"""What a playbook must hold so that every call can be held with it, whatever the prospect does.

A rule names the field at fault; it never repairs an entry.
"""

import re
from collections.abc import Iterator, Sequence

from call_flow.phases import Phase as PhaseKey
from call_flow.playbook.entries import Entry, Intent, Knowledge, Line, Objection, Phase, Spoken, Strategy
from call_flow.playbook.placeholders import faults, placeholders
from call_flow.playbook.required import (
    MOMENTS,
    OBJECTION_INTENT,
    PHASE_KEYS,
    REQUIRED_INTENTS,
    REQUIRED_LINES,
)
from call_flow.playbook.techniques import TECHNIQUES, techniques_heard

Fault = tuple[str, str]


def entry_faults(entry: Entry) -> Iterator[Fault]:
    """(field, message) for what is wrong with one entry, seen alone."""
    match entry:
        case Phase():
            yield from _phase(entry)
        case Strategy():
            yield from _strategy(entry)
        case Objection():
            yield from _objection(entry)
        case Line():
            yield from _line(entry)
        case Intent():
            yield from _intent(entry)
        case Knowledge():
            yield from _plain(entry)
            yield from _phase_known(entry.phase)


def _phase(phase: Phase) -> Iterator[Fault]:
    if phase.key not in PHASE_KEYS:
        yield "key", f"unknown phase {phase.key!r}"
    elif phase.order != PhaseKey(phase.key).order:
        yield "order", f"{phase.key} is phase {PhaseKey(phase.key).order}, not {phase.order}"


def _strategy(strategy: Strategy) -> Iterator[Fault]:
    yield from _voiced(strategy, strategy.technique)
    if strategy.moment not in MOMENTS:
        yield "moment", f"unknown moment {strategy.moment!r}"
    elif strategy.phase != MOMENTS[strategy.moment]:
        yield "phase", f"the moment {strategy.moment!r} belongs to {MOMENTS[strategy.moment]!r}"
    if strategy.moment == "opening":
        for field, words in _texts(strategy):
            if "disclosure" not in placeholders(words):
                yield field, "an opening has to say {disclosure}"


def _objection(objection: Objection) -> Iterator[Fault]:
    for response in objection.responses:
        for field, message in _voiced(response, response.technique):
            yield f"responses[{response.id}].{field}", message


def _line(line: Line) -> Iterator[Fault]:
    yield from _plain(line)
    yield from _phase_known(line.phase)
    if line.id not in REQUIRED_LINES and not re.fullmatch(r"ack\.\d+", line.id):
        yield "id", f"no call would ever say {line.id!r}"
    if line.id == "disclosure" and "disclosure" in placeholders(line.text):
        yield "text", "the disclosure cannot hold itself"


def _intent(intent: Intent) -> Iterator[Fault]:
    if intent.id not in REQUIRED_INTENTS and not intent.id.startswith(OBJECTION_INTENT):
        yield "id", f"unknown intent {intent.id!r}"


def _voiced(spoken: Spoken, technique: str) -> Iterator[Fault]:
    """A line that uses a technique: its own marker is heard, and no other's."""
    yield from faults(spoken.text, spoken.fallback)
    if technique not in TECHNIQUES:
        yield "technique", f"unknown technique {technique!r}"
        return
    for field, words in _texts(spoken):
        heard = techniques_heard(words)
        if technique not in heard:
            yield field, f"no marker of {technique!r}"
        yield from ((field, f"a marker of {other!r}") for other in heard if other != technique)


def _plain(spoken: Spoken) -> Iterator[Fault]:
    """A line that uses no technique: no marker is heard."""
    yield from faults(spoken.text, spoken.fallback)
    for field, words in _texts(spoken):
        yield from ((field, f"a marker of {other!r}") for other in techniques_heard(words))


def _phase_known(phase: str | None) -> Iterator[Fault]:
    if phase is not None and phase not in PHASE_KEYS:
        yield "phase", f"unknown phase {phase!r}"


def _texts(spoken: Spoken) -> tuple[Fault, ...]:
    texts = (("text", spoken.text), ("fallback", spoken.fallback))
    return tuple((field, words) for field, words in texts if words)


def gaps(kind: str, entries: Sequence[Entry]) -> Iterator[str]:
    """What a whole file lacks."""
    ids = {entry.id for entry in entries}
    required = {"phase": PHASE_KEYS, "line": REQUIRED_LINES, "intent": REQUIRED_INTENTS}.get(kind, ())
    yield from (f"the {kind} {name!r} is missing" for name in required if name not in ids)
    if kind == "strategy":
        moments = {entry.moment for entry in entries if isinstance(entry, Strategy)}
        yield from (f"no strategy for the moment {name!r}" for name in MOMENTS if name not in moments)
