"""Figures for people agree with what the policy believes."""

import pytest

from learning.metrics import standings, uplift
from learning.statistics import StatisticsRow, statistics_of
from storage.facts import StrategyStat, Uplift


def stat(moment: str, segment: str, strategy: str, n: int, wins: int) -> StrategyStat:
    return StrategyStat(moment, segment, strategy, n, wins, float(wins), n, wins, float(wins), 0, 0)


STATS = [
    stat("opening", "a/b", "opening.story", 30, 15),
    stat("opening", "a/b", "opening.direct", 10, 2),
    stat("opening", "c/d", "opening.story", 5, 1),
    stat("objection.scam", "a/b", "scam.empathy", 12, 6),
]


def test_standings_are_the_policys_beliefs() -> None:
    found = standings(STATS)
    assert [(s.strategy, s.segment, s.n) for s in found] == [
        ("opening.story", "a/b", 30),
        ("scam.empathy", "a/b", 12),
        ("opening.direct", "a/b", 10),
        ("opening.story", "c/d", 5),
    ]
    rows = [StatisticsRow(s.moment, s.segment, s.strategy, s.n, s.wins) for s in STATS[:3]]
    beliefs = statistics_of(rows).beliefs("opening", "a/b", ("opening.story",))
    assert found[0].mean == pytest.approx(beliefs.mean[0], abs=1e-4)
    assert found[0].low < found[0].mean < found[0].high
    assert (found[0].phase, found[1].phase) == ("greeting", "objections")
    assert [s.enough for s in found] == [True, False, False, False]


def test_nothing_tried_has_no_standing() -> None:
    assert standings([]) == []


def test_uplift_over_control() -> None:
    gain = uplift(Uplift(control_n=80, control_wins=48, policy_n=70, policy_wins=56))
    assert gain == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert uplift(Uplift(0, 0, 10, 5)).holds_zero
