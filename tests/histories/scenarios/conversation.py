"""The way through the phases, and what prospects put in it."""

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.phases import ORDER
from call_flow.playbook.book import Playbook
from tests.call_flow.script import KEVIN
from tests.histories.play import DANA, Played, scenario


@scenario("A cooperative prospect goes through all twelve phases and is handed over to the closer.")
def all_twelve_phases_to_the_closer(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,), draw=0.5).place().pick_up()
    call.reply("yes this is Dana", "affirm").reply("sure go ahead", "affirm", sentiment=0.3)
    call.reply("yes I am still interested", "affirm", sentiment=0.4)
    call.reply(
        "I drive for a delivery company, about three thousand", "give_income", income="3000-3000/month"
    )
    call.reply("six thousand would change a lot", "give_goal", sentiment=0.5, income="6000-6000/month")
    call.reply(
        "I want to be home with my kids, and soon", "give_motivation", motivation="high", urgency="high"
    )
    call.reply("about ten hours a week", "give_hours", hours_per_week=10.0)
    call.reply("I sold cars for two years", "give_experience", experience="some")
    call.reply("that sounds good to me", "affirm", sentiment=0.6)
    call.reply("no nothing at all", "deny")
    call.says("yes let us do that", "affirm", sentiment=0.6)
    call.claimed(KEVIN).closer_answers().hear_out().presses("1").bridged()
    call.wait(240).hang_up("closer.1", source="callee")
    call.ends_as("hot_transfer")
    assert [record.phase for record in call.state.phases] == list(ORDER)
    return call


@scenario("What the lead already told is not asked again: those phases are passed as already known.")
def what_is_known_is_skipped(book: Playbook) -> Played:
    lead = DANA.model_copy(
        update={
            "current_income_range": "3000-4000/month",
            "time_availability": "10 hours a week",
            "experience_level": "some",
        }
    )
    call = Played(book, lead=lead, closers=(KEVIN,), draw=0.2).place().pick_up()
    call.reply("speaking", "affirm").reply("yes I have two minutes", "affirm").reply("I am", "affirm")
    assert call.state.asked == "goals"
    call.reply("around seven thousand", "give_goal", income="7000-7000/month")
    call.reply("to pay off the house", "give_motivation", motivation="medium")
    assert call.state.asked == "presentation"
    call.reply("it sounds fine", "affirm").reply("no", "deny").reply("not right now, no", "deny")
    return call.reply("no thanks, really", "objection.not_interested").ends_as("disqualified")


@scenario("An objection in an early phase is answered where it comes up, and the phase goes on.")
def objection_answered_and_phase_resumed(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,), draw=0.3).place().pick_up().to_phase("goals")
    call.reply("wait, is this a pyramid scheme", "objection.scam", sentiment=-0.3)
    assert call.state.asked == "objection"
    call.reply("okay, that helps", "affirm")
    assert call.state.phase == call.state.asked == "goals"
    assert call.state.objections[0].resolved is True
    call.reply("maybe five thousand", "give_goal", income="5000-5000/month")
    return call.hang_up().ends_as("abandoned")


@scenario("The same objection twice gets two answers in different words; the third time the agent lets go.")
def same_objection_in_other_words(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.reply("this sounds like a scam", "objection.scam")
    call.reply("it still sounds like a scam", "objection.scam")
    first, second = (record.response for record in call.state.objections)
    assert first != second
    return call.reply("no, it is a scam", "objection.scam").ends_as("disqualified")


@scenario(
    "Two different objections are answered, each in its own phase; a refusal on top of them is accepted."
)
def two_objections_then_given_up(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,), draw=0.7).place().pick_up().to_phase("situation")
    call.reply("I really cannot afford anything", "objection.no_money").reply("fine", "affirm")
    call.reply("two thousand or so", "give_income", income="2000-2000/month")
    call.reply("I would have to ask my wife", "objection.spouse").reply("I guess", "affirm")
    call.reply("you know what, I am not interested", "objection.not_interested")
    return call.reply("I said I am not interested", "objection.not_interested").ends_as("disqualified")


