"""Intervals for what was measured, without a statistics library."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np


class Interval(NamedTuple):
    """An estimate with its bounds, 95 % where nothing else is said."""

    mean: float
    low: float
    high: float


def of_mean(values: Sequence[float], mass: float = 0.95) -> Interval:
    """Student's t interval of the mean of independent values, of which there are two or more."""
    if len(values) < 2:
        raise ValueError(f"an interval needs two values or more, not {len(values)}")
    mean = fmean(values)
    half = t_quantile((1 + mass) / 2, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def t_quantile(p: float, freedom: int) -> float:
    """Of Student's t, for p from 0.5 to 0.9999, by quadrature and bisection; right to four digits."""
    low, high = 0.0, 2000.0 if freedom == 1 else 200.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_below(middle, freedom) < p else (low, middle)
    return (low + high) / 2


def _t_below(t: float, freedom: int) -> float:
    """P(T < t) for t >= 0. Substituting x = √ν tan θ makes the density a power of the cosine on a finite range."""
    angles = np.linspace(0, math.atan(t / math.sqrt(freedom)), 2001)
    heights = np.cos(angles) ** (freedom - 1)
    area = float(np.sum(heights[1:] + heights[:-1]) / 2 * (angles[1] - angles[0]))
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(math.pi) / 2
    return 0.5 + math.exp(log_scale) * area
