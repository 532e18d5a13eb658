"""Random calls, with events doubled and out of order, against the table of what may follow what."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.machine import Machine
from call_flow.state import PROSPECT, CallState
from storage.playbook import read_packaged
from tests.call_flow.script import COOPERATIVE, KEVIN, START, Call
from tests.call_flow.transitions import FORWARD, MODES, PHASES, STATUSES

REACHED_PHASES: Counter[str] = Counter()
REACHED_STATUSES: Counter[str] = Counter()
ANA = ev.CloserHint(id="ana", name="Ana", phone="+13125559002")

WORDS: list[tuple[str, str, dict[str, object]]] = [
    ("yes please", "affirm", {}),
    ("no not really", "deny", {}),
    ("maybe I guess", "unsure", {}),
    ("about four thousand a month", "give_income", {"income": "4000-4000/month"}),
    ("ten hours a week I think", "give_hours", {"hours_per_week": 10.0}),
    ("for my family mostly", "give_motivation", {"motivation": "high"}),
    ("never done it", "give_experience", {"experience": "none"}),
    ("what does it cost", "ask_cost", {}),
    ("are you a robot", "ask_robot", {}),
    ("say that again please", "repeat", {}),
    ("hang on a second", "hold_on", {}),
    ("call me tomorrow at three", "callback", {"callback_at": START + timedelta(days=1)}),
    ("some other time", "callback", {}),
    ("I have no money", "objection.no_money", {}),
    ("is this a scam", "objection.scam", {}),
    ("I am not interested", "objection.not_interested", {}),
    ("sign me up right now", "buying_signal", {}),
    ("uh huh", "backchannel", {}),
    ("mumble mumble", "other", {}),
    ("bye now", "goodbye", {}),
]
FATAL = [
    ("stop calling me", "do_not_call", {}),
    ("you have the wrong number", "wrong_person", {}),
    ("get lost you idiot", "hostile", {}),
    ("please leave a message after the tone", "voicemail", {}),
    ("please state your name and reason for calling", "screening", {}),
]
HANGUPS = ["normal_clearing", "user_busy", "timeout", "not_found", "lost"]

word = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(WORDS + FATAL))
ASIDE: list[ev.Body] = [
    ev.RecordingSaved(recording_id="r1"),
    ev.MessageUpdated(message_id="m1", status="sent"),
    ev.MessageUpdated(message_id="m1", status="delivery_failed"),
    ev.EngagementCrossed(score=80.0),
    ev.Noted(event_type="call.cost"),
    ev.ConsoleAction(action="accept", by="kevin"),
    ev.ConsoleAction(action="decline", by="kevin"),
    ev.ConsoleAction(action="rate", by="kevin", claim="claim:1", rating=7),
    ev.ConsoleAction(action="hangup", by="kevin"),
    ev.MachineGreetingEnded(leg=PROSPECT, result="beep_detected"),
    ev.MachineGreetingEnded(leg=PROSPECT, result="ended"),
    ev.MachineDetected(leg=PROSPECT, result="screening"),
    ev.CommandDone(key="message:video", result={"id": "m1"}),
    ev.CommandFailed(key="message:video", code="40300"),
    ev.CommandFailed(key="transcription_stop:1", code="90018"),
    ev.CommandFailed(key="dial:closer.1", code="90041"),
]
step = st.one_of(
    st.tuples(st.just("cooperate"), st.none()),
    st.tuples(st.just("cooperate"), st.none()),
    st.tuples(st.just("cooperate"), st.none()),
    st.tuples(st.just("reply"), word),
    st.tuples(st.just("says"), word),
    st.tuples(st.just("interim"), word),
    st.tuples(st.just("begin"), st.none()),
    st.tuples(st.just("finish"), st.sampled_from(["completed", "completed", "cancelled_amd"])),
    st.tuples(st.just("timer"), st.integers(0, 9)),
    st.tuples(st.just("again"), st.integers(0, 40)),
    st.tuples(st.just("expire"), st.booleans()),
    st.tuples(
        st.just("closer"),
        st.sampled_from(
            [
                "claim",
                "none",
                "answers",
                "1",
                "2",
                "hangup",
                "bridged",
                "machine",
                "taken",
                "refused",
                "stale",
            ]
        ),
    ),
    st.tuples(st.just("closer"), st.sampled_from(["claim", "answers", "1", "taken", "bridged"])),
    st.tuples(st.just("aside"), st.sampled_from(ASIDE)),
    st.tuples(st.just("phrased"), st.booleans()),
    st.tuples(st.just("late"), st.tuples(word, st.floats(0.5, 30.0))),
    st.tuples(st.just("gone"), st.integers(0, 30)),
    st.tuples(st.just("amd"), st.sampled_from(["human", "machine", "not_sure", "silence"])),
    st.tuples(st.just("obey"), st.none()),
)
OPENINGS = ["talks", "voicemail", "busy", "dial fails", "out of order", "inbound", "wrong person", "opts out"]
OPENINGS += ["transfer", "accepted", "taken", "bridged", *FORWARD[1:11]]
CLOSERS = st.sampled_from([(KEVIN, ANA), (KEVIN, ANA), (KEVIN,), ()])
SETTINGS = st.fixed_dictionaries(
    {"phrasing": st.booleans(), "record": st.booleans(), "leave_voicemail": st.booleans()}
)
QUIET_S = 60.0  # no call lets more time pass than this without a word, a step or its end
LEGS_LEFT_ALONE = ("bridged", "parted")


BOOK = read_packaged()  # not a fixture: a falsifying example prints its arguments


def _common(before: CallState, after: CallState) -> int:
    """How many phases both went through: a turn that goes on takes back what its first words had moved."""
    both = zip(before.phases, after.phases, strict=False)
    same = [old.phase == new.phase and old.started_at == new.started_at for old, new in both]
    return same.index(False) if False in same else len(same)


class Walk:
    """One random call, checked after every event."""

    def __init__(self, closers: tuple[ev.CloserHint, ...], **settings: object) -> None:
        self.call = Call(BOOK, closers=closers, **settings)
        self.call_feed = self.call.feed
        self.call.feed = self.feed  # type: ignore[method-assign]
        self.keys: set[str] = set()
        self.checked: set[str] = set()
        self.forbidden = False
        self.open: int | None = None  # the question that is waiting for its answer
        self.answered = True
        self.worded: set[int] = set()  # lines that a model was asked to word

    def feed(self, body: ev.Body, *, after: float = 0.0, late: float = 0.0) -> tuple[fx.Effect, ...]:
        before = self.call.state
        effects = self.call_feed(body, after=after, late=late)
        self.check_moves(before, self.call.state)
        self.check_words(before, body, effects)
        self.check_question(body, effects)
        return effects

    def check_moves(self, before: CallState, after: CallState) -> None:
        common = _common(before, after)
        path = [record.phase.value for record in after.phases[common:]]
        current = after.phases[common - 1].phase.value if common else "greeting"
        for phase in path:
            assert phase == current == "greeting" or phase in PHASES[current], (current, path, self.call.log)
            REACHED_PHASES[phase] += 1
            current = phase
        assert after.mode == before.mode or after.mode in MODES[before.mode], (before.mode, after.mode)
        if before.mode == "closing" and after.mode not in ("closing", "ended"):
            assert before.turn is not None or before.verdict == "voicemail", before.verdict
        if before.ended:
            assert after.ended
            assert after.final_status == before.final_status
            assert after.ended_at == before.ended_at
        if after.mode == "talking" and after.asked in PHASES:
            assert after.asked == after.phase, (after.asked, after.phase, self.call.log)
        assert (after.final_status is None) == (after.mode != "ended")
        assert (
            sum(not line.ended_at and not line.stopped and line.leg == PROSPECT for line in after.lines) <= 1
        )

    def check_words(self, before: CallState, body: ev.Body, effects: tuple[fx.Effect, ...]) -> None:
        spoken = [e for e in effects if isinstance(e, fx.Command) and e.action == "speak"]
        for command in (e for e in effects if isinstance(e, fx.Command)):
            assert command.key not in self.keys, command.key
            self.keys.add(command.key)
        assert len(spoken) <= 1, [e.args["payload"] for e in spoken]
        if before.ended or before.mode in LEGS_LEFT_ALONE:
            assert not spoken
        if self.forbidden:
            assert not [
                e for e in effects if isinstance(e, fx.Command) and e.action in ("dial", "bridge", "message")
            ]
        if any(isinstance(e, fx.DoNotCall) for e in effects):
            self.forbidden = True
        confirmation = self.call.book.line("dnc.confirm").text
        for command in spoken:
            assert not self.forbidden or command.args["payload"] == confirmation

    def check_question(self, body: ev.Body, effects: tuple[fx.Effect, ...]) -> None:
        """A question that was begun stays the only one until words came, a silence was waited out, or it was found to
        be no person's to answer; a line nobody heard may be said again.
        """
        lines = {line.n: line for line in self.call.state.lines}
        words = isinstance(body, ev.Heard) and body.final and body.leg == PROSPECT
        waited = isinstance(body, ev.TimerFired) and body.key in ("silence", "line")
        machine = isinstance(body, ev.MachineDetected)
        unheard = isinstance(body, ev.SpeakEnded) and body.status == "cancelled_amd"
        self.answered = self.answered or words or waited or machine or unheard
        for effect in effects:
            n = self.decided_line(effect)
            if n is not None and lines[n].purpose == "ask":
                assert self.answered, (body, lines[n].text, self.call.log)
                self.open = n
        if self.open in lines and lines[self.open].begun_at == self.call.state.last_event_at:
            self.answered = words or waited

    def decided_line(self, effect: fx.Effect) -> int | None:
        """The line to the prospect that this effect decides on; one that a model words is decided when it is asked."""
        if isinstance(effect, fx.AskPhrasing):
            self.worded.add(effect.line)
            return effect.line
        if isinstance(effect, fx.Command) and effect.action == "speak" and effect.leg == PROSPECT:
            n: int = effect.args["line"]
            return None if n in self.worded else n
        return None

    # steps

    def take(self, kind: str, value: object) -> None:
        call = self.call
        if kind == "cooperate":
            self.cooperate()
        elif kind in ("reply", "says", "interim"):
            text, intent, slots = value  # type: ignore[misc]
            call.says(text, intent, final=kind != "interim", after=0.8, **slots)
            if kind == "reply":
                call.hear_out()
        elif kind == "begin" and call.speaking:
            call.begin()
        elif kind == "finish" and call.speaking:
            call.finish(str(value))
        elif kind == "timer" and call.timers:
            keys = sorted(call.timers)
            call.due(keys[int(value) % len(keys)])  # type: ignore[call-overload]
        elif kind == "again":
            event = call.events[int(value) % len(call.events)]  # type: ignore[call-overload]
            if not isinstance(
                event.body, ev.CallRequested | ev.Heard
            ):  # a repeat of words stops at the inbox
                call.feed(event.body)
        elif kind == "expire" and call.speaking:
            call.feed(
                ev.CommandFailed(key=f"speak:{call.speaking.pop(0)}", code="expired", maybe_done=bool(value))
            )
        elif kind == "closer":
            self.closer(str(value))
        elif kind == "amd":
            call.feed(ev.MachineDetected(leg=PROSPECT, result=str(value)))
        elif kind == "aside":
            call.feed(value)  # type: ignore[arg-type]
        elif kind == "phrased":
            self.phrased(bool(value))
        elif kind == "late":
            (text, intent, slots), late = value  # type: ignore[misc]
            call.says(text, intent, late=late, **slots)
        elif kind == "gone" and value == 0 and call.state.prospect.alive:
            call.hang_up()
        elif kind == "obey":
            call.obeys()

    def phrased(self, usable: bool) -> None:
        """The model answers for the latest line that it was asked about."""
        asked = self.call.of(fx.AskPhrasing)
        if asked:
            line = asked[-1].line  # type: ignore[attr-defined]
            self.call.feed(ev.Phrased(line=line, text="So how about it?" if usable else None, reason="late"))

    def drain(self) -> None:
        """Nobody says a word any more, Telnyx does as it is told, and time passes: the call must come to its end."""
        call = self.call
        for _ in range(150):
            call.hear_out().obeys()
            if call.state.ended:
                return
            self.answer_checks()
            if call.state.ended:
                return
            if self.waits_for_people():
                continue
            awaited = [due for key, due in call.timers.items() if key not in ("watch", "max")]
            quiet = (min(awaited) - call.now).total_seconds() if awaited else float("inf")
            assert quiet <= QUIET_S or call.state.mode == "dialing", (call.state.mode, call.timers, call.log)
            call.due(min(call.timers, key=lambda key: call.timers[key]))
        raise AssertionError(("the call never ends", call.state.mode, call.timers, call.log))

    def answer_checks(self) -> None:
        """Telnyx says of each leg that was asked for whether it is up."""
        for command in self.call.commands("check_leg"):
            if command.key not in self.checked:
                self.checked.add(command.key)
                alive = self.call.state.legs[command.leg].alive
                self.call.feed(ev.CommandDone(key=command.key, result={"is_alive": alive}), after=0.2)

    def waits_for_people(self) -> bool:
        """A telephone that rings, and two who talk, or listen to nothing, end by people: true when somebody did."""
        call = self.call
        transfers = call.state.transfers
        joining = bool(transfers) and transfers[-1].joining_at is not None and not transfers[-1].ended_at
        closer = f"closer.{len(transfers)}"
        if (
            (call.state.mode == "bridged" or joining)
            and closer in call.state.legs
            and call.state.legs[closer].alive
        ):
            call.hang_up(closer)
            return True
        if call.state.mode == "dialing":
            call.hang_up(cause="timeout")
            return True
        return False

    def cooperate(self) -> None:
        self.call.hear_out()
        asked = self.call.state.asked or ""
        if asked in COOPERATIVE:
            text, intent, slots = COOPERATIVE[asked]
            self.call.reply(text, intent, **slots)
        elif asked in ("callback", "followup"):
            self.call.reply("call me tomorrow at three", "callback", callback_at=START + timedelta(days=1))
        elif asked == "objection":
            self.call.reply("okay then", "affirm")

    def closer(self, what: str) -> None:
        call = self.call
        claims = call.of(fx.ClaimCloser)
        if not claims:
            return
        leg = f"closer.{len(claims)}"
        if what in ("claim", "none"):
            call.claimed(KEVIN if what == "claim" and len(claims) == 1 else ANA if what == "claim" else None)
        elif what in ("answers", "machine"):
            call.feed(ev.LegAnswered(leg=leg))
            call.feed(ev.MachineDetected(leg=leg, result="machine" if what == "machine" else "human"))
        elif what in ("1", "2"):
            call.feed(ev.Digit(leg=leg, digit=what))
        elif what == "bridged" and call.commands("bridge"):
            call.feed(ev.LegBridged(leg=leg))
        elif what == "taken" and call.commands("bridge"):
            call.feed(ev.CommandDone(key=call.commands("bridge")[-1].key, result={"result": "ok"}))
        elif what == "refused" and call.commands("bridge"):
            call.feed(ev.CommandFailed(key=call.commands("bridge")[-1].key, code="90018"))
        elif what == "stale" and len(claims) > 1:
            call.feed(ev.LegBridged(leg="closer.1"))
            call.feed(ev.CommandFailed(key="bridge:1", code="90034"))
        elif what == "hangup":
            call.feed(ev.LegHungUp(leg=leg, cause="normal_clearing"))


def begin(walk: Walk, how: str) -> None:
    call = walk.call
    if how == "inbound":
        call.feed(
            ev.CallArrived(
                from_number=call.lead.phone,
                to_number="+13125550100",
                call_control_id="v3:x",
                call_leg_id="x",
                call_session_id="x",
            )
        )
        call.pick_up(None)
        return
    if how == "dial fails":
        call.feed(
            ev.CallRequested(lead=call.lead, settings=call.settings, playbook_version=call.book.version)
        )
        call.feed(ev.CommandFailed(key="dial:prospect", code="unacknowledged"))
        return
    call.place()
    if how == "out of order":
        call.feed(ev.SpeakEnded(leg=PROSPECT, speak_id="sx", line=1))
        call.feed(ev.MachineDetected(leg=PROSPECT, result="machine"))
    if how != "busy":
        call.pick_up("machine" if how == "voicemail" else "human")
    if how in FORWARD:
        call.to_phase(how)
    elif how == "wrong person":
        call.says("you have the wrong number", "wrong_person")
    elif how == "opts out":
        call.says("stop calling me", "do_not_call")
    elif how in ("transfer", "accepted", "taken", "bridged"):
        call.to_phase("commitment").reply("yes please", "affirm")
        if call.of(fx.ClaimCloser):
            call.claimed(KEVIN)
    if how in ("accepted", "taken", "bridged") and call.of(fx.ClaimCloser):
        call.closer_answers()
        call.feed(ev.Digit(leg="closer.1", digit="1"))
    if how == "taken" and call.commands("bridge"):
        call.feed(ev.CommandDone(key="bridge:1", result={"result": "ok"}))
    if how == "bridged" and call.commands("bridge"):
        call.feed(ev.LegBridged(leg=PROSPECT))


@pytest.mark.parametrize("how", OPENINGS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(step, min_size=8, max_size=45),
    last=st.sampled_from([*HANGUPS, None, None, None]),
    closers=CLOSERS,
    chosen=SETTINGS,
)
def test_no_sequence_of_events_makes_an_illegal_call(
    how: str, steps: list, last: str | None, closers: tuple[ev.CloserHint, ...], chosen: dict[str, bool]
) -> None:
    walk = Walk(closers, **chosen)
    begin(walk, how)
    for kind, value in steps:
        walk.take(kind, value)
    if last is not None:
        walk.call.hear_out().obeys()
        walk.call.hang_up(cause=last)
    walk.drain()
    state = walk.call.state
    assert state.ended
    assert state.final_status in STATUSES
    REACHED_STATUSES[str(state.final_status)] += 1
    assert_replays(walk.call)


def assert_replays(call: Call) -> None:
    state, effects = CallState.new(call.state.call_id), []
    for event in call.events:
        state, some = Machine(call.book).reduce(state, event)
        effects.extend(some)
    assert state == call.state
    assert effects == call.effects


def test_the_random_calls_reached_every_phase_and_every_status() -> None:
    """Runs after the walks above; what they never reached, they never tested."""
    print(dict(REACHED_PHASES), dict(REACHED_STATUSES))
    assert set(REACHED_PHASES) == set(FORWARD)
    assert set(REACHED_STATUSES) == STATUSES
