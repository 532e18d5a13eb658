"""What was said, one document a call, and what its outcome was: written by many at once, in any order, repeatedly.

A write must never lose a segment that is already filed, and never let an older analysis replace a newer one.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Self, TypeVar
from uuid import UUID

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING, TEXT, AsyncMongoClient, IndexModel, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    WaitQueueTimeoutError,
)
from pymongo.write_concern import WriteConcern

from call_flow.record import Segment
from storage import away
from storage.conversation import ConversationDocument, OutcomeDocument, segment_entry, segment_of

STORE = "mongo"
DATABASE = "voicelearn"
TIMEOUT_S = 5.0
Document = dict[str, Any]
Answer = TypeVar("Answer")

# Shutting down, interrupted by it, no longer primary.
_AWAY_CODES = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})
_AWAY = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError)
_NAMESPACE_EXISTS = 48
_FAILED_VALIDATION = 121

_CONVERSATION_INDEXES = (
    IndexModel([("call_id", ASCENDING)], name="call", unique=True),
    IndexModel([("lead_id", ASCENDING), ("metadata.started_at", DESCENDING)], name="lead"),
    IndexModel([("metadata.started_at", DESCENDING)], name="started"),
    IndexModel([("outcome.final_status", ASCENDING), ("metadata.started_at", DESCENDING)], name="status"),
    IndexModel([("engagement.final", DESCENDING)], name="score"),
    IndexModel([("key_phrases.phrase", ASCENDING)], name="phrase"),
    # Of learned calls alone: a live call's every word would otherwise index its whole transcript anew.
    IndexModel(
        [("transcript.text", TEXT), ("key_phrases.phrase", TEXT)],
        name="words",
        default_language="english",
        partialFilterExpression={"revision": {"$gt": 0}},
    ),
)
_OUTCOME_INDEXES = (
    IndexModel([("call_id", ASCENDING)], name="call", unique=True),
    IndexModel([("outcome", ASCENDING), ("at", DESCENDING)], name="outcome"),
    IndexModel([("segment", ASCENDING), ("outcome", ASCENDING)], name="segment"),
    IndexModel([("factors.name", ASCENDING)], name="factor"),
)


def is_away(error: BaseException) -> bool:
    """Whether `error` says that the server cannot be reached, rather than that it refused what was asked."""
    return isinstance(error, _AWAY) or (isinstance(error, OperationFailure) and error.code in _AWAY_CODES)


class SchemaRefused(ValueError):
    """A document is not of its schema. The message names fields, never what they hold: that is personal."""


@contextmanager
def reachable() -> Iterator[None]:
    """Turns the driver's connection errors into `StoreAway`, and the validator's into `SchemaRefused`."""
    try:
        with away.reachable(STORE, is_away):
            yield
    except OperationFailure as error:
        if error.code == _FAILED_VALIDATION:
            raise SchemaRefused(_refusal(error.details or {})) from None
        raise


def _refusal(details: Mapping[str, Any]) -> str:
    """The server's account of a failed validation, without the values that it quotes."""
    info = details.get("errInfo", {})
    fields = sorted(set(_fields(info.get("details", {}))))
    return f"document {info.get('failingDocumentId', '')}: refused by the schema at {', '.join(fields)}"


def _fields(account: Any, above: str = "") -> Iterator[str]:
    if isinstance(account, list):
        for part in account:
            yield from _fields(part, above)
    elif isinstance(account, dict):
        here = ".".join(filter(None, (above, account.get("propertyName"))))
        for name in ("missingProperties", "additionalProperties"):
            listed = account.get(name)
            yield from (
                f"{here}.{field}".lstrip(".") for field in (listed if isinstance(listed, list) else ())
            )
        inner = [
            part for key, part in account.items() if key != "specifiedAs" and isinstance(part, list | dict)
        ]
        if "propertyName" in account and not any("propertyName" in str(part) for part in inner):
            yield here
        yield from _fields(inner, here)


