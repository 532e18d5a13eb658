"""The HTTP API on a real Postgres, with all other stores and Telnyx away or nasty."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from learning.prediction import Predictor
from server.api import ROUTES
from server.app import Assembly, Parts
from server.phrasing import NoModel
from server.playbooks import Shelf
from server.settings import Settings
from server.stores import Stores
from server.understanding import Understanding
from storage.cache import Cache
from storage.graph import Graph
from storage.mongo import Conversations
from storage.playbook import read_packaged
from storage.playbooks import Playbooks
from storage.postgres import Pool
from storage.urls import StoreUrls
from storage.vectors import Vectors
from tests.server.deciding import Perceives
from tests.server.nasty import NastyTelnyx
from tests.server.signed import PUBLIC_KEY

TOKEN = "a-token"
TUESDAY_TEN = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # in New York
NOWHERE = StoreUrls(
    mongo="mongodb://127.0.0.1:9/",
    redis="redis://127.0.0.1:9/0",
    graph="bolt://u:p@127.0.0.1:9/graph",
    vectors="http://127.0.0.1:9",
)
CONFIGURED: dict[str, Any] = {
    "telnyx_api_key": SecretStr("k"),
    "telnyx_public_key": PUBLIC_KEY,
    "telnyx_connection_id": "123",
    "from_number": "+12125550100",
    "business": "Northway Mentoring",
    "video_url": "https://example.com/video",
    "api_token": SecretStr(TOKEN),
    "clock_epoch": TUESDAY_TEN,
    "policy": "uniform",
}


@asynccontextmanager
async def stores_with(pool: Pool) -> AsyncIterator[Stores]:
    """Postgres, and four stores that nobody answers for."""
    conversations, graph = Conversations.open(NOWHERE.mongo), Graph.open(NOWHERE.graph)
    vectors, cache = Vectors.open(NOWHERE.vectors), Cache.open(NOWHERE.redis)
    yield Stores(NOWHERE, pool, conversations, graph, vectors, cache)
    for store in (conversations, graph, vectors, cache):
        await store.close()


@asynccontextmanager
async def api(pool: Pool, **changes: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Parts]]:
    """A client that holds the token, and the parts behind it; none of them is at work."""
    settings = Settings.model_construct(**(Settings(_env_file=None).model_dump() | CONFIGURED | changes))
    settings.model_post_init(None)
    understanding = Understanding(None, None, Perceives(), None, None, Predictor())  # type: ignore[arg-type]
    async with stores_with(pool) as stores:
        shelf = Shelf(read_packaged(), Playbooks(pool))
        parts = Assembly(settings, stores, shelf, NastyTelnyx().client(), understanding, NoModel()).parts()
        routes = Starlette(routes=ROUTES)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = {"services": parts.services}
            await routes(scope, receive, send)

        transport = httpx.ASGITransport(app=app)
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
            yield client, parts
        await parts.services.decider.close()
        await parts.services.dispatcher.close()
