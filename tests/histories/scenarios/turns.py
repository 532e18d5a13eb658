"""Whose turn it is: words over words, words in pieces, words too late."""

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.playbook.book import Playbook
from tests.call_flow.script import KEVIN
from tests.histories.play import Played, scenario


@scenario("The prospect talks over the agent: the agent stops, and answers what was said.")
def barge_in(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("rapport")
    call.says("yes, still interested", "affirm").begin()
    call.says("sorry what", final=False, after=1.2)
    assert call.commands("playback_stop")
    call.says("sorry what does it cost", "ask_cost", after=0.8)
    assert not call.speaking[1:]
    assert "you pay nothing" in call.spoken[-1]
    call.hear_out()
    assert call.state.asked == "situation"
    return call.hang_up().ends_as("abandoned")


@scenario("A listener's “uh huh” while the agent speaks neither stops the agent nor answers the question.")
def backchannel_while_the_agent_speaks(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("experience")
    call.says("I did door to door sales", "give_experience", experience="some").begin()
    call.says("uh huh", final=False, after=1.0)
    call.says("uh huh", "backchannel", after=0.5)
    call.says("right, okay", "backchannel", after=1)
    assert not call.commands("playback_stop")
    call.hear_out()
    assert call.state.asked == "presentation"
    return call.hang_up().ends_as("abandoned")


@scenario(
    "Two finals of one turn: the second belongs to the first, and one line that had not begun gives way to one."
)
def two_finals_of_one_turn(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.means("well, about three thousand a month", "give_income", income="3000-3000/month")
    call.says("well, about", "other").says("three thousand a month", "give_income", after=0.7)
    assert len(call.speaking) == 1
    call.hear_out()
    assert call.state.captures["current_income_range"] == "3000-3000/month"
    assert call.state.asked == "goals"
    return call.hang_up().ends_as("abandoned")


@scenario(
    "A buying signal that goes on as an objection: the jump to the commitment is taken back, one answer said."
)
def second_final_takes_back_a_jump(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.means("sign me up but I have no money for it", "objection.no_money")
    call.says("sign me up", "buying_signal").says(
        "but I have no money for it", "objection.no_money", after=0.6
    )
    call.hear_out()
    assert call.state.phase == "situation"
    assert call.state.asked == "objection"
    call.reply("okay", "affirm")
    assert call.state.asked == "situation"
    return call.hang_up().ends_as("abandoned")


@scenario(
    "“No” sounds like the wrong person, but the turn goes on before the goodbye begins: it is taken back."
)
def second_final_takes_back_a_goodbye(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up()
    call.means("no, wait I thought you were someone else, yes I am Dana", "affirm")
    call.says("no, wait", "deny")
    assert call.state.mode == "closing"
    call.says("I thought you were someone else, yes I am Dana", "affirm", after=0.6).hear_out()
    assert call.state.asked == "permission"
    return call.hang_up().ends_as("abandoned")


@scenario("A late interim that only repeats the final, and an empty one, change nothing.")
def late_and_empty_interims(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("permission")
    call.says("sure go", final=False, after=1).says("sure, go ahead", "affirm", after=0.5).begin()
    before = call.state.model_dump(exclude={"last_event_at", "legs"})
    for text in ("sure go ahead", "", "sure"):
        call.says(text, final=False, after=0.2)
    call.says("", "other", after=0.1)
    assert call.state.model_dump(exclude={"last_event_at", "legs"}) == before
    assert not call.commands("playback_stop")
    call.hear_out()
    assert call.state.asked == "rapport"
    return call.hang_up().ends_as("abandoned")


@scenario("Interim words stop the agent but never become final: the question is asked again.")
def interim_without_its_final(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("rapport")
    call.says("yes I am", "affirm").begin()
    call.says("hold on my", final=False, after=1.5)
    assert call.commands("playback_stop")
    call.until("silence").hear_out()
    assert call.state.asked == "situation"
    return call.hang_up().ends_as("abandoned")


@scenario("Words under the opening are held until who calls, that it is an AI and recorded has been said.")
def words_held_under_the_opening(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,))
    call.place().feed(ev.LegAnswered(leg="prospect"), after=4)
    call.feed(ev.MachineDetected(leg="prospect", result="human"), after=1.8)
    call.begin()
    call.means("hello yes this is Dana", "affirm")
    call.says("hello", "greeting", after=0.5).says("yes this is Dana", "affirm", after=3)
    assert not call.commands("playback_stop")
    assert len(call.spoken) == 1
    call.hear_out()
    assert call.state.asked == "permission"
    return call.hang_up().ends_as("abandoned")


@scenario("“Hang on a second”: the agent waits half a minute, and goes on when the prospect is back.")
def hold_on(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("availability")
    call.reply("hang on a second", "hold_on")
    lines = len(call.spoken)
    call.wait(25)
    assert len(call.spoken) == lines
    call.reply("okay, about eight hours", "give_hours", hours_per_week=8.0)
    assert call.state.asked == "experience"
    return call.hang_up().ends_as("abandoned")


@scenario("Webhooks out of order: the end of a line before its start, the answer after the detection.")
def webhooks_out_of_order(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place()
    call.feed(ev.MachineDetected(leg="prospect", result="human"), after=6)
    assert call.state.mode == "talking"
    call.feed(ev.LegAnswered(leg="prospect"), after=0.1, late=2.0)
    n = call.speaking.pop(0)
    call.feed(ev.SpeakEnded(leg="prospect", speak_id="s1", line=n), after=14)
    call.feed(ev.SpeakStarted(leg="prospect", speak_id="s1", line=n), after=0.1, late=14)
    assert call.state.asked == "greeting"
    assert [s.segment.speaker for s in call.of(fx.FileSegment)] == ["agent"]
    call.reply("yes, this is Dana", "affirm")
    assert call.state.asked == "permission"
    call.feed(ev.LegHungUp(leg="prospect", cause="normal_clearing", source="callee"), after=1)
    call.feed(ev.LegAnswered(leg="prospect"), after=1, late=40)
    assert call.state.ended
    return call.ends_as("abandoned")


@scenario("A yes that overlaps the end of the question answers it; a yes in its middle is a listener's.")
def yes_over_the_end_of_the_question(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up()
    call.says("yes this is Dana", "affirm").begin()
    end = call.ends[call.speaking[-1]]
    call.says("yeah", "affirm", after=(end - call.now).total_seconds() - 0.6)
    call.hear_out()
    assert call.state.phase == "rapport"
    return call.hang_up().ends_as("abandoned")


@scenario(
    "Words and the hangup in one breath: before an answer has begun the words move nothing, as if they came after."
)
def hung_up_before_the_answer_began(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.says("sorry, I have to go", "goodbye")
    assert call.state.mode == "closing"
    call.hang_up()
    assert call.state.phases[-1].phase == "situation"
    return call.ends_as("abandoned")


@scenario("“Hello, who is calling?” over the first word of the opening: the opening is the answer to it.")
def asked_who_calls_before_the_opening_could_say_it(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place()
    call.feed(ev.LegAnswered(leg="prospect"), after=4)
    call.feed(ev.MachineDetected(leg="prospect", result="human"), after=1.9)
    call.begin()
    call.says("hello, who is calling?", "ask_identity", after=0.9).hear_out()
    assert [line.text for line in call.state.lines][-1].startswith("Hello, this is")
    assert call.state.asked == "greeting"
    return call.hang_up().ends_as("abandoned")
