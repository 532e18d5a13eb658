"""The people of this world, one behind each number, the same whenever the same seed is asked.

What a person prefers is hidden: nothing but the person's own words and decisions may carry it to the wire.
"""

import json
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from load.draws import number_of
from load.hearing import TECHNIQUES
from load.places import place_of

MOMENTS: tuple[str, ...] = ("opening", "rapport", "presentation", "objection", "commitment")
SOURCES: tuple[str, ...] = ("facebook", "google", "referral", "webinar")
INTERESTS: tuple[str, ...] = ("part_time", "full_time", "curious")
MOTIVES: tuple[str, ...] = ("family", "money", "debt", "freedom")
EXPERIENCES: tuple[str, ...] = ("none", "some", "lots")
JOBS = (
    "retail",
    "nursing",
    "trucking",
    "teaching",
    "construction",
    "office work",
    "a restaurant",
    "a warehouse",
)
INCOMES = (18, 24, 28, 32, 36, 40, 45, 50, 55, 60, 70, 80, 95, 120)
GOALS = (50, 60, 75, 80, 100, 120, 150, 200)
HOURS = (5, 8, 10, 12, 15, 20, 25, 30, 40)

# Where in a call an objection comes up.
OBJECTION_MOMENTS: dict[str, tuple[str, ...]] = {
    "no_time": ("permission", "availability", "objections"),
    "no_money": ("presentation", "objections"),
    "scam": ("rapport", "presentation"),
    "spouse": ("objections", "commitment"),
    "think_about_it": ("presentation", "commitment"),
    "send_info": ("rapport", "commitment"),
    "not_interested": ("rapport", "presentation"),
    "already_busy_job": ("rapport", "availability"),
    "tried_before": ("experience", "objections"),
    "too_good": ("presentation", "objections"),
    "tech_skills": ("experience", "objections"),
    "trust_ai": ("greeting", "permission"),
}
QUESTION_MOMENTS: dict[str, tuple[str, ...]] = {
    "ask_identity": ("greeting",),
    "ask_how_got_number": ("greeting", "permission"),
    "ask_robot": ("greeting", "permission", "rapport"),
    "ask_cost": ("presentation", "objections", "commitment"),
    "ask_details": ("rapport", "presentation"),
    "ask_income": ("goals", "presentation", "objections"),
}
_NAMES = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
_SOURCE_PROPENSITY = {"facebook": -0.02, "google": 0.01, "referral": 0.06, "webinar": 0.04}
_INTEREST_PROPENSITY = {"part_time": 0.02, "full_time": 0.03, "curious": -0.04}
_SOURCE_WEIGHTS, _INTEREST_WEIGHTS = (45, 25, 12, 18), (42, 30, 28)
# How much of a preference everyone shares, how much a source or an interest shares, how much is one's own.
_SHARED, _BY_SOURCE, _BY_INTEREST, _OWN = 0.7, 0.8, 0.6, 0.7


@dataclass(frozen=True)
class Objection:
    """id: one of OBJECTION_MOMENTS; moment: the ask at which it comes up; hardness: answers it takes."""

    id: str
    moment: str
    hardness: int


@dataclass(frozen=True)
class Person:
    """One prospect. Incomes in thousand dollars a year, hours a week, patience in words of the agent,
    propensity the chance of success before any technique, fate the person's own uniform number that
    decides against it, likes the best and second best technique by moment, answers_liked by objection."""

    seed: int
    number: str
    first_name: str
    last_name: str
    source: str
    initial_interest: str
    state: str
    city: str
    timezone: str
    income: int
    goal: int
    hours: int
    job: str
    experience: str
    motive: str
    patience: int
    propensity: float
    fate: float
    prefers: str
    objections: tuple[Objection, ...]
    questions: tuple[tuple[str, str], ...]
    likes: dict[str, tuple[str, str]]
    answers_liked: dict[str, tuple[str, str]]
    interrupts: float
    backchannels: float
    falls_silent: float
    voice_hz: float

    @property
    def kind(self) -> str:
        return f"{self.source}/{self.initial_interest}"

    def enjoys(self, moment: str, technique: str, objection: str | None = None) -> float:
        """1.0 for the technique this person likes best at this moment, 0.5 for the second, else 0.0."""
        best, second = self.answers_liked[objection] if objection else self.likes[moment]
        return 1.0 if technique == best else 0.5 if technique == second else 0.0