class Conversations:
    """The collections `conversations` and `outcomes`. Every method may raise `StoreAway`."""

    def __init__(self, client: AsyncMongoClient[Document], database: str) -> None:
        self._client = client
        options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
        durable = WriteConcern(w="majority", j=True)
        self._database = client.get_database(database, codec_options=options, write_concern=durable)
        self._calls: AsyncCollection[Document] = self._database["conversations"]
        self._outcomes: AsyncCollection[Document] = self._database["outcomes"]

    @classmethod
    def open(cls, url: str, database: str | None = None, timeout_s: float = TIMEOUT_S) -> Self:
        """Connects when first used. `database` replaces the URL's own; `timeout_s` bounds every call."""
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            appname="voicelearn",
            serverSelectionTimeoutMS=int(min(timeout_s, 2.0) * 1000),
            connectTimeoutMS=2000,
            timeoutMS=int(timeout_s * 1000),
            tz_aware=True,
            uuidRepresentation="standard",
        )
        return cls(client, database or client.get_default_database(DATABASE).name)

    async def close(self) -> None:
        await self._client.close()

    async def ping(self) -> None:
        with reachable():
            await self._client.admin.command("ping")

    async def ensure_schema(self) -> None:
        """Collections, validators and indexes; a repeat changes nothing, a changed validator replaces the old one."""
        with reachable():
            await self._ensure(self._calls, _CONVERSATION_INDEXES)
            await self._ensure(self._outcomes, _OUTCOME_INDEXES)

    async def _ensure(self, collection: AsyncCollection[Document], indexes: Sequence[IndexModel]) -> None:
        validator = {"$jsonSchema": validator_of(collection.name)}
        try:
            await self._database.create_collection(collection.name, validator=validator, check_exists=False)
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise
            await self._database.command("collMod", collection.name, validator=validator)
        await collection.create_indexes(list(indexes))

    async def file_segment(self, call_id: UUID | str, segment: Segment, *, at: datetime) -> None:
        """Files a segment in its place; the same `seq` again replaces it. `at` is business time."""
        key = str(call_id)
        entry = {"$literal": segment_entry(segment)}
        others = _without("$transcript", [segment.seq])
        change = {
            "call_id": key,
            "revision": {"$ifNull": ["$revision", 0]},
            "transcript": _in_order([others, [entry]]),
            "updated_at": at,
        }
        with reachable():
            await _once_more(lambda: self._calls.update_one({"_id": key}, [{"$set": change}], upsert=True))

    async def file_call(self, document: ConversationDocument, revision: int, *, at: datetime) -> bool:
        """Replaces the whole document; False where a higher revision is there already and stays.

        Segments that `document` lacks are kept either way. `revision` from 1; `at` is business time. Raises
        SchemaRefused where the document is not of the schema.
        """
        mine, theirs = document["transcript"], "$transcript"
        listed = [segment["seq"] for segment in mine]
        newer = [{"$literal": mine}, _without(theirs, listed)]
        older = [_or_none(theirs), _without({"$literal": mine}, {"$ifNull": ["$transcript.seq", []]})]
        return await self._file(self._calls, dict(document), revision, at, newer, older)

    async def file_outcome(self, document: OutcomeDocument, revision: int, *, at: datetime) -> bool:
        """Sets a call's outcome; False where a higher revision is there already and stays."""
        return await self._file(self._outcomes, dict(document), revision, at)

    async def _file(
        self,
        collection: AsyncCollection[Document],
        document: Document,
        revision: int,
        at: datetime,
        newer: list[Any] | None = None,
        older: list[Any] | None = None,
    ) -> bool:
        key = str(document["call_id"])
        whole = {**document, "_id": key, "revision": revision, "updated_at": at}
        replaced = {"$mergeObjects": [{"$literal": whole}, _transcript(newer)]}
        kept = {"$mergeObjects": ["$$ROOT", _transcript(older)]}
        higher = {"$gt": [{"$ifNull": ["$revision", 0]}, revision]}
        change = [{"$replaceWith": {"$cond": [higher, kept, replaced]}}]
        with reachable():
            after = await _once_more(
                lambda: collection.find_one_and_update(
                    {"_id": key}, change, {"revision": 1}, upsert=True, return_document=ReturnDocument.AFTER
                )
            )
        return after is not None and int(after["revision"]) == revision

    async def get(self, call_id: UUID | str) -> Document | None:
        """The document, of the shape of `ConversationDocument` once its revision is above 0, or None."""
        with reachable():
            return await self._calls.find_one({"_id": str(call_id)})

    async def outcome(self, call_id: UUID | str) -> Document | None:
        with reachable():
            return await self._outcomes.find_one({"_id": str(call_id)})

    async def transcript(self, call_id: UUID | str) -> list[Segment]:
        """By `seq`; empty for a call of which nothing was filed."""
        with reachable():
            found = await self._calls.find_one({"_id": str(call_id)}, {"transcript": 1})
        return [segment_of(entry) for entry in found["transcript"]] if found else []

    async def count(self, call_ids: Collection[UUID | str] | None = None) -> int:
        """Calls of which something is filed: of these, or all."""
        with reachable():
            return await self._calls.count_documents(_among(call_ids))

    async def revisions(self, call_ids: Collection[UUID | str] | None = None) -> dict[str, int]:
        """Call id → the revision that was learned, 0 for a transcript alone; calls that are not there are left out."""
        with reachable():
            found = self._calls.find(_among(call_ids), {"revision": 1})
            return {document["_id"]: document["revision"] async for document in found}


def validator_of(collection: str) -> Document:
    """The `$jsonSchema` of a collection, as it is in `schemas/`."""
    schema: Document = json.loads(
        files("storage").joinpath(f"schemas/{collection}.json").read_text(encoding="utf-8")
    )
    return schema


async def _once_more(write: Callable[[], Awaitable[Answer]]) -> Answer:
    """Two first writers of one document: the server may refuse one of them, who then finds it there."""
    try:
        return await write()
    except DuplicateKeyError:
        return await write()


def _among(call_ids: Collection[UUID | str] | None) -> Document:
    return {} if call_ids is None else {"_id": {"$in": [str(call_id) for call_id in call_ids]}}


def _or_none(segments: Any) -> Document:
    return {"$ifNull": [segments, []]}


def _without(segments: Any, seqs: Any) -> Document:
    """An expression: the segments whose number is none of `seqs`."""
    absent = {"$not": [{"$in": ["$$this.seq", seqs]}]}
    return {"$filter": {"input": _or_none(segments), "as": "this", "cond": absent}}


def _in_order(parts: list[Any]) -> Document:
    return {"$sortArray": {"input": {"$concatArrays": parts}, "sortBy": {"seq": 1}}}


def _transcript(parts: list[Any] | None) -> Document:
    return {} if parts is None else {"transcript": _in_order(parts)}
