"""Webhooks that come late, again, and in another order.

`DISORDER_CALLS=100` plays a hundred calls instead of two dozen: that takes six minutes.
"""

import os
from dataclasses import asdict, dataclass
from difflib import unified_diff
from pprint import pformat
from typing import Any

import pytest

from tests.survival import shift
from tests.survival.conftest import MakeWorld
from tests.survival.evidence import Call, Evidence, gather, lines_told, wrong

CALLS = int(os.environ.get("DISORDER_CALLS", "24"))
SEED = 11
LINES = 50
# So many that whether one is free does not depend on how the calls happen to overlap.
CLOSERS = 2 * min(LINES, CALLS)
RATE = 6.0  # a server that is a tenth of a second late is not a second late for the calls
SHUFFLED_RATE = 25.0  # nothing is compared with another run, and calls are long where answers come late

# People who are the same whatever the timing: who talks over a line, or asks whether anybody is there, does so by the
# clock, and so does a goodbye that begins before they have hung up on their last word. Interims move nothing where
# nobody talks over a line; the shuffled calls have them. The draws of the policy are by number and choice, so that both
# runs are dealt the same hand.
STEADY_PEOPLE = {
    "split_finals": 0,
    "late_interims": 0,
    "barge_in": 0,
    "backchannels": 0,
    "dead_air": 900,
    "leaves_after": 0,
    "sms_fails": 0,
    "interims": False,
}
SETTINGS = {"policy": "uniform", "silence": "60", "speech_expiry": "50"}
DISORDER = {"duplicate": {"every_event_times": [1, 3]}, "swap_neighbours": 1.0}
SHUFFLE = {"shuffle_within": 30.0, "interims": True}

pytestmark = pytest.mark.timeout(150 + 6 * CALLS)


@dataclass(frozen=True)
class Result:
    """What a call came to: everything that was asked and answered.

    Left out is what only the clock decides: when a question is asked again because nobody spoke, how often who waits
    for a closer is told so, who says a last word while the agent hangs up, and whether an answering machine is
    greeted before detection has told what it is.
    """

    status: str
    phases: list[tuple[str, str, str]]
    captures: dict[str, str]
    objections: list[tuple[str, str, bool | None]]
    choices: dict[str, str]
    agent: list[str]
    prospect: list[str]

    @classmethod
    def of(cls, call: Call) -> "Result":
        state, status = call.state, str(call.row.final_status)
        if status == "voicemail":
            return cls(
                status,
                [],
                {},
                [],
                {},
                [],
                [part.text for part in call.segments if part.speaker == "prospect"],
            )
        said = [part for part in call.segments if not _by_the_clock(part.strategy or "")]
        return cls(
            status,
            [(str(phase.phase), str(phase.outcome), phase.notes) for phase in state.phases],
            {name: _coarse(name, value) for name, value in state.captures.items()},
            [(o.type, str(o.response), o.resolved) for o in state.objections],
            {choice.key: choice.taken for choice in state.choices},
            [part.text for part in said if part.speaker == "agent"],
            [part.text for part in said if part.speaker == "prospect" and part.phase != "handoff"],
        )


def _by_the_clock(entry: str) -> bool:
    return entry == "transfer.wait" or entry.partition(".")[2].startswith("reprompt")


def _coarse(name: str, value: str) -> str:
    """ "In an hour" is counted from when it was said: a day is as near as two runs agree."""
    return value[:10] if name == "callback_at" else value


async def played(
    make_world: MakeWorld, rate: float = RATE, *, worker: bool = False, **knobs: Any
) -> Evidence:
    """A shift of the same calls to the same people, with this done to the webhooks; nothing may be wrong with it."""
    knobs = STEADY_PEOPLE | knobs
    async with make_world(rate=rate, seed=SEED, settings=SETTINGS, worker=worker, knobs=knobs) as world:
        await shift.staff(world, CLOSERS, shift.ACCEPTING)
        numbers = await shift.import_leads(world, CALLS)
        evidence = await gather(world, await shift.work(world, numbers, LINES))
        problems = await wrong(world, evidence)
        assert problems == [], "\n".join(problems)
        return evidence


@pytest.fixture(scope="module")
async def clean(make_world: MakeWorld) -> dict[str, Call]:
    """The calls when every webhook comes once and in order; by number."""
    return (await played(make_world)).calls


async def test_twice_and_in_the_wrong_order_comes_to_the_same(
    make_world: MakeWorld, clean: dict[str, Call]
) -> None:
    evidence = await played(make_world, **DISORDER)
    events = evidence.report["events"]
    assert sum(event["attempts"] for event in events) > 1.5 * len(events), "hardly anything came twice"
    differing = [
        f"{number}:\n{difference(clean[number], call)}"
        for number, call in evidence.calls.items()
        if Result.of(clean[number]) != Result.of(call)
    ]
    assert not differing, "\n".join(differing)


async def test_shuffled_within_the_call_nothing_is_lost_or_said_twice(make_world: MakeWorld) -> None:
    evidence = await played(make_world, SHUFFLED_RATE, worker=True, **SHUFFLE)
    assert out_of_order(evidence) > 0.3, "hardly anything was shuffled"


def difference(one: Call, other: Call) -> str:
    """How two calls went apart: their results, line by line, and the dialogue around it."""
    told = [
        [*pformat(asdict(Result.of(call)), width=110).splitlines(), *lines_told(call).splitlines()]
        for call in (one, other)
    ]
    return "\n".join(unified_diff(*told, "in order", "in disorder", n=2, lineterm=""))


def out_of_order(evidence: Evidence) -> float:
    """The share of webhooks that were acknowledged after one of the same leg that happened later."""
    late, last = 0, dict[str, str]()
    events = [event for event in evidence.report["events"] if event["acked_at"]]
    for event in sorted(events, key=lambda event: event["acked_at"]):
        leg = event["call_leg_id"]
        late += event["occurred_at"] < last.get(leg, "")
        last[leg] = max(event["occurred_at"], last.get(leg, ""))
    return late / len(events)
