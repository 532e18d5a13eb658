"""A language model that is good, slow, wrong or down: a real server on loopback each time."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from call_flow.effects import AskPhrasing
from server.clock import Clock
from server.phrasing import OpenAiCompatible, Phraser, PhrasingError, request_for, usable
from storage.outbox import Outbox, OutboxEntry
from storage.postgres import Pool
from tests.call_flow.script import START
from tests.server.deciding import SETTINGS, Process, answered, heard, initiated, ours

SCRIPTED = "How many hours a week could you set aside for it?"
ASKED = AskPhrasing(
    key="phrase:7",
    line=7,
    goal="Learn how many hours a week they can give.",
    scripted=SCRIPTED,
    last_words="call me on 312 555 0123 or at dana@example.com, I have some time",
    deadline=START,
)
Answer = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Starlette(routes=[Route("/v1/chat/completions", answer, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            await task


def says(text: object) -> Answer:
    async def answer(request: Request) -> Response:
        return JSONResponse({"choices": [{"message": {"role": "assistant", "content": text}}]})

    return answer


async def complete(answer: Answer, timeout: float = 2.0) -> str:
    async with serving(answer) as url:
        model = OpenAiCompatible(url, "any")
        try:
            return usable(await model.complete("", request_for(ASKED), timeout), SCRIPTED)
        finally:
            await model.close()


async def test_a_good_line_is_taken_without_its_quotes() -> None:
    assert (
        await complete(says('"About how many hours a week do you have?"'))
        == "About how many hours a week do you have?"
    )


async def test_a_slow_model_is_late() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(1.0)
        return Response()

    with pytest.raises(PhrasingError, match="late"):
        await complete(slow, timeout=0.2)


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_model_that_refuses_is_down(status: int) -> None:
    async def refuse(request: Request) -> Response:
        return JSONResponse({"error": "no"}, status)

    with pytest.raises(PhrasingError, match="down"):
        await complete(refuse)


async def test_a_model_that_is_not_there_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    model = OpenAiCompatible(f"http://127.0.0.1:{port}/v1", "any")
    with pytest.raises(PhrasingError, match="down"):
        await model.complete("", "", 1.0)
    await model.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "You will earn $5000 a month, how many hours?",
        "Tell me your hours.",
        "Sure! Here is a line:\nHow many hours?",
        "**How many hours?**",
        "How many hours " + "and hours " * 40 + "?",
    ],
)
async def test_a_wrong_line_is_not_said(text: str) -> None:
    with pytest.raises(PhrasingError, match="wrong"):
        await complete(says(text))


HOURS, TIMES = SCRIPTED, "Would it be five hours a week, or ten, or more?"
INCOME = "About how much do you earn in a month today?"
CLOSER = "Would you like to talk with Kevin now?"


@pytest.mark.parametrize(
    ("text", "scripted"),
    [
        ("Roughly how many hours could you spare in a week?", HOURS),
        ("And what about your time, how many hours a week would you have?", HOURS),
        ("Is it more like ten hours a week, or five?", TIMES),
        ("What do you earn in a month at the moment, roughly?", INCOME),
        ("Shall I get Kevin for you now?", CLOSER),
        ("Shall I get NAME1 for you now?", CLOSER),
    ],
)
def test_a_question_in_other_words_is_said(text: str, scripted: str) -> None:
    assert usable(text, scripted) == text.replace("NAME1", "Kevin")


@pytest.mark.parametrize(
    ("text", "scripted"),
    [
        ("It brings five thousand dollars a month for sure, how many hours?", HOURS),
        ("How many hours, ten or twenty?", HOURS),
        ("Half of them give fifteen. How many hours could you?", HOURS),
        ("Would it be five thousand, or ten?", TIMES),
        ("Would it be 5 hours a week, or 40?", TIMES),
        ("Ten percent do it in five hours, would you?", TIMES),
        ("No, I am a real person. How many hours do you have?", HOURS),
        ("I am human, I know the feeling. How many hours?", HOURS),
        ("I'm not a robot. How many hours?", HOURS),
        ("No AI here! How many hours could you give?", HOURS),
        ("It works, I promise. How many hours?", HOURS),
        ("Success is guaranteed, so how many hours?", HOURS),
        ("It is risk-free. How many hours could you give?", HOURS),
        ("That pays well. How many hours could you give?", HOURS),
        ("You will earn more with us. How much do you earn today?", INCOME),
        ("You could easily make much more. What do you earn now?", INCOME),
        ("This call is not recorded. How many hours?", HOURS),
        ("You cannot opt out of it. How many hours?", HOURS),
        ("You are off our list. How many hours?", HOURS),
        ("We will never call again. How many hours?", HOURS),
        ("It is all legal. How many hours could you give?", HOURS),
        ("Write to ava@example.com. How many hours?", HOURS),
        ("See www.example.com first. How many hours?", HOURS),
        ("See example dot com first. How many hours?", HOURS),
        ("Call 212 555 0100 later. How many hours?", HOURS),
        ("Would you like to talk with Maria now?", CLOSER),
        ("Shall I get NAME2 for you now?", CLOSER),
        ("Shall I get [NAME] for you now?", CLOSER),
    ],
)
def test_a_line_that_states_anything_is_not_said(text: str, scripted: str) -> None:
    with pytest.raises(PhrasingError, match="wrong"):
        usable(text, scripted)


async def test_an_answer_of_another_form_is_wrong() -> None:
    async def other(request: Request) -> Response:
        return JSONResponse({"text": "hello"})

    with pytest.raises(PhrasingError, match="wrong"):
        await complete(other)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("call me on 312 555 0123 or at dana@example.com, I have time", "call me on … or at … I have time"),
        ("three one two five five five, my name is dana", "… one … … … …, my name is …"),
        ("write to dana at example dot com", "write to …"),
        ("I make five thousand, my wife Maria makes $2,000", "I make … …, my wife … makes $…"),
        ("I have some time.", "I have some time."),
    ],
)
def test_what_is_private_in_the_words_is_not_told(said: str, told: str) -> None:
    asked = ASKED.model_copy(update={"last_words": said})
    assert f"They just said: {told}\n" in request_for(asked)


def test_names_in_the_line_are_not_told() -> None:
    told = request_for(ASKED.model_copy(update={"scripted": CLOSER}))
    assert "Scripted line: Would you like to talk with NAME1 now?" in told
    assert "Kevin" not in told


class Asking:
    """A call twenty seconds old that wants its second question worded."""

    def __init__(self, pool: Pool) -> None:
        self.process, self.outbox, self.decided = Process(pool), Outbox(pool), list[UUID]()
        self.call_id, self.clock = UUID(int=0), self.process.clock

    async def begin(self, deadline: float) -> "Asking":
        settings = SETTINGS.model_copy(update={"phrasing": True, "phrasing_deadline": deadline})
        self.call_id = await self.process.place(settings=settings)
        opening: list[tuple[float, dict[str, object]]] = [
            (1, initiated()),
            (6, answered()),
            (8, {"kind": "amd.detected", "leg": "prospect", "result": "human"}),
            (9, {"kind": "speak.started", "leg": "prospect", "line": 1}),
            (18, {"kind": "speak.ended", "leg": "prospect", "line": 1}),
            (20, heard("yes")),
        ]
        now = self.process.clock.now()
        for seconds, body in opening:
            await self.process.inbox.receive(ours(self.call_id, body, now + timedelta(seconds=seconds)))
        await self.decide(1 + len(opening))
        self.clock = Clock(time.time(), now + timedelta(seconds=20), 1.0)
        return self

    async def decide(self, events: int) -> None:
        self.process.decider.decide(self.call_id)
        await self.process.decided(self.call_id, events)

    async def send(self, url: str) -> AskPhrasing:
        """What is asked, once the model at `url` has been asked it."""
        row = await self.outbox.lease_head(self.call_id, "phrase", "one", 2.0)
        assert row is not None
        model = OpenAiCompatible(url, "any")
        try:
            await Phraser(model, self.outbox, self.clock, "one", self.decided.append).send(row)
        finally:
            await model.close()
        return AskPhrasing.model_validate(row.body)

    async def phrased(self) -> list[dict[str, object]]:
        rows = await self.process.inbox.of_call(self.call_id)
        return [row.body for row in rows if row.event_type == "phrased"]

    async def spoken(self, line: int) -> list[OutboxEntry]:
        return [
            entry for entry in await self.outbox.of_call(self.call_id) if entry.row.key == f"speak:{line}"
        ]


@pytest.fixture
async def asking(pool: Pool) -> Asking:
    return Asking(pool)


async def said_of(asking: Asking, url: str) -> tuple[AskPhrasing, str, dict[str, object]]:
    """What was asked, what is said, and the event that came between the two."""
    asked = await asking.send(url)
    [event] = await asking.phrased()
    assert await asking.spoken(asked.line) == []
    assert asking.decided == [asking.call_id]
    await asking.decide(8)
    [speech] = await asking.spoken(asked.line)
    return asked, speech.row.body["args"]["payload"], event


async def test_what_is_said_is_stored_before_it_is_sent(asking: Asking) -> None:
    await asking.begin(deadline=60)
    async with serving(says("Have you got a little time for me now?")) as url:
        _, said, event = await said_of(asking, url)
    assert said == event["text"] == "Have you got a little time for me now?"


async def slow(request: Request) -> Response:
    await asyncio.sleep(2.0)
    return Response()


async def broken(request: Request) -> Response:
    return JSONResponse({"error": "no"}, 500)


async def no_json(request: Request) -> Response:
    return Response("<html>")


@pytest.mark.parametrize(
    ("answer", "deadline", "reason"),
    [
        (slow, 0.3, "late"),
        (broken, 60.0, "down"),
        (no_json, 60.0, "wrong"),
        (says(""), 60.0, "wrong"),
        (says(None), 60.0, "wrong"),
        (says("You will earn five thousand dollars, have you got time?"), 60.0, "wrong"),
    ],
    ids=["slow", "broken", "no JSON", "empty", "nothing", "a promise"],
)
async def test_the_scripted_line_is_said_where_the_model_gives_none(
    asking: Asking, answer: Answer, deadline: float, reason: str
) -> None:
    await asking.begin(deadline)
    async with serving(answer) as url:
        asked, said, event = await said_of(asking, url)
    assert said == asked.scripted
    assert (event["text"], event["reason"]) == (None, reason)


async def test_the_scripted_line_is_said_where_there_is_no_model(asking: Asking) -> None:
    await asking.begin(deadline=60)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    asked, said, event = await said_of(asking, url)
    assert said == asked.scripted
    assert event["reason"] == "down"
