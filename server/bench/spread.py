"""Percentiles of one round, and medians over rounds."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float | int | None]:
    """n, p50, p99 and the greatest."""
    points = {
        "p50": percentile(values, 0.5),
        "p99": percentile(values, 0.99),
        "max": max(values, default=None),
    }
    return {"n": len(values)} | {k: None if v is None else round(v, digits) for k, v in points.items()}


def medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For each figure its median over the rounds that have it, nested figures likewise; other values are left out."""
    return {
        name: found for name in rounds[0] if (found := _median([one.get(name) for one in rounds])) is not None
    }


def quotient(one: float | None, other: float | None) -> float | None:
    """How many times as large; None where there is nothing to compare."""
    return round(one / other, 2) if one is not None and other else None


def _median(values: Sequence[Any]) -> Any:
    if all(isinstance(value, Mapping) for value in values):
        return medians(values)
    numbers = [value for value in values if isinstance(value, int | float)]
    return round(median(numbers), 3) if numbers else None
