"""What each kind of webhook is answered, what is kept of it, and that the next good one works."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from nacl.signing import SigningKey

from call_flow.telnyx import client_state
from server.clock import Clock
from server.signature import Verifier
from server.webhooks import Webhooks
from storage.inbox import Inbox, InboxKey
from storage.postgres import Pool, connect
from tests.server.signed import PUBLIC_KEY, envelope, headers, send, served, signature

LIMIT = 64 * 1024
GOOD = orjson.dumps(envelope(id="a-good-one"))
STRANGER = SigningKey(bytes(range(1, 33)))


class Receiver:
    """The endpoint on a real inbox, and whom it told."""

    def __init__(self, pool: Pool, public_key: str = PUBLIC_KEY) -> None:
        self.inbox = Inbox(pool)
        self.arrived: list[InboxKey] = []
        self.webhooks = Webhooks(self.inbox, Verifier(public_key), Clock(), LIMIT, self.arrived.append)

    async def kept(self) -> int:
        return sum((await self.inbox.counts()).values())


@pytest.fixture
def receiver(pool: Pool) -> Receiver:
    return Receiver(pool)


@pytest.fixture
async def client(receiver: Receiver) -> AsyncIterator[httpx.AsyncClient]:
    async with served(receiver.webhooks) as client:
        yield client


def changed(**data: Any) -> bytes:
    """An envelope whose `data` has other values; a value of None removes the key."""
    whole = envelope()
    whole["data"] = {name: value for name, value in (whole["data"] | data).items() if value is not None}
    return orjson.dumps(whole)


def re_serialised() -> dict[str, str]:
    return headers(GOOD.replace(b'","', b'", "'))


Bad = tuple[bytes, Callable[[bytes], dict[str, str]], int]
REFUSED: dict[str, Bad] = {
    "unsigned": (GOOD, lambda body: {}, 401),
    "signed by a stranger": (GOOD, lambda body: headers(body, key=STRANGER), 401),
    "signature of another body": (GOOD, lambda body: re_serialised(), 401),
    "signature that is no base64": (
        GOOD,
        lambda body: headers(body) | {"telnyx-signature-ed25519": "%%%"},
        401,
    ),
    "signature of 10 bytes": (
        GOOD,
        lambda body: headers(body) | {"telnyx-signature-ed25519": "AAAAAAAAAAAAAA=="},
        401,
    ),
    "another timestamp": (
        GOOD,
        lambda body: headers(body) | {"telnyx-timestamp": str(int(time.time()) - 1)},
        401,
    ),
    "timestamp in words": (GOOD, lambda body: signature(body, "now"), 401),
    "timestamp of 400 digits": (GOOD, lambda body: signature(body, "9" * 400), 401),
    "stale by 301 s": (GOOD, lambda body: headers(body, age_s=302), 401),
    "from 301 s ahead": (GOOD, lambda body: headers(body, age_s=-303), 401),
    "no JSON": (b"event=call.hangup", headers, 400),
    "cut JSON": (GOOD[:-5], headers, 400),
    "empty": (b"", headers, 400),
    "JSON nested 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, headers, 400),
    "no UTF-8": (GOOD.replace(b"a-good-one", b"a-g\xff"), headers, 400),
    "an array": (b"[]", headers, 400),
    "no data (version 1)": (b'{"event_type":"call_hangup","payload":{}}', headers, 400),
    "data is text": (b'{"data":"call.hangup"}', headers, 400),
    "id is a number": (changed(id=7), headers, 400),
    "no id": (changed(id=None), headers, 400),
    "id of 300 characters": (changed(id="x" * 300), headers, 400),
    "event_type is an object": (changed(event_type={}), headers, 400),
    "payload is a list": (changed(payload=[1]), headers, 400),
    "larger than the limit": (b'{"data":"' + b"x" * LIMIT + b'"}', headers, 413),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_refused_and_not_kept(name: str, receiver: Receiver, client: httpx.AsyncClient) -> None:
    body, sign, status = REFUSED[name]
    before = await receiver.kept()

    answer = await send(client, body, headers=sign(body))

    assert answer.status_code == status
    assert await receiver.kept() == before
    assert receiver.arrived == []
    assert (await send(client, envelope())).status_code == 200
    assert await receiver.kept() == before + 1


KEPT: dict[str, bytes] = {
    "299 s old": orjson.dumps(envelope()),
    "an event type nobody knows": orjson.dumps(envelope("call.teleported", wings=2)),
    "a call nobody knows": orjson.dumps(
        envelope("call.hangup", client_state=client_state(uuid4(), "prospect"))
    ),
    "client_state that is no base64": orjson.dumps(envelope("call.answered", client_state="%%%")),
    "client_state that is a number": orjson.dumps(envelope("call.answered", client_state=5)),
    "ids of wrong types": orjson.dumps(envelope("call.answered", call_leg_id=5, call_session_id=["x"])),
    "no payload": changed(payload=None),
    "occurred_at in words": changed(occurred_at="yesterday"),
    "occurred_at in the year 1": changed(occurred_at="0001-01-01T00:00:00+14:00"),
    "no occurred_at": changed(occurred_at=None),
    "NUL in the text": orjson.dumps(
        envelope("call.transcription", transcription_data={"transcript": "a\x00b"})
    ),
    "a lone backslash u0000": orjson.dumps(envelope("call.transcription", text="\\u0000")),
    "an unknown hangup cause": orjson.dumps(envelope("call.hangup", hangup_cause="alien_abduction")),
}


@pytest.mark.parametrize("name", KEPT)
async def test_kept_and_acknowledged(name: str, receiver: Receiver, client: httpx.AsyncClient) -> None:
    body = KEPT[name]

    answer = await send(client, body, age_s=297 if name.startswith("299") else 0)

    assert answer.status_code == 200
    (key,) = receiver.arrived
    row = await receiver.inbox.get(key.seq)
    assert row is not None
    assert (row.status, row.event_id) == ("received", orjson.loads(body)["data"]["id"])
    assert row.occurred_at.tzinfo is not None


async def test_repeat_is_acknowledged_and_changes_nothing(
    receiver: Receiver, client: httpx.AsyncClient
) -> None:
    first = envelope("call.answered")
    again = first | {"meta": {"attempt": 2}}
    await send(client, first)
    before = await receiver.kept()

    assert (await send(client, again)).status_code == 200

    assert await receiver.kept() == before
    assert len(receiver.arrived) == 1


async def test_call_in_client_state_is_told_of(receiver: Receiver, client: httpx.AsyncClient) -> None:
    call_id = uuid4()

    await send(client, envelope("call.answered", client_state=client_state(call_id, "closer.1")))

    assert [key.call_id for key in receiver.arrived] == [call_id]


async def test_without_a_key_nothing_is_believed(pool: Pool) -> None:
    receiver = Receiver(pool, public_key="")
    before = await receiver.kept()
    async with served(receiver.webhooks) as client:
        assert (await send(client, envelope())).status_code == 401
    assert await receiver.kept() == before


async def test_postgres_away_is_503_so_that_telnyx_sends_it_again(postgres_url: str) -> None:
    pool = await connect(postgres_url, min_size=1, max_size=1, timeout=0.3)
    receiver = Receiver(pool)
    async with served(receiver.webhooks) as client, pool.connection():
        refused = await send(client, envelope(id="comes-again"))
        assert refused.status_code == 503
    async with served(receiver.webhooks) as client:
        assert (await send(client, envelope(id="comes-again"))).status_code == 200
    assert len(receiver.arrived) == 1
    await pool.close()


async def test_body_is_not_read_beyond_the_limit(receiver: Receiver, client: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 16 * 1024
            yield b"x" * 16 * 1024

    answer = await client.post("/webhooks/telnyx", content=endless(), headers=headers(b""))

    assert answer.status_code == 413
    assert read <= LIMIT + 32 * 1024
