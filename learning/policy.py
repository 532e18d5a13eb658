"""Which words to try next: Thompson sampling, written down as a probability for every arm.

The vector makes a choice auditable and lets another policy be judged on it later, so the arm
is drawn from the vector and never by any other way. It must never hold a live call up: statistics that cannot
be had are the last known ones, and without any the choice is uniform.
"""

import secrets
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from call_flow.events import Vector
from call_flow.needs import PolicyVector
from learning.statistics import Beliefs, Floats, Statistics, family_of

FLOOR = 0.03
SAMPLES = 2000
# Beliefs are sampled this much narrower than they are: over the hundreds of calls that matter here, plain Thompson
# sampling explores too long (Chapelle & Li 2011, "An empirical evaluation of Thompson sampling", section 4).
# Exploration that never ends is the floor's part.
BOLDNESS = 0.25
DRAW_BITS = 53  # as many as a float in [0, 1) holds


class StatisticsSource(Protocol):
    """Where a family's statistics come from. None where no store has ever answered."""

    async def of(self, family: str) -> Statistics | None: ...


class Policy:
    """Answers the machine's need of a vector. `floor` is every arm's least probability."""

    def __init__(self, statistics: StatisticsSource, *, floor: float = FLOOR, samples: int = SAMPLES) -> None:
        self.statistics = statistics
        self.floor = floor
        self.samples = samples

    async def vector(self, need: PolicyVector) -> Vector:
        """A vector with a fresh draw of the operating system's randomness; never raises for a store."""
        draw = fresh_draw()
        if need.control:
            return uniform(need.arms, draw, "control")
        statistics = await self.statistics.of(family_of(need.moment))
        if statistics is None:
            return uniform(need.arms, draw, "uniform")
        return thompson(need, statistics, draw, floor=self.floor, samples=self.samples)


def thompson(
    need: PolicyVector,
    statistics: Statistics,
    draw: float,
    *,
    floor: float = FLOOR,
    samples: int = SAMPLES,
) -> Vector:
    """The vector for a kind of lead; its Monte Carlo is seeded by `draw`, so that it can be made again."""
    beliefs = statistics.beliefs(need.moment, need.segment, need.arms)
    generator = np.random.default_rng(int(draw * 2**DRAW_BITS))
    p = probabilities(beliefs, generator, floor, samples)
    return Vector(
        arms=need.arms,
        p=tuple(p.tolist()),
        draw=draw,
        policy="thompson",
        posterior_version=statistics.version,
    )


def probabilities(
    beliefs: Beliefs, generator: np.random.Generator, floor: float, samples: int = SAMPLES
) -> Floats:
    """Shape (arms,): how often each arm is the best of a sample of beliefs, raised to `floor`, sum 1."""
    count = len(beliefs.arms)
    covariance = beliefs.covariance * BOLDNESS**2
    sampled = generator.multivariate_normal(beliefs.mean, covariance, samples, method="cholesky")
    best = np.bincount(sampled.argmax(axis=1), minlength=count) / samples
    floor = min(floor, 1 / count)
    return floor + (1 - floor * count) * best


def uniform(arms: Sequence[str], draw: float, policy: str) -> Vector:
    return Vector(arms=tuple(arms), p=(1 / len(arms),) * len(arms), draw=draw, policy=policy)


def fresh_draw() -> float:
    """Uniform in [0, 1), from the operating system: no two calls share it, whatever process they are in."""
    return secrets.randbits(DRAW_BITS) / 2**DRAW_BITS
