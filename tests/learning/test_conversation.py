"""The documents of a learned call hold what Mongo's schema demands, for a talk and for a call that nobody took."""

from call_flow.status import FinalStatus
from learning.analysis import analyse
from learning.conversation import conversation_document, outcome_document
from storage.conversation import ConversationDocument, OutcomeDocument
from tests.learning.records import conversation


def test_a_talk() -> None:
    record = conversation()
    document = conversation_document(record, analyse(record), 1.0)
    assert set(document) == set(ConversationDocument.__annotations__)
    assert [s["seq"] for s in document["transcript"]] == list(range(1, 9))
    assert document["engagement"]["progression"][0] == {"at_s": 6, "score": 52.0}
    assert document["outcome"]["learning"]["objection_handling"][0]["resolved"] is True
    assert document["metadata"]["kevin_availability"] is False
    assert document["analysis"]["objection_types"] == ["no_money"]
    assert all(isinstance(v, float) for v in document["engagement"]["conversational_cues"].values())


def test_its_outcome() -> None:
    record = conversation()
    outcome = outcome_document(record, analyse(record), 0.3)
    assert set(outcome) == set(OutcomeDocument.__annotations__)
    assert (outcome["outcome"], outcome["qualified"], outcome["reward"]) == ("callback", True, 0.3)
    factors = {factor["name"]: factor for factor in outcome["factors"]}
    assert factors["objection.no_money"] == {
        "name": "objection.no_money",
        "value": 1.0,
        "detail": "no_money.empathy",
    }
    assert factors["choice.opening"]["detail"] == "opening.story"


def test_nobody_answered() -> None:
    empty = {"segments": (), "phases": (), "choices": (), "objections": (), "decisions": (), "engagement": ()}
    record = conversation(FinalStatus.NO_ANSWER).model_copy(update=empty | {"answered_at": None})
    document = conversation_document(record, analyse(record), 1.0)
    assert document["engagement"]["final"] is None
    assert document["analysis"]["average_sentiment"] is None
    assert document["outcome"]["qualified"] is None
