"""The five real stores with all that learns, for one test module: databases and collections of its own."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from learning.embeddings import AsyncEmbedder, Embedder
from learning.kept_vectors import KeptVectors
from learning.learner import Learner
from learning.loading import Loader
from learning.model_change import ModelChange
from learning.seed import Seeder
from learning.sync import Sync
from storage.cache import Cache
from storage.calls import Calls
from storage.entries import Entries
from storage.facts import Facts
from storage.graph import Graph
from storage.ledger import Ledger
from storage.mongo import Conversations
from storage.playbooks import Playbooks
from storage.postgres import Pool
from storage.urls import StoreUrls
from storage.vectors import Vectors
from tests.learning.played import NOW


@dataclass
class Stores:
    pool: Pool
    conversations: Conversations
    graph: Graph
    vectors: Vectors
    cache: Cache
    kept: KeptVectors
    now: Callable[[], datetime] = lambda: NOW

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.pool)

    @property
    def facts(self) -> Facts:
        return Facts(self.pool)

    def model_change(self) -> ModelChange:
        return ModelChange(self.ledger, self.vectors, self.kept.model, self.now)

    def learner(self) -> Learner:
        return Learner(
            calls=Calls(self.pool),
            facts=self.facts,
            ledger=self.ledger,
            conversations=self.conversations,
            graph=self.graph,
            vectors=self.vectors,
            cache=self.cache,
            embedder=self.kept,
            model_change=self.model_change(),
            now=self.now,
        )

    def loader(self) -> Loader:
        return Loader(
            entries=Entries(self.pool),
            ledger=self.ledger,
            graph=self.graph,
            vectors=self.vectors,
            embedder=self.kept,
            model_change=self.model_change(),
            now=self.now,
        )

    def seeder(self) -> Seeder:
        return Seeder(
            playbooks=Playbooks(self.pool),
            entries=Entries(self.pool),
            ledger=self.ledger,
            loader=self.loader(),
            embedder=self.kept,
            now=self.now,
        )

    def sync(self) -> Sync:
        return Sync(self.ledger, self.learner(), self.loader(), self.model_change(), self.now)


@asynccontextmanager
async def opened(urls: StoreUrls, pool: Pool, embedder: Embedder) -> AsyncIterator[Stores]:
    """Collections and keys of this module's own; the graph is the session's, told apart by ids."""
    own = f"t{secrets.token_hex(4)}"
    running = AsyncEmbedder(embedder)
    stores = Stores(
        pool,
        Conversations.open(urls.mongo, own),
        Graph.open(urls.graph),
        Vectors.open(urls.vectors, prefix=f"{own}-"),
        Cache.open(urls.redis, prefix=f"{own}:", timeout_s=2.0),
        KeptVectors(running, Facts(pool)),
    )
    await stores.conversations.ensure_schema()
    await stores.graph.ensure_schema()
    await stores.vectors.ensure(stores.kept.model)
    yield stores
    for store in (stores.conversations, stores.graph, stores.vectors, stores.cache, running):
        await store.close()
