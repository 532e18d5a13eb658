"""`/api/leads`, `/api/do-not-call` and `/api/refusals`: who can be called, who not, and which dials were not made."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from server.api.endpoint import Refusal, answer, endpoint, found, query_id, query_int, query_text, read
from server.phones import e164
from server.services import services


class DoNotCall(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone: Annotated[str, AfterValidator(e164)]
    evidence: str = Field(min_length=1, max_length=2000)


@endpoint
async def listed(request: Request) -> Response:
    """Leads by id, a page after `after`; `status`, `limit`."""
    leads = await services(request).leads.page(
        query_int(request, "limit", 100), query_id(request, "after"), query_text(request, "status")
    )
    return answer({"leads": leads})


@endpoint
async def by_phone(request: Request) -> Response:
    """One lead by its number in any common way of writing it, with its consents; `lead` is null for a number of nobody
    that has consents or is on the do-not-call list.
    """
    leads = services(request).leads
    try:
        number = e164(request.path_params["phone"])
    except ValueError as error:
        raise Refusal(422, "invalid", f"phone: {error}") from None
    lead, consents = await leads.by_phone(number), await leads.consents(number)
    listed = await leads.on_do_not_call(number)
    found(lead or consents or listed or None, "lead with number", number)
    return answer({"lead": lead, "consents": consents, "do_not_call": listed})


@endpoint
async def do_not_call(request: Request) -> Response:
    """Puts a number on the list, which takes its consent back: 201, or 200 where it is there already."""
    body, server = await read(request, DoNotCall), services(request)
    new = await server.leads.do_not_call(body.phone, body.evidence, server.clock.now())
    return answer({"phone": body.phone, "new": new}, 201 if new else 200)


@endpoint
async def refusals(request: Request) -> Response:
    """Dials that were refused, newest first; `lead_id`, `limit`."""
    rows = await services(request).leads.refusals(
        query_id(request, "lead_id"), query_int(request, "limit", 100)
    )
    return answer({"refusals": rows})
