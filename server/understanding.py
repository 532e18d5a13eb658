"""What a live call needs of learning: the fitted recogniser, the policy, the live prediction. Loaded once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from call_flow.playbook.book import Playbook
from learning.embeddings import AsyncEmbedder, Vectors, models_folder
from learning.kept_vectors import KeptVectors
from learning.known_statistics import KnownStatistics
from learning.perception import Perceiver
from learning.policy import Policy
from learning.prediction import Predictor
from learning.recogniser import Recogniser
from server.settings import Settings
from server.stores import Stores
from storage.facts import Facts


@dataclass(frozen=True)
class Understanding:
    """`policy` is None where every choice is uniform by setting; `statistics` are to be watched while calls live."""

    embedder: AsyncEmbedder
    vectors: KeptVectors
    perceiver: Perceiver
    statistics: KnownStatistics
    policy: Policy | None
    predictor: Predictor

    async def close(self) -> None:
        await self.statistics.close()
        await self.embedder.close()


async def open_understanding(settings: Settings, stores: Stores, playbook: Playbook) -> Understanding:
    """Loads the model and fits the recogniser off the event loop; quick where the playbook's vectors are kept."""
    facts = Facts(stores.pool)
    embedder = await AsyncEmbedder.open(settings.embedding_model, models_folder(settings.data))
    vectors = KeptVectors(embedder, facts)
    statistics = KnownStatistics(facts, stores.cache)
    await statistics.warm()
    return Understanding(
        embedder=embedder,
        vectors=vectors,
        perceiver=Perceiver(embedder, await fitted(vectors, playbook)),
        statistics=statistics,
        policy=Policy(statistics) if settings.policy == "thompson" else None,
        predictor=Predictor(),
    )


async def fitted(vectors: KeptVectors, playbook: Playbook) -> Recogniser:
    """The recogniser of a playbook's intents, fitted in a thread that asks this loop for its vectors."""
    encoder = _FromThread(vectors, asyncio.get_running_loop())
    return await asyncio.to_thread(Recogniser.fit, playbook.examples(), encoder)


class _FromThread:
    """An encoder for a thread other than the loop's."""

    def __init__(self, vectors: KeptVectors, loop: asyncio.AbstractEventLoop) -> None:
        self._vectors = vectors
        self._loop = loop

    def encode(self, texts: Sequence[str]) -> Vectors:
        return asyncio.run_coroutine_threadsafe(self._vectors.encode(texts), self._loop).result()
