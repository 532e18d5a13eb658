"""What decides a call in truth: a propensity, what the techniques heard added, and the person's own fate.

The chance of success is propensity + effect * sum over moments of the match (0, 0.5 or 1) - penalties; the
call is won when the person's fixed uniform number lies below it, so two policies compare in pairs.
"""

from load.people import MOMENTS, Person

PENALTY = 0.04
MOST_EFFECT = 0.10


class Verdict:
    """effect: what one matched moment adds at most, 0 to 0.10; 0 is a world in which technique is nothing."""

    def __init__(self, person: Person, effect: float) -> None:
        if not 0.0 <= effect <= MOST_EFFECT:
            raise ValueError(f"effect must be between 0 and {MOST_EFFECT}, not {effect}")
        self.person = person
        self.effect = effect
        self.techniques: dict[str, str] = {}
        self.matches: dict[str, float] = {}
        self.answers: list[float] = []
        self.open_objections = len(person.objections)
        self.annoyance = 0

    def hears(self, moment: str, technique: str) -> None:
        """Only the first technique of a moment counts."""
        if moment not in self.matches:
            self.techniques[moment] = technique
            self.matches[moment] = self.person.enjoys(moment, technique)

    def hears_answer(self, objection: str, technique: str | None) -> float:
        """How far an answer resolves the objection, 0 to 1: nothing where technique has no effect.
        The moment's match is the mean over answers."""
        match = self.person.enjoys("objection", technique, objection) if technique else 0.0
        self.answers.append(match)
        self.open_objections = max(0, self.open_objections - 1)
        return match * self.effect / MOST_EFFECT

    def _answered(self) -> float:
        return sum(self.answers) / len(self.answers) if self.answers else 0.0

    def chance(self) -> float:
        """The chance of success if nothing more is heard."""
        gained = sum(self.matches.values()) + self._answered()
        return self.person.propensity + self.effect * gained - PENALTY * self.annoyance

    def ceiling(self) -> float:
        """The chance if every moment still to come matched fully."""
        to_come = sum(moment not in self.matches for moment in MOMENTS if moment != "objection")
        objection = 1.0 - self._answered() if self.open_objections else 0.0
        return self.chance() + self.effect * (to_come + objection)

    def won(self) -> bool:
        return self.person.fate < self.chance()

    def doomed(self) -> bool:
        """Nothing that can still be said would win this person."""
        return self.person.fate >= self.ceiling()

    def warmth(self) -> float:
        """0 to 1: how close to yes the person feels, about half way between chance and ceiling."""
        margin = (self.chance() + self.ceiling()) / 2 - self.person.fate
        return min(1.0, max(0.0, 0.5 + margin / 0.5))
