"""One utterance, understood whole: intent, sentiment and slots, without blocking the event loop."""

import asyncio
from datetime import UTC, datetime

import pytest

from call_flow.events import Perceived
from call_flow.slots import Slots
from learning.embeddings import AsyncEmbedder, Embedder
from learning.perception import Perceiver
from learning.recogniser import Recogniser

NOW = datetime(2026, 3, 4, 19, 20, tzinfo=UTC)  # a Wednesday, 14:20 in New York
EXAMPLES = [
    ("call me later", "callback"),
    ("can you call back tomorrow", "callback"),
    ("try me again in the evening", "callback"),
    ("I make three thousand a month", "give_income"),
    ("about forty thousand a year", "give_income"),
    ("twenty dollars an hour", "give_income"),
    ("this is wonderful", "buying_signal"),
    ("how do I start", "buying_signal"),
    ("let's do it", "buying_signal"),
]


@pytest.fixture(scope="module")
def recogniser(embedder: Embedder) -> Recogniser:
    return Recogniser.fit(EXAMPLES, embedder)


async def test_intent_sentiment_and_slots_together(embedder: Embedder, recogniser: Recogniser) -> None:
    asynchronous = AsyncEmbedder(embedder)
    perceiver = Perceiver(asynchronous, recogniser)
    later = await perceiver.perceive("Great, call me back tomorrow at 3!", NOW, "America/New_York")
    assert later.intent == "callback"
    assert later.confidence > 0.3
    assert later.sentiment > 0.4
    assert later.slots == Slots(callback_at=datetime(2026, 3, 5, 20, 0, tzinfo=UTC))
    income = await perceiver.perceive("I make around twenty five hundred a month.", NOW, "America/New_York")
    assert (income.intent, income.slots.income) == ("give_income", "2500/month")
    await asynchronous.close()


async def test_strange_words_are_other(embedder: Embedder, recogniser: Recogniser) -> None:
    asynchronous = AsyncEmbedder(embedder)
    perceiver = Perceiver(asynchronous, recogniser)
    assert (await perceiver.perceive("the cat climbed a purple oak tree", NOW, "UTC")).intent == "other"
    for nothing in ("", "  ", "...", "?!"):
        assert await perceiver.perceive(nothing, NOW, "UTC") == Perceived(intent="other")
    await asynchronous.close()


async def test_many_calls_at_once_agree_with_one_at_a_time(
    embedder: Embedder, recogniser: Recogniser
) -> None:
    asynchronous = AsyncEmbedder(embedder)
    perceiver = Perceiver(asynchronous, recogniser)
    texts = [f"call me in {minutes} minutes" for minutes in range(10, 40)]
    together = await asyncio.gather(*(perceiver.perceive(text, NOW, "UTC") for text in texts))
    await asynchronous.close()
    single = AsyncEmbedder(embedder, cached_texts=0)
    for text, perceived in zip(texts, together, strict=True):
        alone = await Perceiver(single, recogniser).perceive(text, NOW, "UTC")
        assert (alone.intent, alone.slots, alone.sentiment) == (
            perceived.intent,
            perceived.slots,
            perceived.sentiment,
        )
        assert alone.confidence == pytest.approx(perceived.confidence, abs=1e-4)
    await single.close()
