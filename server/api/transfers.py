"""`/api/transfers`: the closer's word on a hand-over: whether to take it, and afterwards rating and result, the
learner's delayed rewards.

Each is an event of its call and in the inbox before the answer; what it does to the call is the machine's to decide.
"""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from call_flow.events import ConsoleAction
from server.api.endpoint import Refusal, answer, endpoint, found, path_id, query_int, read
from server.services import Services, services
from storage.inbox import ReceivedEvent
from storage.transfers import Transfer

BY = "api"


class Rating(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rating: int = Field(ge=1, le=10, strict=True)
    notes: str | None = Field(default=None, max_length=5000)


class Result(BaseModel):
    model_config = ConfigDict(extra="forbid")

    result: Literal["scheduled", "closed", "followup", "declined"]
    notes: str | None = Field(default=None, max_length=5000)


@endpoint
async def listed(request: Request) -> Response:
    """Newest first."""
    recent = await services(request).transfers.recent(query_int(request, "limit", 50))
    return answer({"transfers": recent})


@endpoint
async def accept(request: Request) -> Response:
    """202: the call was told that the closer takes it. 409 where there is nothing to accept any more, or yet."""
    server, transfer = services(request), await _transfer(request)
    _refuse_if_over(transfer)
    if transfer.answered_at is None:
        raise Refusal(
            409, "not_answered", f"transfer {transfer.id}: the closer's telephone has not answered yet"
        )
    return await _told(server, transfer, ConsoleAction(action="accept", by=BY, claim=transfer.claim))


@endpoint
async def decline(request: Request) -> Response:
    """202: the call was told that this closer does not take it. 409 where that was decided already."""
    server, transfer = services(request), await _transfer(request)
    _refuse_if_over(transfer)
    if transfer.accepted_at is not None:
        raise Refusal(409, "accepted", f"transfer {transfer.id} was accepted")
    return await _told(server, transfer, ConsoleAction(action="decline", by=BY, claim=transfer.claim))


@endpoint
async def rate(request: Request) -> Response:
    """The closer's rating of the lead; a later one replaces it, and the call is learned again."""
    said, server, transfer = await read(request, Rating), services(request), await _bridged(request)
    rated = await server.transfers.rate(transfer.id, said.rating, said.notes, server.clock.now(), BY)
    return _learned_again(server, rated, transfer.id)


@endpoint
async def result(request: Request) -> Response:
    """What came of it; a later one replaces it, and the call is learned again."""
    said, server, transfer = await read(request, Result), services(request), await _bridged(request)
    told = await server.transfers.record_result(transfer.id, said.result, said.notes, server.clock.now(), BY)
    return _learned_again(server, told, transfer.id)


async def _transfer(request: Request) -> Transfer:
    id = path_id(request, "transfer_id")
    transfer: Transfer = found(await services(request).transfers.get(id), "transfer", id)
    return transfer


async def _bridged(request: Request) -> Transfer:
    """409 for a transfer in which closer and prospect have not spoken: there is nothing to judge."""
    transfer = await _transfer(request)
    if transfer.bridged_at is None:
        known = transfer.outcome or "not yet bridged"
        raise Refusal(
            409, "not_bridged", f"transfer {transfer.id}: closer and prospect did not speak: {known}"
        )
    return transfer


def _refuse_if_over(transfer: Transfer) -> None:
    """A look at the row spares the closer a wait for nothing; the call's own decision stays the last word."""
    if transfer.outcome is not None or transfer.ended_at is not None:
        raise Refusal(409, "over", f"transfer {transfer.id} is over: {transfer.outcome}")


async def _told(server: Services, transfer: Transfer, action: ConsoleAction) -> Response:
    """One event for one answer, however often it is given."""
    now = server.clock.now()
    event = ReceivedEvent.ours(f"console:{transfer.id}:{action.action}", action, now, transfer.call_id)
    await server.inbox.receive(event)
    server.decider.decide(transfer.call_id)
    return answer({"id": transfer.id, "action": action.action}, 202)


def _learned_again(server: Services, transfer: Transfer | None, id: UUID) -> Response:
    rated: Transfer = found(transfer, "transfer", id)
    server.decider.decide(rated.call_id)
    return answer(rated)
