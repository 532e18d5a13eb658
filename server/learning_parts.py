"""What learns and what is learned with, put together over a process's stores: for the worker and for the commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from learning.embeddings import AsyncEmbedder, models_folder
from learning.kept_vectors import KeptVectors
from learning.learner import Learner
from learning.loading import Loader
from learning.model_change import ModelChange
from learning.seed import Seeder
from learning.sync import Sync
from server.settings import Settings
from server.stores import Stores, open_stores
from storage.calls import Calls
from storage.entries import Entries
from storage.facts import Facts
from storage.ledger import Ledger
from storage.playbooks import Playbooks
from storage.rewards import Rewards


@dataclass(frozen=True)
class LearningParts:
    learner: Learner
    seeder: Seeder
    sync: Sync
    model_change: ModelChange


def learning_parts(settings: Settings, stores: Stores, embedder: AsyncEmbedder) -> LearningParts:
    """Nothing is read or written yet."""
    now = settings.clock().now
    facts, ledger = Facts(stores.pool, Rewards.changed(settings.rewards)), Ledger(stores.pool)
    kept = KeptVectors(embedder, facts)
    change = ModelChange(ledger, stores.vectors, kept.model, now)
    learner = Learner(
        calls=Calls(stores.pool),
        facts=facts,
        ledger=ledger,
        conversations=stores.conversations,
        graph=stores.graph,
        vectors=stores.vectors,
        cache=stores.cache,
        embedder=kept,
        model_change=change,
        now=now,
    )
    entries = Entries(stores.pool)
    loader = Loader(
        entries=entries,
        ledger=ledger,
        graph=stores.graph,
        vectors=stores.vectors,
        embedder=kept,
        model_change=change,
        now=now,
    )
    seeder = Seeder(
        playbooks=Playbooks(stores.pool),
        entries=entries,
        ledger=ledger,
        loader=loader,
        embedder=kept,
        now=now,
    )
    return LearningParts(learner, seeder, Sync(ledger, learner, loader, change, now), change)


@asynccontextmanager
async def open_learning(settings: Settings) -> AsyncIterator[LearningParts]:
    """Stores, schemas and model for a command that learns or loads. Raises StoreAway for Postgres alone."""
    async with open_stores(settings) as stores:
        embedder = await AsyncEmbedder.open(settings.embedding_model, models_folder(settings.data))
        try:
            yield learning_parts(settings, stores, embedder)
        finally:
            await embedder.close()
