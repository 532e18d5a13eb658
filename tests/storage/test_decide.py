"""A decision is whole or it is not, whoever else decides at the same time."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from call_flow.effects import (
    AskPhrasing,
    CancelTimer,
    Command,
    DoNotCall,
    Effect,
    FileSegment,
    Learn,
    RecordChoice,
    RecordTransfer,
    SetTimer,
    UpdateLead,
    VoidCommands,
)
from call_flow.events import Given, Perceived
from call_flow.phases import Phase
from call_flow.record import Choice, Segment
from call_flow.status import FinalStatus
from storage.calls import Calls, NoSuchCall, Summary
from storage.inbox import Inbox
from storage.leads import LeadRow, Leads
from storage.outbox import Outbox
from storage.postgres import Pool
from storage.timers import Timers
from storage.transfers import Transfers
from tests.storage.events import NOW, decide_next, decision, event, leg, new_call, speak


def segment(seq: int, text: str) -> FileSegment:
    return FileSegment(segment=Segment(seq=seq, speaker="agent", text=text, at=NOW, phase=Phase.GREETING))


def choice(key: str = "opening") -> RecordChoice:
    return RecordChoice(
        choice=Choice(
            key=key, moment="opening", phase=Phase.GREETING, segment="web/income", arms=("a", "b"), p=(0.25, 0.75),
            taken="b", draw=0.5, policy="thompson", posterior_version=3, at=NOW,
        )
    )  # fmt: skip


EVERYTHING: tuple[Effect, ...] = (
    speak("say.1"),
    Command(key="record", action="record_start", leg="prospect"),
    Command(key="sms", action="message", leg="prospect"),
    AskPhrasing(key="phrase.1", line=1, goal="greet", scripted="Hello", last_words="", deadline=NOW),
    segment(1, "Hello"),
    SetTimer(key="silence", due=NOW + timedelta(seconds=6)),
    choice(),
    UpdateLead(values={"current_income_range": "3000-4000/month", "motivation_level": "high"}),
    RecordTransfer(claim="c1", values={"initiated_at": NOW, "phase": "commitment", "engagement": 71.5}),
    Learn(revision=1),
)


async def everything_of(pool: Pool, call_id: UUID) -> dict[str, int]:
    """How many rows a call has in each table that a decision touches."""
    tables = ("outbox", "timers", "legs", "choices", "transfers")
    count = "SELECT count(*) FROM {} WHERE call_id = $1"
    counts = {table: await pool.fetchval(count.format(table), call_id) for table in tables}
    counts["ledger"] = await pool.fetchval(
        "SELECT count(*) FROM ledger WHERE subject = $1", f"call:{call_id}"
    )
    counts["jobs"] = await pool.fetchval(
        "SELECT count(*) FROM pgqueuer WHERE dedupe_key LIKE $1", f"learn:{call_id}:%"
    )
    return counts


WHOLE = {"outbox": 5, "timers": 1, "legs": 1, "choices": 1, "transfers": 1, "ledger": 5, "jobs": 1}


async def test_a_decision_writes_all_that_it_asks_for(pool: Pool) -> None:
    lead = await Leads(pool).upsert(LeadRow(phone="+12125550101"), NOW)
    call_id = await new_call(pool, phone="+12125550101", lead_id=lead.id)
    summary = Summary(
        phase="handoff", mode="ended", lead_id=lead.id, final_status=FinalStatus.FOLLOW_UP, engagement=61.0,
        started_at=NOW, prediction=0.7, recording={"mp3": "x"},
    )  # fmt: skip
    given = Given(perceived={"Hi": Perceived(intent="greeting", confidence=0.9)})
    prospect = leg()
    decided = await decide_next(pool, call_id, EVERYTHING, summary=summary, legs=(prospect,), given=given)
    assert decided.version == 1
    assert await everything_of(pool, call_id) == WHOLE
    call = await Calls(pool).get(call_id)
    assert call is not None
    assert (call.version, call.state_json, call.final_status) == (1, '{"decided": 1}', "follow_up")
    assert (call.engagement, call.prediction, call.recording, call.mode) == (61.0, 0.7, {"mp3": "x"}, "ended")
    (row,) = await Inbox(pool).of_call(call_id)
    assert row.given is not None
    assert Given.model_validate(row.given) == given
    stored = await Leads(pool).get(lead.id)
    assert stored is not None
    assert stored.row.current_income_range == "3000-4000/month"
    assert stored.captures == {"motivation_level": "high"}
    assert await Calls(pool).legs(call_id) == [prospect]


async def test_of_two_deciders_one_wins_with_all_its_effects(pool: Pool) -> None:
    calls = Calls(pool)
    for _ in range(20):
        call_id = await new_call(pool)
        pending = await calls.next_pending(call_id)
        assert pending is not None
        rivals = [
            decision(call_id, pending.version, pending.event.seq, EVERYTHING, owner=owner, legs=(leg(),))
            for owner in ("one", "two", "three")
        ]
        results = await asyncio.gather(*(calls.decide(rival) for rival in rivals))
        assert sum(result is not None for result in results) == 1
        assert await everything_of(pool, call_id) == WHOLE
        assert await calls.next_pending(call_id) is None


async def test_a_decision_of_an_old_version_writes_nothing(pool: Pool) -> None:
    call_id = await new_call(pool)
    await decide_next(pool, call_id)
    key = await Inbox(pool).receive(event(call_id))
    assert key is not None
    assert await Calls(pool).decide(decision(call_id, 0, key.seq, EVERYTHING, legs=(leg(),))) is None
    assert not any((await everything_of(pool, call_id)).values())
    row = await Inbox(pool).get(key.seq)
    assert row is not None
    assert row.status == "received"


async def test_what_fails_leaves_nothing_behind(pool: Pool) -> None:
    call_id, taken = await new_call(pool), leg()
    await decide_next(pool, await new_call(pool), legs=(taken,))
    with pytest.raises(asyncpg.UniqueViolationError):
        await decide_next(pool, call_id, EVERYTHING, legs=(taken,))
    assert not any((await everything_of(pool, call_id)).values())
    call = await Calls(pool).get(call_id)
    assert call is not None
    assert call.version == 0


async def test_events_are_decided_in_order_of_arrival(pool: Pool) -> None:
    call_id = await new_call(pool)
    for n in range(3):
        await Inbox(pool).receive(event(call_id, f"{call_id}:{n}"))
    for _ in range(4):
        await decide_next(pool, call_id)
    rows = await Inbox(pool).of_call(call_id)
    assert [row.event_id for row in rows[1:]] == [f"{call_id}:{n}" for n in range(3)]
    assert [row.decided_version for row in rows] == [1, 2, 3, 4]


async def test_create_again_changes_nothing(pool: Pool) -> None:
    calls, call_id = Calls(pool), await new_call(pool)
    first = event(call_id, f"begin:{call_id}")
    again = await calls.create(call_id, None, "+1999", "other", first, NOW, machine_version=9, state_form=9)
    assert not again
    call = await calls.get(call_id)
    assert call is not None
    assert call.playbook_version == "playbook-1"
    assert len(await Inbox(pool).of_call(call_id)) == 1


async def test_a_call_that_never_was_is_told_from_one_at_rest(pool: Pool) -> None:
    with pytest.raises(NoSuchCall):
        await Calls(pool).next_pending(uuid4())


async def test_transcript_is_the_last_word_on_each_segment(pool: Pool) -> None:
    call_id = await new_call(pool)
    await decide_next(pool, call_id, [segment(1, "Hello"), segment(2, "How a")])
    await decide_next(pool, call_id, [segment(2, "How are you"), segment(10, "Fine")])
    assert [(s.seq, s.text) for s in await Calls(pool).transcript(call_id)] == [
        (1, "Hello"), (2, "How are you"), (10, "Fine"),
    ]  # fmt: skip


async def test_timers_are_moved_and_cancelled(pool: Pool) -> None:
    call_id, later = await new_call(pool), NOW + timedelta(seconds=60)
    await decide_next(pool, call_id, [SetTimer(key=key, due=NOW) for key in ("a", "b", "c")])
    await decide_next(pool, call_id, [CancelTimer(key="a"), SetTimer(key="b", due=later)])
    assert await Timers(pool).of_call(call_id) == {"b": later, "c": NOW}
    await decide_next(pool, call_id, [CancelTimer(key=None), SetTimer(key="b", due=NOW)])
    assert await Timers(pool).of_call(call_id) == {"b": NOW}


async def test_void_spares_what_was_sent_and_what_the_same_decision_says(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    decided = await decide_next(pool, call_id, [speak("sent"), speak("queued")])
    assert await outbox.mark_sending(decided.leased[0].id, NOW, "one") is not None
    record = Command(key="record", action="record_start", leg="prospect")
    await decide_next(pool, call_id, [record, VoidCommands(all_speech=True), speak("goodbye")])
    statuses = {entry.row.key: entry.status for entry in await outbox.of_call(call_id)}
    assert statuses == {"sent": "pending", "queued": "void", "record": "pending", "goodbye": "pending"}


async def test_void_by_key_frees_its_destination(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    first = await decide_next(pool, call_id, [speak("first")])
    second = await decide_next(pool, call_id, [VoidCommands(keys=("first",)), speak("second")])
    assert [row.key for row in second.leased] == ["second"]
    assert await outbox.mark_sending(first.leased[0].id, NOW, "one") is None
    assert await outbox.mark_sending(second.leased[0].id, NOW, "one") is not None


async def test_a_void_takes_back_what_was_asked_before_it_in_the_same_decision(pool: Pool) -> None:
    call_id = await new_call(pool)
    decided = await decide_next(pool, call_id, [speak("old"), VoidCommands(keys=("old",)), speak("new")])
    assert [row.key for row in decided.leased] == ["new"]


async def test_the_same_key_is_asked_for_once(pool: Pool) -> None:
    call_id = await new_call(pool)
    await decide_next(pool, call_id, [speak("say.1"), choice()])
    again = await decide_next(pool, call_id, [speak("say.1"), choice()])
    assert (again.leased, again.behind) == ((), ())
    assert len(await Outbox(pool).of_call(call_id)) == 1


async def test_do_not_call_reaches_list_lead_and_consents(pool: Pool) -> None:
    leads, phone = Leads(pool), "+12125550102"
    lead = await leads.upsert(LeadRow(phone=phone), NOW)
    call_id = await new_call(pool, phone=phone, lead_id=lead.id)
    effects = (
        UpdateLead(values={"experience_level": "none"}),
        DoNotCall(phone=phone, evidence="stop calling me"),
    )
    await decide_next(pool, call_id, effects)
    assert await leads.on_do_not_call(phone)
    stored = await leads.get(lead.id)
    assert stored is not None
    assert (stored.status, stored.consent, stored.row.experience_level) == (
        "do_not_call",
        False,
        "none",
    )
    assert [(consent.kind, consent.granted) for consent in await leads.consents(phone)] == [
        ("opt_out", False)
    ]
    assert (await leads.dial_facts(phone, NOW)).do_not_call


async def test_transfers_grow_by_claim(pool: Pool) -> None:
    call_id = await new_call(pool)
    values = {
        "initiated_at": NOW,
        "closer_name": "Kevin",
        "key_indicators": ["asked for a link", "hours known"],
    }
    await decide_next(pool, call_id, [RecordTransfer(claim="c1", values=values)])
    bridged = {
        "accepted_at": NOW,
        "bridged_at": NOW,
        "outcome": "bridged",
        "ended_at": NOW + timedelta(seconds=90),
    }
    await decide_next(pool, call_id, [RecordTransfer(claim="c1", values=bridged)])
    (transfer,) = await Transfers(pool).of_call(call_id)
    assert (transfer.closer_name, transfer.accepted, transfer.duration_s) == ("Kevin", True, 90.0)
    assert transfer.key_indicators == ["asked for a link", "hours known"]


async def test_legs_belong_to_their_calls(pool: Pool) -> None:
    calls, call_id, session = Calls(pool), await new_call(pool), str(uuid4())
    one, two = leg(call_session_id=session), leg("closer.1", call_session_id=session, state="dialing")
    await decide_next(pool, call_id, legs=(one, two))
    owner = await calls.leg_owner(two.call_leg_id, None)
    assert owner is not None
    assert (owner.call_id, owner.leg) == (call_id, "closer.1")
    owner = await calls.leg_owner("another", session)
    assert owner is not None
    assert (owner.call_id, owner.leg) == (call_id, None)
    assert await calls.leg_owner("another", "nowhere") is None


async def test_a_revision_is_learned_once_and_a_higher_one_again(pool: Pool) -> None:
    call_id = await new_call(pool)
    await decide_next(pool, call_id, [Learn(revision=1)])
    await decide_next(pool, call_id, [Learn(revision=1)])
    await decide_next(pool, call_id, [Learn(revision=2)])
    assert (await everything_of(pool, call_id))["jobs"] == 2


def message(to: str) -> Command:
    return Command(
        key="message:video", action="message", leg="prospect", args={"to": to, "text": "the video"}
    )


async def test_messages_are_found_by_their_id(pool: Pool) -> None:
    call_id = await new_call(pool)
    decided = await decide_next(pool, call_id, [message("+12125550111")])
    id = str(uuid4())
    await Outbox(pool).done(decided.leased[0].id, {"id": id})
    assert await Calls(pool).message_owner(id, "") == call_id
    assert await Calls(pool).message_owner("none", "+12125550111") is None


async def test_message_whose_answer_was_lost_is_found_by_its_number(pool: Pool) -> None:
    calls, outbox = Calls(pool), Outbox(pool)
    earlier, later = await new_call(pool), await new_call(pool)
    for call_id in (earlier, later):
        decided = await decide_next(pool, call_id, [message("+12125550112")])
    assert await calls.message_owner("unheard of", "+12125550112") == later
    await outbox.fail(decided.leased[0].id, "unacknowledged")
    assert await calls.message_owner("unheard of", "+12125550112") == later
    assert await calls.message_owner("unheard of", "+12125550113") is None