def _taste(seed: int, scale: float, *names: str) -> list[float]:
    chance = random.Random(number_of(seed, "taste", *names))
    return [scale * chance.gauss(0, 1) for _ in TECHNIQUES]


@lru_cache(maxsize=8192)
def _kind_taste(seed: int, source: str, interest: str, moment: str, objection: str) -> tuple[float, ...]:
    parts = [
        _taste(seed, _SHARED, "all", moment),
        _taste(seed, _BY_SOURCE, source, moment),
        _taste(seed, _BY_INTEREST, interest, moment),
    ]
    if objection:
        parts.append(_taste(seed, _SHARED, "objection", objection))
    return tuple(map(sum, zip(*parts, strict=True)))


def _two_best(taste: tuple[float, ...], chance: random.Random) -> tuple[str, str]:
    own = [value + _OWN * chance.gauss(0, 1) for value in taste]
    order = sorted(range(len(own)), key=own.__getitem__, reverse=True)
    return TECHNIQUES[order[0]], TECHNIQUES[order[1]]


def _objections(chance: random.Random) -> tuple[Objection, ...]:
    count = chance.choices((0, 1, 2, 3), (18, 40, 28, 14))[0]
    found: dict[str, Objection] = {}
    for name in chance.sample(sorted(OBJECTION_MOMENTS), count):
        moment = chance.choice(OBJECTION_MOMENTS[name])
        found.setdefault(moment, Objection(name, moment, chance.choices((1, 2), (65, 35))[0]))
    return tuple(found.values())


def _questions(chance: random.Random) -> tuple[tuple[str, str], ...]:
    count = chance.choices((0, 1, 2), (45, 38, 17))[0]
    names = chance.sample(sorted(QUESTION_MOMENTS), count)
    return tuple((chance.choice(QUESTION_MOMENTS[name]), name) for name in names)


def _propensity(chance: random.Random, source: str, interest: str) -> float:
    kind = 0.17 + _SOURCE_PROPENSITY[source] + _INTEREST_PROPENSITY[interest]
    return min(0.4, max(0.04, kind + chance.gauss(0, 0.04)))


def person(seed: int, number: str) -> Person:
    """The person behind `number` in the world of `seed`."""
    chance = random.Random(number_of(seed, "person", number))
    source = chance.choices(SOURCES, _SOURCE_WEIGHTS)[0]
    interest = chance.choices(INTERESTS, _INTEREST_WEIGHTS)[0]
    income = chance.choice(INCOMES)
    place = place_of(number)
    likes = {
        moment: _two_best(_kind_taste(seed, source, interest, moment, ""), chance)
        for moment in MOMENTS
        if moment != "objection"
    }
    answers = {
        name: _two_best(_kind_taste(seed, source, interest, "objection", name), chance)
        for name in OBJECTION_MOMENTS
    }
    return Person(
        seed=seed,
        number=number,
        first_name=chance.choice(_NAMES["first"]),
        last_name=chance.choice(_NAMES["last"]),
        source=source,
        initial_interest=interest,
        state=place.state,
        city=place.city,
        timezone=place.timezone,
        income=income,
        goal=chance.choice([goal for goal in GOALS if goal > income]),
        hours=chance.choice(HOURS[2:] if interest == "full_time" else HOURS[:6]),
        job=chance.choice(JOBS),
        experience=chance.choices(EXPERIENCES, (50, 33, 17))[0],
        motive=chance.choice(MOTIVES),
        patience=int(chance.uniform(650, 1500)),
        propensity=_propensity(chance, source, interest),
        fate=chance.random(),
        prefers=chance.choices(("transfer", "follow_up"), (78, 22))[0],
        objections=_objections(chance),
        questions=_questions(chance),
        likes=likes,
        answers_liked=answers,
        interrupts=chance.choices((0.0, 0.04, 0.15), (55, 30, 15))[0],
        backchannels=chance.choices((0.0, 0.08, 0.25), (50, 35, 15))[0],
        falls_silent=chance.choices((0.0, 0.02, 0.06), (60, 30, 10))[0],
        voice_hz=chance.uniform(95, 230),
    )


def public_facts(one: Person) -> dict[str, str]:
    """What a lead file may know of a person: nothing that is hidden."""
    return {
        "first_name": one.first_name,
        "last_name": one.last_name,
        "phone": one.number,
        "source": one.source,
        "initial_interest": one.initial_interest,
        "timezone": one.timezone,
        "country": "US",
        "state": one.state,
        "city": one.city,
    }
