"""`/api/transfers`: what the closer says of a hand-over afterwards: the learner's delayed rewards."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from server.api.endpoint import answer, endpoint, found, path_id, query_int, read
from server.services import services


class Rating(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rating: int = Field(ge=1, le=10)
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
async def rate(request: Request) -> Response:
    """The closer's rating of the lead; a later one replaces it."""
    said, server, id = await read(request, Rating), services(request), path_id(request, "transfer_id")
    transfer = await server.transfers.rate(id, said.rating, said.notes, server.clock.now())
    return answer(found(transfer, "transfer", id))


@endpoint
async def result(request: Request) -> Response:
    """What came of it; a later one replaces it."""
    said, server, id = await read(request, Result), services(request), path_id(request, "transfer_id")
    transfer = await server.transfers.record_result(id, said.result, said.notes, server.clock.now())
    return answer(found(transfer, "transfer", id))
