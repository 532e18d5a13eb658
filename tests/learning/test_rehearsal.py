"""A rehearsed call is a whole call: it ends, it can be replayed, and it is learned from like any other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from call_flow.state import CallState
from learning.bench import Plan, Rehearser, results, success
from learning.policy import uniform
from learning.prospects import Prospects
from learning.tally import Tally

SEEDS = (2, 3)
PLAN = Plan(calls=40, tail=20, effect=0.10)


@pytest.fixture(scope="module")
def rehearser(model_folder: Path) -> Iterator[Rehearser]:
    made = Rehearser(model_folder)
    yield made
    made.close()


@pytest.fixture
def prospects() -> Iterator[Prospects]:
    with Prospects() as made:
        yield made


def test_calls_end_and_leave_what_learning_needs(rehearser: Rehearser, prospects: Prospects) -> None:
    calls = [
        rehearser.play(prospects, PLAN, 1, n, lambda need: uniform(need.arms, 0.3, "uniform"))
        for n in range(30)
    ]
    records = [call.record for call in calls]
    assert all(record.segments and record.phases and record.choices for record in records)
    assert len({record.final_status for record in records}) >= 3
    assert {choice.moment for record in records for choice in record.choices} >= {"opening", "rapport"}
    assert 0 < success(calls) < 1


def test_the_same_choices_give_the_same_call(rehearser: Rehearser, prospects: Prospects) -> None:
    def play() -> str:
        call = rehearser.play(prospects, PLAN, 2, 7, lambda need: uniform(need.arms, 0.6, "uniform"))
        return call.record.model_dump_json()

    assert play() == play()


def test_what_was_heard_replays_to_the_same_state(rehearser: Rehearser, prospects: Prospects) -> None:
    call = rehearser.call(prospects, PLAN, 3, 5, lambda need: uniform(need.arms, 0.6, "uniform"))
    ended = call.run()
    state = CallState.new(ended.call_id)
    for event in call.events:
        state, _ = rehearser.machine.reduce(state, event)
    assert state == ended


def test_a_tally_counts_choices_of_conversations(rehearser: Rehearser, prospects: Prospects) -> None:
    tally, chosen = Tally(), 0
    for n in range(12):
        record = rehearser.play(prospects, PLAN, 4, n, lambda need: uniform(need.arms, 0.1, "uniform")).record
        tally.learn(record)
        chosen += sum(c.moment == "opening" for c in record.choices) * record.conversation
    assert sum(n for n, _ in tally.of("opening").cells.values()) == chosen
    assert tally.of("opening").version > 0


def test_a_small_bench_of_learning(rehearser: Rehearser) -> None:
    """Worlds that are always the same. Under either policy the same call draws the same numbers: a policy that learned
    nothing gains nothing, and where words have no effect there is next to nothing to gain. That learning gains in
    worlds at large is what `voicelearn bench learning` shows.
    """
    plans = [Plan(calls=120, tail=50, effect=0.10), Plan(calls=40, tail=30, effect=0.0)]
    effect, none = results(plans, [rehearser.run(plan, seed) for plan in plans for seed in SEEDS])
    print(effect.as_json(), none.as_json())
    assert effect.gain.mean > 0.01
    assert effect.difference.mean > 0
    assert abs(none.gain.mean) < 0.005
    assert abs(none.difference.mean) < 0.01
    assert 0.05 < effect.as_json()["uniform"] < 0.6
