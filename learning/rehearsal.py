"""One whole call without a network, in virtual time: the machine that drives calls in life, and nothing slept.

It stands in for Telnyx's order of events and for a closer who picks up; the prospect is somebody else's: a
callable that answers lines. It must never decide anything that the machine decides.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.lead import Lead
from call_flow.machine import Machine
from call_flow.needs import Closers, Need, Needs, Perception, PolicyVector, Prediction
from call_flow.record import CallRecord, Segment
from call_flow.settings import CallSettings
from call_flow.state import PROSPECT, CallState, record_of

BEGIN = datetime(2025, 3, 4, 15, 0, tzinfo=UTC)  # a Tuesday, ten o'clock in New York
RING_S, DETECTION_S, SPEECH_LAG_S = 5.0, 1.9, 0.3
WORDS_PER_SECOND = 2.6
CLOSER_TALKS_S = 90.0
CLOSER = ev.CloserHint(id="closer", name="Kevin", phone="+12125559001")
LONGEST_S = 7200.0
MOST_EVENTS = 2000

Perceive = Callable[[str, str, datetime], ev.Perceived]
Choose = Callable[[PolicyVector], ev.Vector]
Predict = Callable[[dict[str, float]], float]


@dataclass(frozen=True)
class Reply:
    """What a prospect does about a line: after `after` seconds says `say` (None: nothing), then hangs up or not.

    `interrupted`: the share of the line after which the words come over it.
    """

    say: str | None
    after: float
    hangup: bool = False
    interrupted: float | None = None


@dataclass(frozen=True)
class Answers:
    """The world's answers that do not come over a wire."""

    perceive: Perceive
    choose: Choose
    predict: Predict
    closers: tuple[ev.CloserHint, ...] = (CLOSER,)


@dataclass
class _Speech:
    """Lines that a leg still has to say, as Telnyx queues them."""

    saying: int | None = None
    waiting: list[tuple[int, str]] = field(default_factory=list)


