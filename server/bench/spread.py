"""What one round came to, and medians over rounds."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from server.percentiles import percentiles


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float | int | None]:
    """n, p50, p99 and the greatest."""
    points = percentiles(values, 50, 99, digits=digits)
    return {"n": len(values)} | points | {"max": round(max(values), digits) if values else None}


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
