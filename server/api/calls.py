"""`/api/calls`: place a call, list calls, and one call whole."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from starlette.requests import Request
from starlette.responses import Response

from call_flow.events import ConsoleAction
from call_flow.state import CallState
from server.api.endpoint import (
    Refusal,
    answer,
    endpoint,
    found,
    path_id,
    query_id,
    query_int,
    query_text,
    query_time,
    read,
)
from server.phones import e164
from server.placing import Refused
from server.services import Services, services
from storage.calls import CallRow, CallWithState
from storage.inbox import ReceivedEvent
from storage.leads import StoredLead

# Refusals that are about now; all others are about the lead or the law.
TEMPORARY = frozenset({"already_in_call", "outside_hours", "state_forbids_day", "too_many_attempts"})
MAX_KEY = 200


class Wanted(BaseModel):
    """Whom to call: exactly one of the three."""

    model_config = ConfigDict(extra="forbid")

    lead_id: UUID | None = None
    phone: str | None = None
    external_id: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Wanted":
        if sum(value is not None for value in (self.lead_id, self.phone, self.external_id)) != 1:
            raise ValueError("exactly one of lead_id, phone and external_id is needed")
        return self


@endpoint
async def place(request: Request) -> Response:
    """201 with the call's id, 200 for a repeated Idempotency-Key, 404 for an unknown lead, else the refusal."""
    wanted, server = await read(request, Wanted), services(request)
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise Refusal(422, "invalid", f"Idempotency-Key: 1 to {MAX_KEY} characters")
    lead = await _lead(server, wanted)
    try:
        placed = await server.placing.place(lead, key)
    except Refused as refused:
        return answer({"refused": refused.reason, "detail": refused.detail}, _status(refused.reason))
    return answer({"id": placed.call_id}, 201 if placed.new else 200)


@endpoint
async def listed(request: Request) -> Response:
    """Calls, newest first. `live=true`: those in progress; else by `lead_id`, `status`, `before` (paging), `limit`."""
    server, limit = services(request), query_int(request, "limit", 100)
    if request.query_params.get("live") == "true":
        rows = await server.calls.live(limit)
    else:
        rows = await server.calls.page(
            limit,
            before=query_time(request, "before"),
            status=query_text(request, "status"),
            lead_id=query_id(request, "lead_id"),
        )
    return answer({"calls": [summary_view(row) for row in rows]})


@endpoint
async def show(request: Request) -> Response:
    """One call: its state, phases, transcript so far, legs, choices, objections and transfers."""
    server, call_id = services(request), path_id(request, "call_id")
    row: CallWithState = found(await server.calls.get(call_id), "call", call_id)
    view = summary_view(row)
    if row.state_json is not None:
        view |= state_view(CallState.model_validate_json(row.state_json))
    view["segments"] = await server.calls.transcript(call_id)
    view["legs"] = await server.calls.legs(call_id)
    view["transfers"] = await server.transfers.of_call(call_id)
    return answer(view)


@endpoint
async def hang_up(request: Request) -> Response:
    """202: the call was told to end, however often it is asked. 409 for a call that has ended."""
    server, call_id = services(request), path_id(request, "call_id")
    call: CallRow = found(await server.calls.get(call_id), "call", call_id)
    if call.final_status is not None:
        raise Refusal(409, "ended", f"call {call_id} has ended: {call.final_status}")
    body, now = ConsoleAction(action="hangup", by="api"), server.clock.now()
    event = ReceivedEvent.ours(f"console:{call_id}:hangup", body, now, call_id)
    await server.inbox.receive(event)
    server.decider.decide(call_id)
    return answer({"id": call_id}, 202)


async def _lead(server: Services, wanted: Wanted) -> StoredLead:
    if wanted.lead_id is not None:
        lead, named = await server.leads.get(wanted.lead_id), f"id {wanted.lead_id}"
    elif wanted.external_id is not None:
        lead, named = await _only(server, wanted.external_id), f"external_id {wanted.external_id}"
    else:
        number = _number(wanted.phone or "")
        lead, named = await server.leads.by_phone(number), f"number {number}"
    if lead is None:
        raise Refusal(404, "unknown_lead", f"no lead with {named}")
    return lead


async def _only(server: Services, external_id: str) -> StoredLead | None:
    """The lead of this id; refused where there are several, for any of them may be the wrong person."""
    leads = await server.leads.by_external_id(external_id)
    if len(leads) > 1:
        ids = ", ".join(str(lead.id) for lead in leads)
        raise Refusal(
            409, "ambiguous", f"external_id {external_id} is that of several leads: {ids}; name a lead_id"
        )
    return leads[0] if leads else None


def _number(written: str) -> str:
    try:
        return e164(written)
    except ValueError as error:
        raise Refusal(422, "invalid", f"phone: {error}") from None


def _status(reason: str) -> int:
    if reason == "not_configured":
        return 503
    return 409 if reason in TEMPORARY else 422


def summary_view(row: CallRow) -> dict[str, Any]:
    """A call's columns; `status` is None while it lasts."""
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "phone": row.phone,
        "direction": row.direction,
        "phase": row.phase,
        "status": row.final_status,
        "segment": row.segment,
        "control": row.control,
        "engagement": row.engagement,
        "phases_completed": row.phases_completed,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "answered_at": row.answered_at,
        "ended_at": row.ended_at,
        "duration_s": row.duration_s,
        "transfer_attempted": row.transfer_attempted,
        "transfer_successful": row.transfer_successful,
        "playbook_version": row.playbook_version,
        "version": row.version,
    }


def state_view(state: CallState) -> dict[str, Any]:
    """What only the state knows."""
    return {
        "mode": state.mode,
        "phases": state.phases,
        "captures": state.captures,
        "choices": state.choices,
        "objections": state.objections,
        "decisions": state.decisions,
        "engagement_parts": state.engagement_parts,
        "prediction": state.prediction,
        "recording": state.recording,
        "message_status": state.message_status,
        "callback_at": state.callback_at,
    }
