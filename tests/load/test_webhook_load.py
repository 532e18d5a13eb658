"""Load of webhooks: whole calls in an order that Telnyx could send, at the pace asked for, and no more than that."""

import asyncio
import base64
import json
import random
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from nacl.signing import VerifyKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from load.clock import Clock
from load.lifecycle import Lifecycle
from load.signing import Signer
from load.webhook_load import Load, Plan
from tests.load.wired import serving, url_of

TALKER, BUSY, VOICEMAIL = "+12135550142", "+12135556042", "+12135556242"
ASKS = "Hi, am I speaking with Sam? This is Ava."


def life(number: str = TALKER, **dial: object) -> Lifecycle:
    body = {"to": number, "from": "+18005550199", "client_state": "c3RhdGU=", **dial}
    return Lifecycle(body, Clock(time.time(), 1_800_000_000.0), 1)


def sent(one: Lifecycle) -> list[str]:
    """Everything that comes of itself, by its short name."""
    found = []
    while one.ready:
        found.append(one.next()[0]["event_type"].removeprefix("call."))
    return found


def test_a_talker_is_greeted_and_answers_each_line() -> None:
    one = life(answering_machine_detection="detect")
    begun = sent(one)
    assert begun[:2] == ["initiated", "answered"]
    assert begun[-1] == "machine.detection.ended"
    one.command("speak", {"payload": ASKS, "client_state": "bmV3"})
    data, awaits = one.next()
    assert data["event_type"] == "call.speak.started"
    assert data["payload"]["client_state"] == "bmV3"
    assert not awaits
    rest = []
    while one.ready:
        rest.append(one.next())
    assert rest[0][0]["event_type"] == "call.speak.ended"
    heard = [data["payload"]["transcription_data"] for data, _ in rest[1:]]
    assert [words["is_final"] for words in heard] == [False] * (len(heard) - 1) + [True]
    assert [awaits for _, awaits in rest] == [False] * (len(rest) - 1) + [True]


def test_who_cannot_be_reached_hangs_up_at_once() -> None:
    assert sent(life(BUSY)) == ["initiated", "hangup"]


def test_a_machine_never_answers_a_line() -> None:
    one = life(VOICEMAIL, answering_machine_detection="detect")
    assert sent(one) == ["initiated", "answered", "machine.detection.ended"]
    one.command("speak", {"payload": ASKS})
    assert sent(one) == ["speak.started", "speak.ended"]


def test_after_a_hangup_nothing_comes() -> None:
    one = life()
    one.command("speak", {"payload": ASKS})
    one.command("hangup", {})
    assert sent(one) == ["hangup"]
    assert one.over
    one.command("speak", {"payload": ASKS})
    assert not one.ready


class Agent:
    """A server under load that places a call for each request and says the same line whenever words end."""

    def __init__(self, key: str) -> None:
        self.verify = VerifyKey(base64.b64decode(key))
        self.events: list[dict[str, object]] = []
        self.load: httpx.AsyncClient
        self._tasks: set[asyncio.Task[object]] = set()

    def routes(self) -> list[Route]:
        return [
            Route("/api/calls", self.place, methods=["POST"]),
            Route("/hook", self.hook, methods=["POST"]),
        ]

    async def place(self, request: Request) -> Response:
        number = (await request.json())["phone"]
        body = {"to": number, "from": "+18005550199", "client_state": "eA=="}
        self._later(self.load.post("/v2/calls", json=body))
        return JSONResponse({"id": number}, 201)

    async def hook(self, request: Request) -> Response:
        raw, headers = await request.body(), request.headers
        signature = base64.b64decode(headers["telnyx-signature-ed25519"])
        self.verify.verify(headers["telnyx-timestamp"].encode() + b"|" + raw, signature)
        data = json.loads(raw)["data"]
        self.events.append(data)
        words = data["payload"].get("transcription_data")
        if data["event_type"] == "call.answered" or (words and words["is_final"]):
            path = f"/v2/calls/{data['payload']['call_control_id']}/actions/speak"
            self._later(self.load.post(path, json={"payload": ASKS}))
        return Response(b"{}", media_type="application/json")

    def _later(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def at_work() -> AsyncIterator[tuple[Load, Agent, str]]:
    """A generator and an agent on one server, joined by HTTP."""
    load = Load(Signer(random.Random(7).randbytes(32)), Clock(time.time(), 1_800_000_000.0), 1)
    agent = Agent(load.signer.public_key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Starlette(routes=[*load.app().routes, *agent.routes()])
        async with serving(app, listener), httpx.AsyncClient(base_url=url_of(listener)) as agent.load:
            yield load, agent, url_of(listener)
        load.wire.close()


async def test_calls_are_played_at_the_rate_and_their_turns_timed() -> None:
    async with at_work() as (load, agent, url):
        numbers = tuple(f"+1213555{n:04d}" for n in range(40))
        plan = Plan(f"{url}/hook", url, "token", numbers, live=5, rate=60, seconds=1.5, warm_s=0.5)
        found = await load.run(plan)
        played = Counter(event["event_type"] for event in agent.events)
    assert 75 <= found["webhooks"] <= 91
    assert found["not_acknowledged"] == {}
    assert found["word_to_command_ms"]["n"] > 0
    assert found["late_ms"]["p50"] < 50
    assert found["sent"] == len(agent.events)
    assert played["call.initiated"] == played["call.hangup"] == found["calls"]["dialled"]


async def test_what_was_played_is_sent_again_as_fast_as_answers_come() -> None:
    async with at_work() as (load, agent, url):
        numbers = tuple(f"+1213555{n:04d}" for n in range(20))
        await load.run(Plan(f"{url}/hook", url, "token", numbers, live=4, rate=50, seconds=0.5, warm_s=0.2))
        bodies, before = {event["id"] for event in agent.events}, len(agent.events)
        found = await load.run(Plan(f"{url}/hook", in_flight=3, seconds=0.5, warm_s=0.2))
        assert {event["id"] for event in agent.events[before:]} <= bodies
    assert found["webhooks"] > 10
    assert found["per_s"] == found["webhooks"] / 0.5


async def test_a_plan_with_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError, match="no part of a plan: speed"):
        Plan.read({"url": "http://127.0.0.1/hook", "speed": 3})
    load = Load(Signer(bytes(32)), Clock(0.0, 0.0), 1)
    with pytest.raises(ValueError, match="nothing was sent yet"):
        await load.run(Plan("http://127.0.0.1/hook"))
