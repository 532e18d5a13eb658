"""The embedder off the event loop: batches, cache, order of service, failures."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from learning.embeddings import AsyncEmbedder, Embedder, Vectors
from learning.embeddings.asynchronous import TEXTS_A_RUN


class Recorder:
    """An embedder that writes down its runs; its first run waits until `go` is set."""

    name, version, dimensions = "recorder", "1", 2

    def __init__(self) -> None:
        self.runs: list[list[str]] = []
        self.threads: set[int] = set()
        self.started, self.go = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.runs.append(list(texts))
        self.threads.add(threading.get_ident())
        self.started.set()
        assert self.go.wait(10)
        if "bad" in texts:
            raise ValueError("bad text")
        return np.array([[len(text), 1] for text in texts], np.float32)


async def _hold(recorder: Recorder, embedder: AsyncEmbedder) -> "asyncio.Task[Vectors]":
    """A first request, which is in the model when this returns."""
    first = asyncio.create_task(embedder.encode(["first"]))
    await asyncio.to_thread(recorder.started.wait, 10)
    return first


async def test_same_as_blocking(embedder: Embedder) -> None:
    asynchronous = AsyncEmbedder(embedder)
    texts = ["no time", "no money", "who is this", "no time"]
    vectors = await asynchronous.encode(texts)
    assert np.abs(vectors - embedder.encode(texts)).max() < 1e-5
    assert (await asynchronous.encode([])).shape == (0, 384)
    assert (asynchronous.name, asynchronous.version) == (embedder.name, embedder.version)
    await asynchronous.close()


async def test_opens_by_name(embedder: Embedder, model_folder: Path) -> None:
    opened = await AsyncEmbedder.open("minilm", model_folder)
    assert opened.version == embedder.version
    await opened.close()


async def test_waiting_requests_share_a_run_on_one_thread() -> None:
    recorder = Recorder()
    embedder = AsyncEmbedder(recorder)
    first = await _hold(recorder, embedder)
    others = [asyncio.create_task(embedder.encode([f"text {n}"])) for n in range(5)]
    await asyncio.sleep(0)
    recorder.go.set()
    await asyncio.gather(first, *others)
    assert recorder.runs == [["first"], [f"text {n}" for n in range(5)]]
    assert recorder.threads.isdisjoint({threading.get_ident()})
    assert len(recorder.threads) == 1
    await embedder.close()


async def test_a_live_sentence_overtakes_a_long_request() -> None:
    recorder = Recorder()
    embedder = AsyncEmbedder(recorder)
    first = await _hold(recorder, embedder)
    bulk = asyncio.create_task(embedder.encode([f"bulk {n:02}" for n in range(40)]))
    await asyncio.sleep(0)
    live = asyncio.create_task(embedder.encode(["live"]))
    await asyncio.sleep(0)
    recorder.go.set()
    await asyncio.gather(first, bulk, live)
    assert recorder.runs[1][0] == "live"
    assert max(len(run) for run in recorder.runs) == TEXTS_A_RUN
    await embedder.close()


async def test_a_text_is_computed_once_and_the_cache_is_bounded() -> None:
    recorder = Recorder()
    recorder.go.set()
    embedder = AsyncEmbedder(recorder, cached_texts=2)
    await asyncio.gather(embedder.encode(["a", "a"]), embedder.encode(["a"]))
    await embedder.encode(["b"])
    await embedder.encode(["a"])
    await embedder.encode(["c"])  # drops b, the one not asked for the longest
    await embedder.encode(["a", "b"])
    assert recorder.runs == [["a"], ["b"], ["c"], ["b"]]
    await embedder.close()


async def test_a_failure_reaches_its_request_and_the_next_one_works() -> None:
    recorder = Recorder()
    recorder.go.set()
    embedder = AsyncEmbedder(recorder)
    with pytest.raises(ValueError, match="bad text"):
        await embedder.encode(["good", "bad"])
    assert (await embedder.encode(["good"])).tolist() == [[4, 1]]
    await embedder.close()


async def test_a_cancelled_request_leaves_the_others() -> None:
    recorder = Recorder()
    embedder = AsyncEmbedder(recorder)
    first = await _hold(recorder, embedder)
    given_up, kept = (asyncio.create_task(embedder.encode([text])) for text in ("x", "xy"))
    await asyncio.sleep(0)
    given_up.cancel()
    recorder.go.set()
    assert (await kept).tolist() == [[2, 1]]
    await first
    assert given_up.cancelled()
    await embedder.close()


async def test_closing_drops_what_waits_and_ends_the_thread() -> None:
    recorder = Recorder()
    embedder = AsyncEmbedder(recorder)
    first = await _hold(recorder, embedder)
    waiting = asyncio.create_task(embedder.encode(["late"]))
    await asyncio.sleep(0)
    closing = asyncio.create_task(embedder.close())
    await asyncio.sleep(0)
    recorder.go.set()
    await closing
    results = await asyncio.gather(first, waiting, return_exceptions=True)
    assert isinstance(results[1], asyncio.CancelledError)
    assert recorder.runs == [["first"]]
    assert not any(thread.name.startswith("embedder") for thread in threading.enumerate())
