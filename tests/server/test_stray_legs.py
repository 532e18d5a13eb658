"""Legs that Telnyx runs: those of calls that somebody drives stay, the others are hung up."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from call_flow.effects import Effect, SetTimer
from call_flow.telnyx import client_state
from server.clock import Clock
from server.stray_legs import StrayLegs
from storage.calls import Calls, LegRow, Summary
from storage.inbox import Inbox
from storage.postgres import Pool
from tests.server.nasty import NastyTelnyx
from tests.storage.events import NOW, decide_next, event, new_call

LONG_AGO, JUST_NOW = NOW - timedelta(hours=1), NOW - timedelta(seconds=20)
WATCH = SetTimer(key="watch", due=NOW + timedelta(seconds=30))


class Floor:
    """One Telnyx account, one call of ours, and a sweep by a process that knows nothing of it."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.telnyx = pool, NastyTelnyx()
        self.leg_id, self.call_id = str(uuid4()), UUID(int=0)

    async def call(
        self,
        *effects: Effect,
        touched: datetime = LONG_AGO,
        ended: datetime | None = None,
        leg_ended: datetime | None = None,
    ) -> None:
        self.call_id = await new_call(self.pool)
        leg = LegRow(
            name="closer.1",
            state="ended" if leg_ended else "answered",
            call_leg_id=self.leg_id,
            call_control_id="v3:leg",
            ended_at=leg_ended,
            last_event_at=touched,
        )
        over = {"final_status": "abandoned", "ended_at": ended} if ended else {}
        summary = Summary(phase="greeting", **over)  # type: ignore[arg-type]
        await decide_next(self.pool, self.call_id, effects, legs=(leg,), summary=summary)

    def runs(self, **names: Any) -> None:
        self.telnyx.active.append({"call_control_id": "v3:leg", "call_leg_id": "unheard of"} | names)

    async def hung_up(self) -> int:
        clock = Clock(time.time(), NOW, 1.0)
        count = await StrayLegs(self.telnyx.client(), Calls(self.pool), clock, "123").sweep()
        assert count == len(self.telnyx.of("hangup"))
        return count


@pytest.fixture
def floor(pool: Pool) -> Floor:
    return Floor(pool)


By = Callable[[Floor], dict[str, Any]]
NAMED: list[By] = [
    lambda floor: {"client_state": client_state(floor.call_id, "closer.1")},
    lambda floor: {"client_state": None, "call_leg_id": floor.leg_id},
]


@pytest.mark.parametrize("named", NAMED, ids=["client_state", "leg id"])
@pytest.mark.parametrize(
    ("call", "stray"),
    [
        ({"ended": LONG_AGO}, 1),
        ({"ended": JUST_NOW}, 0),
        ({"leg_ended": LONG_AGO}, 1),
        ({"leg_ended": JUST_NOW}, 0),
        ({"touched": LONG_AGO}, 1),
        ({"touched": JUST_NOW}, 0),
    ],
)
async def test_leg_is_hung_up_a_minute_after_it_was_over_or_last_touched(
    floor: Floor, call: dict[str, datetime], stray: int, named: By
) -> None:
    await floor.call(**call)  # type: ignore[arg-type]
    floor.runs(**named(floor))

    assert await floor.hung_up() == stray


@pytest.mark.parametrize("named", NAMED, ids=["client_state", "leg id"])
async def test_live_call_of_another_process_stays_however_quiet_it_is(floor: Floor, named: By) -> None:
    await floor.call(WATCH)
    floor.runs(**named(floor))

    assert await floor.hung_up() == 0


async def test_leg_that_a_living_call_gave_up_is_hung_up(floor: Floor) -> None:
    await floor.call(WATCH, leg_ended=LONG_AGO)
    floor.runs(call_leg_id=floor.leg_id)

    assert await floor.hung_up() == 1


async def test_call_with_an_event_to_decide_stays(floor: Floor) -> None:
    await floor.call()
    await Inbox(floor.pool).receive(event(floor.call_id))
    floor.runs(call_leg_id=floor.leg_id)

    assert await floor.hung_up() == 0


async def test_legs_that_are_not_ours_stay(floor: Floor) -> None:
    floor.runs()
    floor.runs(client_state="bm90IG91cnM=")
    floor.runs(client_state=client_state(uuid4(), "prospect"))

    assert await floor.hung_up() == 0


async def test_telnyx_that_does_not_answer_is_asked_again_later(floor: Floor) -> None:
    floor.telnyx.tell("active_calls", 503)

    assert await floor.hung_up() == 0
