"""Figures for people agree with what the policy believes."""

import pytest

from learning.metrics import standings
from learning.statistics import StatisticsRow, statistics_of

ROWS = [
    StatisticsRow("opening", "a/b", "opening.story", 30, 15),
    StatisticsRow("opening", "a/b", "opening.direct", 10, 2),
    StatisticsRow("opening", "c/d", "opening.story", 5, 1),
    StatisticsRow("objection.scam", "a/b", "scam.empathy", 12, 6),
]


def test_standings_are_the_policys_beliefs() -> None:
    found = standings(ROWS)
    assert [(s.strategy, s.segment, s.n) for s in found] == [
        ("opening.story", "a/b", 30),
        ("scam.empathy", "a/b", 12),
        ("opening.direct", "a/b", 10),
        ("opening.story", "c/d", 5),
    ]
    beliefs = statistics_of(ROWS[:3]).beliefs("opening", "a/b", ("opening.story",))
    assert found[0].mean == pytest.approx(beliefs.mean[0], abs=1e-4)
    assert found[0].low < found[0].mean < found[0].high
    assert (found[0].phase, found[1].phase) == ("greeting", "objections")


def test_nothing_tried_has_no_standing() -> None:
    assert standings([]) == []
