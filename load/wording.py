"""How one person words what they mean: a template of the bank, with the person's own figures in its slots."""

from load.draws import number_of, pick, uniform
from load.people import INCOMES, Person
from load.phrases import bank, fill

WHENS = (
    "tomorrow at 3",
    "tomorrow morning at ten",
    "tonight after seven",
    "Thursday at noon",
    "Saturday at 11",
    "around six this evening",
    "Monday afternoon at two",
    "in about an hour",
    "next Tuesday at four",
    "tomorrow evening at 6:30",
)
_FILLERS = ("Well, ", "Um, ")


def amount(thousands: int) -> str:
    """One of three spoken forms of a yearly income, fixed by the figure."""
    forms = (f"{thousands} thousand dollars", f"{thousands},000", f"{thousands}k")
    return forms[INCOMES.index(thousands) % 3 if thousands in INCOMES else thousands % 3]


def slots_of(person: Person, when: str) -> dict[str, str]:
    """Every slot that a template may use."""
    return {
        "name": person.first_name,
        "money": amount(person.income),
        "monthly": f"{round(person.income * 1000 / 12, -2):,.0f}",
        "goal": amount(person.goal),
        "hours": str(person.hours),
        "job": person.job,
        "when": when,
        "When": when[0].upper() + when[1:],
    }


def _with_filler(text: str, chance: float) -> str:
    if chance >= 0.2:
        return text
    opening = _FILLERS[int(chance / 0.1)]
    return opening + (text if text.startswith(("I ", "I'", "It's me")) else text[0].lower() + text[1:])


def word(person: Person, act: str, nth: int = 0, count: int = 0) -> str:
    """The words for `act` when it is said for the `count`th time in the `nth` call; never the same twice in a
    row, for who has to say a thing again says it in other words."""
    key = (person.seed, person.number, act, nth)
    templates = bank()[act]
    template = templates[(number_of(*key) + count) % len(templates)]
    if "{" not in template:
        return _with_filler(template, uniform("filler", *key, count)) if len(template) > 20 else template
    when = pick(WHENS, person.seed, person.number, "when")
    return fill(template, slots_of(person, when))
