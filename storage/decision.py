"""A decision on its way into the database: what one reduction said, sorted by the tables that it touches.
Pure.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from call_flow.effects import (
    AskPhrasing,
    CancelTimer,
    ClaimCloser,
    Command,
    DoNotCall,
    Effect,
    FileSegment,
    HoldClaim,
    Learn,
    RecordChoice,
    RecordTransfer,
    RefuseDial,
    ReleaseClaim,
    SetTimer,
    UpdateLead,
    VoidCommands,
)
from call_flow.events import Given
from call_flow.lead import CAPTURED
from call_flow.model import Frozen
from call_flow.state import LegState
from call_flow.status import FinalStatus
from call_flow.telnyx import command_id

# What a call may change of its lead's row; any other value that it captures is kept in `captures`.
LEAD_COLUMNS = frozenset(
    (
        "qualification_score",
        "status",
        *CAPTURED,
        "last_contacted",
        "next_followup",
        "closer_notes",
        "relationship_strength",
    )
)


class Summary(Frozen):
    """The columns of `calls` that a state answers for. Times in UTC business time, `duration_s` in seconds
    since the answer.
    """

    phase: str
    mode: str | None = None
    direction: Literal["outbound", "inbound"] = "outbound"
    segment: str = ""
    control: bool = False
    lead_id: UUID | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float | None = None
    phases_completed: int = 0
    final_status: FinalStatus | None = None
    engagement: float | None = None
    transfer_attempted: bool = False
    transfer_successful: bool = False
    closer_available: bool | None = None
    prediction: float | None = None
    recording: dict[str, Any] | None = None
    learn_revision: int = 0


class LegRow(Frozen):
    """One Telnyx leg of a call: "prospect", "closer.1", …"""

    name: str
    state: LegState
    to_number: str | None = None
    call_leg_id: str | None = None
    call_control_id: str | None = None
    call_session_id: str | None = None
    dialed_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    hangup_cause: str | None = None
    machine: str | None = None
    last_event_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What reducing one event gave. `version` is the one that was read; `owner` the process that will send
    the commands.

    `legs` need hold only those that changed. `lease_s` in seconds of wall time.
    """

    call_id: UUID
    version: int
    inbox_seq: int
    given: Given
    state_json: str
    summary: Summary
    effects: tuple[Effect, ...]
    now: datetime
    owner: str
    legs: tuple[LegRow, ...] = ()
    lease_s: float = 10.0


@dataclass(slots=True)
class Sorted:
    """Effects by the table that they touch, as rows ready for jsonb; empty where there are none."""

    outbox: dict[str, dict[str, Any]] = field(default_factory=dict)  # by key
    void_keys: list[str] = field(default_factory=list)
    void_speech: bool = False
    timers: dict[str, str] = field(default_factory=dict)  # key: due
    cancel: set[str] = field(default_factory=set)
    cancel_all: bool = False
    choices: list[dict[str, Any]] = field(default_factory=list)
    lead: dict[str, Any] = field(default_factory=dict)
    do_not_call: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict)  # by claim
    holds: list[dict[str, Any]] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    claims: list[ClaimCloser] = field(default_factory=list)
    learn: int | None = None


def sort_effects(decision: Decision) -> Sorted:
    """Sorts a decision's effects, later ones winning over earlier ones of the same key."""
    into = Sorted()
    for effect in decision.effects:
        _place(effect, decision, into)
    return into


def lead_news(values: dict[str, Any]) -> dict[str, Any] | None:
    """A lead's new values: those that have a column, and the others."""
    if not values:
        return None
    columns = {name: value for name, value in values.items() if name in LEAD_COLUMNS}
    return {"columns": columns, "captures": {k: v for k, v in values.items() if k not in LEAD_COLUMNS}}


def _place(effect: Effect, decision: Decision, into: Sorted) -> None:
    match effect:
        case Command() | FileSegment() | AskPhrasing():
            row = _outbox_row(effect, decision)
            into.outbox[row["key"]] = row
        case VoidCommands():
            _void(effect, into)
        case SetTimer():
            into.timers[effect.key] = effect.due.isoformat()
        case CancelTimer():
            _cancel(effect, into)
        case RecordChoice():
            into.choices.append(effect.choice.model_dump(mode="json"))
        case UpdateLead():
            into.lead.update(effect.model_dump(mode="json")["values"])
        case DoNotCall():
            into.do_not_call.append({"phone": effect.phone, "evidence": effect.evidence})
        case RefuseDial():
            into.refusals.append(effect.model_dump(include={"phone", "reason", "detail"}))
        case RecordTransfer():
            values = effect.model_dump(mode="json")["values"]
            into.transfers.setdefault(effect.claim, {"claim": effect.claim}).update(values)
        case ClaimCloser():
            into.claims.append(effect)
        case HoldClaim():
            id = f"{decision.call_id}:{effect.claim}"
            into.holds.append({"id": id, "until": effect.until.isoformat()})
        case ReleaseClaim():
            into.releases.append(f"{decision.call_id}:{effect.claim}")
        case Learn():
            into.learn = max(effect.revision, into.learn or 0)


def _void(effect: VoidCommands, into: Sorted) -> None:
    """Voids what is stored, and what the same decision asked for before."""
    into.void_keys.extend(effect.keys)
    into.void_speech = into.void_speech or effect.all_speech
    for key, row in list(into.outbox.items()):
        speech = effect.all_speech and row["body"].get("action") == "speak"
        if speech or key in effect.keys:
            del into.outbox[key]


def _cancel(effect: CancelTimer, into: Sorted) -> None:
    if effect.key is None:
        into.cancel_all = True
        into.timers.clear()
    else:
        into.cancel.add(effect.key)
        into.timers.pop(effect.key, None)


def _outbox_row(effect: Command | FileSegment | AskPhrasing, decision: Decision) -> dict[str, Any]:
    body = effect.model_dump(mode="json")
    match effect:
        case Command():
            key, destination, not_after = effect.key, f"telnyx:{effect.leg}", body["not_after"]
            if effect.action == "message":
                destination = "telnyx:message"
        case FileSegment():
            key, destination, not_after = (
                f"segment:{effect.segment.seq}:{decision.version + 1}",
                "mongo",
                None,
            )
        case AskPhrasing():
            key, destination, not_after = effect.key, "phrase", body["deadline"]
    id = command_id(decision.call_id, key)
    return {"id": str(id), "destination": destination, "key": key, "body": body, "not_after": not_after}
