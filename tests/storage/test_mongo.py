"""Transcripts and outcomes on a real MongoDB: any order, any number of times; the newest analysis wins."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from call_flow.record import Segment
from storage.away import StoreAway
from storage.conversation import segment_entry
from storage.embedded.stack import Stack
from storage.mongo import Conversations, SchemaRefused
from storage.urls import StoreUrls
from tests.storage.documents import AT, a_conversation, a_segment, an_outcome


@pytest.fixture(scope="module")
async def conversations(urls: StoreUrls) -> AsyncIterator[Conversations]:
    """A database of this module's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    opened = Conversations.open(urls.mongo, name)
    await opened.ensure_schema()
    yield opened
    await opened.close()
    async with AsyncMongoClient[dict[str, Any]](urls.mongo) as client:
        await client.drop_database(name)


@pytest.fixture
def call_id() -> str:
    return str(uuid.uuid4())


async def _seqs(conversations: Conversations, call_id: str) -> list[int]:
    return [segment.seq for segment in await conversations.transcript(call_id)]


async def test_a_segment_begins_the_document(conversations: Conversations, call_id: str) -> None:
    segment = a_segment(
        1, confidence=0.9, sentiment=-0.2, engagement=44.0, intent="affirm", strategy="opening.story"
    )
    await conversations.file_segment(uuid.UUID(call_id), segment, at=AT)
    assert await conversations.transcript(call_id) == [segment]
    document = await conversations.get(call_id)
    assert document is not None
    assert (document["revision"], document["updated_at"]) == (0, AT)


