"""Intervals against published values."""

import pytest

from learning.intervals import of_mean, t_quantile


@pytest.mark.parametrize(
    ("freedom", "value"), [(1, 12.7062), (2, 4.3027), (4, 2.7764), (19, 2.0930), (199, 1.9720)]
)
def test_quantiles_of_students_t(freedom: int, value: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(value, abs=2e-4)
    assert t_quantile(0.5, freedom) == pytest.approx(0, abs=1e-3)


def test_the_mean_of_five() -> None:
    assert of_mean([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx((3.0, 1.0368, 4.9632), abs=1e-3)


def test_one_value_has_no_interval() -> None:
    with pytest.raises(ValueError, match="two values"):
        of_mean([1.0])
