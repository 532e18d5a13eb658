"""How well each strategy does with each kind of lead: a hierarchical model of rates from 0 to 1.

What a conversation counts for is the caller's to say: 0 or 1 for a success, or a reward between them, which is a
fractional success (Agrawal & Goyal 2012, "Analysis of Thompson sampling for the multi-armed bandit problem").

rate(moment, kind, arm) = the family's mean + what the kind, each of its parts ("facebook", "part_time") and the
moment add + what the arm adds + what the arm adds with each part of the kind + what it adds with this kind alone.
Every part is normal around 0 with a stated spread, so a rare kind of lead borrows from kinds that share a part with
it, and an answer to a rare objection from the same manner of answering others. It must never read a store or draw a
number: `learning.policy` samples from its beliefs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Feature = tuple[str, ...]
Cell = tuple[str, str, str]  # moment, kind of lead, arm

# Spreads (standard deviations) of what each part adds to the chance of success, before any data. Strategies of
# one moment are taken to differ by four points or so, with one kind of lead as with another: words that differ by
# more are rare, and a spread that is too wide chases chance for hundreds of calls.
ARM_SPREAD = 0.04
MANNER_SPREAD = 0.03
PART_SPREAD = 0.04
KIND_SPREAD = 0.02
BASELINE_SPREAD = 0.10  # of kinds of lead and of moments, whatever is said to them
LEVEL_SPREAD = 0.10  # of the family's mean, estimated as (gain + 1) / (n + 2)
_ROUNDING = 1e-6  # of a sum of rewards


class StatisticsRow(NamedTuple):
    """One strategy at one moment with one kind of lead: `n` conversations, and the sum of what they counted for."""

    moment: str
    segment: str
    strategy: str
    n: int
    gain: float


class Beliefs(NamedTuple):
    """Normal beliefs about the rate of each of `arms`: mean (arms,), covariance (arms, arms)."""

    arms: tuple[str, ...]
    mean: Floats
    covariance: Floats

    def interval(self, deviations: float = 1.96) -> tuple[Floats, Floats]:
        """Low and high of every arm, within 0 and 1; 95 % by default."""
        spread = deviations * np.sqrt(np.diag(self.covariance))
        return np.clip(self.mean - spread, 0, 1), np.clip(self.mean + spread, 0, 1)


def family_of(moment: str) -> str:
    """Moments of one family are learned from together: all objections are one, every other moment is its own."""
    return moment.partition(".")[0]


def manner_of(arm: str) -> str:
    """The last part of an id, "empathy" of "no_time.empathy": what arms of different moments may share."""
    return arm.rpartition(".")[2]


@dataclass(frozen=True)
class Statistics:
    """What is known of one family of moments. `columns` are the parts that have been seen, with their posterior."""

    version: int
    level: float
    cells: Mapping[Cell, tuple[int, float]]  # n, gain
    columns: Mapping[Feature, int]
    mean: Floats
    covariance: Floats

    def beliefs(self, moment: str, kind: str, arms: Sequence[str]) -> Beliefs:
        """About `arms` at `moment` with a lead of `kind`; what was never seen is believed by its prior."""
        design, unseen = self._design(moment, kind, arms)
        expected = self.level + design @ self.mean
        shared = design @ self.covariance @ design.T + unseen
        own, kept = self._own(moment, kind, arms)
        mean = expected + own[:, 0] * (own[:, 1] - expected)
        return Beliefs(tuple(arms), mean, shared * np.outer(kept, kept) + np.diag(KIND_SPREAD**2 * kept))

    def counts(self, moment: str, kind: str, arm: str) -> tuple[int, float]:
        """(n, gain) of exactly this."""
        return self.cells.get((moment, kind, arm), (0, 0.0))

    def _design(self, moment: str, kind: str, arms: Sequence[str]) -> tuple[Floats, Floats]:
        """Rows of the parts that have a posterior, and the prior covariance of those that have none."""
        design = np.zeros((len(arms), len(self.columns)))
        unseen: dict[Feature, tuple[float, Floats]] = {}
        for row, arm in enumerate(arms):
            for feature, spread in features(moment, kind, arm):
                if feature in self.columns:
                    design[row, self.columns[feature]] = 1
                else:
                    unseen.setdefault(feature, (spread, np.zeros(len(arms))))[1][row] = 1
        prior = np.zeros((len(arms), len(arms)))
        for spread, rows in unseen.values():
            prior += spread**2 * np.outer(rows, rows)
        return design, prior

    def _own(self, moment: str, kind: str, arms: Sequence[str]) -> tuple[Floats, Floats]:
        """Per arm (share, rate) of this very cell, and 1 - share.

        What a cell adds by itself, given the parts: normal, mean share · residual, variance spread² · (1 - share).
        """
        own = np.zeros((len(arms), 2))
        noise = self.level * (1 - self.level)
        for row, arm in enumerate(arms):
            n, gain = self.counts(moment, kind, arm)
            if n:
                own[row] = KIND_SPREAD**2 / (KIND_SPREAD**2 + noise / n), gain / n
        return own, 1 - own[:, 0]


@lru_cache(maxsize=16384)
def features(moment: str, kind: str, arm: str) -> tuple[tuple[Feature, float], ...]:
    """The parts that make up a success rate, each with its prior spread."""
    return tuple(_features(moment, kind, arm))


def _features(moment: str, kind: str, arm: str) -> Iterator[tuple[Feature, float]]:
    manner = manner_of(arm)
    yield ("level",), LEVEL_SPREAD
    yield ("moment", moment), BASELINE_SPREAD
    yield ("arm", moment, arm), ARM_SPREAD
    yield ("manner", manner), MANNER_SPREAD
    for place, part in enumerate(kind.split("/")):
        yield ("part", str(place), part), BASELINE_SPREAD
        yield ("manner of part", manner, str(place), part), PART_SPREAD


class Design:
    """Which parts make up which cell: worked out once a cell, for statistics that are made again and again."""

    def __init__(self) -> None:
        self.columns: dict[Feature, int] = {}
        self.spreads: list[float] = []
        self._of_cell: dict[Cell, NDArray[np.intp]] = {}

    def matrix(self, cells: Iterable[Cell]) -> Floats:
        """Shape (cells, columns): 1 where the column's part is one of the cell's."""
        parts = [self._of_cell[cell] if cell in self._of_cell else self._add(cell) for cell in cells]
        matrix = np.zeros((len(parts), len(self.columns)))
        if parts:
            rows = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
            matrix[rows, np.concatenate(parts)] = 1
        return matrix

    def _add(self, cell: Cell) -> NDArray[np.intp]:
        found = []
        for feature, spread in features(*cell):
            if feature not in self.columns:
                self.columns[feature] = len(self.columns)
                self.spreads.append(spread)
            found.append(self.columns[feature])
        self._of_cell[cell] = np.array(found, np.intp)
        return self._of_cell[cell]


def statistics_of(
    rows: Sequence[StatisticsRow], version: int = 0, design: Design | None = None
) -> Statistics:
    """One family's rows as beliefs; without rows, the prior. `design`: that of earlier statistics of the family.

    Normal observations of each cell's rate with variance m(1-m)/n + KIND_SPREAD², m the family's rate: what a cell
    adds by itself is integrated out and comes back in `beliefs`. Raises ValueError where a row gained more than one
    a conversation.
    """
    design = design or Design()
    cells = {(row.moment, row.segment, row.strategy): (row.n, row.gain) for row in rows if _counted(row)}
    total, gained = sum(n for n, _ in cells.values()), sum(gain for _, gain in cells.values())
    level = (gained + 1) / (total + 2)
    matrix = design.matrix(cells)
    counts = np.array(list(cells.values()), float)
    mean, covariance = _posterior(matrix, np.array(design.spreads), counts, level)
    return Statistics(version, level, cells, dict(design.columns), mean, covariance)


def _counted(row: StatisticsRow) -> bool:
    if not -_ROUNDING <= row.gain <= row.n + _ROUNDING:
        raise ValueError(f"{row.moment} {row.strategy} {row.segment}: {row.gain} gained in {row.n}")
    return row.n > 0


def _posterior(design: Floats, spreads: Floats, counts: Floats, level: float) -> tuple[Floats, Floats]:
    if not len(counts):
        return np.zeros(len(spreads)), np.diag(spreads**2)
    n, gain = counts.T
    weight = 1 / (level * (1 - level) / n + KIND_SPREAD**2)
    precision = (design * weight[:, None]).T @ design + np.diag(spreads**-2)
    covariance = np.linalg.inv(precision)
    return covariance @ (design.T @ (weight * (gain / n - level))), covariance
