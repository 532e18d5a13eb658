"""The live prediction: readable, and right in direction."""

from learning.prediction import Predictor

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
