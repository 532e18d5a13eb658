"""A stored call gives the same state and commands again; where it does not, the difference reads as a dialogue."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from server.replay import replay_call
from storage.postgres import Pool
from tests.server.deciding import Process, answered, heard, initiated


@pytest.fixture
async def call(pool: Pool) -> AsyncIterator[UUID]:
    """A call that has been greeted and has answered."""
    process = Process(pool)
    await process.shelf.save_current(process.clock.now())
    call_id = await process.place()
    ended = {"kind": "speak.ended", "leg": "prospect", "status": "completed"}
    bodies = [initiated(), answered(), heard("Hello?"), ended, heard("Yes, this is me."), ended]
    for body in bodies:
        await process.receive(call_id, body)
        process.decider.decide(call_id)
    await process.decided(call_id, len(bodies) + 1)
    yield call_id
    await process.decider.close()


async def test_the_same_again(call: UUID, pool: Pool) -> None:
    replayed = await replay_call(call, pool)
    assert replayed.same
    assert replayed.report() == f"call {call}: 7 events, the same state and commands"


async def test_what_is_not_decided_yet_is_left_out(call: UUID, pool: Pool) -> None:
    await Process(pool).receive(call, heard("Are you there?"))
    assert (await replay_call(call, pool)).same


async def test_another_answer_of_the_world_is_found_out(call: UUID, pool: Pool) -> None:
    changed = await pool.execute(
        "UPDATE inbox SET given = jsonb_set(given, '{vectors,opening,draw}', '0.999') "
        "WHERE call_id = $1 AND given -> 'vectors' ? 'opening'",
        call,
    )
    assert changed == 1

    replayed = await replay_call(call, pool)

    assert not replayed.same
    assert "NOT the same" in replayed.report()
    assert any(key.startswith("speak:") for key in replayed.differing)


async def test_changed_words_are_shown_as_a_dialogue(call: UUID, pool: Pool) -> None:
    await pool.execute(
        "UPDATE outbox SET body = jsonb_set(body, '{segment,text}', '\"Something else.\"') "
        "WHERE call_id = $1 AND destination = 'mongo' AND key LIKE 'segment:1:%'",
        call,
    )
    replayed = await replay_call(call, pool)
    assert not replayed.same
    assert any(line.startswith("-") and line.endswith("Something else.") for line in replayed.dialogue)


async def test_call_that_is_not_stored(pool: Pool) -> None:
    with pytest.raises(LookupError, match="no call 00000000"):
        await replay_call(UUID(int=0), pool)
