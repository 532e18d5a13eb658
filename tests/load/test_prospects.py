"""Prospects without a network: who they are, what moves them, and the JSON lines that benches speak."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest

from load.hearing import TECHNIQUES
from load.people import MOMENTS, person
from load.places import PLACES
from load.prospect import Prospect
from load.prospects import answers, open_call
from load.verdict import Verdict

AUDIBLE = {
    "story": "I spoke with a nurse who did this.",
    "social_proof": "Most people start small.",
    "direct": "Straight to the point.",
    "empathy": "I understand.",
    "numbers": "Let us look at the figures.",
    "autonomy": "It is up to you.",
    "curiosity": "Picture this.",
}
SCRIPT = {
    "greeting": "This is Ava, an AI voice from Bright Path. {technique} Am I speaking with you?",
    "permission": "Do you have two minutes right now?",
    "rapport": "You asked for information. {technique} Are you still interested?",
    "situation": "What do you earn today?",
    "goals": "What would you like to earn?",
    "motivation": "Why is that important to you?",
    "availability": "How many hours could you give?",
    "experience": "Have you done this before?",
    "presentation": "It is training at home. {technique} How does that sound?",
    "objections": "What might be in the way?",
    "commitment": "{technique} The next step is to talk to Kevin, shall we?",
}
MOMENT = {"greeting": "opening"}
COUNT = 600
Policy = dict[str, str]


def number(index: int) -> str:
    place = PLACES[index % len(PLACES)]
    return f"+1{place.area}555{index % 50:02d}{index // 50 % 100:02d}"


def best(prospect: Prospect) -> Policy:
    """The techniques that this person likes best; no agent can know them."""
    answer = Counter(best for best, _ in prospect.person.answers_liked.values()).most_common(1)[0][0]
    return {**{moment: liked[0] for moment, liked in prospect.person.likes.items()}, "objection": answer}


def worst(prospect: Prospect) -> Policy:
    """At each moment a technique that does nothing for this person."""
    liked = prospect.person.likes
    chosen = {moment: next(t for t in TECHNIQUES if t not in liked[moment]) for moment in liked}
    disliked = [t for t in TECHNIQUES if all(t not in two for two in prospect.person.answers_liked.values())]
    return {**chosen, "objection": (disliked or ["nothing"])[0]}


def call(prospect: Prospect, policy: Policy) -> str:
    """A plain agent with a fixed script; returns the decision in truth."""
    asks = list(SCRIPT)
    for _ in range(60):
        ask = asks[0]
        line = SCRIPT[ask].format(technique=AUDIBLE[policy.get(MOMENT.get(ask, ask), "direct")])
        reply = prospect.hear(line)
        while reply.act.startswith("objection.") or reply.act == "unsatisfied":
            technique = AUDIBLE.get(policy["objection"], "")
            reply = prospect.hear(f"{technique} We can talk about that. Does that help?")
        if reply.hang_up or reply.act in ("commitment_no", "decline", "no_callback"):
            break
        if reply.act in ("permission_no", "callback_time", "commitment_follow_up"):
            prospect.hear("What time would be better?")
            break
        if not (reply.act.startswith("ask_") or reply.act in ("silence", "repeat", "hold_on", "annoyed")):
            asks.pop(0)
        if not asks:
            break
    return prospect.decision


def test_a_person_is_the_same_whenever_asked_and_another_in_another_world() -> None:
    assert person(1, number(3)) == person(1, number(3))
    assert person(1, number(3)) != person(2, number(3))
    assert person(1, "+12145550000").state == "TX"


def test_tastes_go_mostly_by_kind_of_lead() -> None:
    people = [person(4, number(index)) for index in range(3000)]
    for moment in ("opening", "presentation"):
        by_kind: dict[str, Counter[str]] = {}
        for one in people:
            by_kind.setdefault(one.kind, Counter())[one.likes[moment][0]] += 1
        shared = sum(count.most_common(1)[0][1] for count in by_kind.values()) / len(people)
        assert 0.5 < shared < 0.97
        assert len(by_kind) == 12


def test_what_a_moment_adds_is_at_most_ten_points() -> None:
    for index in range(200):
        verdict = Verdict(person(1, number(index)), 0.10)
        before = verdict.chance()
        for moment in MOMENTS:
            if moment == "objection":
                verdict.hears_answer("scam", verdict.person.answers_liked["scam"][0])
            else:
                verdict.hears(moment, verdict.person.likes[moment][0])
            assert verdict.chance() - before <= 0.10 + 1e-9
            before = verdict.chance()
        assert verdict.ceiling() == pytest.approx(verdict.chance())
    with pytest.raises(ValueError, match="effect must be between"):
        Verdict(person(1, number(1)), 0.2)


def successes(effect: float, choose: Callable[[Prospect], Policy], count: int = COUNT) -> set[int]:
    won = set()
    for index in range(count):
        prospect = open_call(5, number(index), effect)
        if call(prospect, choose(prospect)).startswith("won"):
            won.add(index)
    return won


def test_liked_techniques_win_more_and_only_where_they_have_an_effect() -> None:
    liked, disliked = successes(0.10, best), successes(0.10, worst)
    assert len(disliked - liked) < 0.02 * COUNT
    assert len(liked) - len(disliked) > 0.2 * COUNT
    assert successes(0.0, best) == successes(0.0, worst)


def test_the_same_words_bring_the_same_answers() -> None:
    for index in range(40):
        one, other = open_call(2, number(index)), open_call(2, number(index))
        assert [one.hear(line) for line in SCRIPT.values()] == [other.hear(line) for line in SCRIPT.values()]


def test_repeating_oneself_loses_people() -> None:
    prospect = open_call(2, number(1), 0.1)
    replies = [prospect.hear("How many hours could you give each week?") for _ in range(12)]
    assert replies[-1].text is None or any(reply.hang_up for reply in replies)
    assert prospect.decision == "left"
    assert prospect.verdict.annoyance > 0


def test_an_endless_call_loses_people() -> None:
    left = 0
    for index in range(30):
        prospect = open_call(2, number(index))
        for turn in range(60):
            line = " ".join(["and so on"] * 15)
            if prospect.hear(f"{line} {turn} Does that help?").hang_up:
                left += 1
                break
    assert left == 30


def test_all_that_is_ever_said_is_a_few_thousand_sentences() -> None:
    said: set[str | None] = set()
    for index in range(800):
        prospect = open_call(3, number(index))
        said.add(prospect.greet().text)
        for line in SCRIPT.values():
            said.add(prospect.hear(line.format(technique="I understand.")).text)
    assert 500 < len(said) < 4000


def test_json_lines() -> None:
    asked = [
        json.dumps({"open": {"id": 1, "seed": 1, "number": number(1), "effect": 0.1}}),
        json.dumps({"id": 1, "heard": SCRIPT["greeting"]}),
        json.dumps({"id": 2, "heard": "Hello?"}),
        "no json",
        "",
        json.dumps({"id": 1, "close": True}),
        json.dumps({"id": 1, "heard": "Hello?"}),
    ]
    opened, heard, unknown, broken, closed, gone = map(json.loads, answers(asked))
    assert opened["person"]["phone"] == number(1)
    assert "fate" not in opened["person"]
    assert set(heard) == {"id", "say", "hangup", "after", "interrupted"}
    assert "KeyError" in unknown["error"]
    assert "not JSON" in broken["error"]
    assert closed["truth"]["decision"] in ("undecided", "left")
    assert "KeyError" in gone["error"]


def test_the_command_speaks_json_lines() -> None:
    line = json.dumps({"open": {"id": "a", "seed": 1, "number": number(2)}})
    ran = subprocess.run(
        [sys.executable, "-m", "load.prospects"],
        input=line + "\n",
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert json.loads(ran.stdout)["id"] == "a"
