"""What each kind of webhook is answered, what is kept and becomes of it, and that the next good one works."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from nacl.signing import SigningKey

from call_flow.telnyx import client_state
from server.app import Parts
from server.clock import Clock
from server.signature import Verifier
from server.webhooks import Webhooks
from storage.inbox import Inbox, InboxKey
from storage.leads import Consent, LeadRow
from storage.postgres import Pool, connect
from tests.server.api_client import api
from tests.server.signed import PUBLIC_KEY, envelope, headers, send, served, signature

LIMIT = 64 * 1024
GOOD = orjson.dumps(envelope(id="a-good-one"))
STRANGER = SigningKey(bytes(range(1, 33)))


class Receiver:
    """The endpoint on a real inbox, and whom it told."""

    def __init__(self, pool: Pool, public_key: str = PUBLIC_KEY) -> None:
        self.pool, self.inbox = pool, Inbox(pool)
        self.arrived: list[InboxKey] = []
        self.webhooks = Webhooks(self.inbox, Verifier(public_key), Clock(), LIMIT, self.arrived.append)

    async def kept(self) -> int:
        return int(await self.pool.fetchval("SELECT count(*) FROM inbox WHERE source = 'telnyx'"))


@pytest.fixture
def receiver(pool: Pool) -> Receiver:
    return Receiver(pool)


@pytest.fixture
async def client(receiver: Receiver) -> AsyncIterator[httpx.AsyncClient]:
    async with served(receiver.webhooks) as client:
        yield client


class Live:
    """An assembled server with a call that was answered; its clock runs so fast that a minute is over at once."""

    def __init__(self, client: httpx.AsyncClient, parts: Parts, pool: Pool) -> None:
        self.client, self.parts, self.pool = client, parts, pool
        self.call_id: UUID
        self.ids = {name: str(uuid4()) for name in ("call_control_id", "call_leg_id", "call_session_id")}

    async def begin(self, api: httpx.AsyncClient) -> None:
        phone = f"+1212{uuid4().int % 10**7:07d}"
        now = self.parts.services.clock.now()
        await self.parts.services.leads.upsert(LeadRow(phone=phone, state="NY"), now)
        agreed = Consent(phone=phone, kind="call", granted=True, at=now, how="form")
        await self.parts.services.leads.record_consents([agreed], now)
        self.call_id = UUID((await api.post("/api/calls", json={"phone": phone})).json()["id"])
        await send(self.client, self.envelope("call.initiated"))
        await self.send_good("call.answered")

    def envelope(self, event_type: str, **payload: Any) -> dict[str, Any]:
        """A webhook of the call's own leg."""
        state = client_state(self.call_id, "prospect")
        return envelope(event_type, **{"client_state": state, **self.ids, **payload})

    def changed(self, **data: Any) -> bytes:
        return changed(self.envelope("call.cost"), **data)

    async def kept(self) -> int:
        return int(await self.pool.fetchval("SELECT count(*) FROM inbox WHERE source = 'telnyx'"))

    async def becomes_of(self, event_id: str) -> str:
        """The event's status, once it is no longer just received."""
        async with asyncio.timeout(20):
            while True:
                status = await self.pool.fetchval("SELECT status FROM inbox WHERE event_id = $1", event_id)
                if status != "received":
                    return str(status)
                await self.parts.sweeper.sweep()
                await asyncio.sleep(0.01)

    async def send_good(self, event_type: str, **payload: Any) -> None:
        good = self.envelope(event_type, **payload)
        assert (await send(self.client, good)).status_code == 200
        assert await self.becomes_of(good["data"]["id"]) == "decided"

    async def goes_on(self) -> None:
        """The next good webhook moves the call."""
        before = await self.parts.services.calls.get(self.call_id)
        await self.send_good(
            "call.transcription", transcription_data={"transcript": "Yes.", "is_final": True}
        )
        after = await self.parts.services.calls.get(self.call_id)
        assert before is not None
        assert after is not None
        assert after.version > before.version


@pytest.fixture(scope="module")
async def server(pool: Pool) -> AsyncIterator[tuple[httpx.AsyncClient, Parts]]:
    async with api(pool, clock_rate=1000.0, webhook_max_bytes=LIMIT) as found:
        yield found


@pytest.fixture
async def live(server: tuple[httpx.AsyncClient, Parts], pool: Pool) -> AsyncIterator[Live]:
    asking, parts = server
    async with served(parts.services.webhooks) as client:
        live = Live(client, parts, pool)
        await live.begin(asking)
        yield live


def changed(whole: dict[str, Any], **data: Any) -> bytes:
    """The envelope with other values in its `data`; a value of None removes the key."""
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
    "a lone surrogate": (GOOD.replace(b"a-good-one", rb"a-g\ud800"), headers, 400),
    "a number that no double holds": (GOOD.replace(b'"a-good-one"', b"1" + b"0" * 400), headers, 400),
    "an array": (b"[]", headers, 400),
    "no data (version 1)": (b'{"event_type":"call_hangup","payload":{}}', headers, 400),
    "data is text": (b'{"data":"call.hangup"}', headers, 400),
    "id is a number": (changed(envelope(), id=7), headers, 400),
    "no id": (changed(envelope(), id=None), headers, 400),
    "id of 300 characters": (changed(envelope(), id="x" * 300), headers, 400),
    "event_type is an object": (changed(envelope(), event_type={}), headers, 400),
    "payload is a list": (changed(envelope(), payload=[1]), headers, 400),
    "larger than the limit": (b'{"data":"' + b"x" * LIMIT + b'"}', headers, 413),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_refused_and_not_kept(name: str, live: Live) -> None:
    body, sign, status = REFUSED[name]
    before = await live.kept()

    answer = await send(live.client, body, headers=sign(body))

    assert answer.status_code == status
    assert await live.kept() == before
    await live.goes_on()


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


