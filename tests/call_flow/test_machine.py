"""The machine's calls, one behaviour a test, played by hand."""

import pytest

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.machine import Machine
from call_flow.phases import ORDER
from call_flow.playbook.book import Playbook
from call_flow.state import CallState
from storage.playbook import read_packaged
from tests.call_flow.script import KEVIN, START, Call


@pytest.fixture(scope="module")
def book() -> Playbook:
    return read_packaged()


@pytest.fixture
def call(book: Playbook) -> Call:
    return Call(book, closers=(KEVIN,)).place()


def test_a_cooperative_prospect_goes_through_all_twelve_phases_to_the_closer(call: Call) -> None:
    call.pick_up().to_phase("commitment").reply("yes let us do that", "affirm")
    call.claimed(KEVIN).closer_answers()
    call.feed(ev.Digit(leg="closer.1", digit="1"))
    call.feed(ev.LegBridged(leg="prospect"))
    call.feed(ev.LegBridged(leg="closer.1"))
    call.hang_up()
    assert call.state.final_status == "hot_transfer"
    assert [record.phase for record in call.state.phases] == list(ORDER)
    assert all(record.outcome for record in call.state.phases)
    assert call.state.captures["desired_income_range"] == "6000-6000/month"
    assert [e.revision for e in call.of(fx.Learn)] == [1]


def test_the_opening_says_who_calls_that_it_is_an_ai_and_recorded_and_how_to_opt_out(call: Call) -> None:
    call.pick_up()
    opening = call.log[1]
    for words in ("Northstar Mentoring", "AI voice", "recorded", "stop calling", "speaking with Dana"):
        assert words in opening


def test_two_finals_of_one_turn_get_one_line(call: Call) -> None:
    call.pick_up().to_phase("situation")
    call.says("about three", "other").meanings["about three thousand a month"] = ev.Perceived(
        intent="give_income", confidence=0.9, slots={"income": "3000-3000/month"}
    )
    call.says("thousand a month", "give_income", after=0.7)
    assert len(call.speaking) == 1
    assert call.state.captures["current_income_range"] == "3000-3000/month"
    call.hear_out()
    assert call.state.phase == "goals"
    assert [s.segment.text for s in call.of(fx.FileSegment)[-3:-1]] == ["about three", "thousand a month"]


def test_words_over_a_line_stop_it_and_are_answered(call: Call) -> None:
    call.pick_up().to_phase("rapport")
    call.says("yes still interested", "affirm")
    call.begin()
    call.says("sorry what does it cost", "ask_cost", after=1.5)
    assert call.commands("playback_stop")
    assert "cost" in call.log[-1]
    call.speaking = call.speaking[-1:]
    call.hear_out()
    assert call.state.asked == "situation"


def test_backchannel_does_not_stop_the_agent(call: Call) -> None:
    call.pick_up().to_phase("rapport").says("yes still interested", "affirm")
    call.begin()
    call.says("uh huh", "backchannel")
    assert not call.commands("playback_stop")
    assert len(call.speaking) == 1


def test_what_is_said_again_is_the_open_question(call: Call) -> None:
    """The last line that is known to have been heard asked something that was answered since."""
    call.pick_up().to_phase("objections").says("no, nothing at all", "deny")
    assert call.state.phase == "commitment"
    call.says("sorry, what was that", "repeat", after=5.0)
    assert [line.asks for line in call.state.lines][-2:] == ["commitment", "commitment"]
    call.hear_out().reply("yes let us do that", "affirm")
    assert call.state.mode == "transferring"


def test_late_news_of_a_line_that_failed_moves_nothing(call: Call) -> None:
    """It was answered long ago: what is open is another question."""
    call.pick_up().to_phase("rapport").says("yes, that is so", "affirm")
    assert call.state.asked == "situation"
    question = call.speaking[-1]
    call.says("about three thousand a month", "give_income", after=5.0, income="3000-3000/month")
    assert call.state.asked == "goals"
    call.feed(ev.CommandFailed(key=f"speak:{question}", code="unacknowledged", maybe_done=True))
    assert call.state.asked == "goals"


def test_silence_is_asked_twice_and_then_let_go(call: Call) -> None:
    call.pick_up().to_phase("rapport")
    for _ in range(2):
        call.due("silence").hear_out()
    call.due("silence").hear_out().obeys()
    assert call.state.final_status == "abandoned"
    assert "I cannot hear you" in call.log[-2]


def test_do_not_call_goes_straight_out_and_says_nothing_but_the_confirmation(call: Call) -> None:
    call.pick_up().to_phase("goals").reply("take me off your list", "deny").obeys()
    assert call.state.final_status == "do_not_call"
    assert call.of(fx.DoNotCall)[0].phone == call.lead.phone
    spoken = call.log.index("prospect: take me off your list")
    assert [line for line in call.log[spoken + 1 :] if line.startswith("agent")] == [
        "agent: " + book_line(call, "dnc.confirm")
    ]


def book_line(call: Call, entry: str) -> str:
    return call.book.line(entry).text


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        ("user_busy", "no_answer"),
        ("timeout", "no_answer"),
        ("no_answer", "no_answer"),
        ("not_found", "failed"),
    ],
)
def test_a_call_that_is_never_answered(call: Call, cause: str, status: str) -> None:
    call.hang_up(cause=cause)
    assert call.state.final_status == status


def test_a_dial_that_fails_ends_the_call(book: Playbook) -> None:
    call = Call(book)
    call.feed(ev.CallRequested(lead=call.lead, settings=call.settings, playbook_version=book.version))
    call.feed(ev.CommandFailed(key="dial:prospect", code="unacknowledged"))
    assert call.state.final_status == "failed"
    assert call.state.prospect.hangup_cause == "unacknowledged"


