"""Deciding: in order, once, by whoever is alive; and what happens to an event that nobody can decide."""

import asyncio
from uuid import uuid4

import pytest

from call_flow.events import Event
from call_flow.state import CallState
from call_flow.telnyx import call_id_of_session, client_state
from server.clock import Clock
from server.logs import Discreet
from storage.calls import Decision
from storage.inbox import InboxRow, ReceivedEvent
from storage.postgres import Pool
from tests.server.deciding import Process, answered, heard, initiated
from tests.server.signed import envelope
from tests.storage.events import NOW


@pytest.fixture
def process(pool: Pool) -> Process:
    return Process(pool)


def webhook(process: Process, body: dict, **ids: object) -> ReceivedEvent:  # type: ignore[type-arg]
    data = body["data"]
    return ReceivedEvent(
        event_id=data["id"],
        source="telnyx",
        event_type=data["event_type"],
        body=data,
        occurred_at=process.clock.now(),
        received_at=process.clock.now(),
        **ids,  # type: ignore[arg-type]
    )


async def test_events_are_decided_in_the_order_of_their_arrival(process: Process) -> None:
    call_id = await process.place()
    for body in (initiated(), answered(), heard("Hello?")):
        await process.receive(call_id, body)

    process.decider.decide(call_id)
    row = await process.decided(call_id, 4)

    seqs = [outcome.pending.event.seq for outcome in process.outcomes]
    assert seqs == sorted(seqs)
    assert row.version == 4
    assert row.answered_at is not None


async def test_what_comes_while_deciding_is_decided_too(process: Process) -> None:
    call_id = await process.place()
    process.perceives.wait = 0.05
    await process.receive(call_id, initiated())
    await process.receive(call_id, answered())
    await process.receive(call_id, heard("Hello?"))
    process.decider.decide(call_id)
    await asyncio.sleep(0.02)
    await process.receive(call_id, heard("Yes, speaking."))
    process.decider.decide(call_id)

    assert (await process.decided(call_id, 5)).version == 5


