"""How scenarios are played: the test's hand-driven call, with timers that fire when they are due, and a Telnyx
that answers as the real one does.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.lead import Lead
from call_flow.playbook.book import Playbook
from call_flow.slots import Slots
from call_flow.state import PROSPECT
from tests.call_flow.script import COOPERATIVE, START, Call
from tests.histories.history import History, record

DANA = Lead(
    id="00000000-0000-0000-0000-000000000001",
    phone="+13125550123",
    first_name="Dana",
    last_name="Reyes",
    source="facebook",
    campaign="spring",
    initial_interest="working_from_home",
    arrived_at=START - timedelta(days=2, hours=3),
    timezone="America/Chicago",
    state="IL",
)
# Who told the form nearly everything: the way to a yes is short.
KNOWN = DANA.model_copy(
    update={
        "current_income_range": "3000-4000/month",
        "desired_income_range": "6000-7000/month",
        "time_availability": "10 hours a week",
        "experience_level": "some",
    }
)
TOMORROW_AT_THREE = START.replace(day=4, hour=21)  # in Chicago
WORDS_PER_SECOND = 2.8
HANGS_UP_AFTER = 0.4
BEGINS_AFTER = 0.8  # seconds from the command to the report that it is heard

Scenario = Callable[[Playbook], "Played"]
SCENARIOS: dict[str, tuple[str, Scenario]] = {}


def scenario(shows: str) -> Callable[[Scenario], Scenario]:
    """Registers a scenario under its function's name; `shows` says in one sentence what it is kept for."""

    def register(play: Scenario) -> Scenario:
        SCENARIOS[play.__name__] = (shows, play)
        return play

    return register


def played(name: str, book: Playbook) -> History:
    """The scenario played on `book` under today's machine."""
    shows, play = SCENARIOS[name]
    call = play(book)
    return record(name, shows, book, call.state.call_id, call.events)


