"""What a qualified prospect gets when there is nobody to talk to: a booked time, or the video."""

from call_flow import events as ev
from call_flow.playbook.book import Playbook
from tests.call_flow.script import KEVIN
from tests.histories.play import KNOWN, TOMORROW_AT_THREE, Played, scenario


def _says_yes(book: Playbook, *closers: ev.CloserHint, **settings: object) -> Played:
    call = Played(book, lead=KNOWN, closers=closers, **settings).place().pick_up().to_phase("commitment")
    return call.says("yes let us do that", "affirm", sentiment=0.4)


@scenario("No closer is available: a time for the closer's call is asked for and booked.")
def no_closer_available_books_a_follow_up(book: Playbook) -> Played:
    call = _says_yes(book).hear_out()
    assert call.state.asked == "followup"
    call.reply("tomorrow at three", "callback", callback_at=TOMORROW_AT_THREE)
    assert "Kevin will call you Wednesday, March 4 at 3 PM" in call.spoken[-1]
    return call.ends_as("follow_up")


@scenario(
    "While a time for the closer is asked for, a question and an objection are answered; then it is booked."
)
def questions_while_a_follow_up_is_booked(book: Playbook) -> Played:
    call = _says_yes(book).hear_out()
    call.reply("are you a robot", "ask_robot")
    assert call.state.asked == "followup"
    call.reply("how much does it cost", "ask_cost")
    assert call.state.asked == "followup"
    call.reply("I would want to ask my husband", "objection.spouse").reply("okay", "affirm")
    assert call.state.asked == "followup"
    call.reply("tomorrow at three", "callback", callback_at=TOMORROW_AT_THREE)
    return call.ends_as("follow_up")


@scenario("No time suits: the video goes out by text instead.")
def no_time_suits_so_the_video(book: Playbook) -> Played:
    call = _says_yes(book).hear_out().says("no, I do not want another call", "deny")
    call.texted("sent", "delivered")
    return call.ends_as("video_sent")


@scenario(
    "A yes without warmth behind it is not handed over: the video is sent, and its text followed to the end."
)
def video_followed_to_its_final_status(book: Playbook) -> Played:
    call = _says_yes(book, KEVIN, hot_threshold=0.95)
    assert not call.state.transfers
    call.texted("queued", "delivered").feed(
        ev.MessageUpdated(message_id="message-1", status="sent"), after=1, late=4
    )
    assert call.state.message_status == "delivered"
    return call.ends_as("video_sent")


@scenario("The text's final status comes after the call: it is kept, and the call is learned again.")
def text_delivered_after_the_call(book: Playbook) -> Played:
    call = _says_yes(book, KEVIN, hot_threshold=0.95).texted("sent").ends_as("video_sent")
    call.feed(ev.MessageUpdated(message_id="message-1", status="delivery_failed"), after=30)
    assert call.state.message_status == "delivery_failed"
    assert call.state.learn_revision == 2
    return call
