"""A language model may word the agent's own questions. It is told a goal, the scripted line and the last words,
without
figures or addresses; it is late, wrong or down at no cost but the scripted line."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import httpx

from call_flow.effects import AskPhrasing
from call_flow.events import Phrased
from server.clock import Clock
from storage.inbox import ReceivedEvent
from storage.outbox import Outbox, OutboxRow

LEASE_S = 15.0
MOST_WORDS = 60
INSTRUCTION = (
    "You word one line of a phone call for an AI voice that has said so. Keep the meaning and the question of the "
    "scripted line, at most as long, natural and plain. No promises, no figures, nothing new. Answer with the line "
    "alone."
)
_PRIVATE = re.compile(r"\S+@\S+|\+?\d[\d\s().-]*")
_UNSPEAKABLE = re.compile(r"[\n{}<>*#_|]|https?:")
_FIGURE = re.compile(r"[\d$%]")


class PhrasingError(Exception):
    """The model gave no usable line. `reason` is "late", "down" or "wrong"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LanguageModel(Protocol):
    async def complete(self, instruction: str, request: str, timeout: float) -> str:
        """The model's words, within `timeout` wall seconds. Raises PhrasingError."""
        ...


class OpenAiCompatible:
    """Any endpoint that answers `POST {url}/chat/completions` as OpenAI's does."""

    def __init__(self, url: str, model: str, api_key: str = "") -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._model = model
        self._client = httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers)

    async def close(self) -> None:
        await self._client.aclose()

    async def complete(self, instruction: str, request: str, timeout: float) -> str:
        messages = [{"role": "system", "content": instruction}, {"role": "user", "content": request}]
        body = {"model": self._model, "messages": messages, "max_tokens": 120, "temperature": 0.7}
        try:
            async with asyncio.timeout(timeout):
                response = await self._client.post("/chat/completions", json=body, timeout=timeout)
            response.raise_for_status()
            return str(response.json()["choices"][0]["message"]["content"])
        except (TimeoutError, httpx.TimeoutException):
            raise PhrasingError("late") from None
        except httpx.HTTPError:
            raise PhrasingError("down") from None
        except (ValueError, LookupError, TypeError):
            raise PhrasingError("wrong") from None


@dataclass(frozen=True)
class Phraser:
    """See `dispatcher.Sender`: asks the model once, and tells the call what came of it."""

    model: LanguageModel
    outbox: Outbox
    clock: Clock
    owner: str
    decide: Callable[[UUID], None]

    async def send(self, row: OutboxRow) -> float | None:
        effect = AskPhrasing.model_validate(row.body)
        if not await self.outbox.mark_sending(row.id, self.clock.now(), self.owner, LEASE_S):
            return None
        phrased = await self._phrased(effect)
        now = self.clock.now()
        event = ReceivedEvent(
            event_id=f"phrased:{row.id}",
            source="ours",
            event_type=phrased.kind,
            body=phrased.model_dump(mode="json"),
            occurred_at=now,
            received_at=now,
            call_id=row.call_id,
        )
        await self.outbox.done(row.id, {"reason": phrased.reason}, event)
        self.decide(row.call_id)
        return None

    async def _phrased(self, effect: AskPhrasing) -> Phrased:
        left = self.clock.wall_until(effect.deadline)
        try:
            if left <= 0:
                raise PhrasingError("late")
            text = await self.model.complete(INSTRUCTION, request_for(effect), left)
            return Phrased(line=effect.line, text=usable(text, effect.scripted))
        except PhrasingError as error:
            return Phrased(line=effect.line, text=None, reason=error.reason)


def request_for(effect: AskPhrasing) -> str:
    """What the model is told: numbers and addresses in the prospect's words are blanked."""
    heard = _PRIVATE.sub("…", effect.last_words)
    return f"Goal: {effect.goal}\nThey just said: {heard or '(nothing)'}\nScripted line: {effect.scripted}"


def usable(text: str, scripted: str) -> str:
    """The line if it may be said: speakable, no longer than it should be, a question where one was meant, no
    new figures.

    Raises PhrasingError("wrong").
    """
    line = text.strip().strip('"').strip()
    too_long = len(line.split()) > min(MOST_WORDS, 2 * len(scripted.split()) + 5)
    asks = line.endswith("?") or not scripted.rstrip().endswith("?")
    new_figures = bool(_FIGURE.search(line)) and not _FIGURE.search(scripted)
    if not line or too_long or not asks or new_figures or _UNSPEAKABLE.search(line):
        raise PhrasingError("wrong")
    return line
