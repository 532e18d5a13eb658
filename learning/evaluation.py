"""Judges a recogniser on labelled utterances that it was not fitted on.

A label that is not among the fitted intents means "none of these". Accuracy and F1 are of the best-ranked intent on
the utterances that have one; how well strangers are told apart is a figure of its own, over the confidence.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.recogniser import OTHER, Recognised

Labelled = tuple[str, str]
# Names that data sets give to utterances of no intent; never fitted as an intent of their own.
NONE_LABELS = frozenset(
    {
        "oos",
        "ood",
        "other",
        "none",
        "noneofthese",
        "noneoftheabove",
        "outofscope",
        "outofdomain",
        "unknown",
        "fallback",
    }
)


class DataError(Exception):
    """A file of utterances cannot be read; the message names the file and the line."""


@dataclass(frozen=True)
class Guess:
    """A recogniser's word on one utterance: its best intent, how sure it is, and whether it would act on it."""

    best: str
    confidence: float
    accepted: bool


@dataclass(frozen=True)
class Report:
    """Shares are 0 to 1; None where the data has nothing to compute them from.

    `kept` is the share of utterances with an intent that are not called "other", `turned_away` that of strangers
    that are; `right_decisions` the share of all that are recognised rightly or turned away rightly.
    """

    utterances: int
    intents: int
    strangers: int
    accuracy: float | None
    macro_f1: float | None
    none_auroc: float | None
    kept: float | None
    turned_away: float | None
    right_decisions: float
    confusions: tuple[tuple[str, str, int], ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_utterances(path: Path) -> list[Labelled]:
    """(text, label) of each line {"text", "label"} of a JSONL file; DataError names what is wrong where."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}") from error
    rows = [_row(f"{path} line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise DataError(f"{path}: no utterances")
    return rows


def _row(place: str, line: str) -> Labelled:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"{place}: not JSON ({error})") from error
    if not isinstance(row, dict):
        raise DataError(f'{place}: not an object with "text" and "label"')
    text, label = row.get("text"), row.get("label")
    if not isinstance(text, str):
        raise DataError(f'{place}: "text" must be a string')
    if isinstance(label, bool) or not isinstance(label, str | int):
        raise DataError(f'{place}: "label" must be a string or a whole number')
    return text, str(label)


def training_set(rows: Iterable[Labelled], shots: int | None, seed: int) -> list[Labelled]:
    """`shots` utterances of each label drawn with `seed` (all, where there are fewer or shots is None)."""
    by_label: dict[str, list[Labelled]] = {}
    for text, label in dict.fromkeys(rows):
        if not is_none(label):
            by_label.setdefault(label, []).append((text, label))
    chosen: list[Labelled] = []
    for label in sorted(by_label):
        of_label = sorted(by_label[label])
        random.Random(f"{seed}:{label}").shuffle(of_label)
        chosen += of_label[:shots]
    return chosen


def is_none(label: str) -> bool:
    """Whether a label says "none of these" by its name, however it is written."""
    return "".join(character for character in label.lower() if character.isalnum()) in NONE_LABELS


def report(rows: Sequence[Labelled], guessed: Sequence[Guess], intents: Iterable[str]) -> Report:
    """Figures over `rows` and the guesses made of them, in the same order."""
    known = set(intents)
    stranger = np.array([label not in known for _, label in rows])
    right = np.array([guess.best == label for guess, (_, label) in zip(guessed, rows, strict=True)])
    accepted = np.array([guess.accepted for guess in guessed])
    confidence = np.array([guess.confidence for guess in guessed])
    pairs = [(label, guess.best) for guess, (_, label) in zip(guessed, rows, strict=True) if label in known]
    return Report(
        utterances=len(rows),
        intents=len(known),
        strangers=int(stranger.sum()),
        accuracy=_share(right[~stranger]),
        macro_f1=macro_f1(pairs),
        none_auroc=auroc(-confidence, stranger),
        kept=_share(accepted[~stranger]),
        turned_away=_share(~accepted[stranger]),
        right_decisions=float(np.where(stranger, ~accepted, right & accepted).mean()),
        confusions=_confusions(rows, guessed, known),
    )


def _confusions(
    rows: Sequence[Labelled], guessed: Sequence[Guess], known: set[str]
) -> tuple[tuple[str, str, int], ...]:
    """(label, decision, count), most frequent first; what no intent covers is labelled "other"."""
    counted: Counter[tuple[str, str]] = Counter()
    for guess, (_, label) in zip(guessed, rows, strict=True):
        wanted = label if label in known else OTHER
        decided = guess.best if guess.accepted else OTHER
        if wanted != decided:
            counted[wanted, decided] += 1
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple((wanted, decided, count) for (wanted, decided), count in ordered)


def _share(flags: NDArray[np.bool_]) -> float | None:
    return float(flags.mean()) if len(flags) else None


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """The mean over labels of F1, of (label, guess) pairs; labels that occur on either side count."""
    labels = {label for pair in pairs for label in pair}
    if not labels:
        return None
    hits = Counter(label for label, guess in pairs if label == guess)
    wanted = Counter(label for label, _ in pairs)
    guessed = Counter(guess for _, guess in pairs)
    return float(np.mean([2 * hits[label] / (wanted[label] + guessed[label]) for label in labels]))


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float | None:
    """Probability that a positive scores above a negative, ties counting half; None without one of the two."""
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return None
    _, place, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def guesses(recognised: Iterable[Recognised]) -> list[Guess]:
    """What a Recogniser said, one a row."""
    return [Guess(one.ranking[0][0], one.confidence, one.intent != OTHER) for one in recognised]


def baseline(training: Sequence[Labelled], rows: Sequence[Labelled]) -> list[Guess]:
    """What TF-IDF of words and word pairs with logistic regression would say; needs scikit-learn (ImportError)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts, labels = zip(*training, strict=True)
    features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = LogisticRegression(C=10, max_iter=1000).fit(features.fit_transform(texts), labels)
    shares = model.predict_proba(features.transform([text for text, _ in rows]))
    best = shares.argmax(axis=1)
    return [
        Guess(str(model.classes_[number]), float(row[number]), bool(row[number] >= 0.5))
        for number, row in zip(best, shares, strict=True)
    ]
