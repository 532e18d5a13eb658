"""Pieces of transcript on their way into a real MongoDB."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

import pytest

from call_flow.effects import FileSegment
from call_flow.phases import Phase
from call_flow.record import Segment
from server.clock import Clock
from server.dispatcher import Dispatcher
from server.filing import Filer
from storage.mongo import Conversations
from storage.outbox import Outbox
from storage.postgres import Pool
from storage.urls import StoreUrls
from tests.storage.events import NOW, decide_next, new_call


@pytest.fixture
async def conversations(urls: StoreUrls) -> AsyncIterator[Conversations]:
    opened = Conversations.open(urls.mongo, f"test_{uuid.uuid4().hex[:12]}")
    await opened.ensure_schema()
    yield opened
    await opened.close()


def said(seq: int, **changes: object) -> FileSegment:
    values = {"speaker": "prospect", "text": f"words {seq}", "at": NOW, "phase": Phase.GREETING}
    return FileSegment(segment=Segment(seq=seq, **(values | changes)))  # type: ignore[arg-type]


async def settled(outbox: Outbox, call_id: uuid.UUID) -> list[str]:
    """The rows' statuses in order, once none of them is pending."""
    async with asyncio.timeout(10):
        while True:
            statuses = [entry.status for entry in await outbox.of_call(call_id)]
            if "pending" not in statuses:
                return list(statuses)
            await asyncio.sleep(0.01)


async def test_piece_that_the_schema_refuses_holds_up_no_other(
    pool: Pool, conversations: Conversations, caplog: pytest.LogCaptureFixture
) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    filer = Filer(conversations, outbox, Clock(time.time(), NOW, 1.0), "one")
    dispatcher = Dispatcher(outbox, {"mongo": filer}, "one")
    pieces = [said(1), said(2, confidence=95.0), said(3)]

    dispatcher.take(await decide_next(pool, call_id, pieces, owner="one"), call_id)
    statuses = await settled(outbox, call_id)
    await dispatcher.close()

    assert [piece.seq for piece in await conversations.transcript(call_id)] == [1, 3]
    assert statuses == ["done", "failed", "done"]
    assert "words 2" not in caplog.text
    assert "confidence" in caplog.text
