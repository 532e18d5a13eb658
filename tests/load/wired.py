"""A simulator and a receiver of its webhooks, joined by real HTTP on loopback, at a fast clock."""

import asyncio
import base64
import json
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from load.clock import Clock
from load.exchange import Exchange
from load.journal import Journal
from load.knobs import Knobs
from load.signing import Signer
from load.telnyx_sim import build

KEY = "KEY_for_tests"
EPOCH = 1_800_000_000.0
US = "+13055550100"
CONNECTION = "2811212257810187875"
PLAIN: dict[str, Any] = {
    "split_finals": 0,
    "late_interims": 0,
    "barge_in": 0,
    "backchannels": 0,
    "sms_fails": 0,
    "dead_air": 600,
}


class Receiver:
    """Our end of the wire: keeps every delivery, and answers as `status` says."""

    def __init__(self) -> None:
        self.deliveries: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.status: Callable[[dict[str, Any]], int] = lambda delivery: 200
        self._ids: set[str] = set()
        self._news = asyncio.Condition()

    async def hook(self, request: Request) -> Response:
        raw = await request.body()
        body = json.loads(raw)
        delivery = {"headers": dict(request.headers), "raw": raw, "at": time.time(), **body}
        status = self.status(delivery)
        self.deliveries.append(delivery)
        if 200 <= status < 300 and body["data"]["id"] not in self._ids:
            self._ids.add(body["data"]["id"])
            self.seen.append(body["data"])
        async with self._news:
            self._news.notify_all()
        return Response(status_code=status)

    def of(self, event_type: str, leg: str | None = None, **fields: Any) -> list[dict[str, Any]]:
        """Events received once, in order of arrival; fields are compared with the payload's."""
        return [
            one
            for one in self.seen
            if one["event_type"] == event_type
            and (leg is None or one["payload"].get("call_leg_id") == leg)
            and all(one["payload"].get(name) == value for name, value in fields.items())
        ]

    async def until(self, done: Callable[[], Any], seconds: float = 20.0) -> Any:
        """Wait, in wall time, until `done()` is true; returns what it returned."""
        async with asyncio.timeout(seconds), self._news:
            while not (found := done()):
                await self._news.wait()
            return found

    async def first(self, event_type: str, leg: str | None = None, **fields: Any) -> dict[str, Any]:
        found = await self.until(lambda: self.of(event_type, leg, **fields))
        return found[0]["payload"]

    async def final(self, leg: str, nth: int = 0) -> str:
        """The nth final transcript of a leg."""
        finals = await self.until(lambda: [*self.finals(leg)[nth : nth + 1]])
        return finals[0]

    def finals(self, leg: str) -> list[str]:
        heard = [one["payload"]["transcription_data"] for one in self.of("call.transcription", leg)]
        return [one["transcript"] for one in heard if one["is_final"]]


class Wired:
    """What a test holds: the receiver, a client of the simulator, and shorthands for commands."""

    def __init__(
        self, receiver: Receiver, client: httpx.AsyncClient, signer: Signer, exchange: Exchange
    ) -> None:
        self.hooks, self.client, self.signer, self.exchange = receiver, client, signer, exchange

    async def dial(self, to: str, **more: Any) -> dict[str, Any]:
        body = {"to": to, "from": US, "connection_id": CONNECTION, "transcription": True, **more}
        answer = await self.client.post("/v2/calls", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def command(self, leg: dict[str, Any], action: str, **body: Any) -> httpx.Response:
        method = "PUT" if action == "client_state_update" else "POST"
        return await self.client.request(
            method, f"/v2/calls/{leg['call_control_id']}/actions/{action}", json=body
        )

    async def say(self, leg: dict[str, Any], text: str, **more: Any) -> httpx.Response:
        return await self.command(leg, "speak", payload=text, voice="female", **more)

    async def answered(self, to: str, **more: Any) -> dict[str, Any]:
        leg = await self.dial(to, **more)
        await self.hooks.first("call.answered", leg["call_leg_id"])
        return leg

    async def ended(self, leg: dict[str, Any]) -> dict[str, Any]:
        return await self.hooks.first("call.hangup", leg["call_leg_id"])

    async def knobs(self, **changes: Any) -> None:
        assert (await self.client.post("/sim/knobs", json=changes)).status_code == 200

    async def report(self) -> dict[str, Any]:
        return (await self.client.get("/sim/report")).json()


@asynccontextmanager
async def serving(app: Starlette, listener: socket.socket) -> AsyncIterator[str]:
    """The base URL at which `app` is served."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield url_of(listener)
    finally:
        # Nobody is left to wait for, and the application is closed by its owner.
        server.should_exit = server.force_exit = True
        await task


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def wired(rate: float = 100.0, seed: int = 7, closers: str = "", **knobs: Any) -> AsyncIterator[Wired]:
    """A simulator at `rate` whose webhooks reach a receiver; fails if anything in it failed."""
    receiver, signer, turned = Receiver(), Signer(random.Random(seed).randbytes(32)), Knobs()
    turned.turn({**PLAIN, **knobs})
    clock = Clock(time.time(), EPOCH, rate)
    numbers = frozenset(filter(None, closers.split(",")))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hook = f"{url_of(listener)}/hook"
        exchange = Exchange(clock, seed, signer, Journal(clock), turned, hook, numbers)
        # One server for both ends: starting and stopping two would be most of a test's time.
        app = build(exchange, KEY, signer.public_key)
        app.router.routes.append(Route("/hook", receiver.hook, methods=["POST"]))
        async with serving(app, listener) as base:
            headers = {"authorization": f"Bearer {KEY}"}
            async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20) as client:
                yield Wired(receiver, client, signer, exchange)
            await exchange.close()
    assert exchange.journal.faults == []


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
