"""Percentiles of times, by one definition wherever they are told."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def percentiles(values: Sequence[float], *shares: int, digits: int = 2) -> dict[str, float | None]:
    """ "p50" and so on for shares in percent, rounded."""
    found = {f"p{share}": percentile(values, share / 100) for share in shares}
    return {name: None if value is None else round(value, digits) for name, value in found.items()}
