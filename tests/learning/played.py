"""A call as it stands in Postgres once it has ended: written by the same statement as in life."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from call_flow import effects as fx
from call_flow.events import Given
from call_flow.record import CallRecord
from call_flow.state import CallState, summary
from storage.calls import Calls, Decision, Summary
from storage.inbox import Inbox, ReceivedEvent
from storage.postgres import Pool

NOW = datetime(2025, 3, 4, 16, 0, tzinfo=UTC)


async def store_call(pool: Pool, record: CallRecord, *, learn: bool = True) -> UUID:
    """Stores an ended call that left `record`; with `learn`, its job and its pending rows of the ledger too."""
    call_id = UUID(record.call_id)
    if await Calls(pool).get(call_id) is None:
        await Calls(pool).create(
            call_id,
            None,
            record.lead.phone,
            record.playbook_version,
            _event(call_id, "begin"),
            record.started_at,
            machine_version=1,
            state_form=1,
        )
    else:
        await Inbox(pool).receive(_event(call_id, f"again {record.revision}"))
    effects: list[fx.Effect] = [fx.FileSegment(segment=segment) for segment in record.segments]
    effects += [fx.RecordChoice(choice=choice) for choice in record.choices] if record.revision == 1 else []
    effects += [fx.Learn(revision=record.revision)] if learn else []
    await _decide(pool, call_id, record, effects)
    return call_id


async def _decide(pool: Pool, call_id: UUID, record: CallRecord, effects: Sequence[fx.Effect]) -> None:
    pending = await Calls(pool).next_pending(call_id)
    assert pending is not None
    state = state_of(record)
    values = summary(state).model_dump(include=set(Summary.model_fields))
    decided = await Calls(pool).decide(
        Decision(
            call_id=call_id,
            version=pending.version,
            inbox_seq=pending.event.seq,
            given=Given(),
            state_json=state.model_dump_json(),
            summary=Summary(**(values | {"lead_id": None}), prediction=record.prediction),
            effects=tuple(effects),
            now=record.ended_at,
            owner="test",
        )
    )
    assert decided is not None


def state_of(record: CallRecord) -> CallState:
    """The ended state that `record_of` makes this record of."""
    return CallState(
        call_id=record.call_id,
        direction=record.direction,
        lead=record.lead,
        playbook_version=record.playbook_version,
        control=record.control,
        started_at=record.started_at,
        answered_at=record.answered_at,
        ended_at=record.ended_at,
        mode="ended",
        phase=record.phases[-1].phase if record.phases else "greeting",
        phases=list(record.phases),
        final_status=record.final_status,
        captures=record.captures,
        choices=list(record.choices),
        objections=list(record.objections),
        decisions=list(record.decisions),
        transfers=list(record.transfers),
        closer_available=record.closer_available,
        engagement=record.engagement[-1][1] if record.engagement else 50.0,
        engagement_curve=list(record.engagement),
        prediction=record.prediction,
        recording=record.recording,
        message_status=record.message_status,
        learn_revision=record.revision,
    )


def _event(call_id: UUID, name: str) -> ReceivedEvent:
    return ReceivedEvent(
        event_id=f"{name}:{call_id}",
        source="ours",
        event_type="noted",
        body={"kind": "noted", "event_type": "test"},
        occurred_at=NOW,
        received_at=NOW,
        call_id=call_id,
    )
