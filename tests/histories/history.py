"""One stored call: its events with all that the world answered, what the machine made of each, and what the call left.

How the machine remembers a call is its own affair: a history holds no state. It is never mended to fit a machine: it
replays as it was, or it is recorded again on purpose.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from call_flow.effects import CancelTimer, Effect, FileSegment
from call_flow.events import EVENT_FORM, Event
from call_flow.machine import Machine
from call_flow.model import Frozen
from call_flow.needs import Needs
from call_flow.phases import Phase, PhaseRecord
from call_flow.playbook.book import Playbook
from call_flow.record import CallRecord
from call_flow.state import MACHINE_VERSION, CallState, record_of
from call_flow.status import FinalStatus

FOLDER = Path(__file__).parent
CALLS = FOLDER / "calls"
PLAYBOOKS = FOLDER / "playbooks"

# What replays a history of that version. A machine that is changed under a new number keeps its place here.
MACHINES: dict[int, type[Machine]] = {MACHINE_VERSION: Machine}


class Gone(LookupError):
    """A history is pinned to something that the code no longer has."""


class Step(Frozen):
    """One event, and where it left the call. `left`: the phases that ended with it, "phase outcome, notes"."""

    event: Event
    phase: Phase
    mode: str
    left: tuple[str, ...] = ()
    final_status: FinalStatus | None = None
    effects: tuple[Effect, ...] = ()


class History(Frozen):
    """`left`: what learning reads of the call; None where it was cut short."""

    name: str
    shows: str
    playbook: str
    machine_version: int
    event_form: int
    call_id: str
    steps: tuple[Step, ...]
    left: CallRecord | None

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(step.event for step in self.steps)


def record(name: str, shows: str, book: Playbook, call_id: str, events: Sequence[Event]) -> History:
    """The history of these events under today's machine."""
    steps, left = reduced(Machine(book), call_id, events)
    return History(
        name=name,
        shows=shows,
        playbook=book.version,
        machine_version=MACHINE_VERSION,
        event_form=EVENT_FORM,
        call_id=call_id,
        steps=tuple(steps),
        left=left,
    )


def replay(history: History) -> History:
    """The same events under the machine and the playbook that the history is pinned to.

    Stops where the machine asks the world for what was never answered. Raises Gone.
    """
    machine = machine_of(history)(playbook_of(history.playbook))
    steps, left = reduced(machine, history.call_id, history.events)
    return history.model_copy(update={"steps": tuple(steps), "left": left})


def reduced(machine: Machine, call_id: str, events: Iterable[Event]) -> tuple[list[Step], CallRecord | None]:
    state, steps = CallState.new(call_id), []
    for event in events:
        before = state
        try:
            state, effects = machine.reduce(before, event)
        except Needs:
            break
        steps.append(_step(event, before, state, effects))
    return steps, _left_by(state, steps)


def _left_by(state: CallState, steps: Iterable[Step]) -> CallRecord | None:
    if not state.ended:
        return None
    effects = (effect for step in steps for effect in step.effects)
    filed = {e.segment.seq: e.segment for e in effects if isinstance(e, FileSegment)}
    return record_of(state, tuple(filed[seq] for seq in sorted(filed)), state.learn_revision)


def machine_of(history: History) -> type[Machine]:
    """Raises Gone, naming the version."""
    try:
        return MACHINES[history.machine_version]
    except KeyError:
        raise Gone(f"{history.name}: machine version {history.machine_version} is gone") from None


@cache
def playbook_of(version: str) -> Playbook:
    """The stored playbook of that version. Raises Gone, naming the version."""
    file = PLAYBOOKS / f"{version}.json"
    if not file.is_file():
        raise Gone(f"playbook {version} is gone: {file.name} is not stored")
    book = Playbook.load(json.loads(file.read_text(encoding="utf-8")))
    if book.version != version:
        raise Gone(f"playbook {version} is gone: {file.name} holds {book.version}")
    return book


def keep_playbook(book: Playbook) -> None:
    PLAYBOOKS.mkdir(exist_ok=True)
    file = PLAYBOOKS / f"{book.version}.json"
    if not file.is_file():
        parts = [
            f"{json.dumps(kind)}: [\n" + ",\n".join(_json(entry) for entry in entries) + "\n]"
            for kind, entries in book.dump().items()
        ]
        file.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def drop_unused_playbooks() -> None:
    used = {load(name).playbook for name in names()}
    for file in PLAYBOOKS.glob("*.json"):
        if file.stem not in used:
            file.unlink()


def names() -> list[str]:
    return sorted(file.stem for file in CALLS.glob("*.json"))


def load(name: str) -> History:
    return History.model_validate_json((CALLS / f"{name}.json").read_text(encoding="utf-8"))


def save(history: History) -> None:
    CALLS.mkdir(exist_ok=True)
    (CALLS / f"{history.name}.json").write_text(written(history), encoding="utf-8")


def written(history: History) -> str:
    """JSON with an event, an effect and a fact a line, so that a change is a change of lines."""
    head = history.model_dump(mode="json", exclude={"steps", "left"})
    lines = [f" {json.dumps(key)}: {_json(value)}" for key, value in head.items()]
    steps = ",\n".join(_written_step(step) for step in history.steps)
    left = ",\n".join(f"  {json.dumps(key)}: {_json(value)}" for key, value in facts(history).items())
    lines += [f' "steps": [\n{steps}\n ]', f' "left": {{\n{left}\n }}' if left else ' "left": null']
    return "{\n" + ",\n".join(lines) + "\n}\n"


def facts(history: History) -> dict[str, Any]:
    """What the call left, field by field; what has its default is left out, so that a new field changes nothing."""
    found: dict[str, Any] = {}
    if history.left is not None:
        found = history.left.model_dump(mode="json", exclude_defaults=True)
    return found


def as_json(model: Any) -> dict[str, Any]:
    """As it is stored and compared: what is None is left out, but for the one place where None must be said."""
    found: dict[str, Any] = model.model_dump(mode="json", exclude_none=True)
    return found | {"key": None} if isinstance(model, CancelTimer) and model.key is None else found


def _written_step(step: Step) -> str:
    """The event, then where it left the call, then each effect."""
    event = as_json(step.event)
    event["given"] = {key: value for key, value in event["given"].items() if value != {}}
    where = {key: value for key, value in as_json(step).items() if key not in ("event", "effects")}
    effects = "".join(f",\n    {_json(as_json(effect))}" for effect in step.effects)[1:]
    return f'  {{"event": {_json(event)},\n   {_json(where)[1:-1]},\n   "effects": [{effects}]}}'


def _step(event: Event, before: CallState, after: CallState, effects: tuple[Effect, ...]) -> Step:
    return Step(
        event=event,
        phase=after.phase,
        mode=after.mode,
        left=_left(before.phases, after.phases),
        final_status=after.final_status,
        effects=effects,
    )


def _left(before: list[PhaseRecord], after: list[PhaseRecord]) -> tuple[str, ...]:
    """The phases that ended between the two; a turn that was taken back has none."""
    known = [record for record in before if record.ended_at]
    return tuple(
        f"{record.phase} {record.outcome}" + (f", {record.notes}" if record.notes else "")
        for record in after
        if record.ended_at and record not in known
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
