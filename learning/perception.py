"""Understands one utterance: what it wants, how it sounds, and the values in it.

It gives what reduce is told; what law demands to be certain is decided by the rules in call_flow, not here.
"""

from datetime import UTC, datetime

from call_flow.events import Perceived
from learning.embeddings import AsyncEmbedder
from learning.recogniser import OTHER, Recogniser, normalised
from learning.sentiment import sentiment
from learning.slots import extract

# Characters that are read on the event loop, of an utterance's end: over a minute of speech, and of a longer one the
# end is the answer. Sentiment and slots take quadratic time in it.
LONGEST = 1000


class Perceiver:
    """One for a process; any number of calls may be perceived at the same time."""

    def __init__(self, embedder: AsyncEmbedder, recogniser: Recogniser) -> None:
        """Loads lexicon and calendar, 0.3 s that no call should wait for."""
        self._embedder = embedder
        self._recogniser = recogniser
        sentiment("good")
        extract("march 3rd", datetime(2000, 1, 1, tzinfo=UTC), "UTC")

    async def perceive(self, text: str, now: datetime, timezone: str) -> Perceived:
        """`now` aware, `timezone` the lead's (IANA); about 5 ms, nearly all of it in the embedder's thread."""
        said = normalised(text)
        if not said:
            return Perceived(intent=OTHER)
        vector = (await self._embedder.encode([said]))[0]
        recognised = self._recogniser.recognise(vector)
        end = end_of(text)
        return Perceived(
            intent=recognised.intent,
            confidence=recognised.confidence,
            sentiment=sentiment(end),
            slots=extract(end, now, timezone),
        )


def end_of(text: str) -> str:
    """The last whole words of `text`, as many as are read."""
    return text if len(text) <= LONGEST else text[-LONGEST:].partition(" ")[2]
