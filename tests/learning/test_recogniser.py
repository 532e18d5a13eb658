"""The recogniser on utterances it was not fitted on, beside a TF-IDF baseline; and what it promises of itself."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from call_flow import rules
from call_flow.machine.conversation import SURE
from learning.embeddings import Embedder, Vectors
from learning.evaluation import (
    Labelled,
    Report,
    baseline,
    guesses,
    read_utterances,
    report,
    training_set,
)
from learning.recogniser import OTHER, RIDGE, Recogniser, _combined, _evenly, _kernel, _Model, normalised
from storage.playbook import read_packaged
from tests.call_flow.test_rules import NOT_OPT_OUTS

DATA = Path(__file__).parents[1] / "data"


class Cached:
    """Each text is embedded once in this module: many fits share the same utterances."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.vectors: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        self.vectors.update(zip(new, self.embedder.encode(new), strict=True))
        return np.stack([self.vectors[text] for text in texts])


class Random:
    """Unit vectors drawn by the text, around one centre for each first word."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = [self._draw(text) + 2 * self._draw(text.split()[0]) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)

    def _draw(self, text: str) -> np.ndarray:
        return np.random.default_rng(list(text.encode())).normal(size=384)


@pytest.fixture(scope="module")
def cached(embedder: Embedder) -> Cached:
    return Cached(embedder)


def judge(
    encoder: Cached, training: list[Labelled], rows: list[Labelled], title: str
) -> tuple[Report, Report]:
    """Ours and the baseline's; both printed."""
    recogniser = Recogniser.fit(training, encoder)
    recognised = recogniser.recognise_all(encoder.encode([normalised(text) for text, _ in rows]))
    ours = report(rows, guesses(recognised), recogniser.intents)
    theirs = report(rows, baseline(training, rows), recogniser.intents)
    print(f"\n{title}: {len(training)} examples, {ours.utterances} utterances, {ours.strangers} strangers")
    for name, one in (("embedding", ours), ("tf-idf", theirs)):
        print(
            f"  {name:10} accuracy {one.accuracy:.3f}  macro-F1 {one.macro_f1:.3f}  AUROC {one.none_auroc:.3f}"
            f"  kept {one.kept:.3f}  strangers turned away {one.turned_away:.3f}"
        )
    return ours, theirs


def test_held_out_utterances_are_no_examples_and_enough_of_each_intent() -> None:
    rows = read_utterances(DATA / "held_out_intents.jsonl")
    intents = read_packaged().intents
    examples = {normalised(example) for intent in intents for example in intent.examples}
    texts = [normalised(text) for text, _ in rows]
    assert examples.isdisjoint(texts)
    assert len(set(texts)) == len(texts)
    counts = Counter(label for _, label in rows)
    assert {intent.id for intent in intents if counts[intent.id] < 15} == set()


def test_held_out_utterances_of_the_playbooks_intents(cached: Cached) -> None:
    rows = read_utterances(DATA / "held_out_intents.jsonl")
    training = read_packaged().examples()
    ours, theirs = judge(cached, training, rows, "held out")
    assert ours.accuracy > theirs.accuracy
    assert ours.macro_f1 > theirs.macro_f1
    assert ours.none_auroc > theirs.none_auroc
    assert ours.accuracy > 0.83
    assert ours.none_auroc > 0.95
    assert ours.kept > 0.82
    assert ours.turned_away > 0.85


def test_ordinary_talk_whose_meaning_is_taken_for_opting_out_is_told_by_the_rule(cached: Cached) -> None:
    training = read_packaged().examples()
    recogniser = Recogniser.fit(training, cached)
    taken = [
        text
        for text in NOT_OPT_OUTS
        if (found := recogniser.recognise(text)).intent == "do_not_call" and found.confidence >= SURE
    ]
    assert len(taken) > 10
    assert [text for text in taken if not rules.only_sounds_like_opting_out(text)] == []


@pytest.mark.parametrize(
    ("file", "accuracy", "none_auroc"),
    [("banking", 0.88, 0.97), ("travel", 0.80, 0.91)],
    ids=["banking", "travel"],
)
def test_another_trade_with_eight_examples_an_intent(
    cached: Cached, file: str, accuracy: float, none_auroc: float
) -> None:
    rows = read_utterances(DATA / f"{file}_utterances.jsonl")
    training = training_set(rows, shots=8, seed=3)
    ours, theirs = judge(cached, training, [row for row in rows if row not in training], file)
    assert ours.accuracy > max(accuracy, theirs.accuracy + 0.1)
    assert ours.none_auroc > max(none_auroc, theirs.none_auroc)


def test_confidence_is_about_how_often_it_is_right(cached: Cached) -> None:
    rows = read_utterances(DATA / "banking_utterances.jsonl")
    training = training_set(rows, shots=9, seed=1)
    recogniser = Recogniser.fit(training, cached)
    asked = [row for row in rows if row not in training and row[1] != "oos"]
    recognised = recogniser.recognise_all(cached.encode([normalised(text) for text, _ in asked]))
    right = np.array([one.ranking[0][0] == label for one, (_, label) in zip(recognised, asked, strict=True)])
    confidence = np.array([one.confidence for one in recognised])
    assert abs(confidence.mean() - right.mean()) < 0.2
    assert confidence[right].mean() > confidence[~right].mean() + 0.05


def test_an_utterance_is_known_without_case_and_punctuation(cached: Cached) -> None:
    examples = [
        ("how much is it", "cost"),
        ("what's the price", "cost"),
        ("who are you", "who"),
        ("your name", "who"),
    ]
    recogniser = Recogniser.fit(examples, cached)
    one, other = recogniser.recognise("How much is it?"), recogniser.recognise("how much is it")
    assert one == other
    assert one.intent == one.ranking[0][0] == "cost"
    assert normalised("  “I’m in!”  It’s $50, 10%…") == "i'm in it's $50 10%"


