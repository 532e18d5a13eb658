"""Webhooks as Telnyx would sign and send them, and as somebody else would."""

import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import orjson
from nacl.signing import SigningKey
from starlette.applications import Starlette
from starlette.routing import Route

from server.webhooks import Webhooks

KEY = SigningKey(bytes(range(32)))
PUBLIC_KEY = base64.b64encode(bytes(KEY.verify_key)).decode()
OCCURRED = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


def signature(body: bytes, timestamp: str, key: SigningKey = KEY) -> dict[str, str]:
    """The two headers for a body."""
    signed = key.sign(timestamp.encode() + b"|" + body).signature
    return {
        "telnyx-timestamp": timestamp,
        "telnyx-signature-ed25519": base64.b64encode(signed).decode(),
        "content-type": "application/json",
    }


def headers(body: bytes, age_s: float = 0.0, key: SigningKey = KEY) -> dict[str, str]:
    return signature(body, str(int(time.time() - age_s)), key)


def envelope(event_type: str = "call.cost", *, id: str | None = None, **payload: Any) -> dict[str, Any]:
    """A version 2 webhook of Telnyx."""
    return {
        "data": {
            "record_type": "event",
            "event_type": event_type,
            "id": id or str(uuid4()),
            "occurred_at": "2026-03-03T15:00:00.123456Z",
            "payload": {
                "call_control_id": "v3:abc",
                "call_leg_id": str(uuid4()),
                "call_session_id": str(uuid4()),
                "connection_id": "2811212257810187875",
                "client_state": None,
            }
            | payload,
        },
        "meta": {"attempt": 1, "delivered_to": "https://example.com/webhooks/telnyx"},
    }


@asynccontextmanager
async def served(webhooks: Webhooks) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has this endpoint alone."""
    app = Starlette(routes=[Route("/webhooks/telnyx", webhooks.__call__, methods=["POST"])])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        yield client


async def send(client: httpx.AsyncClient, content: Any, **how: Any) -> httpx.Response:
    """Posts an envelope, or bytes as they are, signed unless `headers` are given."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    given = how.get("headers")
    return await client.post(
        "/webhooks/telnyx", content=body, headers=given if given is not None else headers(body, **how)
    )
