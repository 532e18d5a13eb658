"""A language model that is good, slow, wrong or down: a real server on loopback each time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from call_flow.effects import AskPhrasing
from server.phrasing import OpenAiCompatible, PhrasingError, request_for, usable
from tests.call_flow.script import START

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


async def test_an_answer_of_another_form_is_wrong() -> None:
    async def other(request: Request) -> Response:
        return JSONResponse({"text": "hello"})

    with pytest.raises(PhrasingError, match="wrong"):
        await complete(other)


def test_numbers_and_addresses_are_not_told() -> None:
    told = request_for(ASKED)
    assert "312" not in told
    assert "dana@example.com" not in told
    assert "I have some time" in told
