"""Recognises what an utterance wants by comparing its vector with each intent's example utterances.

Scores add three views of the same vectors: the cosine to the class's mean (knows what is far from everything), a
Gaussian kernel ridge regression (knows classes that mean several things), and the softmax of the latter (knows
that two classes compete). All of it is closed form, so a fit is the same every time and every left-out score that
the calibration needs is exact: one example left out, and one class left out to play "none of these".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from learning.embeddings import Vectors

OTHER = "other"

# Chosen on three sets of utterances (banking, travel, sales calls) for accuracy and for telling strangers apart.
KERNEL_WIDTH = 1.0
RIDGE = 0.3
SHARPNESS = 8.0
KERNEL_SHARE = 0.25
SOFTMAX_SHARE = 0.5
# The kernel's matrix is this many rows squared at most; what is beyond still counts for the means.
KERNEL_EXAMPLES = 3000
# The share of utterances that is taken to be none of the intents, when confidence is fitted.
STRANGERS = 0.1
# The share of rightly recognised left-out examples that may fall to "other": on the three sets it turned away
# 89 % of strangers and lost 4.5 % of right answers, better than cuts that trust the left-out classes more.
LOST_TO_OTHER = 0.05
RANKED = 5

Matrix = NDArray[np.float64]
Labels = NDArray[np.intp]


class Encoder(Protocol):
    """The part of an Embedder that fitting needs."""

    def encode(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True)
class Recognised:
    """`confidence`: probability that the best-ranked intent is right, 0 to 1; under the recogniser's threshold
    `intent` is "other". `ranking`: the best intents, each with its share of the probability among all of them."""

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]


def normalised(text: str) -> str:
    """What is embedded: no case, no punctuation. Transcribers differ in both, and examples are written without."""
    text = text.lower().replace("’", "'")
    return " ".join(re.sub(r"[^\w\s'$%@&+]", " ", text).split())


class Recogniser:
    """A fitted set of intents; immutable, safe to use from any thread."""

    def __init__(
        self, intents: Sequence[str], encoder: Encoder, model: "_Model", calibration: "_Calibration"
    ) -> None:
        self.intents = tuple(intents)
        self._encoder = encoder
        self._model = model
        self._calibration = calibration

    @classmethod
    def fit(cls, examples: Iterable[tuple[str, str]], embedder: Encoder) -> "Recogniser":
        """From (text, label) pairs, at least one of a label. Blocking: embeds each text once, then 0.1-1 s.

        A label's own words ("ask_cost": "ask cost") serve as one more example of it.
        """
        pairs = list(examples)
        if not pairs:
            raise ValueError("no examples: a recogniser needs at least one (text, label) pair")
        texts, labels = [text for text, _ in pairs], [label for _, label in pairs]
        intents = sorted({str(label) for label in labels})
        names = {intent: name for intent in intents if (name := _words(intent))}
        vectors = embedder.encode([*map(normalised, texts), *names.values()]).astype(np.float64)
        numbers = {intent: number for number, intent in enumerate(intents)}
        classes = np.array([numbers[label] for label in (*labels, *names)], np.intp)
        model = _Model(vectors, classes, len(intents))
        return cls(intents, embedder, model, _Calibration(*model.left_out(len(texts))))

    @property
    def threshold(self) -> float:
        """The confidence under which an utterance is "other"."""
        return self._calibration.threshold

    def recognise(self, utterance: str | Vectors) -> Recognised:
        """A text, or its vector of shape (d,) as the embedder gives it for `normalised(text)`."""
        vector = self._encoder.encode([normalised(utterance)])[0] if isinstance(utterance, str) else utterance
        return self.recognise_all(np.asarray(vector)[None])[0]

    def recognise_all(self, vectors: Vectors) -> list[Recognised]:
        """Vectors of shape (n, d), one result a row."""
        scores = self._model.scores(vectors.astype(np.float64))
        confidences = self._calibration.confidence(scores.max(axis=1))
        shares = _softmax(scores / self._calibration.temperature)
        return [self._recognised(*row) for row in zip(confidences, shares, strict=True)]

    def _recognised(self, confidence: float, shares: Matrix) -> Recognised:
        order = np.argsort(-shares, kind="stable")[:RANKED]
        ranking = tuple((self.intents[number], float(shares[number])) for number in order)
        intent = ranking[0][0] if confidence >= self.threshold else OTHER
        return Recognised(intent, float(confidence), ranking)


class _Model:
    """Scores of shape (n, classes) for unit vectors of shape (n, d)."""

    def __init__(self, vectors: Matrix, classes: Labels, count: int) -> None:
        self.vectors, self.classes, self.count = vectors, classes, count
        self.sums = _one_hot(classes, count).T @ vectors
        self.means = _unit(self.sums)
        self.anchors = _evenly(classes, KERNEL_EXAMPLES)
        anchored = classes[self.anchors]
        # Each class weighs the same, however many examples it has.
        sizes = np.bincount(anchored, minlength=count)[anchored]
        kernel = _kernel(vectors[self.anchors], vectors[self.anchors])
        kernel[np.diag_indices_from(kernel)] += RIDGE * sizes / sizes.mean()
        self.inverse = np.linalg.inv(kernel)
        self.weights = self.inverse @ _one_hot(anchored, count)

    def scores(self, vectors: Matrix) -> Matrix:
        regressed = _kernel(vectors, self.vectors[self.anchors]) @ self.weights
        return _combined(vectors @ self.means.T, regressed)

    def left_out(self, examples: int) -> tuple[Matrix, Labels, Matrix]:
        """For those of the first `examples` rows that the kernel holds: scores with the example itself left out,
        their classes, and scores with the example's whole class left out (that class's column is -inf).

        Exact, by the block formula for least squares: f₋S(S) = Y_S - (A⁻¹_SS)⁻¹ (A⁻¹Y)_S.
        """
        positions = np.flatnonzero(self.anchors < examples)
        rows = self.anchors[positions]
        own = self.classes[rows]
        truth = _one_hot(own, self.count)
        diagonal = self.inverse[positions, positions][:, None]
        cosines = self.vectors[rows] @ self.means.T
        unknown = _combined_without_class(self, rows, positions, cosines)
        rest = self.sums[own] - self.vectors[rows]
        cosines[np.arange(len(rows)), own] = (self.vectors[rows] * _unit(rest)).sum(axis=1)
        known = _combined(cosines, truth - self.weights[positions] / diagonal)
        return known, own, unknown


def _combined_without_class(model: _Model, rows: Labels, positions: Labels, cosines: Matrix) -> Matrix:
    scores = np.full((len(rows), model.count), -np.inf)
    for left_out in range(model.count if model.count > 1 else 0):
        block = np.flatnonzero(model.classes[model.anchors] == left_out)
        others = np.arange(model.count) != left_out
        regressed = -np.linalg.solve(model.inverse[np.ix_(block, block)], model.weights[block][:, others])
        wanted = np.isin(block, positions)
        mine = model.classes[rows] == left_out
        scores[np.ix_(mine, others)] = _combined(cosines[mine][:, others], regressed[wanted])
    return scores


class _Calibration:
    """Turns a best score into the probability that its intent is right.

    The left-out examples stand for utterances of known intents, the left-out classes for those of none.
    """

    def __init__(self, known: Matrix, classes: Labels, unknown: Matrix) -> None:
        right = known.argmax(axis=1) == classes
        self.temperature = _temperature(known, classes)
        best, strange = known.max(axis=1), unknown.max(axis=1)
        strange = strange[np.isfinite(strange)]
        values = np.concatenate([best, strange])
        targets = np.concatenate([right, np.zeros(len(strange), bool)])
        counts = np.concatenate([np.full(len(best), 1 - STRANGERS), np.full(len(strange), STRANGERS)])
        self.slope, self.offset = _logistic(values, targets, counts)
        cut = np.quantile(best[right], LOST_TO_OTHER) if right.any() else best.min()
        self.threshold = float(self.confidence(np.array([cut]))[0])

    def confidence(self, best: Matrix) -> Matrix:
        logit: Matrix = self.slope * best + self.offset
        return 1 / (1 + np.exp(-logit))


def _temperature(scores: Matrix, classes: Labels) -> float:
    """The softmax temperature of the highest likelihood, on a grid from 0.005 to 1."""
    grid = np.geomspace(0.005, 1, 60)
    rows = np.arange(len(classes))
    likelihood = [np.log(_softmax(scores / t)[rows, classes] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmax(likelihood))])


def _logistic(values: Matrix, targets: NDArray[np.bool_], counts: Matrix) -> tuple[float, float]:
    """Slope and offset of a weighted logistic regression of one variable: Newton's method, a weak ridge."""
    design = np.stack([values, np.ones_like(values)], axis=1)
    theta = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ theta, -30, 30)))
        gradient = design.T @ (counts * (p - targets)) + 1e-3 * theta
        curvature = (design * (counts * p * (1 - p))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        theta -= step
        if np.abs(step).max() < 1e-9:
            break
    return max(float(theta[0]), 1e-6), float(theta[1])


def _combined(cosines: Matrix, regressed: Matrix) -> Matrix:
    return cosines + KERNEL_SHARE * regressed + SOFTMAX_SHARE * _softmax(SHARPNESS * regressed)


def _kernel(left: Matrix, right: Matrix) -> Matrix:
    """exp(-γ‖a-b‖²) of unit vectors."""
    return np.exp(-2 * KERNEL_WIDTH * (1 - left @ right.T))


def _softmax(scores: Matrix) -> Matrix:
    powers: Matrix = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _one_hot(classes: Labels, count: int) -> Matrix:
    return np.eye(count)[classes]


def _unit(rows: Matrix) -> Matrix:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _evenly(classes: Labels, limit: int) -> Labels:
    """At most `limit` row numbers in order, taken in turn from each class."""
    turn = np.empty(len(classes), np.intp)
    for number in np.unique(classes):
        rows = np.flatnonzero(classes == number)
        turn[rows] = np.arange(len(rows))
    return np.sort(np.argsort(turn, kind="stable")[:limit])


def _words(label: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]{2,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label))).lower()