def test_a_vector_and_its_text_are_recognised_alike(cached: Cached) -> None:
    recogniser = Recogniser.fit([("yes please", "affirm"), ("no way", "deny")], cached)
    vector = cached.encode([normalised("Yes!")])[0]
    assert recogniser.recognise(vector) == recogniser.recognise("Yes!")


def test_same_examples_in_any_order_give_the_same_answers() -> None:
    examples = [(f"c{number} text {n}", f"c{number}") for number in range(6) for n in range(8)]
    asked = Random().encode([f"c{number} asked" for number in range(6)])
    first = Recogniser.fit(examples, Random()).recognise_all(asked)
    again = Recogniser.fit(examples, Random()).recognise_all(asked)
    turned = Recogniser.fit(examples[::-1], Random()).recognise_all(asked)
    assert first == again
    for one, other in zip(first, turned, strict=True):
        assert one.intent == other.intent
        assert one.confidence == pytest.approx(other.confidence, abs=1e-6)


def test_ranking_is_ordered_and_shares_probability() -> None:
    examples = [(f"c{number} text {n}", f"c{number}") for number in range(4) for n in range(5)]
    recognised = Recogniser.fit(examples, Random()).recognise("c2 asked")
    assert recognised.ranking[0][0] == "c2"
    shares = [share for _, share in recognised.ranking]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert 0 <= recognised.confidence <= 1


@pytest.mark.parametrize(
    "examples",
    [
        [("only", "one")],
        [("a", "x"), ("b", "y")],
        [("a", "1"), ("b", "2"), ("c", "2")],
        [("same", "x"), ("same", "y"), ("same", "x")],
        [("", "x"), ("  ", "y")],
    ],
)
def test_the_smallest_sets_fit(cached: Cached, examples: list[Labelled]) -> None:
    recognised = Recogniser.fit(examples, cached).recognise("a")
    assert 0 <= recognised.confidence <= 1
    assert recognised.intent in {OTHER, *(label for _, label in examples)}


def test_no_examples_is_said() -> None:
    with pytest.raises(ValueError, match="no examples"):
        Recogniser.fit([], Random())


def _refitted(model: _Model, kept: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Kernel ridge regression on the kept rows alone, each with the ridge it had, asked of other rows."""
    sizes = np.bincount(model.classes)[model.classes]
    kernel = (
        _kernel(model.vectors[kept], model.vectors[kept])
        + np.diag(RIDGE * sizes / sizes.mean())[np.ix_(kept, kept)]
    )
    weights = np.linalg.solve(kernel, np.eye(model.count)[model.classes[kept]])
    return _kernel(model.vectors[asked], model.vectors[kept]) @ weights


def test_left_out_scores_equal_those_of_fits_without_them() -> None:
    classes = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 0, 1, 2], np.intp)  # the last three are the labels' names
    vectors = Random().encode([f"w{number} {n}" for n, number in enumerate(classes)]).astype(np.float64)
    model = _Model(vectors, classes, 3)
    known, own, unknown = model.left_out(9)
    assert own.tolist() == classes[:9].tolist()
    for row in range(9):
        rest = np.arange(12) != row
        means = np.stack([vectors[rest & (classes == number)].sum(axis=0) for number in range(3)])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        wanted = _combined(vectors[[row]] @ means.T, _refitted(model, rest, np.array([row])))[0]
        assert known[row] == pytest.approx(wanted)
        others = classes != classes[row]
        columns = np.arange(3) != classes[row]
        regressed = _refitted(model, others, np.array([row]))[:, columns]
        wanted = _combined(vectors[[row]] @ model.means[columns].T, regressed)[0]
        assert unknown[row][columns] == pytest.approx(wanted)
        assert unknown[row][classes[row]] == -np.inf


def test_anchors_are_taken_in_turn_from_each_class() -> None:
    classes = np.array([0] * 10 + [1] * 2 + [2] * 5, np.intp)
    assert np.bincount(classes[_evenly(classes, 8)]).tolist() == [3, 2, 3]
    assert _evenly(classes, 100).tolist() == list(range(17))


def test_more_examples_than_the_kernel_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.recogniser.KERNEL_EXAMPLES", 40)
    examples = [(f"c{number} text {n}", f"c{number}") for number in range(6) for n in range(30)]
    recogniser = Recogniser.fit(examples, Random())
    asked = [f"c{number} asked {n}" for number in range(6) for n in range(5)]
    right = [recogniser.recognise(text).ranking[0][0] == text[:2] for text in asked]
    assert np.mean(right) > 0.9


def test_fits_in_a_second_and_recognises_in_a_millisecond() -> None:
    examples = [(f"c{number} text {n}", f"c{number}") for number in range(40) for n in range(15)]
    encoder = Cached(Random())  # type: ignore[arg-type]
    Recogniser.fit(examples[:100], encoder)
    encoder.encode([text for text, _ in examples])
    started = time.process_time()
    recogniser = Recogniser.fit(examples, encoder)
    assert time.process_time() - started < 1
    vector = encoder.encode(["c3 asked"])[0]
    took = []
    for _ in range(200):
        before = time.thread_time()
        recogniser.recognise(vector)
        took.append(time.thread_time() - before)
    assert min(took) < 1e-3


def test_the_data_of_other_trades_is_whole() -> None:
    for file in ("banking", "travel"):
        lines = (DATA / f"{file}_utterances.jsonl").read_text().splitlines()
        texts = [json.loads(line)["text"] for line in lines]
        assert len(texts) == len(set(texts))
