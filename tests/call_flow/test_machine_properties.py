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
        st.sampled_from(["claim", "none", "answers", "1", "2", "hangup", "bridged", "machine"]),
    ),
    st.tuples(st.just("closer"), st.sampled_from(["claim", "answers", "1", "bridged"])),
    st.tuples(st.just("amd"), st.sampled_from(["human", "machine", "not_sure", "silence"])),
    st.tuples(st.just("obey"), st.none()),
)
OPENINGS = ["talks", "voicemail", "busy", "dial fails", "out of order", "inbound", "wrong person", "opts out"]
OPENINGS += ["transfer", "accepted", "bridged", *FORWARD[1:11]]
ending = st.sampled_from(HANGUPS)


BOOK = read_packaged()  # not a fixture: a falsifying example prints its arguments


def _common(before: CallState, after: CallState) -> int:
    """How many phases both went through: a turn that goes on takes back what its first words had moved."""
    both = zip(before.phases, after.phases, strict=False)
    same = [old.phase == new.phase and old.started_at == new.started_at for old, new in both]
    return same.index(False) if False in same else len(same)


class Walk:
    """One random call, checked after every event."""

    def __init__(self) -> None:
        self.call = Call(BOOK, closers=(KEVIN, ANA))
        self.seen = CallState.new(self.call.state.call_id)
        self.call_feed = self.call.feed
        self.call.feed = self.feed  # type: ignore[method-assign]
        self.keys: set[str] = set()
        self.forbidden = False
        self.answered = True

    def feed(self, body: ev.Body, *, after: float = 0.0, late: float = 0.0) -> tuple[fx.Effect, ...]:
        before = self.call.state
        effects = self.call_feed(body, after=after, late=late)
        self.check_moves(before, self.call.state)
        self.check_words(before, body, effects)
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
        assert (after.final_status is None) == (after.mode != "ended")
        assert (
            sum(not line.ended_at and not line.stopped and line.leg == PROSPECT for line in after.lines) <= 1
        )

    def check_words(self, before: CallState, body: ev.Body, effects: tuple[fx.Effect, ...]) -> None:
        spoken = [
            e for e in effects if isinstance(e, fx.Command) and e.action == "speak" and e.leg == PROSPECT
        ]
        for command in (e for e in effects if isinstance(e, fx.Command)):
            assert command.key not in self.keys, command.key
            self.keys.add(command.key)
        assert len(spoken) <= 1, [e.args["payload"] for e in spoken]
        if before.ended:
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
            self.check_question(before, body, command.args["line"])

    def check_question(self, before: CallState, body: ev.Body, n: int) -> None:
        """A question follows an answer, a silence, or a line nobody heard; never just another question."""
        line = next(line for line in self.call.state.lines if line.n == n)
        if line.purpose == "ask":
            unheard = isinstance(body, ev.CommandFailed | ev.SpeakEnded | ev.MachineDetected | ev.LegAnswered)
            # A hand-over that is refused may end in a question to the prospect who waits.
            answered = isinstance(body, ev.Heard | ev.TimerFired | ev.ClaimResult)
            assert answered or unheard, (body, line.entry)

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
        elif kind == "obey":
            call.obeys()

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
    elif how in ("transfer", "accepted", "bridged"):
        call.to_phase("commitment").reply("yes please", "affirm").claimed(KEVIN)
    if how in ("accepted", "bridged"):
        call.closer_answers()
        call.feed(ev.Digit(leg="closer.1", digit="1"))
    if how == "bridged":
        call.feed(ev.LegBridged(leg=PROSPECT))


@pytest.mark.parametrize("how", OPENINGS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(step, min_size=8, max_size=45), last=ending)
def test_no_sequence_of_events_makes_an_illegal_call(how: str, steps: list, last: str) -> None:
    walk = Walk()
    begin(walk, how)
    for kind, value in steps:
        walk.take(kind, value)
    walk.call.hear_out().obeys()
    walk.call.hang_up(cause=last)
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
