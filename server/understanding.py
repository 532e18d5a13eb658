"""What a live call needs of learning: the fitted recogniser, the policy, the live prediction. Loaded once."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from call_flow.playbook.book import Playbook
from learning.embeddings import DEFAULT_MODEL, AsyncEmbedder, Vectors, models_folder
from learning.perception import Perceiver
from learning.policy import Policy
from learning.prediction import Predictor
from learning.recogniser import Recogniser
from server.settings import Settings
from server.stores import Stores
from storage.facts import Facts
from storage.playbook import read_packaged

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Understanding:
    embedder: AsyncEmbedder
    perceiver: Perceiver
    policy: Policy | None
    predictor: Predictor

    async def close(self) -> None:
        await self.embedder.close()


async def open_understanding(settings: Settings, stores: Stores) -> Understanding:
    """Loads the model and fits the recogniser, off the event loop; quick where the playbook's vectors are kept."""
    embedder = await AsyncEmbedder.open(DEFAULT_MODEL, models_folder(settings.data))
    recogniser = await fitted(embedder, Facts(stores.pool), read_packaged())
    perceiver = Perceiver(embedder, recogniser)
    return Understanding(embedder, perceiver, None, Predictor())


async def fitted(embedder: AsyncEmbedder, facts: Facts, playbook: Playbook) -> Recogniser:
    examples = [(text, intent.id) for intent in playbook.intents for text in intent.examples]
    kept = _KeptVectors(embedder, facts, asyncio.get_running_loop())
    return await asyncio.to_thread(Recogniser.fit, examples, kept)


class _KeptVectors:
    """An encoder for a thread other than the loop's, that asks Postgres before it asks the model."""

    def __init__(self, embedder: AsyncEmbedder, facts: Facts, loop: asyncio.AbstractEventLoop) -> None:
        self._embedder = embedder
        self._facts = facts
        self._loop = loop

    def encode(self, texts: Sequence[str]) -> Vectors:
        return asyncio.run_coroutine_threadsafe(self._encode(texts), self._loop).result()

    async def _encode(self, texts: Sequence[str]) -> Vectors:
        model = f"{self._embedder.name}@{self._embedder.version}"
        hashes = {text: hashlib.sha256(text.encode()).digest() for text in texts}
        kept = await self._facts.embeddings(model, list(hashes.values()))
        missing = [text for text, digest in hashes.items() if digest not in kept]
        if missing:
            vectors = (await self._embedder.encode(missing)).astype("<f4")
            fresh = {hashes[text]: vector.tobytes() for text, vector in zip(missing, vectors, strict=True)}
            await self._facts.save_embeddings(model, fresh)
            kept |= fresh
        rows: Vectors = np.stack([np.frombuffer(kept[hashes[text]], "<f4") for text in texts])
        return rows
