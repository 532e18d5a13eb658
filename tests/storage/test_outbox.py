"""Order per call and destination, leases that run out, and nothing sent that was taken back."""

import asyncio
from uuid import UUID

from call_flow.effects import Command
from storage.inbox import Inbox
from storage.outbox import Outbox
from storage.postgres import Pool
from tests.storage.events import NOW, decide_next, event, leg, new_call, speak

PROSPECT, CLOSER = "telnyx:prospect", "telnyx:closer.1"


async def expire_leases(pool: Pool, call_id: UUID) -> None:
    """As if the wall clock had moved past every lease and pause."""
    await pool.execute(
        """UPDATE outbox SET lease_until = clock_timestamp() - interval '1 s', next_try = NULL
        WHERE call_id = $1""",
        call_id,
    )


async def test_the_deciding_process_holds_the_head_of_each_destination(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    decided = await decide_next(pool, call_id, [speak("a"), speak("b"), speak("c", "closer.1")])
    assert [row.key for row in decided.leased] == ["a", "c"]
    assert decided.behind == ()
    assert await outbox.lease_head(call_id, PROSPECT, "two", 10) is None
    assert (call_id, PROSPECT) not in await outbox.due(["telnyx"], 1000)


async def test_rows_behind_earlier_ones_are_named_by_destination(pool: Pool) -> None:
    call_id = await new_call(pool)
    await decide_next(pool, call_id, [speak("a")])
    decided = await decide_next(pool, call_id, [speak("b"), speak("c", "closer.1")])
    assert [row.key for row in decided.leased] == ["c"]
    assert decided.behind == (PROSPECT,)


async def test_each_destination_is_sent_in_order(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    await decide_next(pool, call_id, [speak("a"), speak("b")])
    await decide_next(pool, call_id, [speak("c")])
    sent = []
    while row := await outbox.lease_head(call_id, PROSPECT, "one", 10):
        assert await outbox.mark_sending(row.id, NOW, "one") is not None
        await outbox.done(row.id)
        sent.append(row.key)
    assert sent == ["a", "b", "c"]


async def test_a_head_that_waits_blocks_its_destination_alone(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    decided = await decide_next(pool, call_id, [speak("a"), speak("b"), speak("c", "closer.1")])
    await outbox.retry(decided.leased[0].id, "503", 60)
    assert await outbox.lease_head(call_id, PROSPECT, "one", 10) is None
    assert (call_id, PROSPECT) not in await outbox.due(["telnyx"], 1000)
    other = await outbox.lease_head(call_id, CLOSER, "one", 10)
    assert other is not None
    assert other.key == "c"


async def test_a_retry_comes_due_and_says_what_went_wrong(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    (row,) = (await decide_next(pool, call_id, [speak("a")])).leased
    first = await outbox.mark_sending(row.id, NOW, "one")
    assert first is not None
    assert (first.attempts, first.error) == (1, None)
    await outbox.retry(row.id, "timeout", 0)
    assert (call_id, PROSPECT) in await outbox.due(["telnyx"], 1000)
    again = await outbox.lease_head(call_id, PROSPECT, "two", 10)
    assert again is not None
    assert again.first_sent_at == NOW
    second = await outbox.mark_sending(row.id, NOW.replace(hour=20), "two")
    assert second is not None
    assert (second.first_sent_at, second.attempts, second.error) == (NOW, 2, "timeout")


async def test_a_lease_that_ran_out_is_anothers(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    (row,) = (await decide_next(pool, call_id, [speak("a")])).leased
    assert await outbox.mark_sending(row.id, NOW, "one") is not None
    await expire_leases(pool, call_id)
    assert (call_id, PROSPECT) in await outbox.due(["telnyx"], 1000)
    taken = await outbox.lease_head(call_id, PROSPECT, "two", 10)
    assert taken is not None
    assert taken.first_sent_at == NOW  # its fate is unknown
    assert await outbox.mark_sending(row.id, NOW, "one") is None


async def test_many_who_want_the_head_and_one_who_gets_it(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    await decide_next(pool, call_id, [speak("a")])
    await expire_leases(pool, call_id)
    rows = await asyncio.gather(*(outbox.lease_head(call_id, PROSPECT, f"p{n}", 10) for n in range(12)))
    assert sum(row is not None for row in rows) == 1


async def test_its_holder_may_lease_it_again(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    await decide_next(pool, call_id, [speak("a")])
    assert await outbox.lease_head(call_id, PROSPECT, "one", 10) is not None


async def test_what_became_of_a_command_is_an_event_in_the_same_statement(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    (row,) = (await decide_next(pool, call_id, [speak("a")])).leased
    key = await outbox.done(row.id, {"id": "x"}, event(call_id, f"done:{row.id}"))
    assert key is not None
    assert [stored.event_id for stored in await Inbox(pool).of_call(call_id)][-1] == f"done:{row.id}"
    (entry,) = await outbox.of_call(call_id)
    assert (entry.status, entry.result) == ("done", {"id": "x"})


async def test_a_row_ends_once(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    (row,) = (await decide_next(pool, call_id, [speak("a")])).leased
    await outbox.fail(row.id, "90018", event(call_id, f"failed:{row.id}"))
    assert await outbox.done(row.id, {}, event(call_id, f"done:{row.id}")) is None
    await outbox.retry(row.id, "late", 0)
    (entry,) = await outbox.of_call(call_id)
    assert (entry.status, entry.error) == ("failed", "90018")
    assert f"done:{row.id}" not in [stored.event_id for stored in await Inbox(pool).of_call(call_id)]


async def test_the_next_row_follows_one_that_failed_or_expired(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    (row,) = (await decide_next(pool, call_id, [speak("a"), speak("b"), speak("c")])).leased
    await outbox.fail(row.id, "422")
    following = await outbox.lease_head(call_id, PROSPECT, "one", 10)
    assert following is not None
    await outbox.expire(following.id)
    last = await outbox.lease_head(call_id, PROSPECT, "one", 10)
    assert last is not None
    assert (following.key, last.key) == ("b", "c")


async def test_leave_to_send_names_the_legs_to_address(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    bridge = Command(key="bridge", action="bridge", leg="prospect", other_leg="closer.1")
    legs = (leg(call_control_id="v3:one"), leg("closer.1", call_control_id="v3:two"))
    (row,) = (await decide_next(pool, call_id, [bridge], legs=legs)).leased
    sending = await outbox.mark_sending(row.id, NOW, "one")
    assert sending is not None
    assert (sending.control_id, sending.other_control_id) == ("v3:one", "v3:two")


async def test_shutting_down_lets_go_of_what_was_not_begun(pool: Pool) -> None:
    outbox, call_id = Outbox(pool), await new_call(pool)
    decided = await decide_next(pool, call_id, [speak("a"), speak("c", "closer.1")], owner="leaving")
    await outbox.mark_sending(decided.leased[0].id, NOW, "leaving")
    assert await outbox.release("leaving") == 1
    assert await outbox.lease_head(call_id, PROSPECT, "two", 10) is None
    assert await outbox.lease_head(call_id, CLOSER, "two", 10) is not None


async def test_backlog_counts_by_kind_of_destination(pool: Pool) -> None:
    outbox = Outbox(pool)
    before = (await outbox.backlog()).get("telnyx", (0, 0.0))[0]
    await decide_next(pool, await new_call(pool), [speak("a"), speak("c", "closer.1")])
    count, age = (await outbox.backlog())["telnyx"]
    assert count == before + 2
    assert age >= 0
