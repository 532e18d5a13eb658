"""Calls, events and decisions as the database sees them, for the tests of what it does with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from call_flow.effects import Command, Effect
from call_flow.events import Given
from storage.calls import Calls, Decided, Decision, LegRow, Summary
from storage.inbox import Inbox, ReceivedEvent
from storage.postgres import Pool

NOW = datetime(2025, 3, 4, 15, 0, tzinfo=UTC)


def event(call_id: UUID | None, event_id: str | None = None, **changes: Any) -> ReceivedEvent:
    values: dict[str, Any] = {
        "event_id": event_id or str(uuid4()),
        "source": "ours",
        "event_type": "noted",
        "body": {"kind": "noted", "event_type": "test"},
        "occurred_at": NOW,
        "received_at": NOW,
        "call_id": call_id,
    }
    return ReceivedEvent(**(values | changes))


async def new_call(pool: Pool, *, phone: str = "+12125550100", lead_id: UUID | None = None) -> UUID:
    """A call with one event to decide."""
    call_id = uuid4()
    first = event(call_id, f"begin:{call_id}")
    await Calls(pool).create(
        call_id, lead_id, phone, "playbook-1", first, NOW, machine_version=1, state_form=1
    )
    return call_id


def decision(
    call_id: UUID, version: int, inbox_seq: int, effects: Sequence[Effect] = (), **changes: Any
) -> Decision:
    values: dict[str, Any] = {
        "given": Given(),
        "state_json": f'{{"decided": {version + 1}}}',
        "summary": Summary(phase="greeting"),
        "now": NOW,
        "owner": "one",
    }
    return Decision(call_id, version, inbox_seq, effects=tuple(effects), **(values | changes))


async def decide_next(pool: Pool, call_id: UUID, effects: Sequence[Effect] = (), **changes: Any) -> Decided:
    """Decides the call's oldest event, receiving one where there is none."""
    calls = Calls(pool)
    pending = await calls.next_pending(call_id)
    if pending is None:
        await Inbox(pool).receive(event(call_id))
        pending = await calls.next_pending(call_id)
    assert pending is not None
    decided = await calls.decide(decision(call_id, pending.version, pending.event.seq, effects, **changes))
    assert decided is not None
    return decided


def speak(key: str, leg: str = "prospect", *, expires_s: float | None = None) -> Command:
    not_after = None if expires_s is None else NOW + timedelta(seconds=expires_s)
    return Command(key=key, action="speak", leg=leg, args={"payload": key}, not_after=not_after)


def leg(name: str = "prospect", **changes: Any) -> LegRow:
    values: dict[str, Any] = {"name": name, "state": "answered", "call_leg_id": str(uuid4())}
    return LegRow(**(values | changes))
