"""A prospect in conversation: hears lines, remembers what was asked, answers, objects, leaves or says yes.

Knows nothing of the wire and nothing of the agent but its words; given the same words it does the same.
"""

from collections import Counter

from load import draws
from load.answers import ANSWERS
from load.behaviours import BEHAVIOUR_REPLIES
from load.hearing import Heard, cut, listen
from load.people import Objection, Person
from load.reply import Reply
from load.verdict import Verdict
from load.wording import word

MOMENT_OF_ASK = {
    "greeting": "opening",
    "rapport": "rapport",
    "presentation": "presentation",
    "commitment": "commitment",
}
# After these the agent may say the same words again without being rude.
_EXCUSES = (
    "",
    "silence",
    "repeat",
    "hold_on",
    "back",
    "dead_air",
    "hello",
    "hello_inbound",
    "backchannel",
    "waiting",
)
_LEAVES_A_QUESTION = 0.09
_MOST_ANNOYANCE = 3


class Prospect:
    """One call with one person. behaviour: see load.numbers; nth: which call to this number it is."""

    def __init__(self, person: Person, behaviour: str = "talker", effect: float = 0.10, nth: int = 0) -> None:
        self.person = person
        self.behaviour = behaviour
        self.verdict = Verdict(person, effect)
        self.decision = "undecided"
        self.waiting = False
        self.over = False
        self.called_us = False
        self.words_heard = 0
        self.turns = 0
        self.nth = nth
        self._times: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._raised: set[str] = set()
        self._heard_keys: set[str] = set()
        self._pending: Objection | None = None
        self._tries = 0
        self._last_act = ""
        self._said: list[str] = []

    # ---- what the caller of this class uses

    def greet(self, inbound: bool = False) -> Reply:
        """The first words after picking up, if any."""
        self.called_us = inbound
        if self.behaviour == "silent" or (not inbound and self.chance("greet") < 0.1):
            return Reply(1.0)
        return self.say("hello_inbound" if inbound else "hello", takes_turn=inbound)

    def hear(self, text: str, fraction: float = 1.0) -> Reply:
        """The answer to a line of which the first `fraction` was audible."""
        if self.over:
            return Reply(1.0)
        heard = listen(cut(text, fraction))
        self.turns += 1
        self.words_heard += heard.words
        ask = self._asked(heard)
        answered = self._notice(heard, ask)
        reply = self._by_behaviour(heard, ask) or self._respond(heard, ask, answered)
        self._heard_keys.add(heard.key)
        return self._done(reply)

    def interrupts(self, text: str, readiness: float = 1.0) -> float | None:
        """The share of the line after which this person will talk over it, or None."""
        heard = listen(text)
        if (
            heard.words < 14
            or heard.goodbye
            or heard.hold
            or "greeting" not in self._answered
            or self._pending
        ):
            return None
        if self.chance("interrupts") >= self.person.interrupts * readiness or not self._unsaid():
            return None
        return draws.between(0.35, 0.8, self.person.seed, self.person.number, "at", heard.key)

    def interrupt(self, text: str, fraction: float) -> Reply:
        """What is said over the line; whatever of it was heard so far counts as heard."""
        self._notice(listen(cut(text, fraction)), None)
        self.turns += 1
        return self._done(self._speak_up(self._unsaid()[0]))

    def murmurs(self, text: str, readiness: float = 1.0) -> float | None:
        """The share of the line after which this person says "mm-hm", or None."""
        if listen(text).words < 18 or self.chance("murmurs") >= self.person.backchannels * readiness:
            return None
        return 0.45

    def murmur(self) -> Reply:
        return Reply(
            0.0,
            word(self.person, "backchannel", self.nth, self._count("backchannel")),
            act="backchannel",
            takes_turn=False,
        )

    def dead_air(self) -> Reply:
        """Nobody has spoken for long: asks twice whether anyone is there, then hangs up."""
        if self._last_act == "hold_on":
            return self._done(self.say("back"))
        if self.behaviour == "silent":
            return Reply(1.0)
        if self._times["dead_air"] >= 2:
            self.decide("left")
            return self._done(Reply(0.5, hang_up=True, act="left"))
        return self._done(self.say("dead_air"))

    def truth(self) -> dict[str, object]:
        """What was hidden: the person, what was matched, and what was decided."""
        return {
            "decision": self.decision,
            "won": self.decision.startswith("won"),
            "kind": self.person.kind,
            "propensity": self.person.propensity,
            "fate": self.person.fate,
            "chance": self.verdict.chance(),
            "effect": self.verdict.effect,
            "techniques": dict(self.verdict.techniques),
            "matches": dict(self.verdict.matches),
            "answers": list(self.verdict.answers),
            "annoyance": self.verdict.annoyance,
            "objections": [objection.id for objection in self.person.objections],
            "raised": sorted(self._raised),
            "likes": {moment: list(best) for moment, best in self.person.likes.items()},
            "income": self.person.income,
            "goal": self.person.goal,
            "hours": self.person.hours,
            "experience": self.person.experience,
            "motive": self.person.motive,
            "prefers": self.person.prefers,
            "turns": self.turns,
        }

    # ---- chance and words

    def _count(self, name: str) -> int:
        self._times[name] += 1
        return self._times[name]

    def chance(self, name: str) -> float:
        return draws.uniform(self.person.seed, self.person.number, self.nth, name, self._count(f"?{name}"))

    def say(self, act: str, hang_up: bool = False, takes_turn: bool = True, pause: float = 0.0) -> Reply:
        nth = self._count(act)
        delay = pause + draws.between(0.4, 1.7, self.person.seed, self.person.number, act, nth)
        return Reply(delay, word(self.person, act, self.nth, nth), hang_up, act, takes_turn)

    def times(self, act: str) -> int:
        """How often this person has said `act` in this call."""
        return self._times[act]

    def _done(self, reply: Reply) -> Reply:
        self._last_act = reply.act
        self.over = self.over or reply.hang_up
        return reply

    def decide(self, decision: str) -> None:
        if self.decision == "undecided" or decision in ("do_not_call", "left_waiting"):
            self.decision = decision

    # ---- hearing

    def _asked(self, heard: Heard) -> str | None:
        """Of what the line may ask, the first that is not answered yet."""
        fresh = [ask for ask in heard.asks if ask not in self._answered]
        return next(iter(fresh or heard.asks), None)

    def _notice(self, heard: Heard, ask: str | None) -> float | None:
        """Counts the techniques heard; returns how well a pending objection was answered, if it was."""
        techniques = list(heard.techniques)
        match = None
        if self._pending and (techniques or heard.words > 6):
            match = self.verdict.hears_answer(self._pending.id, techniques[0] if techniques else None)
            if len(techniques) > 1:
                techniques.pop(0)
        if ask in MOMENT_OF_ASK and techniques:
            self.verdict.hears(MOMENT_OF_ASK[ask], techniques[0])
        return match

    # ---- answering

    def _by_behaviour(self, heard: Heard, ask: str | None) -> Reply | None:
        special = BEHAVIOUR_REPLIES.get(self.behaviour)
        return special(self, heard, ask) if special else None

    def _respond(self, heard: Heard, ask: str | None, answered: float | None) -> Reply:
        if heard.goodbye:
            return self._part()
        if self._last_act == "hold_on":
            return self.say("back", pause=draws.between(3, 9, self.person.seed, self.person.number, "away"))
        if heard.hold:
            self.waiting = True
            return self.say("waiting", takes_turn=False) if self.chance("waiting") < 0.4 else Reply(1.0)
        if not ask:
            return Reply(1.0)
        self.waiting = False
        return self._lose_patience(heard) or self._walk_away(ask) or self._talk(ask, answered)

    def _part(self) -> Reply:
        self.decide("callback" if self.times("permission_no") + self.times("callback_time") else "lost")
        self.over = True
        if self.chance("part") < 0.75:
            return self.say("bye", hang_up=True, takes_turn=False)
        return Reply(1.5, hang_up=True, act="bye")

    def _lose_patience(self, heard: Heard) -> Reply | None:
        """Repeated lines and endless calls lose people."""
        excused = self._last_act in _EXCUSES or self._last_act.startswith(("ask_", "objection."))
        if heard.key in self._heard_keys and not excused:
            self.verdict.annoyance += 1
            if self.verdict.annoyance >= _MOST_ANNOYANCE:
                self.decide("left")
                return self.say("have_to_go", hang_up=True)
            if self.chance("annoyed") < 0.5:
                return self.say("annoyed")
        if self.words_heard > self.person.patience and self.chance("patience") < 0.3:
            self.decide("left")
            return self.say("have_to_go", hang_up=True)
        return None

    def _walk_away(self, ask: str) -> Reply | None:
        """Those who cannot be won any more leave here and there; nobody else does."""
        if self.decision != "undecided" or ask in ("greeting", "commitment") or not self.verdict.doomed():
            return None
        if self.chance("walks") < _LEAVES_A_QUESTION:
            self.decide("left")
            way = self.chance("way")
            if way < 0.25:
                return Reply(0.8, hang_up=True, act="left")
            return self.say("have_to_go" if way < 0.5 else "decline", hang_up=way < 0.5)
        return None

    def _talk(self, ask: str, answered: float | None) -> Reply:
        if self.decision in ("left", "lost"):
            return self._stay_away(ask)
        if self._pending:
            reply = self._weigh(ask, answered)
            if reply:
                return reply
        if self._quiet(ask):
            return Reply(1.0)
        return self._interject(ask) or self._answer(ask)

    def _stay_away(self, ask: str) -> Reply:
        if ask == "callback" and not self._times["no_callback"]:
            return self.say("no_callback")
        return self.say("decline", hang_up=self._times["decline"] >= 1)

    def _quiet(self, ask: str) -> bool:
        """Says nothing at all, at most once to each question."""
        return (
            not self._times[f"quiet {ask}"]
            and self.chance("quiet") < self.person.falls_silent
            and bool(self._count(f"quiet {ask}"))
        )

    def _weigh(self, ask: str, answered: float | None) -> Reply | None:
        """Is the objection out of the way? None when it is and the agent has asked something else."""
        objection = self._pending
        assert objection is not None
        self._tries += answered is not None
        needed = objection.hardness + self.verdict.doomed() - (answered or 0.0)
        if self._tries >= needed or self._tries >= _MOST_ANNOYANCE:
            self._pending = None
            return (
                self.say("satisfied" if self._tries >= needed else "unsatisfied") if ask == "check" else None
            )
        return self.say(
            "unsatisfied" if ask == "check" and self.chance("weigh") < 0.4 else f"objection.{objection.id}"
        )

    def _unsaid(self) -> list[str]:
        """Objections and questions that this person brought along and has not voiced."""
        objections = [f"objection.{one.id}" for one in self.person.objections if one.id not in self._raised]
        questions = [act for _, act in self.person.questions if not self._times[act]]
        return objections + questions

    def _speak_up(self, act: str) -> Reply:
        if act.startswith("objection."):
            name = act.removeprefix("objection.")
            self._pending = next(one for one in self.person.objections if one.id == name)
            self._raised.add(name)
            self._tries = 0
        return self.say(act)

    def _interject(self, ask: str) -> Reply | None:
        """A question or an objection of one's own instead of an answer."""
        for moment, act in self.person.questions:
            if moment == ask and not self._times[act]:
                return self.say(act)
        for one in self.person.objections:
            if one.id not in self._raised and (one.moment == ask or ask == "objections"):
                return self._speak_up(f"objection.{one.id}")
        if ask not in ("check", "greeting") and self.chance("asks again") < 0.035:
            steps_away = ask != "commitment" and self.chance("steps away") < 0.3
            return self.say("hold_on" if steps_away else "repeat")
        return None

    def _answer(self, ask: str) -> Reply:
        self._answered.add(ask)
        return ANSWERS.get(ask, ANSWERS["check"])(self)

    def feels(self, topic: str) -> bool:
        """Whether this person sounds warm about `topic`: likelier the nearer to yes."""
        return self.chance(f"feels {topic}") < 0.1 + 0.8 * self.verdict.warmth()
