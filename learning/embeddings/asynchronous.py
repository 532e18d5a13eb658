"""Keeps the embedding model off the event loop: one thread, one model, short waits for live calls.

A live call's sentence must never wait behind a whole playbook: long requests are cut into small runs, and
requests of few texts go first. It must never run two threads in the model at once.
"""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from learning.embeddings.interface import Embedder, Vectors
from learning.embeddings.opening import open_embedder

# A run of eight short sentences takes 30-70 ms on one thread: the longest that a live sentence waits.
TEXTS_A_RUN = 8
CACHED_TEXTS = 4096


@dataclass(order=True)
class _Waiting:
    texts_in_request: int
    arrival: int
    text: str = field(compare=False)
    vector: "asyncio.Future[Vectors]" = field(compare=False)


class AsyncEmbedder:
    """`await encode(texts)` for coroutines of one event loop; close() when done.

    Texts that wait at the same time share a run; a text asked for twice at once is computed once.
    """

    def __init__(self, embedder: Embedder, cached_texts: int = CACHED_TEXTS) -> None:
        self.embedder = embedder
        self._cached_texts = cached_texts
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._coming: dict[str, asyncio.Future[Vectors]] = {}
        self._queue: list[_Waiting] = []
        self._arrivals = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedder")
        self._work: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, model: str, folder: Path) -> "AsyncEmbedder":
        """Loads the model off the event loop; raises what open_embedder raises."""
        return cls(await asyncio.to_thread(open_embedder, model, folder))

    @property
    def name(self) -> str:
        return self.embedder.name

    @property
    def version(self) -> str:
        return self.embedder.version

    @property
    def dimensions(self) -> int:
        return self.embedder.dimensions

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """As Embedder.encode: (len(texts), dimensions) float32. Raises what the model raised."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        waiting = [self._vector(text, len(texts)) for text in texts]
        return np.stack(await asyncio.gather(*(asyncio.shield(vector) for vector in waiting)))

    async def close(self) -> None:
        """Waits for the run under way, drops the rest and ends the thread."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        for vector in self._coming.values():
            vector.cancel()
        self._coming.clear()
        self._queue.clear()
        await asyncio.to_thread(self._thread.shutdown)

    def _vector(self, text: str, texts_in_request: int) -> "asyncio.Future[Vectors]":
        if text in self._coming:
            return self._coming[text]
        vector: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        if text in self._cache:
            self._cache.move_to_end(text)
            vector.set_result(self._cache[text])
            return vector
        self._coming[text] = vector
        self._arrivals += 1
        heapq.heappush(self._queue, _Waiting(texts_in_request, self._arrivals, text, vector))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run_all())
        return vector

    async def _run_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            batch = [heapq.heappop(self._queue) for _ in range(min(TEXTS_A_RUN, len(self._queue)))]
            try:
                vectors = await loop.run_in_executor(
                    self._thread, self.embedder.encode, [waiting.text for waiting in batch]
                )
            except Exception as error:
                self._fail(batch, error)
            else:
                self._deliver(batch, vectors)

    def _deliver(self, batch: list[_Waiting], vectors: Vectors) -> None:
        for waiting, vector in zip(batch, vectors, strict=True):
            self._coming.pop(waiting.text, None)
            self._cache[waiting.text] = vector
            if not waiting.vector.done():
                waiting.vector.set_result(vector)
        while len(self._cache) > self._cached_texts:
            self._cache.popitem(last=False)

    def _fail(self, batch: list[_Waiting], error: Exception) -> None:
        for waiting in batch:
            self._coming.pop(waiting.text, None)
            if not waiting.vector.done():
                waiting.vector.set_exception(error)
