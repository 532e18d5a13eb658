"""Dials that the law or courtesy forbids: refused with a reason, which is kept and which the API says."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from call_flow.settings import CallSettings
from server.api import ROUTES
from server.clock import Clock
from server.placing import Placing, Refused
from server.playbooks import Shelf
from storage import calling_hours, playbook
from storage.calls import Calls
from storage.inbox import Inbox
from storage.leads import Consent, LeadRow, Leads, StoredLead
from storage.playbooks import Playbooks
from storage.postgres import Pool

EAST, CENTRAL = "America/New_York", "America/Chicago"
TOKEN = "for-tests"
SETTINGS = CallSettings(
    business="Test",
    agent_name="Ava",
    from_number="+18005550199",
    callback_number="+18005550199",
    video_url="x",
)


def at(local: str, zone: str = EAST) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class Hand(Clock):
    """Set by hand."""

    at = at("2026-03-02 12:00")

    def now(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """Placing on real tables, and the API before it."""

    pool: Pool
    clock: Hand = field(default_factory=Hand)
    decided: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leads = Leads(self.pool)
        self.placing = Placing(
            Calls(self.pool),
            self.leads,
            Shelf(playbook.read_packaged(), Playbooks(self.pool)),
            calling_hours.read_packaged(),
            self.clock,
            lambda: SETTINGS,
            (),
            0.0,
            1,
            self.decided.append,
        )

    async def lead(self, phone: str, *, consent: bool = True, **known: Any) -> StoredLead:
        added = await self.leads.upsert(LeadRow(phone=phone, **known), self.clock.now())
        if consent:
            given = Consent(phone=phone, kind="call", granted=True, at=self.clock.now(), how="form")
            await self.leads.record_consents([given], self.clock.now())
        lead = await self.leads.get(added.id)
        assert lead is not None
        return lead

    def api(self) -> httpx.AsyncClient:
        routes = Starlette(routes=ROUTES)
        services = SimpleNamespace(api_token=TOKEN, leads=self.leads, placing=self.placing)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await routes(scope | {"state": {"services": services}}, receive, send)

        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://server",
            headers={"authorization": f"Bearer {TOKEN}"},
        )


@pytest.fixture
def desk(pool: Pool) -> Desk:
    return Desk(pool)


async def reason(desk: Desk, lead: StoredLead) -> str | None:
    """Why the lead is not dialled, once the reason is found among the refusals."""
    before = len(await desk.leads.refusals(lead.id))
    said = None
    try:
        await desk.placing.place(lead)
    except Refused as refused:
        said = refused
    kept = await desk.leads.refusals(lead.id)
    assert len(kept) == before + (said is not None)
    if said is not None:
        assert (kept[0].reason, kept[0].detail) == (said.reason, said.detail)
    return said and said.reason


@pytest.mark.parametrize(
    ("now", "phone", "known", "expected"),
    [
        ("2026-03-02 12:00", "+12125550301", {"state": "NY", "timezone": EAST}, None),
        ("2026-03-02 07:59", "+12125550302", {"state": "NY", "timezone": EAST}, "outside_hours"),
        ("2026-03-02 20:30", "+13055550303", {"state": "FL", "timezone": EAST}, "outside_hours"),
        ("2026-03-01 13:00", "+12055550304", {"state": "AL", "timezone": CENTRAL}, "state_forbids_day"),
        ("2026-03-02 09:30", "+14155550305", {"state": "NY", "timezone": EAST}, "outside_hours"),
        ("2026-03-02 12:00", "+18005550306", {}, "unknown_location"),
        ("2026-03-02 12:00", "+442079460307", {}, "unknown_location"),
    ],
)
async def test_hours_where_the_lead_is(
    desk: Desk, now: str, phone: str, known: dict[str, str], expected: str | None
) -> None:
    desk.clock.at = at(now)
    lead = await desk.lead(phone, **known)
    assert await reason(desk, lead) == expected
    assert len(desk.decided) == (expected is None)


async def test_consent_and_the_do_not_call_list(desk: Desk) -> None:
    silent = await desk.lead("+12125550310", consent=False)
    assert await reason(desk, silent) == "no_consent"
    listed = await desk.lead("+12125550311")
    await desk.leads.do_not_call(listed.row.phone, "asked", desk.clock.now())
    assert await reason(desk, listed) == "do_not_call"


async def test_three_calls_a_day_and_a_day_later_again(desk: Desk, pool: Pool) -> None:
    lead = await desk.lead("+12125550312", state="NY", timezone=EAST)
    desk.clock.at = at("2026-03-02 10:00")
    for _ in range(3):
        assert await reason(desk, lead) is None
        assert await reason(desk, lead) == "already_in_call"
        await pool.execute("UPDATE calls SET final_status = 'no_answer' WHERE phone = $1", lead.row.phone)
        desk.clock.at += timedelta(minutes=30)
    assert await reason(desk, lead) == "too_many_attempts"
    desk.clock.at = at("2026-03-03 10:05")
    assert await reason(desk, lead) == "too_many_attempts"
    desk.clock.at = at("2026-03-03 10:11")
    assert await reason(desk, lead) is None


async def test_a_call_knows_when_hours_end(desk: Desk, pool: Pool) -> None:
    lead = await desk.lead("+13055550313", state="NY", timezone=EAST)
    placed = await desk.placing.place(lead)
    (row,) = await Inbox(pool).of_call(placed.call_id)
    assert datetime.fromisoformat(row.body["dial_before"]) == at("2026-03-02 19:55")


@pytest.mark.parametrize(
    ("now", "phone", "status", "refused"),
    [
        ("2026-03-02 12:00", "+12125550320", 201, None),
        ("2026-03-02 23:00", "+12125550321", 409, "outside_hours"),
        ("2026-03-01 13:00", "+12055550322", 409, "state_forbids_day"),
        ("2026-03-02 12:00", "+18005550323", 422, "unknown_location"),
    ],
)
async def test_the_api_says_why(desk: Desk, now: str, phone: str, status: int, refused: str | None) -> None:
    desk.clock.at = at(now)
    lead = await desk.lead(phone)
    async with desk.api() as api:
        answer = await api.post("/api/calls", json={"lead_id": str(lead.id)})
        listed = (await api.get("/api/refusals", params={"lead_id": str(lead.id)})).json()["refusals"]
    assert answer.status_code == status
    assert answer.json().get("refused") == refused
    assert [one["reason"] for one in listed] == ([refused] if refused else [])
    assert phone not in answer.text
