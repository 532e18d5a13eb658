"""Listeners know techniques by their markers and questions by their words, and by nothing else."""

import pytest

from load.hearing import cut, listen, techniques_in


@pytest.mark.parametrize(
    ("line", "technique"),
    [
        ("I spoke with a nurse who began last spring.", "story"),
        ("Someone we worked with had the same worry.", "story"),
        ("Her story is like yours.", "story"),
        ("Most people start in the evening.", "social_proof"),
        ("Hundreds of families do this.", "social_proof"),
        ("Straight to the point: it is training.", "direct"),
        ("Bottom line, you learn first.", "direct"),
        ("I hear you, that is a lot.", "empathy"),
        ("That is completely fair.", "empathy"),
        ("It takes 5 hours a week.", "numbers"),
        ("Here are the figures.", "numbers"),
        ("It is entirely your choice.", "autonomy"),
        ("There is NO PRESSURE at all.", "autonomy"),
        ("Picture this: your own desk.", "curiosity"),
        ("What if it worked?", "curiosity"),
    ],
)
def test_each_marker_is_heard_as_its_technique(line: str, technique: str) -> None:
    assert techniques_in(line) == (technique,)


@pytest.mark.parametrize(
    "line", ["Thanks, that helps.", "How many hours could you give?", "opening.story", ""]
)
def test_lines_without_a_marker_have_no_technique(line: str) -> None:
    assert techniques_in(line) == ()


def test_techniques_are_heard_in_their_order() -> None:
    assert techniques_in("I understand. Simply put, it is up to you.") == ("empathy", "direct", "autonomy")


@pytest.mark.parametrize(
    ("line", "ask"),
    [
        ("This is Ava, an AI voice. Am I speaking with Sam?", "greeting"),
        ("Do you have two minutes for me?", "permission"),
        ("This takes two minutes. Is now all right?", "permission"),
        ("Are you still thinking about it?", "rapport"),
        ("What do you currently earn, roughly?", "situation"),
        ("What is your income like today?", "situation"),
        ("What would you like to earn?", "goals"),
        ("And why does that matter to you?", "motivation"),
        ("How many hours a week could you give?", "availability"),
        ("Have you done anything like it before?", "experience"),
        ("You learn at home, with a mentor. How does that sound?", "presentation"),
        ("What might be in the way?", "objections"),
        ("Is anything holding you back?", "objections"),
        ("The next step is a short talk with Kevin. Shall we?", "commitment"),
        ("Would you like to talk to Kevin now?", "commitment"),
        ("When would be a better time to talk?", "callback"),
        ("What time should Kevin call?", "callback"),
        ("Thank you for calling. How may I help you?", "help"),
        ("Many others felt the same before they started. Does that help?", "check"),
    ],
)
def test_each_question_is_understood_by_its_words(line: str, ask: str) -> None:
    assert listen(line).asks[0] == ask


def test_statements_ask_nothing() -> None:
    heard = listen("Please stay on the line, I am connecting you with Kevin.")
    assert (heard.asks, heard.hold, heard.goodbye) == ((), True, False)
    heard = listen("I will not call again. Goodbye.")
    assert (heard.asks, heard.hold, heard.goodbye) == ((), False, True)


def test_what_was_not_played_was_not_heard() -> None:
    line = "I understand. Would you like to talk to Kevin?"
    assert cut(line, 1.0) == line
    assert listen(cut(line, 0.5)).asks == ()
    assert listen(cut(line, 0.5)).techniques == ("empathy",)
    assert cut(line, 0.0) == ""
