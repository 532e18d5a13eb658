"""What law and courtesy demand: opting out, wrong numbers, other times, silence, and when to let go."""

from datetime import timedelta

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.playbook.book import Playbook
from tests.call_flow.script import KEVIN
from tests.histories.play import KNOWN, TOMORROW_AT_THREE, Played, scenario


def _nothing_said_but(call: Played, entry: str, since: int) -> None:
    assert call.spoken[since:] == [call.book.line(entry).text]


@scenario("A wish not to be called, in the middle of the agent's words: stopped, confirmed, listed, ended.")
def do_not_call_in_the_call(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("goals")
    call.says("six thousand", "give_goal", income="6000-6000/month").begin()
    said = len(call.spoken)
    call.says("stop calling me", "do_not_call", after=1)
    assert [e.phone for e in call.of(fx.DoNotCall)] == [call.lead.phone]
    call.ends_as("do_not_call")
    _nothing_said_but(call, "dnc.confirm", said)
    return call


@scenario("Opting out under the opening, which is not interrupted by anything else.")
def do_not_call_under_the_opening(book: Playbook) -> Played:
    call = Played(book).place()
    call.feed(ev.LegAnswered(leg="prospect"), after=5)
    call.feed(ev.MachineDetected(leg="prospect", result="human"), after=1.5)
    call.begin()
    call.says("take me off your list", "do_not_call", after=2)
    return call.ends_as("do_not_call")


@scenario("Opting out in words that no rule knows, but the recogniser is sure of.")
def do_not_call_by_its_meaning(book: Playbook) -> Played:
    call = Played(book).place().pick_up()
    call.reply("I never want to hear from you people again", "do_not_call", sentiment=-0.5)
    return call.ends_as("do_not_call")


@scenario("“Stop calling” that is heard only after the hangup is honoured, filed, and learned again.")
def do_not_call_after_the_hangup(book: Playbook) -> Played:
    call = Played(book).place().pick_up().to_phase("rapport").hang_up()
    call.says("and do not call me again", "do_not_call", after=0.7, late=1.5)
    assert [e.phone for e in call.of(fx.DoNotCall)] == [call.lead.phone]
    assert [e.revision for e in call.of(fx.Learn)] == [1, 2]
    assert call.of(fx.FileSegment)[-1].segment.text == "and do not call me again"
    return call.ends_as("abandoned")


@scenario("Opting out while waiting for the closer: the closer is let go and the text message is never sent.")
def do_not_call_while_waiting(book: Playbook) -> Played:
    call = Played(book, lead=KNOWN, closers=(KEVIN,)).place().pick_up().to_phase("commitment")
    call.says("yes let us do that", "affirm").claimed(KEVIN).wait(3)
    call.says("forget it, and never call me again", "do_not_call")
    assert call.of(fx.ReleaseClaim)
    assert not call.commands("message")
    return call.ends_as("do_not_call")


@scenario("Opting out under the goodbye that promised a text message: what is not sent of it stays unsent.")
def do_not_call_under_the_goodbye(book: Playbook) -> Played:
    call = Played(book, lead=KNOWN, closers=(KEVIN,)).place().pick_up().to_phase("commitment")
    call.says("yes let us do that", "affirm").claimed(None)
    call.begin()
    call.says("stop texting me, take me off your list", "do_not_call", after=1)
    assert "message:video" in [key for e in call.of(fx.VoidCommands) for key in e.keys]
    return call.ends_as("do_not_call")


@scenario("“Stop” and “calling me” come as two finals, to a line that was still being asked for: one wish.")
def do_not_call_in_two_finals(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.says("you people should quit", "other").says("calling me", "other", after=0.7)
    assert [e.phone for e in call.of(fx.DoNotCall)] == [call.lead.phone]
    return call.ends_as("do_not_call")


@scenario("The wrong person answers: an apology, and no question more.")
def wrong_person(book: Playbook) -> Played:
    call = Played(book).place().pick_up()
    return call.reply("there is nobody here by that name", "other", confidence=0.2).ends_as("wrong_person")


@scenario("A no to “am I speaking with Dana?” is the wrong person, too.")
def not_the_one_who_was_asked_for(book: Playbook) -> Played:
    return Played(book, draw=0.8).place().pick_up().reply("no", "deny").ends_as("wrong_person")


@scenario("An insult gets an apology and a quick end.")
def hostile(book: Playbook) -> Played:
    call = Played(book).place().pick_up().to_phase("permission")
    return call.reply("go to hell, you vultures", "hostile", sentiment=-0.9).ends_as("disqualified")


@scenario("A time to call back is named: confirmed in the lead's own time, and the call ends as a follow-up.")
def callback_with_a_time(book: Playbook) -> Played:
    call = Played(book).place().pick_up().to_phase("permission")
    call.reply("call me tomorrow at three", "callback", callback_at=TOMORROW_AT_THREE)
    assert "Wednesday, March 4 at 3 PM" in call.spoken[-1]
    return call.ends_as("follow_up")


@scenario("The time is corrected while it is being confirmed: the last word counts.")
def callback_corrected_under_the_confirmation(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("permission")
    call.says("call me tomorrow at three", "callback", callback_at=TOMORROW_AT_THREE).begin()
    later = TOMORROW_AT_THREE + timedelta(hours=1)
    call.says("no sorry make that four", "callback", callback_at=later, after=1.5)
    assert "4 PM" in call.spoken[-1]
    assert call.state.callback_at == later
    return call.ends_as("follow_up")


@scenario("“Some other time” is asked for a time; the answer is first unclear, then booked.")
def callback_without_a_time(book: Playbook) -> Played:
    call = Played(book).place().pick_up().to_phase("permission")
    call.reply("can you call some other time", "callback")
    assert call.state.asked == "callback"
    call.reply("whenever, I do not know", "unsure")
    assert call.spoken[-1] == book.line("callback.unclear").text
    call.reply("tomorrow at three then", "callback", callback_at=TOMORROW_AT_THREE)
    return call.ends_as("follow_up")


@scenario("A question while a time is asked for is answered, and the time asked for again.")
def question_while_a_time_is_asked_for(book: Playbook) -> Played:
    call = Played(book).place().pick_up().to_phase("permission").reply("not now", "deny")
    call.reply("what is it about anyway", "ask_identity")
    assert call.state.asked == "callback"
    assert "time" in call.spoken[-1]
    call.reply("tomorrow at three", "callback", callback_at=TOMORROW_AT_THREE)
    return call.ends_as("follow_up")


@scenario("Silence: the question is asked twice more, in other words, and then the prospect is let go.")
def silence(book: Playbook) -> Played:
    call = Played(book).place().pick_up().to_phase("rapport")
    for _ in range(3):
        call.until("silence").hear_out()
    assert len(set(call.spoken[-4:])) == 4
    assert "I cannot hear you" in call.spoken[-1]
    return call.ends_as("abandoned")


@scenario("Somebody picks up and never says a word: that was no conversation.")
def silence_from_the_start(book: Playbook) -> Played:
    call = Played(book).place().pick_up("silence")
    for _ in range(3):
        call.until("silence").hear_out()
    return call.ends_as("no_answer")


@scenario("Answers that are none: asked twice more, and then the question is dropped and the call goes on.")
def no_clear_answer(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("goals")
    call.reply("you know how it is", "other").reply("well, blue skies", "other").reply("as they say", "other")
    assert call.state.asked == "motivation"
    assert call.state.phases[-2].outcome == "stalled"
    return call.hang_up().ends_as("abandoned")


@scenario("The longest time a call may take is over: a polite end, in the middle of the questions.")
def maximum_length(book: Playbook) -> Played:
    call = Played(book, max_duration=60).place().pick_up().to_phase("permission")
    for words in ("hold on a moment", "one more moment"):
        call.reply(words, "hold_on").wait(15)
    assert "taken enough of your time" in call.spoken[-1]
    return call.ends_as("disqualified")
