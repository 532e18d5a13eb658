"""The live prediction: readable, right in direction, and better after it has seen outcomes."""

import numpy as np
import pytest

from call_flow.phases import Phase, PhaseRecord
from call_flow.status import FinalStatus
from learning.prediction import LEAST_EXAMPLES, Example, Predictor, example_of, log_loss, refitted
from tests.learning.records import at, conversation

FEATURES = {
    "engagement": 0.5,
    "sentiment": 0.0,
    "captures": 0.6,
    "objections": 0.0,
    "resolved": 1.0,
    "phase": 0.5,
    "motivation": 0.5,
}


def test_it_moves_as_a_listener_would() -> None:
    predictor = Predictor()
    middle = predictor.probability(FEATURES)
    assert predictor.probability(FEATURES | {"engagement": 0.8}) > middle
    assert predictor.probability(FEATURES | {"objections": 0.6, "resolved": 0.0}) < middle
    assert 0 < predictor.probability({}) < middle < 1


def test_reasons_name_the_strongest_first() -> None:
    assert next(iter(Predictor().reasons(FEATURES))) == "engagement"


def test_few_examples_change_nothing() -> None:
    prior = Predictor()
    assert refitted([Example(FEATURES, True)] * (LEAST_EXAMPLES - 1), prior) is prior


def test_refitted_weights_predict_new_calls_better() -> None:
    seed = 20250305
    print(f"seed {seed}")
    generator = np.random.default_rng(seed)
    truth = Predictor(-1.0, {"engagement": 0.2, "sentiment": 2.5, "objections": 0.0, "motivation": -1.0})

    def examples(count: int) -> list[Example]:
        made = []
        for _ in range(count):
            features = {name: float(generator.uniform()) for name in FEATURES}
            made.append(Example(features, bool(generator.uniform() < truth.probability(features))))
        return made

    fitted = refitted(examples(800))
    held_out = examples(2000)
    assert fitted.examples == 800
    assert log_loss(fitted, held_out) < log_loss(Predictor(), held_out) - 0.02
    assert log_loss(fitted, held_out) == pytest.approx(log_loss(truth, held_out), abs=0.02)


def test_an_example_knows_nothing_of_what_came_after_phase_six() -> None:
    record = conversation().model_copy(
        update={
            "phases": (
                PhaseRecord(phase=Phase.MOTIVATION, started_at=at(10), ended_at=at(20), outcome="advanced"),
            )
        }
    )
    example = example_of(record)
    assert example is not None
    assert example.qualified
    assert example.features["engagement"] == 0.66
    assert example.features["objections"] == 0
    assert example.features["captures"] == 0.2
    assert example.features["sentiment"] == 0.5


@pytest.mark.parametrize("status", [FinalStatus.NO_ANSWER, FinalStatus.WRONG_PERSON])
def test_no_conversation_is_no_example(status: FinalStatus) -> None:
    assert example_of(conversation(status)) is None
    assert example_of(conversation()) is None
