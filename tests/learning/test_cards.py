"""What of a call can be found by meaning: the telling utterances, the situation without its end, and no person."""

from call_flow.status import FinalStatus
from learning.analysis import analyse
from learning.cards import scenario_card, segment_cards
from tests.learning.records import conversation


def test_telling_utterances_and_chosen_words() -> None:
    record = conversation()
    cards = {card.metadata["seq"]: card for card in segment_cards(record)}
    assert sorted(cards) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert cards[4].id == f"{record.call_id}:4"
    assert cards[4].metadata["intent"] == "ask_details"
    assert cards[7].metadata["strategy"] == "no_money.empathy"
    assert (cards[6].metadata["qualified"], cards[6].metadata["successful_transfer"]) == (True, False)


def test_short_answers_and_unchosen_lines_are_left_out() -> None:
    record = conversation()
    short = record.segments[1].model_copy(update={"text": "Yes, sure."})
    fixed = record.segments[2].model_copy(update={"strategy": "rapport.reprompt1"})
    changed = record.model_copy(update={"segments": (record.segments[0], short, fixed, *record.segments[3:])})
    assert [card.metadata["seq"] for card in segment_cards(changed)] == [1, 4, 5, 6, 7, 8]


def test_metadata_are_flat_and_never_none() -> None:
    record = conversation()
    for card in (*segment_cards(record), scenario_card(record, analyse(record))):
        assert all(isinstance(value, str | int | float | bool) for value in card.metadata.values())


def test_a_scenario_tells_the_situation_and_neither_its_end_nor_who_it_was() -> None:
    record = conversation(FinalStatus.HOT_TRANSFER)
    card = scenario_card(record, analyse(record))
    assert card.text.startswith("A lead from facebook interested in income. The call went through greeting,")
    assert "Objection no money in presentation, resolved." in card.text
    assert "They spoke of extra income" in card.text
    assert "ana" not in card.text.lower().split()
    assert "transfer" not in card.text
    assert record.lead.phone not in card.text
    assert card.metadata["final_status"] == "hot_transfer"


def test_no_conversation_has_no_cards() -> None:
    assert segment_cards(conversation(FinalStatus.VOICEMAIL)) == []
