"""The one place that speaks to Telnyx's HTTP API, over the SDK's client with its own retries switched off.

An action's arguments pass through as Telnyx names them. What came back is one of four answers; nothing here raises for
what Telnyx or the network did. The SDK takes one to two seconds to import:
it must never be first touched on the event loop.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import orjson

if TYPE_CHECKING:
    from telnyx import AsyncTelnyx
    from telnyx._types import RequestOptions

LEG_ACTIONS = frozenset(
    {
        "answer",
        "reject",
        "hangup",
        "speak",
        "playback_start",
        "playback_stop",
        "transcription_start",
        "transcription_stop",
        "record_start",
        "record_stop",
        "streaming_start",
        "streaming_stop",
        "bridge",
        "send_dtmf",
    }
)
THROTTLED_DEFAULT = 1.0  # wall seconds, where a 429 does not say how long
THROTTLED_LONGEST = 60.0
ACTIVE_CALLS_PAGE = 250
ACTIVE_CALLS_PAGES = 20


@dataclass(frozen=True)
class Accepted:
    """2xx: the command was taken; what came of it arrives by webhook. `result` is the answer's `data`."""

    result: dict[str, Any]


@dataclass(frozen=True)
class Rejected:
    """4xx: the command did not happen and will not. `code` is Telnyx's error code, or the status where it gave none."""

    status: int
    code: str
    detail: str


@dataclass(frozen=True)
class Throttled:
    """429: not now; `retry_after` in wall seconds."""

    retry_after: float


@dataclass(frozen=True)
class NoAnswer:
    """A timeout, a broken connection, 408 or 5xx: the command may have taken effect or not."""

    reason: str


Answer = Accepted | Rejected | Throttled | NoAnswer


class Telnyx:
    """A client of one account. Open it with `Telnyx.open`, which keeps the SDK's import off the event loop."""

    def __init__(self, client: "AsyncTelnyx", timeout: float) -> None:
        """`timeout` in wall seconds for a whole request, whatever the client's own do for its phases."""
        self._client = client
        self.timeout = timeout

    @classmethod
    async def open(cls, api_key: str, base_url: str, timeout: float) -> "Telnyx":
        """`timeout` in wall seconds for a whole request; connecting gets at most a third of it."""
        return cls(await asyncio.to_thread(_warm_client, api_key, base_url, timeout), timeout)

    async def close(self) -> None:
        await self._client.close()

    async def dial(self, body: Mapping[str, Any]) -> Answer:
        return await self._post("/calls", body)

    async def act(self, call_control_id: str, action: str, body: Mapping[str, Any]) -> Answer:
        """A command to a leg. ValueError for an action that Telnyx does not know."""
        if action not in LEG_ACTIONS:
            raise ValueError(f"no such Telnyx command: {action}")
        return await self._post(f"/calls/{quote(call_control_id, safe=':')}/actions/{action}", body)

    async def message(self, body: Mapping[str, Any], idempotency_key: str) -> Answer:
        return await self._post("/messages", body, {"Idempotency-Key": idempotency_key})

    async def leg_status(self, call_control_id: str) -> Answer:
        """`result` is `{"is_alive": bool, …}`; a leg that Telnyx no longer knows is not alive."""
        answer = await self._request("get", f"/calls/{quote(call_control_id, safe=':')}")
        if isinstance(answer, Rejected) and answer.status in (404, 422):
            return Accepted({"is_alive": False})
        return answer

    async def active_calls(self, connection_id: str) -> "list[dict[str, Any]] | Answer":
        """Every live leg of a connection, or the answer that kept us from reading all of them."""
        calls: list[dict[str, Any]] = []
        for page in range(1, ACTIVE_CALLS_PAGES + 1):
            query = {"page[number]": page, "page[size]": ACTIVE_CALLS_PAGE}
            answer = await self._request("get", f"/connections/{connection_id}/active_calls", query=query)
            if not isinstance(answer, Accepted):
                return answer
            found = answer.result.get("items", [])
            calls += [call for call in found if isinstance(call, dict)]
            if len(found) < ACTIVE_CALLS_PAGE:
                break
        return calls

    async def _post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Answer:
        return await self._request("post", path, body=body, headers=headers)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        from telnyx import APIConnectionError, APIStatusError

        options: RequestOptions = {"headers": dict(headers or {}), "params": dict(query or {})}
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._response(method, path, dict(body or {}), options)
        except APIStatusError as error:
            return _refused(error.response, error.body)
        except (APIConnectionError, TimeoutError) as error:
            return NoAnswer(type(error.__cause__ or error).__name__)
        return Accepted(_data(response.content))

    async def _response(
        self, method: str, path: str, body: dict[str, Any], options: "RequestOptions"
    ) -> httpx.Response:
        if method == "get":
            return await self._client.get(path, cast_to=httpx.Response, options=options)
        return await self._client.post(path, cast_to=httpx.Response, body=body, options=options)


def _warm_client(api_key: str, base_url: str, timeout: float) -> "AsyncTelnyx":
    from telnyx import AsyncTelnyx

    transport = httpx.AsyncClient(
        base_url=base_url,
        timeout=httpx.Timeout(timeout, connect=timeout / 3),
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30.0),
    )
    client = AsyncTelnyx(
        api_key=api_key or "unset",
        base_url=base_url,
        timeout=httpx.Timeout(timeout, connect=timeout / 3),
        max_retries=0,
        http_client=transport,
    )
    client.platform_headers()
    return client


def _data(content: bytes) -> dict[str, Any]:
    """The answer's `data`; a list stands under "items"."""
    try:
        parsed = orjson.loads(content) if content else {}
    except orjson.JSONDecodeError:
        return {}
    data = parsed.get("data", {}) if isinstance(parsed, dict) else {}
    if isinstance(data, list):
        return {"items": data}
    return data if isinstance(data, dict) else {}


def _refused(response: httpx.Response, body: object) -> Answer:
    status = response.status_code
    if status == 429:
        return Throttled(_retry_after(response.headers.get("retry-after")))
    if status == 408 or status >= 500:
        return NoAnswer(f"HTTP {status}")
    error = _first_error(body)
    detail = str(error.get("detail") or error.get("title") or "")
    return Rejected(status, str(error.get("code") or status), detail)


def _retry_after(header: str | None) -> float:
    try:
        seconds = float(header) if header else THROTTLED_DEFAULT
    except ValueError:
        seconds = THROTTLED_DEFAULT
    return min(max(seconds, 0.0), THROTTLED_LONGEST)


def _first_error(body: object) -> Mapping[str, Any]:
    errors = body.get("errors") if isinstance(body, Mapping) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, Mapping) else {}
