"""What a reduction said, in the words of the store that keeps it."""

from datetime import datetime
from uuid import UUID

from call_flow.effects import Effect
from call_flow.events import Given
from call_flow.state import CallState, Leg, summary
from storage.calls import Decision, LegRow, Pending, Summary

# Wall seconds from the decision to the sending's own lease: what dies in between is taken over as soon.
LEASE_S = 2.0


def decision_of(
    pending: Pending,
    before: CallState,
    after: CallState,
    given: Given,
    effects: tuple[Effect, ...],
    now: datetime,
    owner: str,
) -> Decision:
    """The decision of one event. Only legs that changed are written."""
    changed = (leg for name, leg in after.legs.items() if leg != before.legs.get(name))
    return Decision(
        call_id=pending.call_id,
        version=pending.version,
        inbox_seq=pending.event.seq,
        given=given,
        state_json=after.model_dump_json(),
        summary=summary_of(after),
        effects=effects,
        now=now,
        owner=owner,
        legs=tuple(leg_row(leg) for leg in changed),
        lease_s=LEASE_S,
    )


def summary_of(state: CallState) -> Summary:
    """The state's columns, in the store's form."""
    values = summary(state).model_dump(include=set(Summary.model_fields))
    values["lead_id"] = UUID(values["lead_id"]) if values["lead_id"] else None
    return Summary(**values, prediction=state.prediction)


def leg_row(leg: Leg) -> LegRow:
    return LegRow(**leg.model_dump(include=set(LegRow.model_fields)))
