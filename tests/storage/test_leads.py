"""Leads by their number, and the facts that a dial rests on."""

from datetime import timedelta

import asyncpg
import pytest

from call_flow.lead import Lead
from call_flow.status import FinalStatus
from storage.calls import Summary
from storage.leads import Consent, LeadRow, Leads, snapshot
from storage.postgres import Pool
from tests.storage.events import NOW, decide_next, new_call

LATER = NOW + timedelta(days=1)


async def test_the_same_lead_again_changes_nothing(pool: Pool) -> None:
    leads = Leads(pool)
    row = LeadRow(
        phone="+12125550400", external_id="x-1", first_name="Zoë", arrived_at=NOW, qualification_score=0.5,
        utm_source="ads", closer_rating=7, relationship_strength=0.25,
    )  # fmt: skip
    first = await leads.upsert(row, NOW)
    again = await leads.upsert(row, LATER)
    assert (first.change, again.change, again.id) == ("created", "unchanged", first.id)
    stored = await leads.get(first.id)
    assert stored is not None
    assert (stored.row, stored.status, stored.consent) == (row, "new", None)
    assert (stored.created_at, stored.updated_at) == (NOW, NOW)


async def test_what_is_given_replaces_and_what_is_not_stays(pool: Pool) -> None:
    leads, phone = Leads(pool), "+12125550401"
    await leads.upsert(LeadRow(phone=phone, first_name="Ann", city="Reno"), NOW)
    changed = await leads.upsert(LeadRow(phone=phone, first_name="Anne"), LATER)
    assert changed.change == "updated"
    stored = await leads.by_phone(phone)
    assert stored is not None
    assert (stored.row.first_name, stored.row.city, stored.updated_at) == ("Anne", "Reno", LATER)


async def test_many_leads_at_once_in_their_order(pool: Pool) -> None:
    leads = Leads(pool)
    rows = [LeadRow(phone=f"+1212555{n:04}", city=str(n)) for n in range(5000, 5300)]
    await leads.upsert(rows[7], NOW)
    repeated = LeadRow(phone=rows[3].phone, city="other")
    result = await leads.upsert_many([*rows, repeated], LATER)
    assert [one.change for one in result[:10]] == ["created"] * 7 + ["unchanged"] + ["created"] * 2
    assert result[3].id == result[-1].id
    stored = await leads.by_phone(rows[3].phone)
    assert stored is not None
    assert stored.row.city == "other"


