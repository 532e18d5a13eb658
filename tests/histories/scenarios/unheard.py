"""What Telnyx does not tell, or tells late: speech that never went out, hangups that nobody heard, recordings."""

from call_flow import events as ev
from call_flow.playbook.book import Playbook
from tests.call_flow.script import KEVIN
from tests.histories.play import KNOWN, Played, scenario


@scenario("A speech command expired before it was sent: nobody heard it, so it is said again, as a new line.")
def speech_expired_and_said_again(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("permission")
    call.says("sure", "affirm")
    n = call.speaking.pop(0)
    call.feed(ev.CommandFailed(key=f"speak:{n}", code="expired"), after=8.1)
    assert call.spoken[-1] == call.spoken[-2]
    call.hear_out()
    assert call.state.asked == "rapport"
    return call.hang_up().ends_as("abandoned")


@scenario("Speech that expires again and again is not said for ever: the call goes on, and silence asks.")
def speech_that_keeps_expiring(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("permission")
    call.says("sure", "affirm")
    for _ in range(6):
        call.feed(ev.CommandFailed(key=f"speak:{call.speaking.pop(0)}", code="expired"), after=8.1)
    assert not call.speaking
    call.until("silence").hear_out()
    assert call.state.asked == "rapport"
    return call.hang_up().ends_as("abandoned")


@scenario("A speech command that may have been heard is not said again: silence asks in other words.")
def speech_of_unknown_fate(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("permission")
    call.says("sure", "affirm")
    n = call.speaking.pop(0)
    call.feed(ev.CommandFailed(key=f"speak:{n}", code="unknown", maybe_done=True), after=9)
    call.until("silence").hear_out()
    assert call.spoken[-1] != call.spoken[-2]
    assert call.state.asked == "rapport"
    return call.hang_up().ends_as("abandoned")


@scenario("Detection cancels the greeting it overlaps: the same words are said once more.")
def greeting_cancelled_by_detection(book: Playbook) -> Played:
    call = Played(book).place()
    call.feed(ev.LegAnswered(leg="prospect"), after=5)
    call.until("greet").begin()
    call.finish("cancelled_amd")
    assert call.spoken == call.spoken[:1] * 2
    call.hear_out()
    assert call.state.asked == "greeting"
    return call.hang_up().ends_as("abandoned")


@scenario("A line whose end is never reported counts as said when its time is over.")
def line_that_never_reports_its_end(book: Playbook) -> Played:
    call = Played(book).place().pick_up().to_phase("permission").says("yes", "affirm")
    call.begin()
    call.speaking.clear()
    call.until("line")
    assert call.state.asked == "rapport"
    call.reply("yes, still", "affirm")
    assert call.state.asked == "situation"
    return call.hang_up().ends_as("abandoned")


@scenario("The prospect hangs up in the middle of the agent's sentence.")
def hangup_in_the_middle_of_a_sentence(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("experience")
    call.says("never done that", "give_experience", experience="none").begin()
    return call.hang_up().ends_as("abandoned")


@scenario("A hangup that nobody heard: the watchdog asks for the leg a minute later, and the call ends.")
def lost_hangup_found_by_the_watchdog(book: Playbook) -> Played:
    call = Played(book, lead=KNOWN, closers=(KEVIN,)).place().pick_up().to_phase("commitment")
    call.says("yes let us do that", "affirm").claimed(KEVIN).closer_answers().hear_out()
    call.presses("1").bridged()
    call.wait(130)
    checks = [c for c in call.commands("check_leg") if c.leg == "prospect"]
    assert checks
    call.feed(ev.CommandDone(key=checks[-1].key, result={"is_alive": False}), after=0.3)
    assert call.state.prospect.hangup_cause == "lost"
    return call.ends_as("hot_transfer")


@scenario("Telnyx refuses speech because the call has ended: the leg is looked for, and found gone.")
def lost_hangup_found_by_refused_speech(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("permission").says("sure", "affirm")
    n = call.speaking.pop(0)
    call.feed(ev.CommandFailed(key=f"speak:{n}", code="90018", detail="call has already ended"), after=0.2)
    check = call.commands("check_leg")[-1]
    call.feed(ev.CommandDone(key=check.key, result={"is_alive": False}), after=0.2)
    return call.ends_as("abandoned")


@scenario(
    "Our own hangup is not followed by its webhook: repeated as a new command, then the leg is looked for."
)
def hangup_that_does_not_take(book: Playbook) -> Played:
    call = Played(book).place().pick_up()
    call.deaf = True
    call.reply("you have the wrong number", "wrong_person")
    for _ in range(3):
        call.until("hangup:prospect")
    assert len({c.key for c in call.commands("hangup")}) == 3
    check = call.commands("check_leg")[-1]
    call.feed(ev.CommandDone(key=check.key, result={"is_alive": False}), after=0.2)
    return call.ends_as("wrong_person")


@scenario(
    "Recording begins only after it was announced; the saved recording's reference is kept and learned."
)
def recording_announced_then_started(book: Playbook) -> Played:
    call = Played(book, record=True).place()
    call.feed(ev.LegAnswered(leg="prospect"), after=5)
    call.feed(ev.MachineDetected(leg="prospect", result="human"), after=1.5)
    call.begin()
    assert not call.commands("record_start")
    call.hear_out()
    assert call.commands("record_start")
    call.reply("yes, this is Dana", "affirm").hang_up()
    urls = {"mp3": "https://example.com/recording.mp3"}
    call.feed(ev.RecordingSaved(recording_id="recording-1", urls=urls), after=20)
    assert call.state.recording == {**urls, "id": "recording-1"}
    return call.ends_as("abandoned")


@scenario(
    "It is not known whether the opening was heard: who calls, and that it is recorded, is said again before anything"
    " else, and recorded only then."
)
def disclosure_of_unknown_fate(book: Playbook) -> Played:
    call = Played(book, record=True).place()
    call.feed(ev.LegAnswered(leg="prospect"), after=5)
    call.feed(ev.MachineDetected(leg="prospect", result="human"), after=1.5)
    n = call.speaking.pop()
    call.feed(ev.CommandFailed(key=f"speak:{n}", code="unknown", maybe_done=True), after=8)
    call.until("silence")
    assert "an AI voice" in call.spoken[-1]
    assert not call.commands("record_start")
    call.hear_out().reply("yes, this is Dana", "affirm")
    assert call.state.asked == "permission"
    assert len(call.commands("record_start")) == 1
    return call.hang_up().ends_as("abandoned")


@scenario("Nobody tells that the question is being heard, but an answer to it comes: it is one.")
def answer_to_a_line_nobody_reported(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.says("about three thousand a month", "give_income", income="3000-3000/month")
    call.speaking.clear()
    call.says("six thousand would be nice", "give_goal", income="6000-6000/month", after=9)
    assert call.state.captures["current_income_range"] == "3000-3000/month"
    assert call.state.captures["desired_income_range"] == "6000-6000/month"
    return call.hang_up().ends_as("abandoned")


@scenario("A dial that was given up rings after all: it is ended, and nobody is called twice.")
def given_up_dial_that_rings_after_all(book: Playbook) -> Played:
    call = Played(book)
    call.feed(ev.CallRequested(lead=call.lead, settings=call.settings, playbook_version=book.version))
    call.feed(ev.CommandFailed(key="dial:prospect", code="unacknowledged", maybe_done=True), after=58)
    call.feed(call._initiated("prospect"), after=2)
    assert len(call.commands("hangup")) == 1
    return call.ends_as("failed")


@scenario("What the ears say of engagement, and what is merely noted, changes no word of the call.")
def engagement_and_notes(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.feed(ev.EngagementCrossed(score=71.0, parts={"pace": 4.0, "volume": 2.5}), after=0.5)
    assert call.state.engagement == 71.0
    call.feed(ev.Noted(event_type="streaming.started"), after=0.1)
    return call.hang_up().ends_as("abandoned")
