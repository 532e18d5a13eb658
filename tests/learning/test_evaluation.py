"""The figures of an evaluation against scikit-learn's, and what its files may hold."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from learning.evaluation import (
    DataError,
    Guess,
    auroc,
    is_none,
    macro_f1,
    read_utterances,
    report,
    training_set,
)

ROWS = [("a", "x"), ("b", "x"), ("c", "y"), ("d", "oos"), ("e", "new")]
GUESSES = [
    Guess("x", 0.9, True),
    Guess("y", 0.8, True),
    Guess("y", 0.3, False),
    Guess("x", 0.2, False),
    Guess("y", 0.7, True),
]


def test_a_small_report_by_hand() -> None:
    made = report(ROWS, GUESSES, ["x", "y"])
    assert (made.utterances, made.intents, made.strangers) == (5, 2, 2)
    assert made.accuracy == pytest.approx(2 / 3)
    assert made.macro_f1 == pytest.approx(2 / 3)
    assert made.none_auroc == pytest.approx(5 / 6)
    assert made.kept == pytest.approx(2 / 3)
    assert made.turned_away == pytest.approx(1 / 2)
    assert made.right_decisions == pytest.approx(2 / 5)
    assert made.confusions == (("other", "y", 1), ("x", "y", 1), ("y", "other", 1))


def test_without_strangers_or_without_known_there_is_no_figure() -> None:
    known = report(ROWS[:2], GUESSES[:2], ["x"])
    assert (known.none_auroc, known.turned_away) == (None, None)
    strange = report(ROWS[3:], GUESSES[3:], ["x", "y"])
    assert (strange.accuracy, strange.macro_f1, strange.none_auroc, strange.kept) == (None, None, None, None)


@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_scikit_learns(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores, positive = random.integers(0, 10, 80) / 10, random.random(80) < 0.3
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))
    wanted, guessed = random.integers(0, 6, 80).astype(str), random.integers(0, 7, 80).astype(str)
    pairs = list(zip(wanted.tolist(), guessed.tolist(), strict=True))
    assert macro_f1(pairs) == pytest.approx(f1_score(wanted, guessed, average="macro"))


def test_shots_are_drawn_by_the_seed_whatever_the_order() -> None:
    rows = [(f"{label} {n}", label) for label in "abc" for n in range(9)] + [("only", "d"), ("s", "oos")]
    drawn = training_set(rows, shots=4, seed=1)
    assert drawn == training_set(rows[::-1], shots=4, seed=1)
    assert drawn != training_set(rows, shots=4, seed=2)
    assert {label: sum(row[1] == label for row in drawn) for label in "abcd"} == {
        "a": 4,
        "b": 4,
        "c": 4,
        "d": 1,
    }
    assert len(training_set(rows, shots=None, seed=1)) == 28


def test_names_of_none() -> None:
    assert all(
        is_none(label) for label in ("oos", "OOS", "none_of_these", "None of these", "out-of-scope", "other")
    )
    assert not any(is_none(label) for label in ("", "none_left", "others", "42"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a", "label": "x"}\nnot json', "line 2: not JSON"),
        ("[1]", "line 1: not an object"),
        ('\n{"label": "x"}', 'line 2: "text" must be a string'),
        ('{"text": "a"}', 'line 1: "label" must be a string or a whole number'),
        ('{"text": "a", "label": true}', '"label" must be'),
        ("\n \n", "no utterances"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as raised:
        read_utterances(path)
    assert str(path) in str(raised.value)


def test_files_as_people_have_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes('﻿{"text": "é", "label": 7, "more": 1}\r\n\r\n{"text": "", "label": "x"}'.encode())
    assert read_utterances(path) == [("é", "7"), ("", "x")]
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError):
        read_utterances(path)
