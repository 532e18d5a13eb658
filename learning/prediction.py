"""How likely a call still in progress is to end qualified: a logistic model whose weights can be read.

It starts from stated weights and is refitted from outcomes, pulled towards those weights while there are few.
It must never see how the call went on: its features are those that were known at the time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from call_flow.phases import CAPTURES, ORDER, SKIPPABLE, Phase
from call_flow.record import CallRecord
from call_flow.status import MEANING

PREDICTED_AFTER = Phase.MOTIVATION
# Starting weights in log-odds for a change of one in the feature (all run 0 to 1, sentiment −1 to 1), our own
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
PRIOR_SD = 1.0  # of every weight, in log-odds
LEAST_EXAMPLES = 200  # ten times what seven weights and an intercept need, at a third of them qualified


@dataclass(frozen=True)
class Example:
    """A past call's features at the end of phase 6, and whether it ended qualified."""

    features: Mapping[str, float]
    qualified: bool


@dataclass(frozen=True)
class Predictor:
    """`weights` in log-odds by feature. A feature that is missing, or has no weight, says nothing."""

    intercept: float = INTERCEPT
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    examples: int = 0

    def probability(self, features: Mapping[str, float]) -> float:
        """0 to 1: the live probability of a qualified outcome."""
        odds = self.intercept + sum(w * features.get(name, 0.0) for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(min(odds, 30.0), -30.0)))

    def reasons(self, features: Mapping[str, float]) -> dict[str, float]:
        """Each feature's share of the log-odds, largest effect first."""
        parts = {name: w * features.get(name, 0.0) for name, w in self.weights.items()}
        return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))


def refitted(examples: Sequence[Example], prior: Predictor | None = None) -> Predictor:
    """The most probable weights, a priori normal around `prior`; `prior` itself below LEAST_EXAMPLES."""
    prior = prior or Predictor()
    if len(examples) < LEAST_EXAMPLES:
        return prior
    names = list(prior.weights)
    seen = np.array([[1.0, *(e.features.get(name, 0.0) for name in names)] for e in examples])
    outcome = np.array([e.qualified for e in examples], float)
    centre = np.array([prior.intercept, *prior.weights.values()])
    fitted = _most_probable(seen, outcome, centre)
    weights = {name: round(float(w), 6) for name, w in zip(names, fitted[1:], strict=True)}
    return Predictor(round(float(fitted[0]), 6), weights, len(examples))


def log_loss(predictor: Predictor, examples: Sequence[Example]) -> float:
    """Mean surprise at the outcomes, in nats: what a challenger has to lower on calls it never saw."""
    chances = [predictor.probability(example.features) for example in examples]
    losses = [
        -math.log(max(p if e.qualified else 1 - p, 1e-12)) for p, e in zip(chances, examples, strict=True)
    ]
    return sum(losses) / len(losses)


def example_of(record: CallRecord) -> Example | None:
    """A learned call as an example; None where phase 6 was not completed or the call was no conversation.

    The features are those of `call_flow.hotness.features`, as far as they were known when phase 6 ended.
    """
    qualified = MEANING[record.final_status].qualified
    ended_at = next((p.ended_at for p in record.phases if p.phase == PREDICTED_AFTER), None)
    if qualified is None or ended_at is None:
        return None
    tone = [s.sentiment for s in record.segments if s.at <= ended_at and s.sentiment is not None]
    raised = [o for o in record.objections if o.at <= ended_at]
    known = {CAPTURES[phase][0] for phase in ORDER[: PREDICTED_AFTER.order] if phase in SKIPPABLE}
    since_answer = (ended_at - (record.answered_at or record.started_at)).total_seconds()
    features = {
        "engagement": _last(record.engagement, since_answer) / 100,
        "sentiment": sum(tone) / len(tone) if tone else 0.0,
        "captures": len(known & record.captures.keys()) / len(SKIPPABLE),
        "objections": min(len(raised), 5) / 5,
        "resolved": sum(o.resolved is True for o in raised) / len(raised) if raised else 1.0,
        "phase": PREDICTED_AFTER.order / 12,
        "motivation": {"low": 0.0, "high": 1.0}.get(record.captures.get("motivation_level", ""), 0.5),
    }
    return Example(features, qualified)


def _last(curve: Sequence[tuple[float, float]], until: float) -> float:
    return next((score for second, score in reversed(curve) if second <= until), 50.0)


def _most_probable(
    seen: NDArray[np.float64], outcome: NDArray[np.float64], centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Newton's method on the log posterior, which is concave: ten steps are more than it takes."""
    precision = np.eye(len(centre)) / PRIOR_SD**2
    weights = centre.copy()
    for _ in range(10):
        chance = 1 / (1 + np.exp(-np.clip(seen @ weights, -30, 30)))
        slope = seen.T @ (outcome - chance) - precision @ (weights - centre)
        curvature = (seen * (chance * (1 - chance))[:, None]).T @ seen + precision
        weights = weights + np.linalg.solve(curvature, slope)
    return weights
