"""A closer with a telephone: listens to the whisper and presses a key, or does not."""

from load import draws
from load.party import Party
from load.people import Person
from load.reply import Reply
from load.voice import Line
from load.wording import word

# Of ten calls to a closer of mixed mood: accepted, declined, never picked up.
_ACCEPTS, _DECLINES = 0.60, 0.80


def mood(behaviour: str, *occasion: object) -> str:
    """What of load.numbers a closer does this time; a mixed one's by hash of the occasion."""
    named = behaviour.removeprefix("closer_")
    if named != "mixed":
        return named
    chance = draws.uniform("closer", *occasion)
    return "accepts" if chance < _ACCEPTS else "declines" if chance < _DECLINES else "no_answer"


class Closer:
    """One call to a closer. behaviour: closer_accepts, …; see load.numbers."""

    waiting = True

    def __init__(self, person: Person, behaviour: str, nth: int) -> None:
        self._person, self._nth = person, nth
        self.mood = behaviour.removeprefix("closer_")
        self._pressed = False

    def greet(self, inbound: bool = False) -> Reply:
        return Reply(0.6, word(self._person, "closer_hello", self._nth), act="closer_hello", takes_turn=False)

    def hear(self, text: str, fraction: float = 1.0) -> Reply:
        """The key, once the words have named it."""
        if self.mood == "hangs_up":
            return Reply(0.2, hang_up=True, act="left")
        if self._pressed or self.mood == "silent" or "press" not in text.lower():
            return Reply(1.0)
        self._pressed = True
        delay = draws.between(0.8, 2.4, self._person.seed, self._person.number, self._nth, "press")
        return Reply(delay, digit="2" if self.mood == "declines" else "1", act="digit")

    def dead_air(self) -> Reply:
        """Waits for long, then gives up."""
        return Reply(0.0, hang_up=True, act="left")


class CloserParty(Party):
    """A closer on a leg; one kind hangs up in the middle of the whisper, another once the key was pressed."""

    mind: Closer

    def line_started(self, line: Line) -> None:
        super().line_started(line)
        if self.mind.mood == "hangs_up" and not self.leg.partner:
            self.exchange.spawn(self._hang_up_during(line), self.leg)

    async def act(self, reply: Reply) -> None:
        await super().act(reply)
        if reply.digit and self.mind.mood == "leaves":
            self.exchange.end(self.leg, "normal_clearing", "callee", "200")

    async def _hang_up_during(self, line: Line) -> None:
        await self.exchange.clock.sleep(line.seconds / 2)
        self.exchange.end(self.leg, "normal_clearing", "callee", "200")
