"""How well each strategy does, for one moment and every kind of lead: a hierarchical beta-binomial model.

A kind of lead with few calls borrows from the same strategy's calls with other kinds, and a strategy with few
calls from the moment's mean. It must never read a store or draw a number: `learning.policy` samples from it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Concentrations that are weighed against each other, in calls: 25 lets strategies differ by some ten points
# about a mean of one half (sd = sqrt(m(1-m)/(k+1))), 1600 by one point.
ARM_CONCENTRATIONS = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
KIND_CONCENTRATIONS = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
# Before data, strategies are taken to differ by about five points, and one strategy's success by about three
# and a half between kinds of lead: log-normal priors centred there, a factor of e wide.
EXPECTED_ARM_CONCENTRATION = 100.0
EXPECTED_KIND_CONCENTRATION = 200.0


class StatisticsRow(NamedTuple):
    """One strategy at one moment with one kind of lead: `n` conversations, `wins` of them qualified."""

    moment: str
    segment: str
    strategy: str
    n: int
    wins: int


class Beliefs(NamedTuple):
    """Beta(alpha, beta) for each of `arms`, in their order: success of a call that takes the arm."""

    arms: tuple[str, ...]
    alpha: Floats
    beta: Floats

    @property
    def mean(self) -> Floats:
        return self.alpha / (self.alpha + self.beta)


@dataclass(frozen=True)
class MomentStatistics:
    """Counts of one moment: `n`, `wins` of shape (arms, kinds), and the two pooling strengths (in calls)."""

    arms: tuple[str, ...]
    kinds: tuple[str, ...]
    n: Floats
    wins: Floats
    version: int = 0
    arm_concentration: float = EXPECTED_ARM_CONCENTRATION
    kind_concentration: float = EXPECTED_KIND_CONCENTRATION

    @property
    def mean(self) -> float:
        """The moment's success over all strategies and kinds, one imagined win and loss included."""
        return float((self.wins.sum() + 1) / (self.n.sum() + 2))

    def overall(self, arms: Sequence[str]) -> Beliefs:
        """Beliefs over all kinds of lead; an arm without data is believed to be like the moment's mean."""
        return _overall(self, arms, np.ones(len(self.kinds), bool))

    def for_kind(self, kind: str, arms: Sequence[str]) -> Beliefs:
        """Beliefs for one kind of lead: its own counts on top of what the other kinds say of the arm.

        The others' belief is discounted to `kind_concentration` observations at most, so that no amount of
        evidence about others drowns a kind's own; the kind's own counts enter once only.
        """
        others = np.array([other != kind for other in self.kinds], bool)
        shared = _overall(self, arms, others)
        strength = _passed_on(shared, self.kind_concentration)
        n, wins = self._own(kind, arms)
        mean = shared.mean
        return Beliefs(shared.arms, mean * strength + wins, (1 - mean) * strength + n - wins)

    def _own(self, kind: str, arms: Sequence[str]) -> tuple[Floats, Floats]:
        if kind not in self.kinds:
            return np.zeros(len(arms)), np.zeros(len(arms))
        column = self.kinds.index(kind)
        return _of_arms(self, arms, self.n)[:, column], _of_arms(self, arms, self.wins)[:, column]


def statistics_of(rows: Sequence[StatisticsRow], version: int = 0) -> MomentStatistics:
    """One moment's rows as statistics, pooling strengths estimated from them; no rows are no evidence.

    Raises ValueError where a row has more wins than conversations.
    """
    for row in rows:
        if not 0 <= row.wins <= row.n:
            raise ValueError(f"{row.moment} {row.strategy} {row.segment}: {row.wins} wins of {row.n}")
    arms = tuple(sorted({row.strategy for row in rows}))
    kinds = tuple(sorted({row.segment for row in rows}))
    n, wins = np.zeros((len(arms), len(kinds))), np.zeros((len(arms), len(kinds)))
    arm_at, kind_at = {arm: i for i, arm in enumerate(arms)}, {kind: i for i, kind in enumerate(kinds)}
    for row in rows:
        n[arm_at[row.strategy], kind_at[row.segment]] += row.n
        wins[arm_at[row.strategy], kind_at[row.segment]] += row.wins
    bare = MomentStatistics(arms, kinds, n, wins, version)
    return _with_estimated_pooling(bare)


