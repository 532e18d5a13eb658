"""Another embedding model: built beside the old one from what Postgres has, and switched to at once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from learning.embeddings import AsyncEmbedder, Embedder
from learning.embeddings import Vectors as Embedded
from learning.kept_vectors import KeptVectors
from storage.playbook import playbook_files
from storage.postgres import Pool
from storage.urls import StoreUrls
from storage.vectors import Kind, Vectors
from tests.learning.played import store_call
from tests.learning.records import conversation
from tests.learning.stores import Stores, opened


class _Halved:
    """Another model: half of the dimensions of the one that it stands on."""

    name, version, dimensions = "halved", "1", 192

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def encode(self, texts: Sequence[str]) -> Embedded:
        half = self._embedder.encode(texts)[:, : self.dimensions]
        return np.asarray(half / np.linalg.norm(half, axis=1, keepdims=True), np.float32)


@pytest.fixture
async def stores(urls: StoreUrls, pool: Pool, embedder: Embedder) -> AsyncIterator[Stores]:
    async with opened(urls, pool, embedder) as stores:
        yield stores


def with_model(stores: Stores, urls: StoreUrls, embedder: Embedder) -> Stores:
    """The same stores in a process with another model."""
    kept = KeptVectors(AsyncEmbedder(embedder), stores.facts)
    return replace(stores, kept=kept, vectors=Vectors.open(urls.vectors, prefix=stores.vectors._prefix))


async def test_there_and_back_again(stores: Stores, urls: StoreUrls, embedder: Embedder) -> None:
    call_id = await store_call(stores.pool, conversation())
    await stores.learner().learn(call_id, 1)
    await stores.seeder().seed(playbook_files(None), only=["knowledge"])
    knowledge = await stores.vectors.count(Kind.KNOWLEDGE)
    old = stores.kept.model

    newer = with_model(stores, urls, _Halved(embedder))
    change = newer.model_change()
    await change.begin()
    await change.end()
    assert await newer.vectors.current() == old, "not before it is full"
    assert await stores.vectors.count(Kind.SEGMENTS, [call_id]) == 8
    second = await store_call(stores.pool, conversation())
    await newer.sync().once()
    await change.end()
    assert await newer.vectors.current() == newer.kept.model == "halved@1"
    assert await newer.vectors.count(Kind.SEGMENTS, [call_id, second]) == 16
    assert await newer.vectors.count(Kind.KNOWLEDGE) == knowledge
    await newer.model_change().begin()
    assert (await newer.ledger.counts())["vectors"]["pending"] == 0, "a restart begins nothing anew"

    back = with_model(stores, urls, embedder)
    await back.model_change().begin()
    assert (await back.sync().until_done()).errors == {}
    again = back.model_change()
    await again.begin()
    await again.end()
    assert await back.vectors.current() == old
    assert await back.vectors.count(Kind.SEGMENTS, [call_id, second]) == 16
    for opened_ in (newer, back):
        await opened_.kept._embedder.close()
