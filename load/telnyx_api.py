"""The HTTP face of the simulator: Telnyx' API under /v2, with its errors and its memory of command ids."""

import asyncio
import json
import time
from collections import OrderedDict
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from load import faults
from load.clock import iso
from load.commands import ACTIONS, carry_out, check_client_state, e164, new_call, require
from load.exchange import Exchange
from load.journal import Row
from load.leg import Leg
from load.messages import Messages
from load.refusal import Refusal, refusal

COMMAND_MEMORY = 60.0
_HANGS = 10.0


class Silence(Response):
    """Holds the connection for ten wall seconds and drops it without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_HANGS):
                while (await receive())["type"] != "http.disconnect":
                    pass
        head = {"type": "http.response.start", "status": 504, "headers": [(b"content-length", b"1")]}
        await send(head)


class Asked:
    """One request on the API, and what came of it."""

    def __init__(self, request: Request, raw: bytes) -> None:
        self.received = time.time()
        self.request = request
        self.raw = raw
        self.action = _action_of(request)
        self.body: dict[str, Any] = {}
        self.unusable: Refusal | None = None
        try:
            self.body = _parsed(raw)
        except Refusal as no:
            self.unusable = no
        self.leg: Leg | None = None
        self.effect = False


class TelnyxApi:
    """Routes for one account, whose bearer key is api_key."""

    def __init__(self, exchange: Exchange, api_key: str) -> None:
        self.exchange = exchange
        self._api_key = api_key
        self._messages = Messages(exchange)
        self._memory: OrderedDict[tuple[str, str], tuple[float, Row]] = OrderedDict()

    def routes(self) -> list[Route]:
        return [
            Route("/v2/calls", self.serve, methods=["POST"], name="dial"),
            Route("/v2/messages", self.serve, methods=["POST"], name="message"),
            Route(
                "/v2/calls/{control_id}/actions/{action}", self.serve, methods=["POST", "PUT"], name="action"
            ),
            Route("/v2/calls/{control_id}", self.serve, methods=["GET"], name="status"),
            Route(
                "/v2/connections/{connection_id}/active_calls",
                self.serve,
                methods=["GET"],
                name="active_calls",
            ),
        ]

    async def serve(self, request: Request) -> Response:
        """Any request: authenticate, misbehave as the knobs say, carry out, write down."""
        asked = Asked(request, await request.body())
        knobs = self.exchange.knobs
        if knobs.api_latency:
            await asyncio.sleep(knobs.api_latency)
        fault = faults.draw(knobs, self.exchange.chance, asked.action)
        response = self._answer(asked, fault)
        self._write_down(asked, response)
        return response

    def _answer(self, asked: Asked, fault: faults.Fault | None) -> Response:
        if asked.request.headers.get("authorization") != f"Bearer {self._api_key}":
            return _refused(refusal("10009"))
        answer: Response | None = None
        if fault is None or fault.takes_effect:
            answer = self._carry_out(asked)
        if fault is None:
            assert answer is not None
            return answer
        if fault.kind == "rate":
            return _refused(refusal("10011"), {"retry-after": "1", "x-ratelimit-remaining": "0"})
        if fault.kind == "silence":
            return Silence()
        return _refused(refusal("10007"))

    def _carry_out(self, asked: Asked) -> Response:
        try:
            if asked.unusable:
                raise asked.unusable
            return JSONResponse(self._data_of(asked))
        except Refusal as no:
            return _refused(no)

    def _data_of(self, asked: Asked) -> Row:
        if asked.action == "dial":
            return {"data": self._once("dial", asked, self._dial)}
        if asked.action == "message":
            return {"data": self._message(asked)}
        if asked.action == "active_calls":
            return self._active_calls(asked.request)
        asked.leg = self.exchange.find(unquote(asked.request.path_params["control_id"]))
        if asked.action == "status":
            return {"data": self._status(asked.leg)}
        if asked.action not in ACTIONS or (asked.request.method == "PUT") != (
            asked.action == "client_state_update"
        ):
            raise Refusal(404, "10005", "Resource not found", f"There is no command '{asked.action}'.")
        return {"data": self._once(asked.leg.leg_id, asked, self._act)}

    def _once(self, scope: str, asked: Asked, do: Any) -> Row:
        """A command_id repeated within 60 s in its scope has no effect and the first answer."""
        key, now = (scope, str(asked.body.get("command_id"))), self.exchange.clock.now()
        while self._memory and next(iter(self._memory.values()))[0] <= now - COMMAND_MEMORY:
            self._memory.popitem(last=False)
        if asked.body.get("command_id") and key in self._memory:
            data = self._memory[key][1]
            asked.leg = asked.leg or self.exchange.legs.get(data.get("call_control_id", ""))
            return data
        data = do(asked)
        if asked.body.get("command_id"):
            self._memory[key] = (now, data)
        return data

    def _dial(self, asked: Asked) -> Row:
        leg = asked.leg = new_call(self.exchange, asked.body)
        asked.effect = True
        recording = {"recording_id": leg.dialled["recording_id"]} if "recording_id" in leg.dialled else {}
        return {**self._facts(leg), "is_alive": False, **recording}

    def _act(self, asked: Asked) -> Row:
        assert asked.leg is not None
        asked.effect = carry_out(self.exchange, asked.action, asked.leg, asked.body)
        return {"result": "ok"}

    def _message(self, asked: Asked) -> Row:
        require(asked.body, "to")
        e164(asked.body["to"])
        check_client_state(asked.body)
        data, asked.effect = self._messages.send(asked.body, asked.request.headers.get("idempotency-key"))
        return data

    def _facts(self, leg: Leg) -> Row:
        return {
            "record_type": "call",
            "call_control_id": leg.control_id,
            "call_leg_id": leg.leg_id,
            "call_session_id": leg.session_id,
            "client_state": leg.client_state,
        }

    def _seconds(self, leg: Leg) -> int:
        return int((leg.ended_at or self.exchange.clock.now()) - (leg.answered_at or leg.started_at))

    def _status(self, leg: Leg) -> Row:
        found = {**self._facts(leg), "is_alive": not leg.ended, "call_duration": self._seconds(leg)}
        found["start_time"] = iso(leg.started_at)
        return found | ({"end_time": iso(leg.ended_at)} if leg.ended_at is not None else {})

    def _active_calls(self, request: Request) -> Row:
        number = max(1, int(request.query_params.get("page[number]", 1)))
        size = max(1, min(250, int(request.query_params.get("page[size]", 20))))
        connection = request.path_params["connection_id"]
        found = [
            leg for leg in self.exchange.legs.values() if not leg.ended and leg.connection_id == connection
        ]
        page = found[(number - 1) * size : number * size]
        meta = {
            "page_number": number,
            "page_size": size,
            "total_pages": -(-len(found) // size),
            "total_results": len(found),
        }
        return {
            "data": [{**self._facts(leg), "call_duration": self._seconds(leg)} for leg in page],
            "meta": meta,
        }

    def _write_down(self, asked: Asked, response: Response) -> None:
        status = None if isinstance(response, Silence) else response.status_code
        now = self.exchange.clock.now()
        leg = asked.leg or self.exchange.legs.get(asked.request.path_params.get("control_id", ""))
        self.exchange.journal.record("commands", _recorded(asked, status))
        if asked.request.method == "GET":
            return
        self.exchange.journal.command(
            {
                "at": iso(now),
                "wall": asked.received,
                "action": asked.action,
                "method": asked.request.method,
                "path": asked.request.url.path,
                "call_control_id": leg.control_id if leg else None,
                "call_leg_id": leg.leg_id if leg else None,
                "call_session_id": leg.session_id if leg else None,
                "command_id": asked.body.get("command_id"),
                "client_state": asked.body.get("client_state"),
                "status": status,
                "effect": asked.effect,
                "body": asked.body,
            }
        )


def _action_of(request: Request) -> str:
    path = request.url.path.rstrip("/")
    if "/actions/" in path:
        return str(request.path_params["action"])
    last = path.rsplit("/", 1)[-1]
    named = {"calls": "dial", "messages": "message", "active_calls": "active_calls"}
    return named.get(last, "status")


def _parsed(raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as problem:
        raise refusal("10015", "The body is not JSON.") from problem
    if not isinstance(body, dict):
        raise refusal("10015", "The body is not a JSON object.")
    return body


def _refused(no: Refusal, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(no.body(), no.status, headers)


def _recorded(asked: Asked, status: int | None) -> Row:
    headers = dict(asked.request.headers)
    if "authorization" in headers:
        headers["authorization"] = "Bearer [redacted]"
    query = asked.request.url.query
    return {
        "method": asked.request.method,
        "path": asked.request.url.path + (f"?{query}" if query else ""),
        "headers": headers,
        "body": asked.raw.decode(errors="replace"),
        "status": status,
        "effect": asked.effect,
    }