class Played(Call):
    """A call in which time is real: whatever timer is due before the next event fires before it."""

    def __init__(
        self,
        book: Playbook,
        *,
        lead: Lead = DANA,
        closers: tuple[ev.CloserHint, ...] = (),
        draw: float = 0.0,
        **settings: object,
    ) -> None:
        super().__init__(book, lead=lead, closers=closers, **settings)
        self.draw = draw
        self.starts: dict[int, datetime] = {}  # by line, from when it was sent
        self.ends: dict[int, datetime] = {}  # by line, from when it began
        self.hangups: dict[str, datetime] = {}  # by leg, when Telnyx will have ended it
        self.deaf = False  # whether Telnyx takes no hangup
        self.cut: list[int] = []  # stopped by us while they were heard; Telnyx reports their end

    def feed(self, body: ev.Body, *, after: float = 0.0, late: float = 0.0) -> tuple[fx.Effect, ...]:
        until = self.now + timedelta(seconds=after)
        self.tick(until)
        effects = super().feed(body, after=(until - self.now).total_seconds(), late=late)
        while self.cut:
            n = self.cut.pop(0)
            super().feed(ev.SpeakEnded(leg=self._leg_of(n), speak_id=f"s{n}", line=n), after=0.1)
        return effects

    def tick(self, until: datetime) -> None:
        """What is due by then: timers fire, lines begin and end."""
        while (happening := self._next()) and happening[0] <= until:
            self._happens(*happening)

    def until(self, timer: str) -> "Played":
        """Nothing else happens, up to and with this timer."""
        while timer in self.timers and (happening := self._next()):
            self._happens(*happening)
            if happening[1:] == ("timer", timer):
                return self
        raise AssertionError(f"{timer} is not set: {sorted(self.timers)}")

    def _next(self) -> tuple[datetime, str, str] | None:
        """When, what ("timer", "begin", "end" or "hangup") and which."""
        coming = [(due, "timer", key) for key, due in self.timers.items()]
        for n in self.speaking:
            coming.append(
                (self.ends[n], "end", str(n)) if n in self.ends else (self.starts[n], "begin", str(n))
            )
        coming += [(due, "hangup", leg) for leg, due in self.hangups.items() if self.state.legs[leg].alive]
        return min(coming, default=None)

    def _happens(self, at: datetime, what: str, which: str) -> None:
        self.now = max(self.now, at)
        if what == "timer":
            self.due(which)
        elif what == "hangup":
            self._gone(which, "normal_clearing", "caller")
        elif what == "begin":
            self._begins(int(which))
        else:
            self._ends(int(which))

    def wait(self, seconds: float) -> "Played":
        """Nothing happens but timers."""
        until = self.now + timedelta(seconds=seconds)
        self.tick(until)
        self.now = until
        return self

    def due(self, key: str) -> "Call":
        self.now = max(self.now, self.timers.pop(key))
        Call.feed(self, ev.TimerFired(key=key))
        return self

    def _take(self, effect: fx.Effect) -> None:
        if isinstance(effect, fx.VoidCommands):
            self.cut += [n for n in self.speaking if n in self.ends and f"speak:{n}" in effect.keys]
        elif isinstance(effect, fx.Command) and effect.action == "speak":
            self.starts[effect.args["line"]] = self.now + timedelta(seconds=BEGINS_AFTER)
        elif isinstance(effect, fx.Command) and effect.action == "hangup" and not self.deaf:
            self.hangups.setdefault(effect.leg, self.now + timedelta(seconds=HANGS_UP_AFTER))
        super()._take(effect)

    def _answer(self, given: ev.Given, need: object) -> ev.Given:
        answered = super()._answer(given, need)
        vectors = {key: v.model_copy(update={"draw": self.draw}) for key, v in answered.vectors.items()}
        return answered.model_copy(update={"vectors": vectors})

    def to_phase(self, phase: str) -> "Played":
        """The cooperative way to the question of `phase`, past what is known."""
        while self.state.phase != phase:
            text, intent, slots = COOPERATIVE[self.state.asked or ""]
            self.reply(text, intent, **slots)
        return self

    def means(self, text: str, intent: str, **slots: object) -> "Played":
        """What these words mean, should anybody say them: the pieces of a turn as one."""
        self.meanings[text] = ev.Perceived(intent=intent, confidence=0.9, slots=Slots(**slots))
        return self

    # Telnyx

    def place(self) -> "Played":
        """Requested, dialled, acknowledged, ringing."""
        self.feed(
            ev.CallRequested(lead=self.lead, settings=self.settings, playbook_version=self.book.version)
        )
        self.acknowledge(PROSPECT)
        self.feed(self._initiated(PROSPECT), after=0.3)
        return self

    def ring_in(self) -> "Played":
        """Somebody calls us, and is answered."""
        self.feed(
            ev.CallArrived(
                from_number=self.lead.phone,
                to_number=self.settings.from_number,
                call_control_id="v3:prospect",
                call_leg_id="leg-prospect",
                call_session_id="session",
            )
        )
        self.feed(ev.LegAnswered(leg=PROSPECT), after=0.4)
        return self

    def acknowledge(self, leg: str) -> None:
        ids = self._initiated(leg).model_dump(exclude={"kind", "leg"})
        self.feed(ev.CommandDone(key=f"dial:{leg}", result=ids), after=0.2)

    def claimed(self, closer: ev.CloserHint | None) -> "Played":
        """What came of the claim; the closer's leg is dialled and rings."""
        super().claimed(closer)
        if closer is not None:
            leg = f"closer.{len(self.state.transfers)}"
            self.acknowledge(leg)
            self.feed(self._initiated(leg), after=0.4)
        return self

    def closer_answers(self, leg: str = "closer.1", amd: str | None = "human") -> "Played":
        self.feed(ev.LegAnswered(leg=leg), after=6)
        if amd is not None:
            self.feed(ev.MachineDetected(leg=leg, result=amd), after=2)
        return self

    def presses(self, digit: str, leg: str = "closer.1") -> "Played":
        self.feed(ev.Digit(leg=leg, digit=digit), after=1.5)
        return self

    def bridged(self, leg: str = "closer.1") -> "Played":
        for name in (PROSPECT, leg):
            self.feed(ev.LegBridged(leg=name), after=0.4)
        return self

    def texted(self, *statuses: str) -> "Played":
        """The text message is taken by Telnyx, and reports itself."""
        self.feed(ev.CommandDone(key="message:video", result={"id": "message-1"}), after=0.3)
        for status in statuses:
            self.feed(ev.MessageUpdated(message_id="message-1", status=status), after=2)
        return self

    def begin(self) -> None:
        """The newest line begins at once."""
        self.now += timedelta(seconds=0.3)
        self._begins(self.speaking[-1])

    def finish(self, status: str = "completed") -> None:
        """The newest line is over, whatever was left of it."""
        self._ends(self.speaking[-1], status)

    def _begins(self, n: int) -> None:
        self.ends[n] = self.now + timedelta(seconds=len(self.texts[n].split()) / WORDS_PER_SECOND)
        Call.feed(self, ev.SpeakStarted(leg=self._leg_of(n), speak_id=f"s{n}", line=n))

    def _ends(self, n: int, status: str = "completed") -> None:
        self.speaking.remove(n)
        Call.feed(self, ev.SpeakEnded(leg=self._leg_of(n), speak_id=f"s{n}", line=n, status=status))

    def hear_out(self) -> "Played":
        """Until nothing is being said any more, to anybody."""
        while self.speaking and (happening := self._next()):
            self._happens(*happening)
        return self

    def hang_up(
        self, leg: str = PROSPECT, cause: str = "normal_clearing", source: str = "callee"
    ) -> "Played":
        """Somebody at the other end, or the network, ends the leg."""
        self.wait(0.5)
        self._gone(leg, cause, source)
        return self

    def _gone(self, leg: str, cause: str, source: str) -> None:
        """The leg has ended, and what was being said on it with it."""
        for n in [n for n in self.speaking if self._leg_of(n) == leg]:
            if n in self.ends:
                self._ends(n, "call_hangup")
            else:
                self.speaking.remove(n)
        Call.feed(self, ev.LegHungUp(leg=leg, cause=cause, source=source))

    # what is looked at

    @property
    def texts(self) -> dict[int, str]:
        return {c.args["line"]: c.args["payload"] for c in self.commands("speak")}

    @property
    def spoken(self) -> list[str]:
        """What the agent was told to say to the prospect, in order."""
        return [c.args["payload"] for c in self.commands("speak") if c.leg == PROSPECT]

    def ends_as(self, status: str) -> "Played":
        """All is said, every leg that was told to is hung up, and the call has this final status."""
        self.hear_out().wait(1)
        assert self.state.final_status == status, self.state.final_status
        return self
