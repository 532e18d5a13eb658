"""Re-reduces a stored call from its inbox, with what the world answered then, and compares with what was kept.

It must never write: a replay that differs is a finding about the code, not about the call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any
from uuid import UUID

from call_flow.effects import Effect
from call_flow.events import Given
from call_flow.playbook.book import Playbook
from call_flow.state import MACHINE_VERSION, CallState
from server.decider import event_of
from server.decisions import summary_of
from server.playbooks import Shelf
from storage.calls import Calls, CallWithState, Decision
from storage.decision import sort_effects
from storage.inbox import Inbox, InboxRow
from storage.outbox import Outbox
from storage.playbook import read_packaged
from storage.playbooks import Playbooks
from storage.postgres import Pool

Bodies = dict[str, dict[str, Any]]  # outbox bodies by key


@dataclass(frozen=True)
class Replayed:
    """`differing` are outbox keys; `dialogue` is a unified diff of what was said, empty where it is the same."""

    call_id: UUID
    events: int
    state_same: bool
    differing: tuple[str, ...]
    dialogue: tuple[str, ...]
    note: str = ""

    @property
    def same(self) -> bool:
        return self.state_same and not self.differing

    def report(self) -> str:
        if self.same:
            return f"call {self.call_id}: {self.events} events, the same state and commands{self.note}"
        lines = [f"call {self.call_id}: {self.events} events, NOT the same{self.note}"]
        lines += [] if self.state_same else ["the state differs"]
        lines += [f"differs: {key}" for key in self.differing]
        return "\n".join([*lines, *self.dialogue])


async def replay_call(call_id: UUID, pool: Pool, current: Playbook | None = None) -> Replayed:
    """Raises LookupError for a call that is not stored, UnknownPlaybook where its playbook is not."""
    row = await Calls(pool).get(call_id)
    if row is None:
        raise LookupError(f"no call {call_id}")
    shelf = Shelf(current or read_packaged(), Playbooks(pool))
    machine = await shelf.machine(row.playbook_version)
    decided = [event for event in await Inbox(pool).of_call(call_id) if event.status == "decided"]
    state, again = CallState.new(str(call_id)), Bodies()
    for event in decided:
        given = Given.model_validate(event.given or {})
        state, effects = machine.reduce(state, event_of(event, state, given))
        _collect(again, event, state, effects, call_id)
        state = _as_stored(state)
    stored = {entry.row.key: entry.row.body for entry in await Outbox(pool).of_call(call_id)}
    return _compared(row, len(decided), state, again, stored)


def _as_stored(state: CallState) -> CallState:
    """The state as it came back from Postgres between two decisions: jsonb orders keys by length, then bytes."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: ordered(value[key]) for key in sorted(value, key=lambda k: (len(k.encode()), k.encode()))
            }
        return [ordered(item) for item in value] if isinstance(value, list) else value

    return CallState.model_validate(ordered(state.model_dump(mode="json")))


def _collect(
    into: Bodies, event: InboxRow, state: CallState, effects: tuple[Effect, ...], call_id: UUID
) -> None:
    """The outbox rows that a decision would write; of one key the first stays, as in the table."""
    decision = Decision(
        call_id=call_id,
        version=(event.decided_version or 1) - 1,
        inbox_seq=event.seq,
        given=Given(),
        state_json="",
        summary=summary_of(state),
        effects=effects,
        now=event.received_at,
        owner="replay",
    )
    for key, row in sort_effects(decision).outbox.items():
        into.setdefault(key, row["body"])


def _compared(row: CallWithState, events: int, state: CallState, again: Bodies, stored: Bodies) -> Replayed:
    kept = CallState.model_validate_json(row.state_json) if row.state_json else CallState.new(str(row.id))
    differing = sorted(key for key in again.keys() | stored.keys() if again.get(key) != stored.get(key))
    note = ""
    if row.machine_version != MACHINE_VERSION:
        note = f" (machine {row.machine_version} then, {MACHINE_VERSION} now)"
    return Replayed(
        call_id=row.id,
        events=events,
        state_same=state == kept,
        differing=tuple(differing),
        dialogue=tuple(
            unified_diff(dialogue(stored), dialogue(again), "stored", "replayed", lineterm="", n=2)
        ),
        note=note,
    )


def dialogue(bodies: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What was said, one line a segment, by its number; of several filings of one number the last."""
    segments: dict[int, tuple[int, Mapping[str, Any]]] = {}
    for key, body in bodies.items():
        if body.get("kind") == "segment":
            _, seq, version = key.split(":")
            segments[int(seq)] = max(
                segments.get(int(seq), (0, {})), (int(version), body["segment"]), key=lambda filed: filed[0]
            )
    return [
        f"{said['phase']:>13} {said['speaker']}: {said['text']}" for _, (_, said) in sorted(segments.items())
    ]
