"""Who is at the other end: nobody, a machine, a bot that screens calls, or somebody who called us."""

from datetime import timedelta

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.lead import Lead
from call_flow.playbook.book import Playbook
from tests.call_flow.script import KEVIN
from tests.histories.play import DANA, Played, scenario


def _answered(call: Played, amd: str | None, after: float = 3.0) -> Played:
    call.place().feed(ev.LegAnswered(leg="prospect"), after=5)
    if amd is not None:
        call.feed(ev.MachineDetected(leg="prospect", result=amd), after=after)
    return call


@scenario("The number is busy.")
def busy(book: Playbook) -> Played:
    return Played(book).place().hang_up(cause="user_busy").ends_as("no_answer")


@scenario("It rings out: nobody answers.")
def nobody_answers(book: Playbook) -> Played:
    call = Played(book).place().wait(30)
    return call.hang_up(cause="timeout", source="caller").ends_as("no_answer")


@scenario("The number does not exist.")
def number_does_not_exist(book: Playbook) -> Played:
    return Played(book).place().hang_up(cause="not_found", source="unknown").ends_as("failed")


@scenario("A dial that Telnyx never acknowledged and that left no trace fails the call; nothing rings twice.")
def dial_never_acknowledged(book: Playbook) -> Played:
    call = Played(book)
    call.feed(ev.CallRequested(lead=DANA, settings=call.settings, playbook_version=book.version))
    body = ev.CommandFailed(key="dial:prospect", code="unacknowledged", detail="no trace", maybe_done=True)
    call.feed(body, after=55)
    assert len(call.commands("dial")) == 1
    assert call.state.prospect.hangup_cause == "unacknowledged"
    return call.ends_as("failed")


@scenario("The calling hours end before the dial could be sent: it is refused, and says why.")
def dial_after_the_calling_hours(book: Playbook) -> Played:
    call = Played(book)
    call.feed(
        ev.CallRequested(
            lead=DANA,
            settings=call.settings,
            playbook_version=book.version,
            dial_before=call.now + timedelta(minutes=2),
        )
    )
    call.feed(ev.CommandFailed(key="dial:prospect", code="expired"), after=121)
    assert [refused.reason for refused in call.of(fx.RefuseDial)] == ["outside_hours"]
    return call.ends_as("failed")


@scenario("A dial whose answer was lost, but whose own webhooks came: the call goes on.")
def dial_known_by_its_webhooks(book: Playbook) -> Played:
    call = Played(book)
    call.feed(ev.CallRequested(lead=DANA, settings=call.settings, playbook_version=book.version))
    call.feed(call._initiated("prospect"), after=3)
    call.feed(ev.CommandFailed(key="dial:prospect", code="unacknowledged", maybe_done=True), after=1)
    call.pick_up()
    assert call.state.asked == "greeting"
    return call.hang_up().ends_as("abandoned")


@scenario("Words come before the news of the answer: they prove it.")
def words_before_the_news_of_the_answer(book: Playbook) -> Played:
    call = Played(book).place()
    call.says("hello?", "greeting", after=6)
    call.hear_out()
    assert call.state.asked == "greeting"
    call.feed(ev.LegAnswered(leg="prospect"), after=0.5, late=15)
    return call.hang_up().ends_as("abandoned")


@scenario("The first words say that the number is wrong: nobody has to hear an opening first.")
def wrong_number_before_the_opening(book: Playbook) -> Played:
    call = _answered(Played(book), None)
    call.says("you have the wrong number", "wrong_person", after=0.5)
    assert len(call.spoken) == 1
    return call.ends_as("wrong_person")


@scenario("Somebody else answers and fetches the lead, who hears who calls before anything else.")
def lead_is_fetched(book: Playbook) -> Played:
    call = Played(book).place().pick_up()
    call.reply("hang on, I will get her", "hold_on").reply("hello?", "greeting", after=15)
    assert [text.split(".")[0] for text in call.spoken[::2]] == [call.spoken[0].split(".")[0]] * 2
    assert len(call.state.choices) == 1
    call.reply("yes, this is Dana", "affirm")
    assert call.state.asked == "permission"
    return call.hang_up().ends_as("abandoned")


@scenario("Detection calls a person a machine who has asked and been answered: they are talked to, not at.")
def person_taken_for_a_machine(book: Playbook) -> Played:
    call = _answered(Played(book), "human").hear_out()
    call.reply("who is this and what is it about", "ask_identity")
    call.feed(ev.MachineDetected(leg="prospect", result="machine"), after=1)
    assert call.state.mode == "talking"
    return call.hang_up().ends_as("abandoned")