def test_a_machine_gets_the_message_and_no_conversation(call: Call) -> None:
    call.feed(ev.LegAnswered(leg="prospect"), after=5)
    call.feed(ev.MachineDetected(leg="prospect", result="machine"), after=3)
    call.feed(ev.MachineGreetingEnded(leg="prospect", result="ended"), after=3)
    call.hear_out().obeys()
    assert call.state.final_status == "voicemail"
    assert "AI voice" in call.log[1]


def test_objections_are_answered_in_other_words_and_given_up(call: Call) -> None:
    call.pick_up().to_phase("presentation")
    call.reply("sounds like a scam", "objection.scam").reply("still a scam to me", "objection.scam")
    first, second = (o.response for o in call.state.objections)
    assert first != second
    call.reply("it is a scam", "objection.scam").obeys()
    assert call.state.final_status == "disqualified"


def test_an_objection_resumes_the_phase_it_came_up_in(call: Call) -> None:
    call.pick_up().to_phase("goals").reply("is this a pyramid scheme", "objection.scam").reply(
        "okay then", "affirm"
    )
    assert call.state.phase == "goals"
    assert call.state.asked == "goals"
    assert call.state.objections[0].resolved is True


def test_what_is_known_is_skipped(book: Playbook) -> None:
    call = Call(book, closers=(KEVIN,))
    call.lead = call.lead.model_copy(update={"current_income_range": "3000-4000/month"})
    call.place().pick_up().reply("yes", "affirm").reply("sure", "affirm").reply("yes I am", "affirm")
    assert call.state.asked == "goals"
    assert next(r for r in call.state.phases if r.phase == "situation").notes == "already known"


def test_a_buying_signal_jumps_to_commitment(call: Call) -> None:
    call.pick_up().to_phase("situation").reply("how do I sign up today", "buying_signal")
    assert call.state.phase == "commitment"


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        (lambda c: c.hang_up("closer.1", cause="no_answer"), "no_answer"),
        (lambda c: c.closer_answers(amd="machine"), "voicemail"),
        (lambda c: c.closer_answers().feed(ev.Digit(leg="closer.1", digit="2")), "declined"),
        (lambda c: c.closer_answers().hang_up("closer.1"), "closer_hangup"),
        (lambda c: c.due("closer"), "no_answer"),
        (lambda c: c.feed(ev.CommandFailed(key="dial:closer.1", code="90041")), "failed"),
    ],
)
def test_a_closer_who_does_not_take_it_leaves_the_prospect_with_the_video(
    call: Call, step, outcome: str
) -> None:
    call.pick_up().to_phase("commitment").reply("yes let us do that", "affirm").claimed(KEVIN)
    step(call)
    call.hear_out().obeys()
    assert call.state.transfers[0].outcome == outcome
    assert call.state.final_status == "video_sent"
    assert call.commands("message")
    assert [e.claim for e in call.of(fx.ReleaseClaim)] == ["claim:1"]


def test_no_closer_available_books_a_follow_up(book: Playbook) -> None:
    call = Call(book).place().pick_up().to_phase("commitment").reply("yes let us do that", "affirm")
    assert call.state.asked == "followup"
    call.reply("tomorrow at three", "callback", callback_at=START.replace(day=4)).obeys()
    assert call.state.final_status == "follow_up"


def test_words_after_the_hangup_are_filed_and_the_call_is_learned_again(call: Call) -> None:
    call.pick_up().to_phase("goals").hang_up().says("one more thing")
    assert call.state.final_status == "abandoned"
    assert [e.revision for e in call.of(fx.Learn)] == [1, 2]
    assert call.of(fx.FileSegment)[-1].segment.text == "one more thing"


def test_the_same_events_give_the_same_state_and_effects(call: Call) -> None:
    call.pick_up().to_phase("commitment").reply("yes let us do that", "affirm").claimed(KEVIN).hang_up()
    state, effects = CallState.new(call.state.call_id), []
    for event in call.events:
        state, some = Machine(call.book).reduce(state, event)
        effects.extend(some)
    assert state == call.state
    assert effects == call.effects


def test_a_line_may_be_phrased_by_a_model_and_is_said_once(book: Playbook) -> None:
    call = Call(book, phrasing=True).place().pick_up()
    call.says("yes this is Dana", "affirm")
    asked = call.of(fx.AskPhrasing)[-1]
    assert asked.scripted.endswith("Do you have two minutes for them right now?")
    assert not call.speaking
    call.feed(ev.Phrased(line=asked.line, text="Could I have two minutes of your time?"), after=0.4)
    call.feed(ev.Phrased(line=asked.line, text="Two minutes?"), after=0.1)
    call.hear_out()
    assert call.log[-1] == "agent: Could I have two minutes of your time?"
    assert call.state.asked == "permission"


@pytest.mark.parametrize("how", ["late", "down"])
def test_the_scripted_line_is_said_when_the_model_is_late_or_down(book: Playbook, how: str) -> None:
    call = Call(book, phrasing=True).place().pick_up()
    call.says("yes this is Dana", "affirm")
    line = call.of(fx.AskPhrasing)[-1].line
    if how == "late":
        call.due("phrase").feed(ev.Phrased(line=line, text="Too late"))
    else:
        call.feed(ev.Phrased(line=line, text=None, reason="down"))
    call.hear_out()
    assert call.log[-1].endswith("Do you have two minutes for them right now?")


def test_a_question_that_nothing_answers_is_not_guessed_at(call: Call) -> None:
    call.pick_up().to_phase("goals").reply("what do you think about the football", "other")
    assert "would not want to guess" in call.log[-1]
    assert call.state.asked == "goals"
