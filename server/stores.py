"""The stores that a process works with: named by URL, or embedded under the data folder, where both look the same.

Postgres must be there; of the others each is opened whether it answers or not, and found again by itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from server.settings import Settings
from storage import migrations, postgres
from storage.cache import Cache
from storage.graph import Graph
from storage.mongo import Conversations
from storage.postgres import Pool
from storage.urls import StoreUrls
from storage.vectors import Vectors


@dataclass(frozen=True)
class Stores:
    urls: StoreUrls
    pool: Pool
    conversations: Conversations
    graph: Graph
    vectors: Vectors
    cache: Cache


@asynccontextmanager
async def joined(settings: Settings, only: tuple[str, ...] = ()) -> AsyncIterator[StoreUrls]:
    """The stores' URLs. Those that are not named are served by the embedded stack while the block lasts.

    `only`: of these stores alone. Raises StackError where an embedded server cannot be started.
    """
    named = settings.urls()
    needed = [store for store, url in named.model_dump().items() if not url and (not only or store in only)]
    if not needed:
        yield named
        return
    from storage.embedded.folder import stack_folder
    from storage.embedded.stack import Stack

    stack = await asyncio.to_thread(Stack.join, stack_folder(settings.data), needed)
    try:
        found = stack.urls.model_dump()
        yield named.model_copy(update={store: found[store] for store in needed})
    finally:
        await asyncio.to_thread(stack.leave)


@asynccontextmanager
async def open_pool(settings: Settings, *, upgrade: bool = True) -> AsyncIterator[Pool]:
    """Postgres alone, its schema brought up to date; without `upgrade` nothing is changed, and one that is not raises
    SchemaDiffers.
    """
    async with joined(settings, ("postgres",)) as urls:
        if upgrade:
            await migrations.upgrade(urls.postgres)
        pool = await postgres.connect(urls.postgres, max_size=settings.postgres_connections)
        try:
            if not upgrade:
                await migrations.check(pool)
            yield pool
        finally:
            await pool.close()


@asynccontextmanager
async def open_stores(settings: Settings, *, upgrade: bool = True) -> AsyncIterator[Stores]:
    """All five. Raises StoreAway for Postgres alone; without `upgrade` for none, and nothing is changed."""
    async with AsyncExitStack() as closing:
        urls = await closing.enter_async_context(joined(settings))
        if upgrade:
            await migrations.upgrade(urls.postgres)
        least = 2 if upgrade else 0
        pool = await postgres.connect(urls.postgres, min_size=least, max_size=settings.postgres_connections)
        closing.push_async_callback(pool.close)
        conversations = Conversations.open(urls.mongo)
        closing.push_async_callback(conversations.close)
        graph = Graph.open(urls.graph)
        closing.push_async_callback(graph.close)
        vectors = Vectors.open(urls.vectors)
        closing.push_async_callback(vectors.close)
        cache = Cache.open(urls.redis)
        closing.push_async_callback(cache.close)
        yield Stores(urls, pool, conversations, graph, vectors, cache)