async def test_a_number_that_is_none_is_refused(pool: Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await Leads(pool).upsert(LeadRow(phone="212 555 0100"), NOW)


async def test_a_call_takes_a_snapshot_along(pool: Pool) -> None:
    leads = Leads(pool)
    row = LeadRow(
        phone="+12125550402", first_name="Bo", source="web", timezone="Europe/London", arrived_at=NOW
    )
    stored = await leads.upsert(row, NOW)
    lead = await leads.get(stored.id)
    assert lead is not None
    assert snapshot(lead) == Lead(
        id=str(stored.id),
        phone=row.phone,
        first_name="Bo",
        source="web",
        timezone="Europe/London",
        arrived_at=NOW,
    )


async def test_pages_follow_each_other(pool: Pool) -> None:
    leads = Leads(pool)
    added = await leads.upsert_many([LeadRow(phone=f"+1303555{n:04}") for n in range(25)], NOW)
    await pool.execute("UPDATE leads SET status = 'voicemail' WHERE id = ANY($1)", [one.id for one in added])
    seen, after = [], None
    while page := await leads.page(10, after, "voicemail"):
        seen += [one.id for one in page]
        after = page[-1].id
    assert len(seen) == len(set(seen)) == 25


async def test_the_latest_word_on_consent_counts(pool: Pool) -> None:
    leads, phone = Leads(pool), "+12125550403"
    lead = await leads.upsert(LeadRow(phone=phone), NOW)
    assert (await leads.dial_facts(phone, NOW)).consent is None
    given = Consent(phone=phone, kind="call", granted=True, at=NOW, how="form", evidence="https://x/1")
    taken = Consent(phone=phone, kind="call", granted=False, at=LATER, how="mail")
    sms = Consent(phone=phone, kind="sms", granted=True, at=LATER, how="form")
    assert await leads.record_consents([given], NOW) == 1
    assert (await leads.dial_facts(phone, NOW)).consent is True
    assert await leads.record_consents([given, taken, sms], NOW) == 2
    assert await leads.record_consents([given, taken, sms], NOW) == 0
    assert (await leads.dial_facts(phone, NOW)).consent is False
    assert await leads.consents(phone) == [given, taken, sms]
    stored = await leads.get(lead.id)
    assert stored is not None
    assert stored.consent is False


async def test_consent_may_come_before_the_lead(pool: Pool) -> None:
    phone = "+12125550404"
    await Leads(pool).record_consents(
        [Consent(phone=phone, kind="call", granted=True, at=NOW, how="form")], NOW
    )
    assert (await Leads(pool).dial_facts(phone, NOW)).consent is True
    await Leads(pool).upsert(LeadRow(phone=phone), NOW)
    stored = await Leads(pool).by_phone(phone)
    assert stored is not None
    assert stored.consent is True


@pytest.mark.parametrize("order", [(True, False), (False, True)])
async def test_of_yes_and_no_at_one_instant_the_no_counts(pool: Pool, order: tuple[bool, bool]) -> None:
    leads, phone = Leads(pool), f"+1212555041{order[0]:d}"
    await leads.upsert(LeadRow(phone=phone), NOW)
    for granted in order:
        await leads.record_consents(
            [Consent(phone=phone, kind="call", granted=granted, at=NOW, how="import")], NOW
        )
    assert (await leads.dial_facts(phone, NOW)).consent is False
    stored = await leads.by_phone(phone)
    assert stored is not None
    assert stored.consent is False


async def test_what_a_call_learned_is_not_undone_by_the_same_lead_again(pool: Pool) -> None:
    leads, phone = Leads(pool), "+12125550412"
    row = LeadRow(phone=phone, current_income_range="30-50k", next_followup=NOW, qualification_score=0.25)
    await leads.upsert(row, NOW)
    await pool.execute("UPDATE leads SET current_income_range = '50-75k' WHERE phone = $1", phone)

    again = await leads.upsert(row, LATER)

    stored = await leads.by_phone(phone)
    assert stored is not None
    assert (again.change, stored.row.current_income_range, stored.updated_at) == ("unchanged", "50-75k", NOW)


async def test_a_lead_that_comes_after_its_number_was_listed_is_not_new(pool: Pool) -> None:
    leads, phone = Leads(pool), "+12125550413"
    await leads.do_not_call(phone, "wrote a letter", NOW)
    await leads.upsert(LeadRow(phone=phone), LATER)
    stored = await leads.by_phone(phone)
    assert stored is not None
    assert (stored.status, stored.consent) == ("do_not_call", False)


async def test_a_refusal_keeps_its_reason(pool: Pool) -> None:
    leads = Leads(pool)
    lead = await leads.upsert(LeadRow(phone="+12125550405"), NOW)
    first = await leads.refuse(lead.id, "+12125550405", "no_consent", "none on record", NOW)
    second = await leads.refuse(lead.id, "+12125550405", "outside_hours", "07:40 in America/New_York", LATER)
    assert await leads.refusals(lead.id) == [second, first]
    assert second in await leads.refusals()


async def test_the_do_not_call_list_takes_consent_back(pool: Pool) -> None:
    leads, phone = Leads(pool), "+12125550406"
    await leads.upsert(LeadRow(phone=phone), NOW)
    await leads.record_consents([Consent(phone=phone, kind="call", granted=True, at=NOW, how="form")], NOW)
    assert await leads.do_not_call(phone, "wrote a letter", LATER)
    assert not await leads.do_not_call(phone, "again", LATER)
    facts = await leads.dial_facts(phone, NOW)
    assert (facts.do_not_call, facts.consent) == (True, False)
    stored = await leads.by_phone(phone)
    assert stored is not None
    assert (stored.status, stored.consent) == ("do_not_call", False)


async def test_attempts_are_counted_from_an_instant(pool: Pool) -> None:
    leads, phone = Leads(pool), "+12125550407"
    assert (await leads.dial_facts(phone, NOW)).attempts == 0
    call_id = await new_call(pool, phone=phone)
    facts = await leads.dial_facts(phone, NOW)
    assert (facts.attempts, facts.last_attempt, facts.live_call) == (1, NOW, call_id)
    await decide_next(pool, call_id, summary=Summary(phase="greeting", final_status=FinalStatus.NO_ANSWER))
    facts = await leads.dial_facts(phone, LATER)
    assert (facts.attempts, facts.last_attempt, facts.live_call) == (0, NOW, None)