def interval(alpha: float, beta: float, mass: float = 0.95, points: int = 4001) -> tuple[float, float]:
    """The central credible interval of Beta(alpha, beta) with alpha, beta > 0, by quadrature."""
    edges = np.linspace(0, 1, points)
    middle = (edges[1:] + edges[:-1]) / 2
    log_density = (alpha - 1) * np.log(middle) + (beta - 1) * np.log1p(-middle)
    below = np.cumsum(np.exp(log_density - log_density.max()))
    below /= below[-1]
    low, high = np.searchsorted(below, [(1 - mass) / 2, (1 + mass) / 2])
    return float(middle[low]), float(middle[min(high, points - 2)])


def _overall(statistics: MomentStatistics, arms: Sequence[str], kinds: NDArray[np.bool_]) -> Beliefs:
    n, wins = _of_arms(statistics, arms, statistics.n), _of_arms(statistics, arms, statistics.wins)
    weight = _weight(n, statistics.kind_concentration) * kinds
    prior = statistics.arm_concentration
    mean = statistics.mean
    alpha = mean * prior + (wins * weight).sum(axis=1)
    return Beliefs(tuple(arms), alpha, (1 - mean) * prior + ((n - wins) * weight).sum(axis=1))


def _weight(n: Floats, concentration: float) -> Floats:
    """What one of `n` calls with a kind is worth for the arm's overall success, between kinds that differ.

    Design effect of beta-binomial counts: var(mean) = m(1-m)/n · (1 + (n-1)/(k+1)).
    """
    return (concentration + 1) / (concentration + np.maximum(n, 1))


def _passed_on(shared: Beliefs, concentration: float) -> Floats:
    """How many observations a belief about others is worth for one kind: variances add."""
    known = shared.alpha + shared.beta
    return known * concentration / (known + concentration)


def _of_arms(statistics: MomentStatistics, arms: Sequence[str], table: Floats) -> Floats:
    at = {arm: i for i, arm in enumerate(statistics.arms)}
    empty = np.zeros(len(statistics.kinds))
    rows = [table[at[arm]] if arm in at else empty for arm in arms]
    return np.array(rows).reshape(len(arms), len(statistics.kinds))


def _with_estimated_pooling(bare: MomentStatistics) -> MomentStatistics:
    """Both concentrations at the mode of their marginal posterior on the grid (empirical Bayes)."""
    n, wins = bare.n.sum(axis=1), bare.wins.sum(axis=1)
    arm = _most_likely(ARM_CONCENTRATIONS, EXPECTED_ARM_CONCENTRATION, n, wins, np.full(len(n), bare.mean))
    arm_means = (wins + arm * bare.mean) / (n + arm)
    seen = bare.n > 0
    means = np.broadcast_to(arm_means[:, None], bare.n.shape)[seen]
    kind = _most_likely(
        KIND_CONCENTRATIONS, EXPECTED_KIND_CONCENTRATION, bare.n[seen], bare.wins[seen], means
    )
    return MomentStatistics(bare.arms, bare.kinds, bare.n, bare.wins, bare.version, arm, kind)


def _most_likely(grid: Sequence[float], expected: float, n: Floats, wins: Floats, means: Floats) -> float:
    def score(concentration: float) -> float:
        prior = -(math.log(concentration / expected) ** 2) / 2
        return prior + _log_evidence(n, wins, means * concentration, (1 - means) * concentration)

    return max(grid, key=score)


def _log_evidence(n: Floats, wins: Floats, alpha: Floats, beta: Floats) -> float:
    """Log marginal likelihood of beta-binomial counts, without the binomial coefficients."""
    return sum(
        math.lgamma(a + w) - math.lgamma(a) + math.lgamma(b + m - w) - math.lgamma(b)
        - math.lgamma(a + b + m) + math.lgamma(a + b)
        for m, w, a, b in zip(n.tolist(), wins.tolist(), alpha.tolist(), beta.tolist(), strict=True)
    )  # fmt: skip
