"""The HTTP API: who gets in, what is refused and why, and what an answer holds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from server.app import Parts
from storage.leads import Consent, LeadRow
from storage.postgres import Pool, connect
from storage.transfers import Transfers
from tests.server.api_client import TUESDAY_TEN, api

Api = tuple[httpx.AsyncClient, Parts]
numbers = iter(range(2000, 10_000))


@pytest.fixture
async def served(pool: Pool) -> AsyncIterator[Api]:
    async with api(pool) as served:
        yield served


async def lead(parts: Parts, *, consent: bool | None = True, **row: Any) -> str:
    """A new lead in New York; its number."""
    phone = f"+1212236{next(numbers)}"
    leads = parts.services.leads
    await leads.upsert(LeadRow(phone=phone, first_name="Pat", **row), TUESDAY_TEN)
    if consent is not None:
        given = Consent(phone=phone, kind="call", granted=consent, at=TUESDAY_TEN, how="test")
        await leads.record_consents([given], TUESDAY_TEN)
    return phone


NOBODY = UUID("00000000-0000-4000-8000-000000000000")  # the id of nothing that there is
PATHS = [
    ("POST", "/api/calls"),
    ("GET", "/api/calls"),
    ("GET", f"/api/calls/{NOBODY}"),
    ("POST", f"/api/calls/{NOBODY}/hangup"),
    ("GET", "/api/operations"),
    ("GET", "/api/leads"),
    ("GET", "/api/leads/by-phone/+12122362000"),
    ("GET", "/api/refusals"),
    ("POST", f"/api/transfers/{NOBODY}/rating"),
    ("GET", "/api/closers"),
    ("PUT", "/api/closers/kevin"),
    ("DELETE", "/api/closers/kevin/overrides/1"),
    ("POST", "/api/do-not-call"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic a-token", "a-token"])
async def test_nobody_gets_in_without_the_token(served: Api, method: str, path: str, header: str) -> None:
    answer = await served[0].request(method, path, headers={"authorization": header}, json={})

    assert answer.status_code == 401
    assert "VOICELEARN_API_TOKEN" in answer.json()["detail"]


async def test_without_a_configured_token_nobody_gets_in(pool: Pool) -> None:
    from pydantic import SecretStr

    async with api(pool, api_token=SecretStr("")) as (client, _):
        for header in ("Bearer ", "Bearer a-token", ""):
            assert (await client.get("/api/calls", headers={"authorization": header})).status_code == 401


async def test_call_is_placed_and_shown(served: Api) -> None:
    client, parts = served
    phone = await lead(parts, source="facebook")

    placed = await client.post("/api/calls", json={"phone": phone})

    assert placed.status_code == 201
    call_id = placed.json()["id"]
    shown = (await client.get(f"/api/calls/{call_id}")).json()
    assert (shown["id"], shown["phone"], shown["status"]) == (call_id, phone, None)
    assert shown["segments"] == shown["transfers"] == []
    assert [
        call["id"] for call in (await client.get("/api/calls?live=true&limit=1000")).json()["calls"]
    ].count(call_id) == 1


async def test_call_is_placed_by_external_id_and_by_lead_id(served: Api) -> None:
    client, parts = served
    name = uuid4().hex
    await lead(parts, external_id=name)
    other = await parts.services.leads.by_phone(await lead(parts))
    assert other is not None

    assert (await client.post("/api/calls", json={"external_id": name})).status_code == 201
    assert (await client.post("/api/calls", json={"lead_id": str(other.id)})).status_code == 201


async def test_an_external_id_of_two_leads_calls_neither(served: Api) -> None:
    client, parts = served
    name = uuid4().hex
    leads = [await parts.services.leads.by_phone(await lead(parts, external_id=name)) for _ in range(2)]

    refused = await client.post("/api/calls", json={"external_id": name})

    assert (refused.status_code, refused.json()["error"]) == (409, "ambiguous")
    assert all(one is not None and str(one.id) in refused.json()["detail"] for one in leads)


async def test_same_idempotency_key_places_one_call(served: Api) -> None:
    client, parts = served
    phone, key = await lead(parts), {"idempotency-key": uuid4().hex}

    first = await client.post("/api/calls", json={"phone": phone}, headers=key)
    second = await client.post("/api/calls", json={"phone": phone}, headers=key)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


async def refused(client: httpx.AsyncClient, phone: str, reason: str, status: int) -> None:
    """The call is refused, with the reason in the answer and in the table."""
    answer = await client.post("/api/calls", json={"phone": phone})
    assert (answer.status_code, answer.json()["refused"]) == (status, reason)
    assert answer.json()["detail"]
    found = await client.get(f"/api/leads/by-phone/{phone}")
    kept = await client.get("/api/refusals", params={"lead_id": found.json()["lead"]["id"]})
    assert kept.json()["refusals"][0]["reason"] == reason


async def test_do_not_call(served: Api) -> None:
    client, parts = served
    phone = await lead(parts)
    await parts.services.leads.do_not_call(phone, "asked", TUESDAY_TEN)
    await refused(client, phone, "do_not_call", 422)


@pytest.mark.parametrize("consent", [None, False])
async def test_no_consent(served: Api, consent: bool | None) -> None:
    client, parts = served
    await refused(client, await lead(parts, consent=consent), "no_consent", 422)


async def test_one_call_at_a_time(served: Api) -> None:
    client, parts = served
    phone = await lead(parts)
    await client.post("/api/calls", json={"phone": phone})
    await refused(client, phone, "already_in_call", 409)


async def test_two_requests_at_once_place_one_call(served: Api) -> None:
    client, parts = served
    phone = await lead(parts)
    answers = await asyncio.gather(*(client.post("/api/calls", json={"phone": phone}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_two_processes_place_one_call(served: Api, pool: Pool) -> None:
    client, parts = served
    phone = await lead(parts)
    async with api(pool) as (other, _):
        wanted = [
            side.post("/api/calls", json={"phone": phone}) for side in (client, other) for _ in range(3)
        ]
        answers = await asyncio.gather(*wanted)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_same_key_at_once_places_one_call(served: Api) -> None:
    client, parts = served
    phone, key = await lead(parts), {"idempotency-key": uuid4().hex}
    wanted = [client.post("/api/calls", json={"phone": phone}, headers=key) for _ in range(4)]
    answers = await asyncio.gather(*wanted)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_outside_hours_where_the_lead_is(served: Api) -> None:
    client, parts = served
    phone = await lead(parts, state="HI", timezone="Pacific/Honolulu")  # it is five in the morning there
    await refused(client, phone, "outside_hours", 409)


async def test_settings_that_a_dial_needs_are_named(pool: Pool) -> None:
    async with api(pool, from_number="", telnyx_connection_id="") as (client, parts):
        answer = await client.post("/api/calls", json={"phone": await lead(parts)})
    assert (answer.status_code, answer.json()["refused"]) == (503, "not_configured")
    assert "VOICELEARN_FROM_NUMBER" in answer.json()["detail"]
    assert "VOICELEARN_TELNYX_CONNECTION_ID" in answer.json()["detail"]


BODIES: list[tuple[bytes, int, str]] = [
    (b"{", 400, "no JSON"),
    (b"[]", 422, "the body"),
    (b"{}", 422, "exactly one"),
    (b'{"phone":"+12122362000","lead_id":"6f0c9c5e-7d7e-5c62-9a43-0c9f5f0c2f10"}', 422, "exactly one"),
    (b'{"phone":5}', 422, "phone"),
    (b'{"phone":"call me"}', 422, "phone"),
    (b'{"lead_id":"7"}', 422, "lead_id"),
    (b'{"number":"+12122362000"}', 422, "number"),
    (b'{"phone":"+12122361999"}', 404, "+12122361999"),
    (b'{"external_id":"' + b"x" * 70_000 + b'"}', 413, "larger"),
]


@pytest.mark.parametrize(("body", "status", "names"), BODIES)
async def test_bad_requests_name_what_is_wrong(served: Api, body: bytes, status: int, names: str) -> None:
    answer = await served[0].post("/api/calls", content=body)
    assert answer.status_code == status
    assert names in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/api/calls/{NOBODY}", 404),
        ("/api/calls/7", 404),
        ("/api/calls?limit=0", 422),
        ("/api/calls?limit=²", 422),
        ("/api/calls?before=0001-01-01T00:00:00%2B14:00", 422),
        ("/api/calls?status=%00", 200),
        ("/api/leads?status=%00", 200),
        ("/api/calls?before=yesterday", 422),
        ("/api/calls?lead_id=x", 422),
        ("/api/leads/by-phone/+12122361999", 404),
        ("/api/leads/by-phone/nobody", 422),
        ("/api/nothing", 404),
    ],
)
async def test_bad_questions(served: Api, path: str, status: int) -> None:
    assert (await served[0].get(path)).status_code == status


async def test_lead_by_phone_in_any_way_of_writing(served: Api) -> None:
    client, parts = served
    phone = await lead(parts)
    written = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"

    found = (await client.get(f"/api/leads/by-phone/{written}")).json()

    assert found["lead"]["row"]["phone"] == phone
    assert [consent["kind"] for consent in found["consents"]] == ["call"]
    assert found["do_not_call"] is False


async def test_postgres_away_is_503_and_says_so(postgres_url: str) -> None:
    pool = await connect(postgres_url, min_size=1, max_size=1, timeout=0.3)
    async with api(pool) as (client, _), pool.connection():
        answer = await client.post("/api/calls", json={"phone": "+12122362000"})
        ready = await client.get("/readyz")
    assert (answer.status_code, answer.json()["error"]) == (503, "store_away")
    assert (ready.status_code, ready.json()["status"]) == (503, "away")
    await pool.close()


async def test_ready_without_the_other_stores(served: Api) -> None:
    client, _ = served
    assert (await client.get("/healthz")).json() == {"status": "ok"}

    answer = await client.get("/readyz", headers={"authorization": ""})

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    states = {store: state["ok"] for store, state in answer.json()["stores"].items()}
    assert states == {"postgres": True, "mongo": False, "graph": False, "vectors": False, "redis": False}


async def test_closer_with_windows_and_busy(served: Api) -> None:
    client, _ = served
    body = {"name": "Kevin", "phone": "(212) 236-9001", "timezone": "America/New_York"}
    assert (await client.put("/api/closers/kevin", json=body)).json()["phone"] == "+12122369001"
    windows = {"windows": [{"day": 2, "start": "09:00", "end": "17:00"}]}
    assert (await client.put("/api/closers/kevin/windows", json=windows)).status_code == 200

    assert (await client.get("/api/closers")).json()["available"] == ["kevin"]

    await client.put("/api/closers/kevin/busy", json={"busy": True})
    assert (await client.get("/api/closers")).json()["available"] == []


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("/api/closers/ann", {"name": "Ann", "phone": "9"}, "phone"),
        ("/api/closers/ann", {"name": "Ann", "phone": "+12122369002", "timezone": "Mars/Base"}, "timezone"),
        ("/api/closers/kevin/windows", {"windows": [{"day": 8, "start": "09:00", "end": "17:00"}]}, "day"),
        (
            "/api/closers/kevin/windows",
            {"windows": [{"day": 1, "start": "09:00+05:00", "end": "17:00"}]},
            "start",
        ),
        ("/api/closers/kevin/windows", {"windows": [{"day": 1, "start": "09:00", "end": 32400}]}, "end"),
        ("/api/closers/kevin/windows", {"windows": [{"day": 1, "start": "9", "end": "25:00"}]}, "start"),
        ("/api/closers/ann", {"name": "Ann", "phone": "+12122369002", "priority": 10**12}, "priority"),
    ],
)
async def test_bad_closers(served: Api, path: str, body: dict[str, Any], names: str) -> None:
    client, _ = served
    await client.put("/api/closers/kevin", json={"name": "Kevin", "phone": "+12122369001"})
    answer = await client.put(path, json=body)
    assert answer.status_code == 422
    assert names in answer.json()["detail"]


async def test_an_override_is_made_and_taken_back(served: Api) -> None:
    client, _ = served
    for name in ("olga", "paul"):
        await client.put(f"/api/closers/{name}", json={"name": name, "phone": "+12122369003"})
    override = {"start": "2026-03-03T00:00:00Z", "end": "2026-03-04T00:00:00Z", "available": True}
    id = (await client.post("/api/closers/olga/overrides", json=override)).json()["id"]
    assert "olga" in (await client.get("/api/closers")).json()["available"]

    missing = [await client.delete(f"/api/closers/{path}") for path in NO_OVERRIDES]
    taken_back = await client.delete(f"/api/closers/olga/overrides/{id}")
    again = await client.delete(f"/api/closers/olga/overrides/{id}")

    assert [answer.status_code for answer in (*missing, taken_back, again)] == [404, 404, 404, 404, 200, 404]
    assert "olga" not in (await client.get("/api/closers")).json()["available"]


NO_OVERRIDES = ["paul/overrides/1", "olga/overrides/x", f"olga/overrides/{10**30}", "nobody%00/overrides/1"]


async def test_an_override_of_the_year_1_is_refused(served: Api) -> None:
    client, _ = served
    await client.put("/api/closers/kevin", json={"name": "Kevin", "phone": "+12122369001"})
    override = {"start": "0001-01-01T00:00:00+14:00", "end": "2026-03-04T00:00:00Z", "available": True}
    answer = await client.post("/api/closers/kevin/overrides", json=override)
    assert (answer.status_code, "start" in answer.json()["detail"]) == (422, True)


async def test_a_person_puts_a_number_on_the_do_not_call_list(served: Api) -> None:
    client, parts = served
    stranger, known = f"+1212236{next(numbers)}", await lead(parts)
    for phone in (stranger, known):
        body = {"phone": phone, "evidence": "wrote a letter"}
        answers = [await client.post("/api/do-not-call", json=body) for _ in range(2)]
        assert [(answer.status_code, answer.json()["new"]) for answer in answers] == [
            (201, True),
            (200, False),
        ]
        found = (await client.get(f"/api/leads/by-phone/{phone}")).json()
        assert (found["do_not_call"], found["lead"] is None) == (True, phone == stranger)
        assert found["consents"][-1]["evidence"] == "wrote a letter"
    await refused(client, known, "do_not_call", 422)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"phone": "nobody", "evidence": "x"}, "phone"),
        ({"phone": "+12122362000", "evidence": ""}, "evidence"),
    ],
)
async def test_bad_do_not_calls(served: Api, body: dict[str, str], names: str) -> None:
    answer = await served[0].post("/api/do-not-call", json=body)
    assert (answer.status_code, names in answer.json()["detail"]) == (422, True)


async def transfer(pool: Pool, parts: Parts) -> UUID:
    """A transfer of a call that was placed."""
    from call_flow.effects import RecordTransfer
    from tests.storage.events import decide_next, new_call

    call_id = await new_call(pool, phone=await lead(parts))
    times = {"initiated_at": TUESDAY_TEN, "bridged_at": TUESDAY_TEN}
    values = {"closer_id": None, "closer_name": "Kevin", "outcome": "bridged", **times}
    await decide_next(pool, call_id, [RecordTransfer(claim="claim:1", values=values)])
    (row,) = await Transfers(pool).of_call(call_id)
    return row.id


async def test_closer_rates_and_records_the_result(served: Api, pool: Pool) -> None:
    client, parts = served
    id = await transfer(pool, parts)

    await client.post(f"/api/transfers/{id}/rating", json={"rating": 3})
    rated = await client.post(f"/api/transfers/{id}/rating", json={"rating": 9, "notes": "keen"})
    told = await client.post(f"/api/transfers/{id}/result", json={"result": "closed"})

    assert (rated.status_code, rated.json()["rating"], rated.json()["notes"]) == (200, 9, "keen")
    assert (told.status_code, told.json()["result"]) == (200, "closed")


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("rating", {"rating": 0}),
        ("rating", {"rating": 11}),
        ("rating", {"rating": True}),
        ("rating", {"rating": "7"}),
        ("rating", {}),
        ("result", {"result": "maybe"}),
    ],
)
async def test_bad_ratings_and_results(served: Api, pool: Pool, what: str, body: dict[str, Any]) -> None:
    client, parts = served
    id = await transfer(pool, parts)
    assert (await client.post(f"/api/transfers/{id}/{what}", json=body)).status_code == 422
    missing = await client.post(f"/api/transfers/{uuid4()}/result", json={"result": "closed"})
    assert missing.status_code == 404


async def test_person_hangs_up_a_live_call(served: Api) -> None:
    client, parts = served
    call_id = (await client.post("/api/calls", json={"phone": await lead(parts)})).json()["id"]

    for _ in range(2):
        assert (await client.post(f"/api/calls/{call_id}/hangup")).status_code == 202

    rows = await parts.services.inbox.of_call(UUID(call_id))
    assert [row.body["action"] for row in rows if row.event_type == "console"] == ["hangup"]
    assert (await client.post(f"/api/calls/{uuid4()}/hangup")).status_code == 404


async def test_ended_call_cannot_be_hung_up(served: Api, pool: Pool) -> None:
    client, parts = served
    call_id = (await client.post("/api/calls", json={"phone": await lead(parts)})).json()["id"]
    await parts.services.decider.close()
    await pool.execute("UPDATE calls SET final_status = 'failed' WHERE id = $1", UUID(call_id))
    answer = await client.post(f"/api/calls/{call_id}/hangup")
    assert (answer.status_code, answer.json()["error"]) == (409, "ended")


async def test_events_set_aside_are_told_with_their_errors_to_who_holds_the_token(served: Api) -> None:
    client, parts = served
    await parts.services.decider.close()
    call_id = (await client.post("/api/calls", json={"phone": await lead(parts)})).json()["id"]
    (row, *_) = await parts.services.inbox.of_call(UUID(call_id))
    assert await parts.services.inbox.set_aside(row.seq, "ValueError: no such phase")

    told = (await client.get("/api/operations")).json()
    ready = await client.get("/readyz", headers={"authorization": ""})

    (aside,) = [event for event in told["aside"] if event["seq"] == row.seq]
    assert (aside["call_id"], aside["error"]) == (call_id, "ValueError: no such phase")
    assert told["inbox"]["aside"] >= 1
    assert ready.status_code == 200
    assert ready.json()["inbox"]["aside"] == told["inbox"]["aside"]
    assert "no such phase" not in ready.text