async def test_segments_in_any_order_and_repeated_are_filed_once_in_order(
    conversations: Conversations, call_id: str
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    deliveries = [seq for seq in range(1, 21) for _ in range(3)]
    random.Random(seed).shuffle(deliveries)
    await asyncio.gather(*(conversations.file_segment(call_id, a_segment(seq), at=AT) for seq in deliveries))
    assert await _seqs(conversations, call_id) == list(range(1, 21))


async def test_the_same_number_again_replaces_the_segment(conversations: Conversations, call_id: str) -> None:
    for text in ("I want", "I want a side income"):
        await conversations.file_segment(call_id, a_segment(2, text), at=AT)
    assert [segment.text for segment in await conversations.transcript(call_id)] == ["I want a side income"]


@pytest.mark.parametrize("text", ["$4000 a month", "$$ROOT", "{$set: 1}", "", "naïve 🙂 \u2028", "a\x00b"])
async def test_words_are_never_taken_for_an_expression(
    conversations: Conversations, call_id: str, text: str
) -> None:
    await conversations.file_segment(call_id, a_segment(1, text), at=AT)
    await conversations.file_call(a_conversation(call_id, a_segment(2, text)), 1, at=AT)
    assert [segment.text for segment in await conversations.transcript(call_id)] == [text, text]


async def test_a_whole_call_keeps_the_segments_it_lacks(conversations: Conversations, call_id: str) -> None:
    for seq in (1, 2, 3):
        await conversations.file_segment(call_id, a_segment(seq, "as heard"), at=AT)
    learned = a_conversation(call_id, a_segment(1, "as learned"), a_segment(2, "as learned"))
    assert await conversations.file_call(learned, 1, at=AT)
    texts = [segment.text for segment in await conversations.transcript(call_id)]
    assert texts == ["as learned", "as learned", "as heard"]


async def test_words_after_the_call_was_learned_join_its_transcript(
    conversations: Conversations, call_id: str
) -> None:
    await conversations.file_call(a_conversation(call_id, a_segment(1), a_segment(3)), 1, at=AT)
    await conversations.file_segment(call_id, a_segment(2), at=AT)
    assert await _seqs(conversations, call_id) == [1, 2, 3]
    document = await conversations.get(call_id)
    assert document is not None
    assert document["outcome"]["final_status"] == "hot_transfer"


async def test_a_lower_revision_never_wins_and_loses_no_segment(
    conversations: Conversations, call_id: str
) -> None:
    newer = a_conversation(call_id, a_segment(1, "new"), a_segment(2, "new"), audio_ids=["second"])
    older = a_conversation(call_id, a_segment(1, "old"), a_segment(3, "old"), audio_ids=["first"])
    assert await conversations.file_call(newer, 2, at=AT)
    assert not await conversations.file_call(older, 1, at=AT)
    document = await conversations.get(call_id)
    assert document is not None
    assert (document["revision"], document["audio_ids"]) == (2, ["second"])
    assert [entry["text"] for entry in document["transcript"]] == ["new", "new", "old"]


async def test_every_order_of_segments_and_revisions_ends_alike(conversations: Conversations) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    ends = []
    for n in range(6):
        call_id = str(uuid.uuid4())
        writes: list[Any] = [
            conversations.file_segment(call_id, a_segment(seq), at=AT) for seq in range(1, 7)
        ]
        for revision in (1, 2, 3):
            whole = a_conversation(
                call_id, *map(a_segment, range(1, 3 + revision)), audio_ids=[str(revision)]
            )
            writes += [conversations.file_call(whole, revision, at=AT) for _ in range(2)]
        random.Random(seed + n).shuffle(writes)
        await asyncio.gather(*writes)
        document = await conversations.get(call_id)
        assert document is not None
        ends.append({key: value for key, value in document.items() if key not in ("_id", "call_id")})
    assert all(end == ends[0] for end in ends)
    assert (ends[0]["revision"], len(ends[0]["transcript"])) == (3, 6)


async def test_a_whole_call_without_any_segment_filed_before(
    conversations: Conversations, call_id: str
) -> None:
    document = a_conversation(call_id, a_segment(1), a_segment(2))
    for _ in range(2):
        assert await conversations.file_call(document, 1, at=AT)
    stored = await conversations.get(call_id)
    assert stored == {**document, "_id": call_id, "revision": 1, "updated_at": AT}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"segment": None}, "segment"),
        ({"outcome": {"final_status": "won"}}, "outcome.final_status"),
        ({"outcome": {"final_status": "failed"}}, "outcome.qualified"),
        (
            {"key_phrases": [{"phrase": "my secret", "frequency": 0, "sentiment": 0.0, "context": ""}]},
            "key_phrases.frequency",
        ),
        ({"unheard_of": 1}, "unheard_of"),
        ({"transcript": [{**segment_entry(a_segment(1)), "engagement": 140.0}]}, "transcript.engagement"),
        ({"transcript": [{**segment_entry(a_segment(1)), "speaker": "my secret"}]}, "transcript.speaker"),
        ({"transcript": [{**segment_entry(a_segment(1)), "seq": 0}]}, "transcript.seq"),
    ],
)
async def test_the_validator_refuses_what_is_no_conversation_and_quotes_nothing(
    conversations: Conversations, call_id: str, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(SchemaRefused, match=field) as refused:
        await conversations.file_call(a_conversation(call_id, **changes), 1, at=AT)
    assert call_id in str(refused.value)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert await conversations.get(call_id) is None


async def test_an_outcome_is_replaced_by_a_later_revision_alone(
    conversations: Conversations, call_id: str
) -> None:
    assert await conversations.file_outcome(an_outcome(call_id), 2, at=AT)
    assert not await conversations.file_outcome(an_outcome(call_id, outcome="callback"), 1, at=AT)
    assert await conversations.file_outcome(an_outcome(call_id, outcome="qualified"), 2, at=AT)
    stored = await conversations.outcome(call_id)
    assert stored is not None
    assert (stored["outcome"], stored["revision"]) == ("qualified", 2)


async def test_counting_and_revisions(conversations: Conversations, call_id: str) -> None:
    other, absent = str(uuid.uuid4()), str(uuid.uuid4())
    await conversations.file_segment(call_id, a_segment(2), at=AT)
    await conversations.file_call(a_conversation(other, a_segment(1)), 4, at=AT)
    assert await conversations.count([call_id, other, absent]) == 2
    assert await conversations.count() >= 2
    assert await conversations.revisions([call_id, other, absent]) == {call_id: 0, other: 4}


async def test_the_schema_may_be_ensured_again_and_its_indexes_are_used(
    conversations: Conversations, urls: StoreUrls
) -> None:
    await asyncio.gather(*(conversations.ensure_schema() for _ in range(3)))
    for filter_, index in (
        ({"outcome.final_status": "hot_transfer"}, "status"),
        ({"lead_id": "x"}, "lead"),
        ({"metadata.started_at": {"$gt": AT}}, "started"),
        ({"engagement.final": {"$gt": 80}}, "score"),
        ({"key_phrases.phrase": "side income"}, "phrase"),
        ({"call_id": "x"}, "call"),
    ):
        plan = await conversations._calls.find(filter_).explain()
        assert f"'indexName': '{index}'" in str(plan["queryPlanner"]["winningPlan"])


async def test_away_is_said_in_time_and_over_when_it_is_back(
    urls: StoreUrls, stack: Stack, call_id: str
) -> None:
    conversations = Conversations.open(urls.mongo, "test_away", timeout_s=1.0)
    segment: Segment = a_segment(1)
    await conversations.file_segment(call_id, segment, at=AT)
    try:
        await asyncio.to_thread(stack.pause, "mongo")
        try:
            async with asyncio.timeout(4):
                with pytest.raises(StoreAway, match="mongo cannot be reached") as away:
                    await conversations.file_segment(call_id, a_segment(2), at=AT)
            assert away.value.store == "mongo"
        finally:
            await asyncio.to_thread(stack.resume, "mongo")
        await conversations.file_segment(call_id, a_segment(2), at=AT)
        assert await _seqs(conversations, call_id) == [1, 2]
    finally:
        await conversations._client.drop_database("test_away")
        await conversations.close()
