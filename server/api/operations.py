"""`/api/operations`: how this process and the queues are doing, and which events could not be decided."""

from starlette.requests import Request
from starlette.responses import Response

from server.api.endpoint import answer, endpoint, query_int
from server.percentiles import percentiles
from server.services import services


@endpoint
async def operations(request: Request) -> Response:
    """Counts since the process began, times in wall milliseconds, and what was set aside with its error, which may
    quote the event: it is for whoever may read the call.
    """
    server = services(request)
    aside = await server.inbox.aside(query_int(request, "limit", 20))
    return answer(
        {
            "inbox": await server.inbox.counts(),
            "outbox": {
                kind: {"pending": count, "oldest_s": age}
                for kind, (count, age) in (await server.outbox.backlog()).items()
            },
            "decider": dict(server.decider.counts),
            "dispatcher": dict(server.dispatcher.counts),
            "decision_ms": percentiles(server.decider.took_ms, 50, 99),
            "aside": [
                {
                    "seq": row.seq,
                    "call_id": row.call_id,
                    "event_type": row.event_type,
                    "error": row.error,
                }
                for row in aside
            ],
        }
    )