Of = Callable[[Live], bytes]  # the body of a webhook, given the call that is in progress


def of_the_call(event_type: str, **payload: Any) -> Of:
    return lambda live: orjson.dumps(live.envelope(event_type, **payload))


def heard(**data: Any) -> Of:
    said = {"transcript": "Yes, speaking.", "is_final": True, "confidence": 0.9}
    return of_the_call("call.transcription", transcription_data=said | data)


def of_nobody(event_type: str, **payload: Any) -> Of:
    return lambda live: orjson.dumps(envelope(event_type, **payload))


# Each with what becomes of it in the inbox: `unknown` is kept and is no call's.
KEPT: dict[str, tuple[Of, str]] = {
    "an event type nobody knows": (of_the_call("call.teleported", wings=2), "decided"),
    "an event type nobody knows, of no call": (of_nobody("call.teleported"), "unknown"),
    "an unknown hangup cause of a leg nobody knows": (
        of_nobody("call.hangup", hangup_cause="abduction"),
        "unknown",
    ),
    "a message nobody sent": (
        of_nobody("message.finalized", id=str(uuid4()), to=[{"status": "sent"}]),
        "unknown",
    ),
    "a message without an id, to nobody": (of_nobody("message.finalized", to="+12125550142"), "unknown"),
    "a call nobody knows": (
        of_nobody("call.hangup", client_state=client_state(uuid4(), "prospect"), call_leg_id=None),
        "unknown",
    ),
    "a leg nobody knows, of this call": (
        lambda live: orjson.dumps(envelope("call.cost", client_state=client_state(live.call_id, "closer.9"))),
        "decided",
    ),
    "client_state that is no base64": (of_the_call("call.cost", client_state="%%%"), "decided"),
    "client_state that is a number": (of_the_call("call.cost", client_state=5), "decided"),
    "client_state that is a list": (of_the_call("call.cost", client_state=base64_of(b"[1]")), "decided"),
    "client_state nested 10,000 deep": (
        of_the_call("call.cost", client_state=base64_of(b"[" * 10_000 + b"]" * 10_000)),
        "decided",
    ),
    "client_state with fields of wrong types": (
        of_the_call("call.cost", client_state=base64_of(b'{"c": 5, "l": ["prospect"], "n": "three"}')),
        "decided",
    ),
    "ids of wrong types": (of_nobody("call.answered", call_leg_id=5, call_session_id=["x"]), "unknown"),
    "no payload": (lambda live: changed(envelope(), payload=None), "unknown"),
    "occurred_at in words": (lambda live: live.changed(occurred_at="yesterday"), "decided"),
    "occurred_at in the year 1": (
        lambda live: live.changed(occurred_at="0001-01-01T00:00:00+14:00"),
        "decided",
    ),
    "no occurred_at": (lambda live: live.changed(occurred_at=None), "decided"),
    "transcription_data that is text": (
        of_the_call("call.transcription", transcription_data="Yes."),
        "decided",
    ),
    "no transcription_data": (of_the_call("call.transcription"), "decided"),
    "transcript that is a number": (heard(transcript=7), "decided"),
    "transcript that is a list": (heard(transcript=["Yes."]), "decided"),
    "transcript of 20,000 words": (heard(transcript="ten " * 10_000), "decided"),
    "NUL in the transcript": (heard(transcript="a\x00b"), "decided"),
    "is_final that is text": (heard(is_final="true"), "decided"),
    "confidence that is text": (heard(confidence="high"), "decided"),
    "confidence of 95": (heard(confidence=95), "decided"),
    "confidence of minus 10 to the 30th": (heard(confidence=-(10**30) / 1), "decided"),
    "digit that is a number": (of_the_call("call.dtmf.received", digit=1), "decided"),
    "detection result that is an object": (
        of_the_call("call.machine.detection.ended", result={"is": 1}),
        "decided",
    ),
    "speak_id that is a list": (of_the_call("call.speak.ended", speak_id=[], status=None), "decided"),
    "recording_urls that are a list": (of_the_call("call.recording.saved", recording_urls=["x"]), "decided"),
}


@pytest.mark.parametrize("name", KEPT)
async def test_kept_and_acknowledged(name: str, live: Live) -> None:
    build, status = KEPT[name]
    body = build(live)

    answer = await send(live.client, body)

    assert answer.status_code == 200
    assert await live.becomes_of(orjson.loads(body)["data"]["id"]) == status
    await live.goes_on()


async def test_what_is_299_seconds_old_is_believed(receiver: Receiver, client: httpx.AsyncClient) -> None:
    assert (await send(client, envelope(), age_s=297)).status_code == 200
    assert len(receiver.arrived) == 1


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
