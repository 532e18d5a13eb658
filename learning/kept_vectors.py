"""Vectors of texts that were embedded before, from Postgres: a store is rebuilt without running the model.

It must never return a vector of another model or version than the embedder's.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from learning.embeddings import AsyncEmbedder, Vectors
from storage.facts import Facts


class KeptVectors:
    """An embedder that remembers in Postgres, by text hash and model. Raises StoreAway where Postgres is."""

    def __init__(self, embedder: AsyncEmbedder, facts: Facts) -> None:
        self._embedder = embedder
        self._facts = facts
        self.computed = 0  # texts that the model itself had to embed

    @property
    def model(self) -> str:
        """Name and version, as kept beside every vector."""
        return f"{self._embedder.name}@{self._embedder.version}"

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 of shape (len(texts), dimensions), each row of length one."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        hashes = {text: text_hash(text) for text in texts}
        kept = await self._facts.embeddings(self.model, set(hashes.values()))
        missing = [text for text, digest in hashes.items() if digest not in kept]
        if missing:
            made = (await self._embedder.encode(missing)).astype("<f4")
            fresh = {hashes[text]: vector.tobytes() for text, vector in zip(missing, made, strict=True)}
            await self._facts.save_embeddings(self.model, fresh)
            self.computed += len(missing)
            kept = {**kept, **fresh}
        return np.stack([np.frombuffer(kept[hashes[text]], "<f4") for text in texts])


def text_hash(text: str) -> bytes:
    """SHA-256 of the text as it is embedded."""
    return hashlib.sha256(text.encode()).digest()
