"""A call played by hand against the pure machine: Telnyx and the prospect are the test, and so is time."""

from datetime import UTC, datetime, timedelta

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.lead import Lead
from call_flow.machine import Machine
from call_flow.needs import Closers, InboundCaller, Needs, Perception, PolicyVector, Prediction
from call_flow.playbook.book import Playbook
from call_flow.settings import CallSettings
from call_flow.slots import Slots
from call_flow.state import PROSPECT, CallState

START = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
SETTINGS = CallSettings(
    business="Northstar Mentoring",
    agent_name="Ava",
    from_number="+13125550100",
    callback_number="+18005550100",
    video_url="https://example.com/video",
)
LEAD = Lead(
    id="00000000-0000-0000-0000-000000000001", phone="+13125550123", first_name="Dana", source="facebook"
)
KEVIN = ev.CloserHint(id="kevin", name="Kevin", phone="+13125559001")


class Call:
    """One call under way. Every step feeds events and keeps effects; `events` is for replays, `log` for readers."""

    def __init__(
        self,
        book: Playbook,
        *,
        lead: Lead = LEAD,
        closers: tuple[ev.CloserHint, ...] = (),
        **settings: object,
    ):
        self.machine = Machine(book)
        self.state = CallState.new("11111111-1111-1111-1111-111111111111")
        self.settings = SETTINGS.model_copy(update=settings)
        self.lead, self.closers, self.book = lead, closers, book
        self.now = START
        self.meanings: dict[str, ev.Perceived] = {}
        self.events: list[ev.Event] = []
        self.effects: list[fx.Effect] = []
        self.timers: dict[str, datetime] = {}
        self.speaking: list[int] = []  # lines sent to Telnyx and not yet over
        self.phrasing: list[int] = []  # lines that a model is asked about
        self.legs_of_lines: dict[int, str] = {}
        self.log: list[str] = []

    # the machine

    def feed(self, body: ev.Body, *, after: float = 0.0, late: float = 0.0) -> tuple[fx.Effect, ...]:
        """Reduces one event, answering what the machine needs as a world would. `late`: seconds on its way."""
        self.now += timedelta(seconds=after)
        occurred = self.now - timedelta(seconds=late)
        event = ev.Event(id=str(len(self.events)), at=self.now, occurred_at=occurred, body=body)
        while True:
            try:
                self.state, effects = self.machine.reduce(self.state, event)
                break
            except Needs as needs:
                event = event.model_copy(update={"given": self._answer(event.given, needs.need)})
        self.events.append(event)
        self.effects.extend(effects)
        for effect in effects:
            self._take(effect)
        return effects

    def _answer(self, given: ev.Given, need: object) -> ev.Given:
        match need:
            case Perception(text=text):
                meaning = self.meanings.get(text, ev.Perceived())
                return given.model_copy(update={"perceived": given.perceived | {text: meaning}})
            case PolicyVector(key=key, arms=arms):
                vector = ev.Vector(arms=arms, p=tuple(1 / len(arms) for _ in arms), draw=0.0)
                return given.model_copy(update={"vectors": given.vectors | {key: vector}})
            case Closers():
                return given.model_copy(update={"closers": self.closers})
            case Prediction():
                return given.model_copy(update={"prediction": 0.6})
            case InboundCaller():
                return given.model_copy(update={"lead": self.lead, "settings": self.settings})
        raise AssertionError(need)

    def _take(self, effect: fx.Effect) -> None:
        match effect:
            case fx.SetTimer(key=key, due=due):
                self.timers[key] = due
            case fx.CancelTimer(key=None):
                self.timers.clear()
            case fx.CancelTimer(key=str(key)):
                self.timers.pop(key, None)
            case fx.Command(action="speak", args=args, leg=leg):
                self.speaking.append(args["line"])
                self.legs_of_lines[args["line"]] = leg
                self.log.append(f"{'agent' if leg == PROSPECT else 'whisper'}: {args['payload']}")
            case fx.AskPhrasing(line=line):
                self.phrasing.append(line)
            case fx.VoidCommands(keys=keys, all_speech=everything):
                gone = {int(key.removeprefix("speak:")) for key in keys if key.startswith("speak:")}
                self.speaking = [n for n in self.speaking if not everything and n not in gone]
            case fx.Command(action=action, leg=leg):
                self.log.append(f"<{action} {leg}>")
            case _:
                pass

    # the world

    def place(self) -> "Call":
        self.feed(
            ev.CallRequested(
                lead=self.lead, settings=self.settings, playbook_version=self.book.version, control=False
            )
        )
        self.feed(self._initiated(PROSPECT), after=0.5)
        return self

    def pick_up(self, amd: str | None = "human") -> "Call":
        """The prospect's leg is answered, detection speaks, and the opening is heard out."""
        self.feed(ev.LegAnswered(leg=PROSPECT), after=5)
        if amd is not None:
            self.feed(ev.MachineDetected(leg=PROSPECT, result=amd), after=1.9)
        return self.hear_out()

    def hear_out(self) -> "Call":
        """Everything the agent has to say is said, as scripted."""
        while self.speaking or self.phrasing:
            while self.phrasing:
                self.feed(ev.Phrased(line=self.phrasing.pop(0), reason="late"), after=0.5)
            if self.speaking:
                self.begin()
                self.finish()
        return self

    def begin(self) -> None:
        n = self.speaking[0]
        self.feed(ev.SpeakStarted(leg=self._leg_of(n), speak_id=f"s{n}", line=n), after=0.3)

    def finish(self, status: str = "completed") -> None:
        n = self.speaking.pop(0)
        self.feed(ev.SpeakEnded(leg=self._leg_of(n), speak_id=f"s{n}", line=n, status=status), after=4)

    def says(
        self,
        text: str,
        intent: str = "other",
        *,
        confidence: float = 0.9,
        sentiment: float = 0.0,
        after: float = 1.0,
        final: bool = True,
        late: float = 0.0,
        **slots: object,
    ) -> "Call":
        """The prospect's words, with what they are understood as."""
        self.meanings[text] = ev.Perceived(
            intent=intent, confidence=confidence, sentiment=sentiment, slots=Slots(**slots)
        )
        self.log.append(f"prospect: {text}")
        self.feed(ev.Heard(leg=PROSPECT, text=text, final=final, confidence=0.93), after=after, late=late)
        return self

    def reply(self, text: str, intent: str = "other", **rest: object) -> "Call":
        """The prospect's words, and the agent's answer heard out."""
        return self.says(text, intent, **rest).hear_out()  # type: ignore[arg-type]

    def due(self, key: str) -> "Call":
        """Time passes until this timer fires."""
        self.now = max(self.now, self.timers.pop(key))
        self.feed(ev.TimerFired(key=key))
        return self

    def hang_up(self, leg: str = PROSPECT, cause: str = "normal_clearing", source: str = "callee") -> "Call":
        self.feed(ev.LegHungUp(leg=leg, cause=cause, source=source), after=1)
        return self

    def obeys(self) -> "Call":
        """Telnyx carries out the hangups it was told."""
        for leg in [e.leg for e in self.effects if isinstance(e, fx.Command) and e.action == "hangup"]:
            if self.state.legs[leg].alive:
                self.hang_up(leg, source="caller")
        return self

    def claimed(self, closer: ev.CloserHint | None) -> "Call":
        claim = [e for e in self.effects if isinstance(e, fx.ClaimCloser)][-1]
        self.feed(ev.ClaimResult(claim=claim.claim, closer=closer), after=0.1)
        return self

    def closer_answers(self, leg: str = "closer.1", amd: str | None = "human") -> "Call":
        self.feed(self._initiated(leg), after=0.5)
        self.feed(ev.LegAnswered(leg=leg), after=6)
        if amd is not None:
            self.feed(ev.MachineDetected(leg=leg, result=amd), after=2)
        return self.hear_out()

    def _initiated(self, leg: str) -> ev.LegInitiated:
        return ev.LegInitiated(
            leg=leg, call_control_id=f"v3:{leg}", call_leg_id=f"leg-{leg}", call_session_id="session"
        )

    def _leg_of(self, n: int) -> str:
        return self.legs_of_lines[n]

    # what a test looks at

    def to_phase(self, phase: str) -> "Call":
        """The shortest cooperative way to the question of `phase`."""
        for asked, words in COOPERATIVE.items():
            if self.state.phase == phase:
                return self
            assert self.state.asked == asked, (self.state.asked, asked, self.log)
            text, intent, slots = words
            self.reply(text, intent, **slots)
        return self

    def commands(self, action: str) -> list[fx.Command]:
        return [e for e in self.effects if isinstance(e, fx.Command) and e.action == action]

    def of(self, kind: type) -> list[fx.Effect]:
        return [e for e in self.effects if isinstance(e, kind)]


COOPERATIVE: dict[str, tuple[str, str, dict[str, object]]] = {
    "greeting": ("yes this is Dana", "affirm", {}),
    "permission": ("sure go ahead please", "affirm", {}),
    "rapport": ("yes I am still interested", "affirm", {}),
    "situation": ("about three thousand a month", "give_income", {"income": "3000-3000/month"}),
    "goals": ("maybe six thousand a month", "give_goal", {"income": "6000-6000/month"}),
    "motivation": ("I want more time for my kids", "give_motivation", {"motivation": "high"}),
    "availability": ("about ten hours a week", "give_hours", {"hours_per_week": 10.0}),
    "experience": ("I sold cars before", "give_experience", {"experience": "some"}),
    "presentation": ("that sounds good to me", "affirm", {}),
    "objections": ("no nothing at all", "deny", {}),
    "commitment": ("yes let us do that", "affirm", {}),
}
