"""`POST /webhooks/telnyx`: verify, keep, acknowledge. It knows nothing of calls and cannot fail because of them.

A 200 means that the event is committed; whoever answers it before that loses what Telnyx will never send again.

| what comes | answer | kept |
|---|---|---|
| larger than the limit | 413 | nothing |
| unsigned, forged, stale, or no key configured | 401 | nothing |
| signed, but no JSON or no event envelope | 400 | nothing |
| signed event of any type, for any call or none | 200 | in the inbox, once per event id |
| Postgres away | 503 | nothing: Telnyx sends it again |
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from call_flow.events import EVENT_FORM
from call_flow.telnyx import route
from server.clock import Clock
from server.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, SignatureRefused, Verifier
from storage.away import StoreAway
from storage.inbox import Inbox, InboxKey, ReceivedEvent

log = logging.getLogger(__name__)

MAX_ID = 200  # characters of an event id; Telnyx sends UUIDs
ACKNOWLEDGED = b"{}"


class TooLarge(Exception):
    """The body is larger than the limit."""


class Malformed(Exception):
    """A correctly signed body that is no event; the message says what is wrong and holds nothing of it."""


@dataclass(frozen=True)
class Webhooks:
    """The endpoint. `arrived` is told of every event that was kept for the first time."""

    inbox: Inbox
    verifier: Verifier
    clock: Clock
    max_bytes: int
    arrived: Callable[[InboxKey], None]

    async def __call__(self, request: Request) -> Response:
        try:
            body = await read_limited(request, self.max_bytes)
            self._verify(request, body)
            event = read_event(body, self.clock.now())
        except TooLarge:
            return _error(413, f"larger than {self.max_bytes} bytes")
        except SignatureRefused as refusal:
            log.warning("webhook refused: %s", refusal)
            return _error(401, str(refusal))
        except Malformed as problem:
            log.warning("signed webhook is no event: %s", problem)
            return _error(400, str(problem))
        except ClientDisconnect:
            return Response(status_code=400)
        return await self._keep(event)

    def _verify(self, request: Request, body: bytes) -> None:
        headers = request.headers
        self.verifier.verify(body, headers.get(TIMESTAMP_HEADER), headers.get(SIGNATURE_HEADER))

    async def _keep(self, event: ReceivedEvent) -> Response:
        try:
            key = await self.inbox.receive(event)
        except StoreAway:
            return _error(503, "not kept: send it again")
        if key is not None:
            self.arrived(key)
        return Response(ACKNOWLEDGED, media_type="application/json")


async def read_limited(request: Request, limit: int) -> bytes:
    """The raw body. Raises TooLarge before reading more than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge
    return bytes(body)


def read_event(body: bytes, now: datetime) -> ReceivedEvent:
    """The event in a webhook's body. Raises Malformed for what is no Telnyx envelope of API version 2."""
    data = _envelope(body)
    whose = route(data)
    return ReceivedEvent(
        event_id=data["id"],
        source="telnyx",
        event_type=data["event_type"],
        form=EVENT_FORM,
        call_id=whose.call_id,
        call_leg_id=whose.call_leg_id,
        call_session_id=whose.call_session_id,
        body=data,
        occurred_at=_moment(data.get("occurred_at"), now),
        received_at=now,
    )


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("not JSON") from None
    data = parsed.get("data") if isinstance(parsed, dict) else None
    if not isinstance(data, dict):
        raise Malformed("no object `data`: is the application's webhook_api_version 2?")
    for name in ("id", "event_type"):
        value = data.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_ID:
            raise Malformed(f"`data.{name}` is no text of 1 to {MAX_ID} characters")
    if not isinstance(data.get("payload", {}), dict):
        raise Malformed("`data.payload` is no object")
    return data


def _moment(text: object, default: datetime) -> datetime:
    """`occurred_at` in UTC; what cannot be read as a time has happened when it came."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else default
    except ValueError:
        return default
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return default


def _error(status: int, detail: str) -> Response:
    return JSONResponse({"error": detail}, status_code=status)