@scenario("Detection says machine, and then a person speaks: no message for them, but the call.")
def person_after_a_machine_verdict(book: Playbook) -> Played:
    call = _answered(Played(book), "machine")
    call.says("yes this is Dana, who is calling", "ask_identity", after=1).hear_out()
    assert "Am I speaking with Dana?" in call.spoken[-1]
    call.reply("yes it is", "affirm")
    assert call.state.asked == "permission"
    return call.hang_up().ends_as("abandoned")


@scenario("A beep without any verdict is a machine's: the message is left.")
def beep_without_a_verdict(book: Playbook) -> Played:
    call = _answered(Played(book, amd="premium"), None)
    call.feed(ev.MachineGreetingEnded(leg="prospect", result="beep_detected"), after=1)
    assert "Please call" in call.spoken[-1]
    return call.ends_as("voicemail")


@scenario("The machine's greeting ends before detection says that it is one: the message is left at once.")
def greeting_over_before_the_verdict(book: Playbook) -> Played:
    call = _answered(Played(book, amd="premium"), None, after=1)
    call.feed(ev.MachineGreetingEnded(leg="prospect", result="prompt_ended"), after=1)
    call.feed(ev.MachineDetected(leg="prospect", result="machine"), after=0.5)
    assert "Please call" in call.spoken[-1]
    return call.ends_as("voicemail")


@scenario("A fax machine, by premium detection.")
def fax_machine(book: Playbook) -> Played:
    call = _answered(Played(book, amd="premium", leave_voicemail=False), "fax_detected")
    return call.ends_as("voicemail")


@scenario("The mailbox goes on talking when the message was asked for: it is said once, and the call ends.")
def mailbox_talks_into_the_message(book: Playbook) -> Played:
    call = _answered(Played(book), "human").hear_out()
    call.says("please leave a message after the tone", "voicemail")
    call.feed(ev.MachineGreetingEnded(leg="prospect", result="ended"), after=3)
    call.says("thank you", "thanks", after=0.2)
    assert sum("Please call" in text for text in call.spoken) == 1
    return call.ends_as("voicemail")


@scenario("A screening bot that asks again and again is answered twice, then left.")
def screening_bot_without_end(book: Playbook) -> Played:
    call = _answered(Played(book), None)
    for _ in range(3):
        call.reply("please state your name and reason for calling", "screening", after=1)
    assert len(call.spoken) == 2
    return call.ends_as("no_answer")


@scenario("Premium detection names a screening bot.")
def screening_bot_by_detection(book: Playbook) -> Played:
    call = _answered(Played(book, amd="premium"), "screening", after=1)
    assert "I am calling Dana about" in call.spoken[-1]
    return call.hear_out().hang_up().ends_as("no_answer")


@scenario("Somebody calls us only to be left alone: on the list, though we know nothing else of them.")
def inbound_opt_out(book: Playbook) -> Played:
    stranger = Lead(phone="+12135550111")
    call = Played(book, lead=stranger).ring_in().hear_out()
    call.says("stop calling me", "do_not_call")
    assert [e.phone for e in call.of(fx.DoNotCall)] == ["+12135550111"]
    return call.ends_as("do_not_call")


@scenario("An answering machine gets the message, after its greeting.")
def answering_machine_gets_the_message(book: Playbook) -> Played:
    call = _answered(Played(book), "machine")
    call.says("hi you have reached Dana, please leave a message after the beep", "voicemail", after=1)
    assert not call.spoken[1:]
    call.feed(ev.MachineGreetingEnded(leg="prospect", result="beep_detected"), after=4)
    assert "toll free" in call.spoken[-1]
    return call.ends_as("voicemail")


@scenario("A machine that never reports its beep gets the message all the same, once.")
def answering_machine_without_a_beep(book: Playbook) -> Played:
    call = _answered(Played(book), "machine").until("beep")
    call.hear_out()
    call.feed(ev.MachineGreetingEnded(leg="prospect", result="ended"), after=0.2)
    assert sum("toll free" in line for line in call.spoken) == 1
    return call.ends_as("voicemail")


@scenario("With voicemail switched off a machine is hung up on without a word.")
def answering_machine_without_message(book: Playbook) -> Played:
    call = _answered(Played(book, leave_voicemail=False), "machine", after=1.5)
    assert not call.spoken
    return call.ends_as("voicemail")


