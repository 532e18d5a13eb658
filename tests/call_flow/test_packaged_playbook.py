"""The playbook that comes with the program: enough to choose from, audible, speakable, honest, lawful."""

import re

import pytest

from call_flow.playbook.book import MOMENTS, Playbook
from call_flow.playbook.placeholders import placeholders
from call_flow.playbook.techniques import TECHNIQUES, techniques_heard
from storage.playbook import read_packaged

# By these words a listener knows what is being asked.
ASKS: dict[str, str] = {
    "greeting": r"speaking with",
    "permission": r"two minutes",
    "rapport": r"\b(still|interested)\b",
    "situation": r"(?=.*\b(today|currently)\b).*\b(income|earn|make)\b",
    "goals": r"like to earn|\brather\b|\binstead\b",
    "motivation": r"\bwhy\b",
    "availability": r"\bhours\b",
    "experience": r"\bbefore\b",
    "presentation": r"does that sound",
    "objections": r"in the way|holding you back",
    "commitment": r"(next step|talk|speak) .*\{closer_name\}|\{closer_name\}.*next step",
}
PROMISES = re.compile(
    r"guarantee[ds]? (you|an? income|success)|risk.free|get rich|act now|last chance|"
    r"only today|limited (time|spots)|you will (earn|make)|passive income|no risk",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def book() -> Playbook:
    return read_packaged()


@pytest.fixture(scope="module")
def spoken(book) -> list:
    responses = [response for objection in book.objections for response in objection.responses]
    return [*book.lines, *book.all_strategies, *responses, *book.knowledge]


def texts(entry) -> list[str]:
    return [words for words in (entry.text, entry.fallback) if words]


def asked(words: str) -> set[str]:
    """The phases whose question is heard in the last question of `words`."""
    question = re.split(r"(?<=[.!?])\s+", words.strip())[-1]
    return {phase for phase, pattern in ASKS.items() if re.search(pattern, question, re.IGNORECASE)}


def asks_of(book: Playbook, phase: str) -> list:
    moments = [strategy for strategy in book.all_strategies if strategy.phase == phase]
    fixed = [line for line in book.lines if re.fullmatch(rf"{phase}\.(ask|reprompt\d|resume)", line.id)]
    return [*moments, *fixed]


def test_there_is_enough_to_choose_from(book):
    for moment in MOMENTS:
        techniques = [strategy.technique for strategy in book.strategies(moment)]
        assert len(techniques) == len(set(techniques)) >= 6
    for objection in book.objections:
        techniques = [response.technique for response in objection.responses]
        assert len(techniques) == len(set(techniques)) >= 4
    assert len(book.objections) == 12
    assert len(book.knowledge) >= 16
    assert all(len(intent.examples) >= 14 for intent in book.intents)


def test_every_technique_has_arms_at_several_moments(book):
    arms = [(strategy.technique, strategy.moment) for strategy in book.all_strategies]
    arms += [
        (response.technique, objection.id)
        for objection in book.objections
        for response in objection.responses
    ]
    for technique in TECHNIQUES:
        assert len({moment for used, moment in arms if used == technique}) >= 4, technique


def test_a_technique_is_heard_where_it_is_used_and_nowhere_else(spoken):
    for entry in spoken:
        expected = (entry.technique,) if hasattr(entry, "technique") else ()
        for words in texts(entry):
            assert techniques_heard(words) == expected, entry.id


@pytest.mark.parametrize("phase", sorted(ASKS))
def test_the_last_question_says_what_is_asked_and_nothing_else(book, phase):
    asks = asks_of(book, phase)
    assert len(asks) >= 3
    for entry in asks:
        for words in texts(entry):
            assert words.endswith("?"), entry.id
            assert asked(words) == {phase}, entry.id


def test_times_are_asked_for_in_words_that_say_so(book):
    for line_id in ("callback.ask", "callback.resume", "callback.unclear", "followup.ask"):
        assert re.search(r"better time|what time|\bwhen\b", book.line(line_id).text, re.IGNORECASE)


def test_an_answered_objection_leads_back_with_a_question_of_no_phase(book):
    for objection in book.objections:
        for response in objection.responses:
            for words in texts(response):
                assert words.endswith("?"), response.id
                assert asked(words) == set(), response.id


def test_lines_are_short_enough_to_listen_to(spoken):
    for entry in spoken:
        limit = 70 if getattr(entry, "moment", "") == "presentation" else 40
        for words in texts(entry):
            assert len(words.split()) <= limit, (entry.id, len(words.split()))


def test_nothing_is_promised_and_nobody_is_hurried(spoken):
    for entry in spoken:
        for words in texts(entry):
            assert not PROMISES.search(words), entry.id


def test_every_presentation_says_that_results_vary(book):
    for strategy in book.strategies("presentation"):
        for words in texts(strategy):
            assert "results vary" in words.lower(), strategy.id


def test_the_disclosure_says_who_what_and_how_to_opt_out_first(book):
    disclosure = book.line("disclosure").text
    assert set(placeholders(disclosure)) == {"agent_name", "business"}
    opt_out = disclosure.lower().index("say stop calling at any time and i will not call again")
    assert disclosure.index("an AI voice") < opt_out < disclosure.index("This call is recorded")
    for strategy in book.strategies("opening"):
        assert all(words.startswith("{disclosure}") for words in texts(strategy)), strategy.id


def test_messages_that_stay_behind_say_how_to_stop_them(book):
    voicemail = book.line("voicemail.message").text
    assert {"business", "callback_number"} <= set(placeholders(voicemail))
    assert "toll free" in voicemail
    assert "stop calling" in voicemail
    for words in texts(book.line("video.sms")):
        assert words.startswith("{business}:")
        assert "Reply STOP to opt out" in words
