"""What was said and what works, found by meaning: five Chroma collections for every embedding model.

Nothing that a live call waits for may ask here. Vectors come from the caller, never from Chroma's own embedder, which
downloads a model; those of two models are never in one collection.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import chromadb
import httpx
import numpy as np
from chromadb.api.async_fastapi import AsyncFastAPI
from chromadb.config import Settings
from chromadb.errors import NotFoundError, RateLimitError
from numpy.typing import ArrayLike

from storage import away

STORE = "vectors"
TIMEOUT_S = 10.0
BATCH = 1000  # Chroma takes 5,461 at most
IDS_BATCH = 200  # call ids in one filter
_POINTER = "current-model"
Metadata = Mapping[str, str | int | float | bool | None]
Where = dict[str, Any]
Handle = Any  # chromadb's AsyncCollection


class Kind(StrEnum):
    """What a collection holds; scenarios are whole-call patterns with their outcome."""

    SEGMENTS = "segments"
    STRATEGIES = "strategies"
    RESPONSES = "responses"
    SCENARIOS = "scenarios"
    KNOWLEDGE = "knowledge"


@dataclass(frozen=True, slots=True)
class Found:
    """`similarity` is the cosine, −1 to 1."""

    id: str
    document: str
    metadata: dict[str, Any]
    similarity: float


class Vectors:
    """Every method may raise `StoreAway`. Where `model` is None it is the one that was ensured."""

    def __init__(self, url: str, prefix: str, timeout_s: float) -> None:
        self._url = urlsplit(url)
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._model: str | None = None
        self._client: Any = None
        self._connecting = asyncio.Lock()
        self._handles: dict[str, Handle] = {}

    @classmethod
    def open(cls, url: str, prefix: str = "", timeout_s: float = TIMEOUT_S) -> Self:
        """Connects when it is first used. `prefix` begins every collection's name; `timeout_s` bounds every request."""
        return cls(url, prefix, timeout_s)

    async def close(self) -> None:
        """Chroma's client keeps one pool of connections an event loop; a request under way elsewhere in it is lost."""
        self._handles.clear()
        self._client = None
        pool = AsyncFastAPI._clients.pop(hash(asyncio.get_running_loop()), None)
        if pool is not None:
            await pool.aclose()

    async def ping(self) -> None:
        async with self._request() as client:
            await client.heartbeat()

    async def ensure(self, model: str) -> None:
        """Makes `model` this process' own, with its collections; the first one ever is the current one."""
        for kind in Kind:
            await self._create(self._name(kind, model), {"model": model, "kind": kind.value})
        await self._create(self._prefix + _POINTER, {"model": model, "filling": model})
        self._model = model

    async def current(self) -> str | None:
        """The model whose collections are complete and to be asked; None before any was ensured."""
        return (await self._pointer()).get("model")

    async def filling(self) -> str | None:
        """The model whose collections were last being filled: the current one, or the one that is to replace it."""
        return (await self._pointer()).get("filling")

    async def fill(self, model: str, *, switch: bool = False) -> None:
        """Notes that `model` is being filled from here on; `switch` makes it the current one, at once for all."""
        current = model if switch else await self.current()
        async with self._request() as client:
            pointer = await client.get_collection(self._prefix + _POINTER, embedding_function=None)
            await pointer.modify(metadata={"model": current, "filling": model})

    async def drop(self, model: str) -> None:
        """Deletes a model's collections. ValueError for the current one."""
        if model == await self.current():
            raise ValueError(f"{model!r} is the current model")
        for kind in Kind:
            name = self._name(kind, model)
            self._handles.pop(name, None)
            async with self._request() as client:
                try:
                    await client.delete_collection(name)
                except NotFoundError:
                    continue

    async def upsert(
        self,
        kind: Kind,
        ids: Sequence[str],
        vectors: ArrayLike,
        documents: Sequence[str],
        metadatas: Sequence[Metadata],
        model: str | None = None,
    ) -> None:
        """Sets one entry an id. `vectors` is float32 of shape (len(ids), dimensions); None in a metadata is left out.

        TypeError names a metadata that is not flat.
        """
        rows = np.asarray(vectors, dtype=np.float32)
        kept = [{**flat(metadata), "model": self._of(model)} for metadata in metadatas]
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            await self._do(
                kind,
                model,
                "upsert",
                ids=list(ids[part]),
                embeddings=rows[part],
                documents=list(documents[part]),
                metadatas=kept[part],
            )

    async def replace(
        self,
        kind: Kind,
        where: Where,
        ids: Sequence[str],
        vectors: ArrayLike,
        documents: Sequence[str],
        metadatas: Sequence[Metadata],
        model: str | None = None,
    ) -> None:
        """`upsert`, and delete what else `where` matches: a call learned again leaves nothing of the time before."""
        await self.upsert(kind, ids, vectors, documents, metadatas, model)
        await self.delete(kind, set(await self.ids(kind, where, model)) - set(ids), model)

    async def delete(self, kind: Kind, ids: Collection[str], model: str | None = None) -> None:
        """Ids that are not there are no error."""
        gone = sorted(ids)
        for start in range(0, len(gone), BATCH):
            await self._do(kind, model, "delete", ids=gone[start : start + BATCH])

    async def query(
        self,
        kind: Kind,
        vector: ArrayLike,
        n: int = 10,
        where: Where | None = None,
        model: str | None = None,
    ) -> list[Found]:
        """The `n` nearest to `vector`, of shape (dimensions,), the nearest first. Chroma's `where` is slow."""
        asked = np.asarray(vector, dtype=np.float32)[None, :]
        included = ["documents", "metadatas", "distances"]
        found = await self._do(
            kind, model, "query", query_embeddings=asked, n_results=n, where=where, include=included
        )
        columns = (found[name][0] for name in ("ids", "documents", "metadatas", "distances"))
        return [
            Found(id_, document or "", dict(metadata or {}), 1.0 - float(distance))
            for id_, document, metadata, distance in zip(*columns, strict=True)
        ]

    async def get(self, kind: Kind, ids: Collection[str], model: str | None = None) -> dict[str, Found]:
        """Entries by id, those that are not there left out; `similarity` is 1."""
        found = await self._do(kind, model, "get", ids=list(ids), include=["documents", "metadatas"])
        columns = (found[name] for name in ("ids", "documents", "metadatas"))
        return {
            id_: Found(id_, document or "", dict(metadata or {}), 1.0)
            for id_, document, metadata in zip(*columns, strict=True)
        }

    async def ids(self, kind: Kind, where: Where | None = None, model: str | None = None) -> list[str]:
        """Of all entries, or those that `where` matches."""
        listed: list[str] = []
        while True:
            found = await self._do(
                kind, model, "get", where=where, include=[], limit=BATCH, offset=len(listed)
            )
            listed += found["ids"]
            if len(found["ids"]) < BATCH:
                return listed

    async def count(
        self, kind: Kind, call_ids: Collection[UUID | str] | None = None, model: str | None = None
    ) -> int:
        """Entries: of these calls (by their metadata `call_id`), or all."""
        if call_ids is None:
            return int(await self._do(kind, model, "count"))
        return sum([len(await self.ids(kind, among, model)) for among in _among(call_ids)])

    async def _pointer(self) -> dict[str, str]:
        async with self._request() as client:
            try:
                pointer = await client.get_collection(self._prefix + _POINTER, embedding_function=None)
            except NotFoundError:
                return {}
        return dict(pointer.metadata)

    def _of(self, model: str | None) -> str:
        chosen = model or self._model
        if chosen is None:
            raise ValueError("no embedding model was ensured, and none is named")
        return chosen

    def _name(self, kind: Kind, model: str) -> str:
        """Chroma's names hold letters, digits, dots, dashes; the hash tells apart what a shortened one does not."""
        readable = re.sub(r"[^a-zA-Z0-9]+", "-", model).strip("-")[:40]
        return f"{self._prefix}{kind}-{readable}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"

    @asynccontextmanager
    async def _request(self) -> AsyncIterator[Any]:
        """The client, with the time of the block bounded: its requests have no timeout of their own."""
        with away.reachable(STORE, is_away):
            async with asyncio.timeout(self._timeout_s):
                yield await self._connected()

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._client is None:
                self._client = await chromadb.AsyncHttpClient(
                    host=self._url.hostname or "",
                    port=self._url.port or (443 if self._url.scheme == "https" else 80),
                    ssl=self._url.scheme == "https",
                    # Without `ssl_verify` this client accepts any certificate.
                    settings=Settings(
                        _env_file=None, anonymized_telemetry=False, chroma_server_ssl_verify=True
                    ),
                )
            return self._client

    async def _create(self, name: str, metadata: dict[str, str]) -> Handle:
        async with self._request() as client:
            handle = await client.get_or_create_collection(
                name,
                metadata=metadata,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 100}},
            )
        self._handles[name] = handle
        return handle

    async def _do(self, kind: Kind, model: str | None, method: str, **arguments: Any) -> Any:
        """One request to a collection. A handle names it by a number of the server's: one made anew has another."""
        name = self._name(kind, self._of(model))
        for handle in (self._handles.get(name), None):
            collection = handle or await self._create(name, {"model": self._of(model), "kind": kind.value})
            try:
                async with self._request():
                    return await getattr(collection, method)(**arguments)
            except NotFoundError:
                if handle is None:
                    raise
        raise AssertionError("the second round ends in an answer or an error")


def is_away(error: BaseException) -> bool:
    """Whether `error` says that the server cannot be reached, rather than that it refused what was asked."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 502
    if isinstance(error, ValueError | RuntimeError):
        # Chroma's word for a refused connection, and httpx' for a pool that was closed: they have no type of their own.
        return "Could not connect" in str(error) or "client has been closed" in str(error)
    return isinstance(error, httpx.TransportError | OSError | TimeoutError | RateLimitError)


def flat(metadata: Metadata) -> dict[str, str | int | float | bool]:
    """Without what is None. TypeError names a value that Chroma could not filter on."""
    kept = {key: value for key, value in metadata.items() if value is not None}
    for key, value in kept.items():
        if not isinstance(value, str | int | float | bool):
            raise TypeError(
                f"metadata {key!r} is a {type(value).__name__}, not a string, number or truth value"
            )
    return {key: value.value if isinstance(value, StrEnum) else value for key, value in kept.items()}


def _among(call_ids: Collection[UUID | str]) -> Iterator[Where]:
    listed = [str(call_id) for call_id in call_ids]
    for start in range(0, len(listed), IDS_BATCH):
        yield {"call_id": {"$in": listed[start : start + IDS_BATCH]}}
