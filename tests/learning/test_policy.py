"""The policy: what a vector promises, and what it does when a store is away."""

import time

import numpy as np
import pytest

from call_flow.needs import PolicyVector
from call_flow.phases import Phase
from learning.policy import Policy, fresh_draw, probabilities, thompson
from learning.statistics import Statistics, StatisticsRow, statistics_of

ARMS = ("opening.direct", "opening.empathy", "opening.story", "opening.untried")


class Known:
    """Statistics as they would come from the stores, or None as when there never were any."""

    def __init__(self, statistics: Statistics | None) -> None:
        self.statistics = statistics
        self.asked: list[str] = []

    async def of(self, family: str) -> Statistics | None:
        self.asked.append(family)
        return self.statistics


def need(*, control: bool = False, kind: str = "a/b") -> PolicyVector:
    return PolicyVector(
        key="opening:1", moment="opening", phase=Phase.GREETING, segment=kind, arms=ARMS, control=control
    )


def learned() -> Statistics:
    counts = {"opening.direct": 40, "opening.empathy": 45, "opening.story": 90}
    return statistics_of([StatisticsRow("opening", "a/b", a, 150, w) for a, w in counts.items()], version=7)


async def test_the_better_arm_gets_the_larger_share_and_every_arm_its_floor() -> None:
    vector = await Policy(Known(learned()), floor=0.03).vector(need())
    assert vector.arms == ARMS
    assert sum(vector.p) == pytest.approx(1)
    assert min(vector.p) >= 0.03
    assert vector.arms[int(np.argmax(vector.p))] == "opening.story"
    assert (vector.policy, vector.posterior_version) == ("thompson", 7)
    assert 0 <= vector.draw < 1


async def test_an_untried_arm_gets_its_chance() -> None:
    rows = [StatisticsRow("opening", "a/b", arm, 60, 24) for arm in ARMS[:3]]
    vector = await Policy(Known(statistics_of(rows))).vector(need())
    assert vector.p[3] > 0.2


async def test_a_control_call_is_uniform_and_asks_no_store() -> None:
    known = Known(learned())
    vector = await Policy(known).vector(need(control=True))
    assert vector.p == (0.25, 0.25, 0.25, 0.25)
    assert vector.policy == "control"
    assert known.asked == []


async def test_without_any_statistics_the_choice_is_uniform() -> None:
    vector = await Policy(Known(None)).vector(need())
    assert (vector.policy, vector.p) == ("uniform", (0.25, 0.25, 0.25, 0.25))


def test_a_vector_can_be_made_again_from_its_draw() -> None:
    draw = fresh_draw()
    print(f"draw {draw!r}")
    assert thompson(need(), learned(), draw) == thompson(need(), learned(), draw)


def test_one_arm_takes_it_all() -> None:
    beliefs = statistics_of(()).beliefs("opening", "a/b", ("only",))
    assert probabilities(beliefs, np.random.default_rng(1), 0.03).tolist() == [1.0]


def test_the_floor_never_exceeds_what_there_is() -> None:
    beliefs = statistics_of(()).beliefs("opening", "a/b", ARMS)
    assert probabilities(beliefs, np.random.default_rng(1), 0.9) == pytest.approx([0.25] * 4)


def test_a_vector_is_made_within_two_milliseconds() -> None:
    statistics = learned()
    spent = []
    for _ in range(50):
        began = time.thread_time()
        thompson(need(), statistics, 0.25)
        spent.append(time.thread_time() - began)
    assert sorted(spent)[10] < 0.002
