"""How likely a call still in progress is to end qualified: a logistic model whose stated weights can be read.

It must never see how the call went on: its features are those that were known at the time.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

# Weights in log-odds for a change of one in the feature (all run 0 to 1, sentiment −1 to 1), our own
# judgement: an engagement of 80 instead of 50 is worth a factor of e in the odds.
INTERCEPT = -2.6
WEIGHTS: dict[str, float] = {
    "engagement": 3.3,
    "sentiment": 0.8,
    "captures": 0.6,
    "objections": -1.0,
    "resolved": 0.5,
    "motivation": 0.8,
    "phase": 0.0,
}


@dataclass(frozen=True)
class Predictor:
    """`weights` in log-odds by feature. A feature that is missing, or has no weight, says nothing."""

    intercept: float = INTERCEPT
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)

    def probability(self, features: Mapping[str, float]) -> float:
        """0 to 1: the live probability of a qualified outcome."""
        odds = self.intercept + sum(w * features.get(name, 0.0) for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(min(odds, 30.0), -30.0)))

    def reasons(self, features: Mapping[str, float]) -> dict[str, float]:
        """Each feature's share of the log-odds, largest effect first."""
        parts = {name: w * features.get(name, 0.0) for name, w in self.weights.items()}
        return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))