class Rehearsal:
    """One call. `events` are what the machine was told, so that the call can be replayed."""

    def __init__(
        self,
        machine: Machine,
        call_id: str,
        lead: Lead,
        settings: CallSettings,
        answers: Answers,
        greeting: Reply,
        hear: Callable[[str], Reply],
    ) -> None:
        self.machine, self.answers = machine, answers
        self.state = CallState.new(call_id)
        self.now = BEGIN
        self.events: list[ev.Event] = []
        self.segments: dict[int, Segment] = {}
        self._greeting, self._hear = greeting, hear
        self._timers: dict[str, datetime] = {}
        self._coming: list[tuple[datetime, int, ev.Body | Callable[[], None]]] = []
        self._order = count()
        self._speech: dict[str, _Speech] = {}
        self._after(
            0,
            ev.CallRequested(lead=lead, settings=settings, playbook_version=machine.playbook.version),
        )

    def run(self) -> CallState:
        """To the call's end. RuntimeError where it does not come within two hours of the call's own time."""
        while not self.state.ended:
            if len(self.events) > MOST_EVENTS or self.now > BEGIN + timedelta(seconds=LONGEST_S):
                raise RuntimeError(f"rehearsed call {self.state.call_id} does not end: {self.state.mode}")
            self._step()
        return self.state

    def record(self) -> CallRecord:
        """The ended call, as learning reads it."""
        segments = tuple(self.segments[seq] for seq in sorted(self.segments))
        return record_of(self.state, segments, max(self.state.learn_revision, 1))

    def _step(self) -> None:
        timer = min(self._timers, key=self._timers.__getitem__, default=None)
        due = self._timers[timer] if timer is not None else None
        if self._coming and (due is None or self._coming[0][0] <= due):
            self.now, _, what = heapq.heappop(self._coming)
            if callable(what):
                what()
            else:
                self._feed(what)
        elif timer is not None and due is not None:
            del self._timers[timer]
            self.now = max(self.now, due)
            self._feed(ev.TimerFired(key=timer))
        else:
            raise RuntimeError(f"rehearsed call {self.state.call_id} waits for nothing")

    def _feed(self, body: ev.Body) -> None:
        event = ev.Event(
            id=str(len(self.events)), at=self.now, occurred_at=self.now, body=body, given=self._foreseen(body)
        )
        while True:
            try:
                self.state, effects = self.machine.reduce(self.state, event)
                break
            except Needs as needs:
                event = event.model_copy(update={"given": self._given(event.given, needs.need)})
        self.events.append(event)
        for effect in effects:
            self._take(effect)

    def _foreseen(self, body: ev.Body) -> ev.Given:
        """What the machine will ask for about words: told beforehand, it need not be asked to reduce them twice."""
        if not isinstance(body, ev.Heard) or self.state.lead is None:
            return ev.Given()
        perceived = self.answers.perceive(body.text, self.state.lead.timezone, self.now)
        return ev.Given(perceived={body.text: perceived})

    def _given(self, given: ev.Given, need: Need) -> ev.Given:
        match need:
            case Perception(text=text, timezone=zone):
                perceived = self.answers.perceive(text, zone, self.now)
                return given.model_copy(update={"perceived": given.perceived | {text: perceived}})
            case PolicyVector(key=key):
                return given.model_copy(update={"vectors": given.vectors | {key: self.answers.choose(need)}})
            case Closers():
                return given.model_copy(update={"closers": self.answers.closers})
            case Prediction(features=features):
                return given.model_copy(update={"prediction": self.answers.predict(features)})
            case _:
                raise RuntimeError(f"a rehearsed call has no answer to {need.kind}")

    def _after(self, seconds: float, what: ev.Body | Callable[[], None]) -> None:
        heapq.heappush(self._coming, (self.now + timedelta(seconds=seconds), next(self._order), what))

    def _take(self, effect: fx.Effect) -> None:
        match effect:
            case fx.SetTimer(key=key, due=due):
                self._timers[key] = due
            case fx.CancelTimer(key=None):
                self._timers.clear()
            case fx.CancelTimer(key=str(key)):
                self._timers.pop(key, None)
            case fx.FileSegment(segment=segment):
                self.segments[segment.seq] = segment
            case fx.ClaimCloser(claim=claim):
                closer = self.answers.closers[0] if self.answers.closers else None
                self._after(0.05, ev.ClaimResult(claim=claim, closer=closer))
            case fx.VoidCommands(keys=keys, all_speech=everything):
                self._void(keys, everything)
            case fx.Command(action=action):
                _COMMANDS.get(action, _ignored)(self, effect)

    # what Telnyx does about a command

    def _dial(self, command: fx.Command) -> None:
        leg = command.leg
        ids = {name: f"{name}:{leg}" for name in ("call_control_id", "call_leg_id", "call_session_id")}
        self._after(0.1, ev.CommandDone(key=command.key, result=ids))
        self._after(0.2, ev.LegInitiated(leg=leg, **ids))
        self._after(RING_S, ev.LegAnswered(leg=leg))
        self._after(RING_S + DETECTION_S, ev.MachineDetected(leg=leg, result="human"))
        if leg == PROSPECT and self._greeting.say is not None:
            self._after(
                RING_S + self._greeting.after,
                ev.Heard(leg=leg, text=self._greeting.say, final=True, confidence=0.95),
            )

    def _speak(self, command: fx.Command) -> None:
        speech = self._speech.setdefault(command.leg, _Speech())
        speech.waiting.append((command.args["line"], command.args["payload"]))
        if speech.saying is None:
            self._next_line(command.leg)

    def _next_line(self, leg: str) -> None:
        speech = self._speech[leg]
        speech.saying = None
        if not speech.waiting:
            return
        line, text = speech.waiting.pop(0)
        speech.saying = line
        self._after(SPEECH_LAG_S, lambda: self._begin_line(leg, line, text))

    def _begin_line(self, leg: str, line: int, text: str) -> None:
        if self._speech[leg].saying != line:
            return
        self._feed(ev.SpeakStarted(leg=leg, speak_id=f"{leg}:{line}", line=line))
        lasts = len(text.split()) / WORDS_PER_SECOND
        if leg != PROSPECT:
            self._after(lasts, lambda: self._end_line(leg, line))
            self._after(lasts + 1.0, ev.Digit(leg=leg, digit="1"))
            return
        reply = self._hear(text)
        if reply.interrupted is None:
            self._after(lasts, lambda: self._end_line(leg, line))
            self._answer(reply, lasts)
        else:
            self._answer(reply, lasts * reply.interrupted)
            self._after(lasts, lambda: self._end_line(leg, line))

    def _end_line(self, leg: str, line: int, status: str = "completed") -> None:
        if self._speech[leg].saying == line:
            self._next_line(leg)
            self._feed(ev.SpeakEnded(leg=leg, speak_id=f"{leg}:{line}", line=line, status=status))

    def _answer(self, reply: Reply, after: float) -> None:
        spoken = after + reply.after
        if reply.say is not None:
            spoken += len(reply.say.split()) / WORDS_PER_SECOND
            self._after(spoken, ev.Heard(leg=PROSPECT, text=reply.say, final=True, confidence=0.95))
        if reply.hangup:
            self._after(spoken + 0.3, ev.LegHungUp(leg=PROSPECT, cause="normal_clearing", source="callee"))

    def _stop(self, command: fx.Command) -> None:
        speech = self._speech.get(command.leg)
        if speech is not None and speech.saying is not None:
            line = speech.saying
            speech.waiting.clear()
            self._after(0.05, lambda: self._end_line(command.leg, line, "cancelled"))

    def _void(self, keys: tuple[str, ...], everything: bool) -> None:
        for speech in self._speech.values():
            speech.waiting = [
                line for line in speech.waiting if not everything and f"speak:{line[0]}" not in keys
            ]

    def _hangup(self, command: fx.Command) -> None:
        self._after(0.2, ev.LegHungUp(leg=command.leg, cause="normal_clearing", source="caller"))

    def _bridge(self, command: fx.Command) -> None:
        closer = command.other_leg or command.leg
        self._after(0.2, ev.LegBridged(leg=PROSPECT))
        self._after(0.2, ev.LegBridged(leg=closer))
        self._after(CLOSER_TALKS_S, ev.LegHungUp(leg=closer, cause="normal_clearing", source="callee"))

    def _done(self, command: fx.Command) -> None:
        self._after(0.1, ev.CommandDone(key=command.key, result={"id": command.key, "is_alive": True}))


def _ignored(rehearsal: Rehearsal, command: fx.Command) -> None:
    """Commands whose taking effect nobody in a rehearsal notices: transcription, recording, streaming."""


_COMMANDS: dict[str, Callable[[Rehearsal, fx.Command], None]] = {
    "dial": Rehearsal._dial,
    "speak": Rehearsal._speak,
    "playback_stop": Rehearsal._stop,
    "hangup": Rehearsal._hangup,
    "bridge": Rehearsal._bridge,
    "message": Rehearsal._done,
    "check_leg": Rehearsal._done,
}
