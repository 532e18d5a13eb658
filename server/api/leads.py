"""`/api/leads` and `/api/refusals`: who can be called, and which dials were not made."""

from starlette.requests import Request
from starlette.responses import Response

from server.api.endpoint import Refusal, answer, endpoint, found, query_id, query_int
from server.phones import e164
from server.services import services


@endpoint
async def listed(request: Request) -> Response:
    """Leads by id, a page after `after`; `status`, `limit`."""
    leads = await services(request).leads.page(
        query_int(request, "limit", 100), query_id(request, "after"), request.query_params.get("status")
    )
    return answer({"leads": leads})


@endpoint
async def by_phone(request: Request) -> Response:
    """One lead by its number in any common way of writing it, with its consents."""
    leads = services(request).leads
    try:
        number = e164(request.path_params["phone"])
    except ValueError as error:
        raise Refusal(422, "invalid", f"phone: {error}") from None
    lead = found(await leads.by_phone(number), "lead with number", number)
    consents = await leads.consents(number)
    return answer({"lead": lead, "consents": consents, "do_not_call": await leads.on_do_not_call(number)})


@endpoint
async def refusals(request: Request) -> Response:
    """Dials that were refused, newest first; `lead_id`, `limit`."""
    rows = await services(request).leads.refusals(
        query_id(request, "lead_id"), query_int(request, "limit", 100)
    )
    return answer({"refusals": rows})
