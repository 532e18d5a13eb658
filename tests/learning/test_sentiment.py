"""Sentiment from words alone."""

import pytest

from learning.sentiment import sentiment


def test_glad_and_cross_words_lie_apart() -> None:
    assert sentiment("That's great, I love it, thank you!") > 0.5
    assert sentiment("This is terrible, I hate it, leave me alone") < -0.5
    assert sentiment("not good") < 0 < sentiment("good")


@pytest.mark.parametrize("text", ["", "  ", "qwertz", "我没有时间", "the table"])
def test_without_known_words_it_is_neutral(text: str) -> None:
    assert sentiment(text) == 0


def test_stays_in_its_range() -> None:
    assert 0.9 < sentiment("wonderful " * 500) <= 1
    assert -1 <= sentiment("awful " * 500) < -0.9