@scenario("A no to an answer leaves the objection open: other words, and at the second no a goodbye.")
def objection_not_resolved(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("presentation")
    call.reply("it sounds too good to be true", "objection.too_good")
    call.reply("no, not really", "deny")
    assert len({record.response for record in call.state.objections}) == 2
    return call.reply("no, that does not help", "deny").ends_as("disqualified")


@scenario(
    "A doubt about the offer itself leads on to the next step once it is answered, not back into the pitch."
)
def objection_to_the_offer_leads_on(book: Playbook) -> Played:
    call = Played(book, closers=(), draw=0.4).place().pick_up().to_phase("presentation")
    call.reply("what if I have no time for it", "objection.no_time")
    call.reply("okay, that could work", "affirm")
    assert call.state.phase == "objections"
    call.reply("I should think about it", "objection.think_about_it").reply("all right then", "affirm")
    assert call.state.phase == "commitment"
    return call.hang_up().ends_as("abandoned")


@scenario("A clear buying signal jumps from the questions to the commitment.")
def buying_signal_jumps_to_commitment(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,), draw=0.6).place().pick_up().to_phase("situation")
    call.reply("sounds great, how do I sign up", "buying_signal", sentiment=0.7)
    assert call.state.phase == "commitment"
    call.says("yes please", "affirm", sentiment=0.6).claimed(KEVIN).closer_answers().hear_out()
    return call.presses("1").bridged().wait(90).hang_up().ends_as("hot_transfer")


@scenario("Questions are answered from the playbook's knowledge, and the open question is asked again.")
def questions_answered_from_knowledge(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("situation")
    call.reply("what does it cost", "ask_cost")
    assert "On this call you pay nothing" in call.spoken[-1]
    assert call.state.asked == "situation"
    call.reply("and how did you get my number", "ask_how_got_number")
    assert "Facebook" in call.spoken[-1]
    call.reply("fine, I make about four thousand", "give_income", income="4000-4000/month")
    assert call.state.asked == "goals"
    return call.reply("I have to go, bye", "goodbye").ends_as("disqualified")


@scenario("“Say that again” repeats the last line, however often, with one short word before it.")
def say_that_again(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up().to_phase("goals")
    asked = call.spoken[-1]
    call.reply("sorry, what was that", "repeat")
    assert call.spoken[-1] == f"Of course. {asked}"
    call.reply("can you say that again", "repeat")
    assert call.spoken[-1] == f"Of course. {asked}"
    call.reply("oh, six thousand", "give_goal", income="6000-6000/month")
    assert call.state.asked == "motivation"
    return call.hang_up().ends_as("abandoned")


@scenario("“Are you a robot?” is answered truthfully, wherever it is asked, and the question resumed.")
def are_you_a_robot(book: Playbook) -> Played:
    call = Played(book, closers=(KEVIN,)).place().pick_up()
    call.reply("am I talking to a machine", "ask_robot")
    assert "Yes, I am an AI voice" in call.spoken[-1]
    assert call.state.asked == "greeting"
    call.reply("okay, yes, this is Dana", "affirm").reply("not now", "deny")
    assert call.state.asked == "callback"
    call.reply("are you even a real person", "other", confidence=0.2)
    assert "Yes, I am an AI voice" in call.spoken[-1]
    assert call.state.asked == "callback"
    return call.hang_up().ends_as("abandoned")


@scenario(
    "A language model phrases two of the agent's questions; the second comes too late, so the script is said."
)
def lines_phrased_by_a_model(book: Playbook) -> Played:
    call = Played(book, phrasing=True).place().pick_up()
    call.reply("yes, speaking", "affirm")
    asked = call.of(fx.AskPhrasing)[-1]
    call.feed(ev.Phrased(line=asked.line, text="Would you have two minutes for a few questions?"), after=0.5)
    call.hear_out().reply("yes", "affirm").reply("yes, still", "affirm")
    late = call.of(fx.AskPhrasing)[-1]
    assert late.line != asked.line
    call.until("phrase").feed(ev.Phrased(line=late.line, text="Too late to be said."), after=0.4)
    call.hear_out()
    assert call.spoken[-1] == late.scripted
    return call.hang_up().ends_as("abandoned")
