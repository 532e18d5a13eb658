"""`/healthz`: the process answers. `/readyz`: each store's state; ready while Postgres is."""

from starlette.requests import Request
from starlette.responses import Response

from server.api.endpoint import answer
from server.services import services


async def healthz(request: Request) -> Response:
    return answer({"status": "ok"})


async def readyz(request: Request) -> Response:
    stores = await services(request).health.stores()
    ready = stores["postgres"].ok
    whole = all(store.ok for store in stores.values())
    status = "ready" if whole else "degraded" if ready else "away"
    return answer({"status": status, "stores": stores}, 200 if ready else 503)
