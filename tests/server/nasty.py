"""A Telnyx that answers as it is told: 200, an error with its code, too many requests, or nothing at all."""

import asyncio
import re
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import orjson
from telnyx import AsyncTelnyx

from server.telnyx import Telnyx

# A status, a status with Telnyx's error code, or "timeout", "refused", "hangs".
Told = int | tuple[int, str] | str
TIMEOUT = 3.0  # wall seconds


@dataclass(frozen=True)
class Request:
    """What came over the wire. `action` is the last part of the path, or "dial", or "status" of a leg."""

    method: str
    path: str
    action: str
    body: dict[str, Any]
    headers: httpx.Headers


class NastyTelnyx(httpx.AsyncBaseTransport):
    """`tell` sets the next answers to an action; what was not told is 200."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.active: list[dict[str, Any]] = []
        self.alive = True
        self.retry_after = 1  # seconds, of a 429
        self._told: dict[str, deque[Told]] = defaultdict(deque)

    def tell(self, action: str, *answers: Told) -> None:
        self._told[action].extend(answers)

    def of(self, action: str) -> list[Request]:
        return [request for request in self.requests if request.action == action]

    def client(self) -> Telnyx:
        transport = httpx.AsyncClient(transport=self, base_url="http://telnyx/v2")
        return Telnyx(
            AsyncTelnyx(api_key="k", base_url="http://telnyx/v2", max_retries=0, http_client=transport),
            TIMEOUT,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        seen = _seen(request)
        self.requests.append(seen)
        told = self._told[seen.action].popleft() if self._told[seen.action] else 200
        if told == "timeout":
            raise httpx.ReadTimeout("no answer", request=request)
        if told == "hangs":
            await asyncio.sleep(3600)
        if told == "refused":
            raise httpx.ConnectError("refused", request=request)
        status, code = told if isinstance(told, tuple) else (int(told), "10007")
        if status == 200:
            return httpx.Response(200, json={"data": self._result(seen)}, request=request)
        error = {"errors": [{"code": code, "title": "no", "detail": "no"}]}
        headers = {"retry-after": str(self.retry_after)}
        return httpx.Response(status, json=error, headers=headers, request=request)

    def _result(self, seen: Request) -> Any:
        if seen.action == "dial":
            ids = {"call_control_id": "v3:new", "call_leg_id": str(uuid4()), "call_session_id": str(uuid4())}
            return ids | {"is_alive": False}
        if seen.action == "status":
            return {"is_alive": self.alive}
        if seen.action == "active_calls":
            return self.active
        if seen.action == "messages":
            return {"id": "message-1"}
        return {"result": "ok"}


def _seen(request: httpx.Request) -> Request:
    path = request.url.raw_path.decode().partition("?")[0].removeprefix("/v2")
    action = path.rsplit("/", 1)[-1]
    if path == "/calls":
        action = "dial"
    elif re.fullmatch(r"/calls/[^/]+", path):
        action = "status"
    body = orjson.loads(request.content) if request.content else {}
    return Request(request.method, path, action, body, request.headers)
