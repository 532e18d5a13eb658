"""`/healthz`: the process answers. `/readyz`: each store's state, and how many events wait or could not be decided;
ready while Postgres is.
"""

from starlette.requests import Request
from starlette.responses import Response

from server.api.endpoint import answer
from server.services import Services, services
from storage.away import StoreAway


async def healthz(request: Request) -> Response:
    return answer({"status": "ok"})


async def readyz(request: Request) -> Response:
    server = services(request)
    stores = await server.health.stores()
    ready = stores["postgres"].ok
    whole = all(store.ok for store in stores.values())
    status = "ready" if whole else "degraded" if ready else "away"
    inbox = await _inbox(server) if ready else None
    return answer({"status": status, "stores": stores, "inbox": inbox}, 200 if ready else 503)


async def _inbox(server: Services) -> dict[str, int] | None:
    """None where Postgres is away after all."""
    try:
        return await server.inbox.counts()
    except StoreAway:
        return None
