"""A language model may word the agent's own questions; late, wrong or down, it costs nothing but the scripted line.

What goes out: the phase's goal, the scripted line, and the prospect's latest words. Capitalised names inside a sentence
are placeholders in the line and blanks in the words; so are figures, also spelled out, addresses and links. A name that
begins a sentence, or that a transcriber left in lower case, is not known for one unless it follows "my name is".
What comes back may ask, and must say nothing new: no figure, no name, nothing of money, machines, law or certainty.
"""

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
_NUMBER = (
    r"zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundreds?|thousands?|millions?|grand|dozens?|doubled?|tripled?|half"
)
_FIGURE = re.compile(rf"\d[\d.,]*|[$€£%]|\b(?:{_NUMBER}|percent|dollars?|bucks)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<![.?!…]\s)(?<!^)\b[A-Z][a-z]+\b")
_PRIVATE = re.compile(
    rf"\S+@\S+|\bhttps?:\S+|\bwww\.\S+|\S+ at \S+ dot \w+|\+?\d(?:[\d\s(),.-]*\d)?|\b(?:{_NUMBER})\b|(?<=\bname is )\w+"
    rf"|(?<=\bname's )\w+",
    re.IGNORECASE,
)
_UNSPEAKABLE = re.compile(r"[\n{}<>*#_|\[\]@]|https?:|www\.|\.(?:com|net|org|io)\b| dot (?:com|net|org)\b")
# No question of ours is about these: whatever a model says of them states something in the agent's name.
_CLAIM = re.compile(
    r"""\b(robot|bot|ai|machine|automated|artificial|human|(real|actual|live)\ (person|voice|woman|man)
    |guarante\w*|promis\w*|for\ (sure|certain)|risk\w*|refund\w*|for\ free|free\ of\ charge|no\ cost|nothing\ to\ lose
    |you('ll|\ will|\ can|\ could)\ (\w+\ )?(earn|make|get)
    |record(ed|ing|s)?|consent\w*|legal\w*|laws?|unsubscribe\w*|opt(ed)?\ (in|out)
    |do[\ -]not[\ -]call|(the|our|your)\ list|(stop|never|not|won't)\ (be\ )?call\w*)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_MONEY = re.compile(
    r"\b(?:earn\w*|incomes?|money|pay|pays|paid|salary|wages?|profits?|rich)\b", re.IGNORECASE
)


class PhrasingError(Exception):
    """The model gave no usable line. `reason` is "late", "down" or "wrong"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LanguageModel(Protocol):
    async def complete(self, instruction: str, request: str, timeout: float) -> str:
        """The model's words, within `timeout` wall seconds. Raises PhrasingError."""
        ...

    async def close(self) -> None: ...


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


class NoModel:
    """Answers what was asked while a model was set: it is down."""

    async def complete(self, instruction: str, request: str, timeout: float) -> str:
        raise PhrasingError("down")

    async def close(self) -> None:
        return None


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
        event = ReceivedEvent.ours(f"phrased:{row.id}", phrased, self.clock.now(), row.call_id)
        await self.outbox.done(row.id, {"reason": phrased.reason}, event)
        self.decide(row.call_id)
        return None

    async def give_up(self, row: OutboxRow, error: str) -> None:
        """See `dispatcher.Sender`. The call says the scripted line when its deadline has passed."""
        await self.outbox.fail(row.id, error)

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
    """What the model is told; see the module on what is left out."""
    heard = _NAME.sub("…", _PRIVATE.sub("…", effect.last_words))
    scripted = effect.scripted
    for placeholder, name in _names(scripted).items():
        scripted = re.sub(rf"\b{name}\b", placeholder, scripted)
    return f"Goal: {effect.goal}\nThey just said: {heard or '(nothing)'}\nScripted line: {scripted}"


def usable(text: str, scripted: str) -> str:
    """The line, its names put back, if it may be said: speakable, not too long, a question where one was meant, and
    nothing in it that the scripted line does not have.

    Raises PhrasingError("wrong").
    """
    line = text.strip().strip('"').strip()
    names = _names(scripted)
    for placeholder, name in names.items():
        line = line.replace(placeholder, name)
    too_long = len(line.split()) > min(MOST_WORDS, 2 * len(scripted.split()) + 5)
    asks = line.endswith("?") or not scripted.rstrip().endswith("?")
    if not line or too_long or not asks or _UNSPEAKABLE.search(line) or _adds(line, scripted):
        raise PhrasingError("wrong")
    return line


def _names(scripted: str) -> dict[str, str]:
    """Placeholder to name, for the names in a line."""
    found = dict.fromkeys(_NAME.findall(scripted))
    return {f"NAME{n}": name for n, name in enumerate(found, 1)}


def _adds(line: str, scripted: str) -> bool:
    """Whether `line` claims anything, or has a figure, a name or a talk of money that the scripted line has not."""
    figures = _figures(line) - _figures(scripted)
    names = set(_NAME.findall(line)) - set(_NAME.findall(scripted))
    money = bool(_MONEY.search(line)) and not _MONEY.search(scripted)
    return bool(figures or names or money or _CLAIM.search(line))


def _figures(text: str) -> set[str]:
    return {figure.lower() for figure in _FIGURE.findall(text)}