async def test_event_that_makes_reduce_fail_is_set_aside_and_the_call_goes_on(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    def poison(state: CallState, event: Event) -> None:
        if event.id == "poison":
            raise RuntimeError("secret words")

    process.machine.before = poison  # type: ignore[method-assign]
    call_id = await process.place()
    await process.receive(call_id, heard("secret words"), "poison")
    await process.receive(call_id, initiated())

    process.decider.decide(call_id)
    row = await process.decided(call_id, 3)

    statuses = {event.event_id: event for event in await process.inbox.of_call(call_id)}
    assert statuses["poison"].status == "aside"
    assert "RuntimeError" in (statuses["poison"].error or "")
    assert row.version == 2
    assert process.decider.counts["aside"] == 1
    assert "secret words" not in caplog.text


async def test_event_that_was_set_aside_is_decided_once_it_was_given_back(
    process: Process,
) -> None:
    def poison(state: CallState, event: Event) -> None:
        if event.id.endswith(":odd"):
            raise RuntimeError("odd")

    process.machine.before = poison  # type: ignore[method-assign]
    call_id = await process.place()
    await process.receive(call_id, initiated(), f"{call_id}:odd")
    process.decider.decide(call_id)
    await process.decided(call_id, 2)
    assert [pending.event.event_id for pending in process.aside] == [f"{call_id}:odd"]
    sweeping = asyncio.create_task(process.sweeper.run())

    process.machine.before = lambda state, event: None  # type: ignore[method-assign]
    assert len(await process.inbox.retry(process.aside[0].event.seq)) == 1
    await process.decided(call_id, 2)
    await process.sweeper.close()
    await sweeping

    (_, odd) = await process.inbox.of_call(call_id)
    assert (odd.status, odd.decided_version, odd.error) == ("decided", 2, None)


async def test_event_that_cannot_be_routed_holds_up_no_other(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, leg = str(uuid4()), str(uuid4())
    ids = {"call_session_id": session, "call_leg_id": leg}
    odd = await process.inbox.receive(webhook(process, envelope("call.cost"), call_leg_id="odd"))
    facts = {"direction": "incoming", "from": "+12125550179", "to": "+12125550100"}
    good = await process.inbox.receive(webhook(process, envelope("call.initiated", **ids, **facts), **ids))
    assert odd is not None
    assert good is not None
    route = process.router.route

    async def odd_one_fails(row: InboxRow) -> object:
        return 1 / 0 if row.seq == odd.seq else await route(row)

    monkeypatch.setattr(process.router, "route", odd_one_fails)
    sweeping = asyncio.create_task(process.sweeper.run())
    assert await process.status_of(good) == "decided"
    await process.sweeper.close()
    await sweeping


async def test_stored_form_that_is_not_ours_is_set_aside(process: Process) -> None:
    call_id = await process.place()
    await process.receive(call_id, {"kind": "heard", "leg": "prospect", "loudness": 3})

    process.decider.decide(call_id)
    row = await process.decided(call_id, 2)

    assert row.version == 1
    assert process.decider.counts["aside"] == 1


async def test_decision_that_postgres_refuses_is_set_aside_after_three_tries(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = await process.place()
    process.decider.decide(call_id)
    await process.decided(call_id, 1)
    await process.receive(call_id, initiated())
    tries = 0
    decide = process.calls.decide

    async def refuse(decision: Decision) -> object:
        nonlocal tries
        tries += 1
        return await decide(decision) if tries > 3 else 1 / 0

    monkeypatch.setattr(process.calls, "decide", refuse)
    sweeping = asyncio.create_task(process.sweeper.run())
    await process.decided(call_id, 2)
    await process.sweeper.close()
    await sweeping

    assert tries == 3
    assert process.decider.counts["aside"] == 1


async def test_late_policy_is_replaced_by_uniform_choice(process: Process) -> None:
    process.chooses.wait = 5.0
    call_id = await process.place()
    for body in (initiated(), answered(), heard("Hello?")):
        await process.receive(call_id, body)

    process.decider.decide(call_id)
    await process.decided(call_id, 4)

    given = [row.given for row in await process.inbox.of_call(call_id)]
    vectors = [vector for answer in given if answer for vector in answer.get("vectors", {}).values()]
    assert [vector.get("policy", "uniform") for vector in vectors] == ["uniform"]


async def test_words_that_cannot_be_understood_are_still_obeyed_and_filed(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    process.perceives.error = OverflowError("date value out of range")
    caplog.handler.setFormatter(Discreet())
    call_id = await process.place()
    for body in (initiated(), answered(), heard("We like gardening."), heard("Do not call me again.")):
        await process.receive(call_id, body)

    process.decider.decide(call_id)
    await process.decided(call_id, 5)

    assert process.decider.counts["aside"] == 0
    listed = await process.pool.fetchval("SELECT count(*) FROM do_not_call WHERE call_id = $1", call_id)
    assert listed == 1
    heard_words = [one.text for one in await process.calls.transcript(call_id) if one.speaker == "prospect"]
    assert heard_words == ["We like gardening.", "Do not call me again."]
    assert "gardening" not in caplog.text


async def test_policy_that_fails_is_replaced_by_uniform_choice(process: Process) -> None:
    process.chooses.error = ValueError("covariance")
    call_id = await process.place()
    for body in (initiated(), answered(), heard("Hello?")):
        await process.receive(call_id, body)

    process.decider.decide(call_id)
    await process.decided(call_id, 4)

    assert process.decider.counts["aside"] == 0


async def test_two_processes_decide_each_event_once(pool: Pool) -> None:
    one, two = Process(pool), Process(pool, owner="two")
    one.perceives.wait = two.perceives.wait = 0.005
    call_id = await one.place()
    await one.receive(call_id, initiated())
    await one.receive(call_id, answered())
    for n in range(10):
        await one.receive(call_id, heard(f"Hello {n}?"))
        one.decider.decide(call_id)
        two.decider.decide(call_id)
    await one.decided(call_id, 13)
    await asyncio.gather(one.decider.close(), two.decider.close())

    rows = await one.inbox.of_call(call_id)
    assert [row.decided_version for row in rows] == list(range(1, 14))
    decided = [outcome.pending.event.seq for outcome in (*one.outcomes, *two.outcomes)]
    assert sorted(decided) == sorted(row.seq for row in rows)


async def test_sweeper_takes_up_what_a_dead_process_left_within_a_second(process: Process) -> None:
    call_id = await process.place()
    sweeping = asyncio.create_task(process.sweeper.run())
    began = asyncio.get_running_loop().time()

    await process.decided(call_id, 1)

    assert asyncio.get_running_loop().time() - began < 1.0
    await process.sweeper.close()
    await sweeping


async def test_leg_is_known_by_its_id_where_client_state_says_nothing(process: Process) -> None:
    call_id = await process.place()
    await process.receive(call_id, initiated(call_leg_id="leg-1", call_session_id="session-1"))
    process.decider.decide(call_id)
    await process.decided(call_id, 2)

    body = envelope("call.answered", call_leg_id="leg-1", call_session_id="session-1")
    key = await process.inbox.receive(
        webhook(process, body, call_leg_id="leg-1", call_session_id="session-1")
    )
    assert key is not None
    await process.router.route_new(key)
    row = await process.decided(call_id, 3)

    assert row.answered_at is not None


async def test_inbound_call_begins_once_for_all_copies_of_its_webhook(pool: Pool) -> None:
    one, two = Process(pool), Process(pool, owner="two")
    session = str(uuid4())
    facts = {"direction": "incoming", "from": "+12125550177", "to": "+12125550100", "state": "parked"}
    body = envelope("call.initiated", call_session_id=session, call_leg_id="leg-in", **facts)
    key = await one.inbox.receive(webhook(one, body, call_leg_id="leg-in", call_session_id=session))
    assert key is not None

    await asyncio.gather(one.router.route_new(key), two.router.route_new(key))
    row = await one.decided(call_id_of_session(session), 1)

    assert row.direction == "inbound"
    assert len([*one.outcomes, *two.outcomes]) == 1
    state = CallState.model_validate_json(row.state_json or "")
    assert state.lead is not None
    assert (state.lead.phone, state.lead.timezone) == ("+12125550177", "America/New_York")


async def test_event_that_overtook_its_inbound_call_finds_it(process: Process) -> None:
    session, leg = str(uuid4()), str(uuid4())
    ids = {"call_session_id": session, "call_leg_id": leg}
    early = await process.inbox.receive(webhook(process, envelope("call.cost", **ids), **ids))
    assert early is not None
    await process.router.route_new(early)
    facts = {"direction": "incoming", "from": "+12125550178", "to": "+12125550100"}
    first = await process.inbox.receive(webhook(process, envelope("call.initiated", **ids, **facts), **ids))
    assert first is not None
    await process.router.route_new(first)
    await process.decided(call_id_of_session(session), 1)

    sweeping = asyncio.create_task(process.sweeper.run())
    await process.decided(call_id_of_session(session), 2)
    await process.sweeper.close()
    await sweeping

    row = await process.inbox.get(early.seq)
    assert row is not None
    assert row.status == "decided"


async def test_event_of_no_call_is_kept_and_given_up_after_a_minute(pool: Pool) -> None:
    process = Process(pool)
    body = envelope("call.hangup")
    key = await process.inbox.receive(webhook(process, body, call_leg_id="nobody's"))
    assert key is not None
    await process.router.route_new(key)
    row = await process.inbox.get(key.seq)
    assert row is not None
    assert row.status == "received"

    later = Process(pool, Clock(epoch=NOW))  # half a century on
    await later.router.route_new(key)

    row = await process.inbox.get(key.seq)
    assert row is not None
    assert row.status == "unknown"


async def test_event_that_names_a_call_that_never_was_is_kept_as_unknown(process: Process) -> None:
    stranger = uuid4()
    body = envelope("call.hangup", client_state=client_state(stranger, "prospect"))
    key = await process.inbox.receive(webhook(process, body, call_id=stranger))
    assert key is not None

    process.decider.decide(stranger)

    assert await process.status_of(key) == "unknown"