@scenario("`not_sure` is a person; the verdict “machine” that follows late still counts.")
def late_machine_verdict_after_not_sure(book: Playbook) -> Played:
    call = _answered(Played(book), "not_sure", after=1.9)
    assert len(call.spoken) == 1
    call.begin()
    call.feed(ev.MachineDetected(leg="prospect", result="machine"), after=2.5)
    call.feed(ev.MachineGreetingEnded(leg="prospect", result="beep_detected"), after=6)
    assert "toll free" in call.spoken[-1]
    return call.ends_as("voicemail")


@scenario("The transcript gives a machine away that detection took for a person.")
def mailbox_known_by_its_words(book: Playbook) -> Played:
    call = _answered(Played(book), "human", after=1.8)
    call.begin()
    call.says("you have reached the voice mailbox of Dana", "voicemail", after=1)
    assert call.commands("playback_stop")
    call.says("please leave a message after the tone", "voicemail", after=2)
    call.until("beep").hear_out()
    assert sum("toll free" in line for line in call.spoken) == 1
    return call.ends_as("voicemail")


@scenario("A bot screens the call: it is told who calls and why, and the person behind it is greeted.")
def screening_bot_then_a_person(book: Playbook) -> Played:
    call = _answered(Played(book, closers=(KEVIN,)), None)
    call.says("please state your name and the reason for your call", "screening", after=1.5).hear_out()
    assert "an AI voice for Northstar Mentoring. I am calling Dana" in call.spoken[-1]
    call.feed(ev.MachineDetected(leg="prospect", result="machine"), after=0.2)
    call.says("hello, who is there", "greeting", after=4)
    assert "Am I speaking with Dana?" in call.spoken[-1]
    call.hear_out().reply("yes, that is me", "affirm")
    assert call.state.asked == "permission"
    return call.hang_up().ends_as("abandoned")


@scenario(
    "Detection takes a screening bot for a machine before it speaks: its words tell, and it is answered."
)
def screening_bot_taken_for_a_machine(book: Playbook) -> Played:
    call = _answered(Played(book, closers=(KEVIN,)), "machine", after=1.8)
    call.says(
        "if you record your name and reason for calling, I will see if she is there", "screening", after=2
    )
    assert "I am calling Dana" in call.spoken[-1]
    call.hear_out().says("hello", "greeting", after=3)
    assert "Am I speaking with Dana?" in call.spoken[-1]
    call.hear_out().reply("yes", "affirm")
    assert call.state.asked == "permission"
    return call.hang_up().ends_as("abandoned")


@scenario(
    "Detection takes a screening bot for a person: its words under the opening stop that, and are answered."
)
def screening_bot_taken_for_a_person(book: Playbook) -> Played:
    call = _answered(Played(book, closers=(KEVIN,)), "human", after=1.8)
    call.begin()
    call.says("please say your name and why you are calling", "screening", after=1.5)
    assert call.commands("playback_stop")
    call.hear_out().says("hi, this is Dana", "affirm", after=4)
    call.hear_out().reply("yes", "affirm")
    assert call.state.asked == "permission"
    return call.hang_up().ends_as("abandoned")


@scenario("Detection says nothing and nobody speaks: the person is greeted within two seconds.")
def greeted_without_a_verdict(book: Playbook) -> Played:
    call = _answered(Played(book), None).wait(2)
    assert len(call.spoken) == 1
    call.hear_out()
    return call.hang_up().ends_as("abandoned")


@scenario("A known number calls us: greeted with what the law wants said, and led into the questions.")
def inbound_from_a_known_number(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).ring_in()
    call.until("greet").hear_out()
    assert "an AI voice for Northstar Mentoring" in call.spoken[0]
    assert "recorded" in call.spoken[0]
    call.reply("yes hi, you left me a message", "other")
    assert call.state.asked == "permission"
    call.reply("sure", "affirm").reply("yes I am", "affirm")
    assert call.state.asked == "situation"
    return call.hang_up().ends_as("abandoned")


@scenario("An unknown number calls us: told so, its question answered, and not asked whether it is somebody.")
def inbound_from_an_unknown_number(book: Playbook) -> Played:
    lead = Lead(phone="+13125550999", timezone="America/Chicago")
    call = Played(book, lead=lead).ring_in()
    call.until("greet").hear_out()
    assert "do not find your number" in call.spoken[0]
    call.reply("what is it that you do", "ask_details")
    assert "a small business of your own" in call.spoken[-1]
    assert "speaking with" not in call.spoken[-1]
    call.reply("sure, why not", "affirm")
    assert call.state.asked == "rapport"
    return call.reply("actually no, goodbye", "goodbye").ends_as("disqualified")
