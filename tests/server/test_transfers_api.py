"""The closer's word through the API: an event of the call, in the inbox before the answer."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import httpx
import pytest

from call_flow.effects import RecordTransfer
from storage.inbox import Inbox
from storage.postgres import Pool
from storage.transfers import Transfers
from tests.server.api_client import TUESDAY_TEN, api
from tests.storage.events import decide_next, new_call

ANSWERED = {"dialed_at": TUESDAY_TEN, "answered_at": TUESDAY_TEN}
BRIDGED = ANSWERED | {"bridged_at": TUESDAY_TEN, "outcome": "bridged"}


@pytest.fixture
async def client(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with api(pool) as (client, _):
        yield client


async def transfer(pool: Pool, **values: datetime | str) -> tuple[UUID, UUID]:
    """Call and transfer, as far as `values` tell."""
    call_id = await new_call(pool, phone=f"+1212{uuid4().int % 10**7:07d}")
    effect = RecordTransfer(claim="claim:1", values={"initiated_at": TUESDAY_TEN} | values)
    await decide_next(pool, call_id, [effect])
    (row,) = await Transfers(pool).of_call(call_id)
    return call_id, row.id


async def told(pool: Pool, call_id: UUID) -> list[dict[str, object]]:
    """The console's events of the call."""
    return [row.body for row in await Inbox(pool).of_call(call_id) if row.event_type == "console"]


@pytest.mark.parametrize("action", ["accept", "decline"])
async def test_click_is_one_event_however_often_it_comes(
    client: httpx.AsyncClient, pool: Pool, action: str
) -> None:
    call_id, id = await transfer(pool, **ANSWERED)

    answers = [await client.post(f"/api/transfers/{id}/{action}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    (event,) = await told(pool, call_id)
    assert (event["action"], event["claim"], event["by"]) == (action, "claim:1", "api")


async def test_a_telephone_that_rings_can_be_declined_and_not_accepted(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    call_id, id = await transfer(pool, dialed_at=TUESDAY_TEN)

    refused = await client.post(f"/api/transfers/{id}/accept")

    assert (refused.status_code, refused.json()["error"]) == (409, "not_answered")
    assert await told(pool, call_id) == []
    assert (await client.post(f"/api/transfers/{id}/decline")).status_code == 202


@pytest.mark.parametrize("action", ["accept", "decline"])
async def test_what_is_over_is_over(client: httpx.AsyncClient, pool: Pool, action: str) -> None:
    call_id, id = await transfer(pool, **ANSWERED, outcome="prospect_hangup", ended_at=TUESDAY_TEN)

    refused = await client.post(f"/api/transfers/{id}/{action}")

    assert (refused.status_code, refused.json()["error"]) == (409, "over")
    assert "prospect_hangup" in refused.json()["detail"]
    assert await told(pool, call_id) == []


async def test_an_accepted_transfer_is_not_declined_any_more(client: httpx.AsyncClient, pool: Pool) -> None:
    _, id = await transfer(pool, **ANSWERED, accepted_at=TUESDAY_TEN)
    assert (await client.post(f"/api/transfers/{id}/decline")).json()["error"] == "accepted"


@pytest.mark.parametrize("action", ["accept", "decline"])
async def test_no_such_transfer(client: httpx.AsyncClient, action: str) -> None:
    assert (await client.post(f"/api/transfers/{uuid4()}/{action}")).status_code == 404
    assert (await client.post(f"/api/transfers/7/{action}")).status_code == 404
    answer = await client.post(f"/api/transfers/{uuid4()}/{action}", headers={"authorization": "Bearer no"})
    assert answer.status_code == 401


async def test_rating_and_result_reach_the_call(client: httpx.AsyncClient, pool: Pool) -> None:
    call_id, id = await transfer(pool, **BRIDGED)

    await client.post(f"/api/transfers/{id}/rating", json={"rating": 3})
    await client.post(f"/api/transfers/{id}/rating", json={"rating": 9})
    await client.post(f"/api/transfers/{id}/result", json={"result": "closed"})

    events = [(event["claim"], event["rating"], event["result"]) for event in await told(pool, call_id)]
    assert events == [("claim:1", 3, None), ("claim:1", 9, None), ("claim:1", None, "closed")]


async def test_a_rating_that_is_refused_reaches_nobody(client: httpx.AsyncClient, pool: Pool) -> None:
    call_id, id = await transfer(pool, **BRIDGED)
    assert (await client.post(f"/api/transfers/{id}/rating", json={"rating": 11})).status_code == 422
    assert await told(pool, call_id) == []


@pytest.mark.parametrize(("what", "said"), [("rating", {"rating": 9}), ("result", {"result": "closed"})])
@pytest.mark.parametrize("outcome", ["declined", "no_answer", None])
async def test_who_has_not_spoken_with_the_lead_does_not_judge_it(
    client: httpx.AsyncClient, pool: Pool, what: str, said: dict[str, object], outcome: str | None
) -> None:
    call_id, id = await transfer(pool, dialed_at=TUESDAY_TEN, **({"outcome": outcome} if outcome else {}))

    refused = await client.post(f"/api/transfers/{id}/{what}", json=said)

    assert (refused.status_code, refused.json()["error"]) == (409, "not_bridged")
    assert (outcome or "not yet bridged") in refused.json()["detail"]
    assert await told(pool, call_id) == []


async def test_notes_may_hold_anything(client: httpx.AsyncClient, pool: Pool) -> None:
    _, id = await transfer(pool, **BRIDGED)
    answer = await client.post(f"/api/transfers/{id}/rating", json={"rating": 9, "notes": "a\x00b"})
    assert (answer.status_code, answer.json()["notes"]) == (200, "a\ufffdb")
