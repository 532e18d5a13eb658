"""The hierarchical model: what is borrowed from whom, and that its estimates are calibrated."""

import numpy as np
import pytest

from learning.statistics import StatisticsRow, interval, statistics_of

ARMS = ("opening.direct", "opening.empathy", "opening.story")


def row(strategy: str, kind: str, n: int, wins: int) -> StatisticsRow:
    return StatisticsRow("opening", kind, strategy, n, wins)


def test_without_data_every_arm_is_believed_alike() -> None:
    beliefs = statistics_of(()).for_kind("any/kind", ARMS)
    assert beliefs.arms == ARMS
    assert np.allclose(beliefs.mean, 0.5)
    assert np.ptp(beliefs.alpha) == 0


def test_an_arm_without_data_is_believed_to_be_like_the_moment() -> None:
    statistics = statistics_of(
        [row("opening.direct", "a/b", 400, 100), row("opening.story", "a/b", 400, 100)]
    )
    beliefs = statistics.for_kind("a/b", ARMS)
    assert beliefs.mean[1] == pytest.approx(0.25, abs=0.01)
    assert beliefs.alpha[1] + beliefs.beta[1] < beliefs.alpha[0] + beliefs.beta[0]


def test_an_unseen_kind_of_lead_borrows_from_the_others() -> None:
    statistics = statistics_of(
        [row("opening.direct", f"k/{i}", 100, 30) for i in range(5)]
        + [row("opening.story", f"k/{i}", 100, 60) for i in range(5)]
    )
    beliefs = statistics.for_kind("new/kind", ("opening.direct", "opening.story"))
    assert beliefs.mean[1] - beliefs.mean[0] > 0.2


def test_a_kind_with_many_calls_of_its_own_is_believed_about_itself() -> None:
    rows = [row("opening.direct", f"k/{i}", 500, 250) for i in range(5)]
    rows += [row("opening.story", f"k/{i}", 500, 350) for i in range(5)]
    rows += [row("opening.direct", "other/way", 2000, 1400), row("opening.story", "other/way", 2000, 1000)]
    mean = statistics_of(rows).for_kind("other/way", ("opening.direct", "opening.story")).mean
    assert mean[0] == pytest.approx(0.7, abs=0.04)
    assert mean[1] == pytest.approx(0.5, abs=0.04)


def test_a_kinds_own_calls_count_once() -> None:
    beliefs = statistics_of([row("opening.story", "only/kind", 50, 25)]).for_kind(
        "only/kind", ("opening.story",)
    )
    known = beliefs.alpha[0] + beliefs.beta[0]
    unseen = statistics_of(()).for_kind("only/kind", ("opening.story",))
    assert known - (unseen.alpha[0] + unseen.beta[0]) == pytest.approx(50, abs=45)
    assert known < 200


def test_more_wins_than_conversations_are_refused() -> None:
    with pytest.raises(ValueError, match=r"opening\.story a/b: 3 wins of 2"):
        statistics_of([row("opening.story", "a/b", 2, 3)])


def test_pooling_follows_how_much_arms_differ() -> None:
    alike = statistics_of([row(f"opening.{i}", "a/b", 500, 200) for i in range(6)])
    apart = statistics_of([row(f"opening.{i}", "a/b", 500, 100 + 50 * i) for i in range(6)])
    assert alike.arm_concentration > apart.arm_concentration


def test_credible_intervals_hold_the_truth_as_often_as_they_say() -> None:
    seed = 20250304
    print(f"seed {seed}")
    generator = np.random.default_rng(seed)
    inside = total = 0
    for _ in range(40):
        truth = np.clip(generator.normal(0.4, 0.05, 3), 0.05, 0.95)
        rows = [
            row(arm, f"k/{kind}", 30, int(generator.binomial(30, p)))
            for arm, p in zip(ARMS, truth, strict=True)
            for kind in range(6)
        ]
        beliefs = statistics_of(rows).overall(ARMS)
        for p, alpha, beta in zip(truth, beliefs.alpha, beliefs.beta, strict=True):
            low, high = interval(alpha, beta)
            inside += low <= p <= high
            total += 1
    assert 0.88 <= inside / total <= 1.0


def test_interval_of_a_known_beta() -> None:
    low, high = interval(1, 1)
    assert (low, high) == pytest.approx((0.025, 0.975), abs=0.001)
    low, high = interval(31, 71)
    assert (low, high) == pytest.approx((0.2198, 0.3959), abs=0.001)
