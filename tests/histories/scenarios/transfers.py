"""The warm hand-over, on every path it can take."""

from datetime import timedelta

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.playbook.book import Playbook
from tests.call_flow.script import KEVIN, Call
from tests.histories.play import KNOWN, TOMORROW_AT_THREE, Played, scenario

ANA = ev.CloserHint(id="ana", name="Ana", phone="+13125559002")


def _waiting(book: Playbook, *closers: ev.CloserHint, **settings: object) -> Played:
    """The prospect said yes and is waiting; the first closer's phone rings."""
    call = Played(book, lead=KNOWN, closers=closers or (KEVIN,), draw=0.5, **settings).place().pick_up()
    call.to_phase("commitment").says("yes let us do that", "affirm", sentiment=0.5)
    return call.claimed((closers or (KEVIN,))[0])


def _outcomes(call: Played) -> list[str | None]:
    assert {e.claim for e in call.of(fx.ReleaseClaim)} == {t.claim for t in call.state.transfers}
    assert not [leg for leg in call.state.legs.values() if leg.alive]
    return [transfer.outcome for transfer in call.state.transfers]


@scenario("The closer declines by key press: the prospect gets the video.")
def transfer_declined(book: Playbook) -> Played:
    call = _waiting(book).closer_answers().hear_out().presses("2").texted("delivered").ends_as("video_sent")
    assert _outcomes(call) == ["declined"]
    return call


@scenario("The closer rejects the ringing call: the same as a decline.")
def transfer_rejected_while_ringing(book: Playbook) -> Played:
    call = _waiting(book).wait(4).hang_up("closer.1", cause="call_rejected").ends_as("video_sent")
    assert _outcomes(call) == ["declined"]
    return call


@scenario(
    "The closer does not pick up within 20 s; the prospect is told a word meanwhile, and gets the video."
)
def transfer_not_answered(book: Playbook) -> Played:
    call = _waiting(book).wait(19)
    call.hang_up("closer.1", cause="timeout", source="caller").texted("delivered").ends_as("video_sent")
    assert _outcomes(call) == ["no_answer"]
    assert call.commands("dial")[-1].args["timeout_secs"] == 20
    return call


@scenario("Not even the end of the ringing is reported: a timer ends the wait.")
def transfer_ringing_without_end(book: Playbook) -> Played:
    call = _waiting(book).hear_out()
    call.until("closer").ends_as("video_sent")
    assert _outcomes(call) == ["no_answer"]
    return call


@scenario("The closer's phone is answered by a mailbox: it never gets the prospect.")
def transfer_reaches_voicemail(book: Playbook) -> Played:
    call = _waiting(book).closer_answers(amd="machine").texted("delivered").ends_as("video_sent")
    assert _outcomes(call) == ["voicemail"]
    assert not [c for c in call.commands("speak") if c.leg == "closer.1"]
    return call


@scenario("The closer hangs up in the middle of the whisper.")
def closer_hangs_up_in_the_whisper(book: Playbook) -> Played:
    call = _waiting(book).hear_out().closer_answers()
    call.begin()
    call.hang_up("closer.1").texted("delivered").ends_as("video_sent")
    assert _outcomes(call) == ["closer_hangup"]
    return call


@scenario(
    "The closer hears the whisper and presses nothing: half a minute later the prospect gets the video."
)
def closer_never_presses(book: Playbook) -> Played:
    call = _waiting(book).hear_out().closer_answers().hear_out()
    call.until("accept").texted("delivered").ends_as("video_sent")
    assert _outcomes(call) == ["no_answer"]
    return call


@scenario("The closer accepts before the whisper is over: it stops, and the two are bridged.")
def accepted_during_the_whisper(book: Playbook) -> Played:
    call = _waiting(book).hear_out().closer_answers()
    call.begin()
    call.presses("1").bridged()
    assert [c.leg for c in call.commands("playback_stop")] == ["closer.1"]
    call.wait(60).hang_up().ends_as("hot_transfer")
    assert _outcomes(call) == ["bridged"]
    return call


@scenario("The closer accepts in the console; transcription and recording stop before the two are bridged.")
def accepted_in_the_console(book: Playbook) -> Played:
    call = _waiting(book, record=True).hear_out().closer_answers().hear_out()
    call.feed(ev.ConsoleAction(action="accept", by="kevin"), after=1)
    order = [
        c.action for c in call.of(fx.Command) if c.action in ("transcription_stop", "record_stop", "bridge")
    ]
    assert order == ["transcription_stop", "record_stop", "bridge"]
    return call.bridged().wait(30).hang_up().ends_as("hot_transfer")


@scenario("The closer declines in the console before the phone was picked up.")
def declined_in_the_console(book: Playbook) -> Played:
    call = _waiting(book).hear_out()
    call.feed(ev.ConsoleAction(action="decline", by="kevin"), after=2)
    call.ends_as("video_sent")
    assert _outcomes(call) == ["declined"]
    return call


@scenario(
    "The prospect hangs up while the closer's phone rings: it stops ringing, and the closer is free again."
)
def prospect_hangs_up_while_waiting(book: Playbook) -> Played:
    call = _waiting(book).wait(3).hang_up().ends_as("abandoned")
    assert _outcomes(call) == ["prospect_hangup"]
    return call


@scenario("The prospect hangs up while the closer hears the whisper.")
def prospect_hangs_up_during_the_whisper(book: Playbook) -> Played:
    call = _waiting(book).hear_out().closer_answers()
    call.begin()
    call.hang_up().ends_as("abandoned")
    assert _outcomes(call) == ["prospect_hangup"]
    return call


@scenario("The prospect hangs up after the closer pressed 1 and before the two are bridged.")
def prospect_hangs_up_before_the_bridge(book: Playbook) -> Played:
    call = _waiting(book).hear_out().closer_answers().hear_out().presses("1").hang_up()
    call.feed(ev.CommandFailed(key="bridge:1", code="90018"), after=0.2)
    call.ends_as("abandoned")
    assert _outcomes(call) == ["prospect_hangup"]
    return call


@scenario("The first closer declines; the second takes it.")
def second_closer_takes_it(book: Playbook) -> Played:
    call = _waiting(book, KEVIN, ANA).hear_out().closer_answers().hear_out().presses("2")
    call.claimed(ANA).closer_answers("closer.2").hear_out().presses("1", "closer.2").bridged("closer.2")
    call.wait(60).hang_up().ends_as("hot_transfer")
    assert _outcomes(call) == ["declined", "bridged"]
    return call


@scenario("Two hot prospects and one closer: the claim is lost to the other, and this one gets the video.")
def claim_lost_to_another_call(book: Playbook) -> Played:
    call = Played(book, lead=KNOWN, closers=(KEVIN,)).place().pick_up().to_phase("commitment")
    call.says("yes let us do that", "affirm").claimed(None).texted("delivered").ends_as("video_sent")
    assert not call.of(fx.ReleaseClaim) or _outcomes(call) == ["no_closer"]
    return call


@scenario("Telnyx refuses the bridge: the closer is let go, and the prospect is not left hanging.")
def bridge_refused(book: Playbook) -> Played:
    call = _waiting(book).hear_out().closer_answers().hear_out().presses("1")
    call.feed(ev.CommandFailed(key="bridge:1", code="90034", detail="call not answered yet"), after=0.3)
    call.ends_as("video_sent")
    assert _outcomes(call) == ["failed"]
    return call


@scenario("The waiting prospect asks whether this is a robot: answered truthfully, and the wait goes on.")
def robot_question_while_waiting(book: Playbook) -> Played:
    call = _waiting(book).hear_out()
    call.says("am I still talking to a machine", "ask_robot", after=2)
    assert "Yes, I am an AI voice" in call.spoken[-1]
    call.hear_out().closer_answers().hear_out().presses("1").bridged()
    return call.wait(60).hang_up().ends_as("hot_transfer")


@scenario(
    "The waiting prospect would rather be called tomorrow: the closer is let go and the time is booked."
)
def waiting_prospect_names_a_time(book: Playbook) -> Played:
    call = _waiting(book).hear_out()
    call.says("actually call me tomorrow at three", "callback", callback_at=TOMORROW_AT_THREE, after=2)
    call.ends_as("follow_up")
    assert not call.commands("message")
    assert _outcomes(call) == ["withdrawn"]
    return call


@scenario("The waiting prospect does not want it any more: let go without a text message.")
def waiting_prospect_is_not_interested(book: Playbook) -> Played:
    call = _waiting(book).hear_out()
    call.says("no, I am not interested after all", "objection.not_interested", after=2)
    call.ends_as("disqualified")
    assert not call.commands("message")
    return call


@scenario("After the call the closer rates the lead, and later tells the result: learned again each time.")
def closer_rates_the_lead(book: Playbook) -> Played:
    call = _waiting(book).closer_answers().hear_out().presses("1").bridged().wait(400).hang_up()
    call.ends_as("hot_transfer")
    for told in ({"rating": 8}, {"result": "closed"}):
        body = ev.ConsoleAction(action="rate", by="kevin", claim="claim:1", **told)
        call.feed(body, after=3600)
    assert (call.state.transfers[0].rating, call.state.transfers[0].result) == (8, "closed")
    assert call.state.learn_revision == 3
    return call


@scenario("The news of the bridge comes late: two who talk already are not parted.")
def bridge_reported_late(book: Playbook) -> Played:
    call = _waiting(book).closer_answers().hear_out().presses("1").wait(18)
    assert call.state.mode == "transferring"
    call.feed(ev.LegBridged(leg="closer.1"), late=17)
    call.wait(200).hang_up().ends_as("hot_transfer")
    assert _outcomes(call) == ["bridged"]
    return call


def _taken(book: Playbook) -> Played:
    """The closer has accepted and Telnyx took the bridge; whether it came is still to be told."""
    call = _waiting(book).closer_answers().hear_out().presses("1")
    call.feed(ev.CommandDone(key="bridge:1", result={"result": "ok"}), after=0.3)
    assert call.state.mode == "transferring"
    return call


@scenario("The hangup after a talk overtakes the news of its bridge: the call is settled when that comes.")
def hangup_overtakes_the_news_of_the_bridge(book: Playbook) -> Played:
    call = _taken(book).wait(40).hang_up()
    assert call.state.final_status is None
    call.feed(ev.LegBridged(leg="closer.1"), after=5, late=44)
    assert _outcomes(call) == ["bridged"]
    return call.ends_as("hot_transfer")


@scenario("Telnyx took the bridge and never told that it came: who hung up then was not handed over.")
def bridge_that_is_never_told(book: Playbook) -> Played:
    call = _taken(book).wait(4).hang_up().wait(61)
    assert _outcomes(call) == ["prospect_hangup"]
    return call.ends_as("abandoned")


@scenario(
    "The bridge was taken but joined nobody, and the closer hangs up: the prospect, still there, gets the video."
)
def bridge_that_joins_nobody(book: Playbook) -> Played:
    call = _taken(book).wait(5).hang_up("closer.1").until("parted")
    call.feed(ev.CommandDone(key="check:prospect:1", result={"is_alive": True}), after=0.2)
    call.texted("delivered").ends_as("video_sent")
    assert _outcomes(call) == ["closer_hangup"]
    return call


@scenario("Both hung up after a talk of which nothing was told: found out by asking for the prospect's leg.")
def talk_known_by_both_legs_ends(book: Playbook) -> Played:
    call = _taken(book).wait(90).hang_up("closer.1").until("parted")
    call.feed(ev.CommandDone(key="check:prospect:1", result={"is_alive": False}), after=0.2)
    call.feed(ev.LegBridged(leg="prospect"), after=3, late=90)
    assert _outcomes(call) == ["bridged"]
    return call.ends_as("hot_transfer")


@scenario("A key that is pressed in the talk, or a late verdict that the closer is a machine, parts nobody.")
def nothing_parts_who_has_accepted(book: Playbook) -> Played:
    call = _taken(book)
    call.feed(ev.MachineDetected(leg="closer.1", result="machine"), after=0.5)
    call.presses("2").bridged().wait(100).hang_up("closer.1").ends_as("hot_transfer")
    assert _outcomes(call) == ["bridged"]
    return call


@scenario("News of the first closer's bridge comes while the second one's telephone rings: it is not theirs.")
def failed_bridge_reported_during_the_next_claim(book: Playbook) -> Played:
    call = (
        _waiting(book, KEVIN, ANA).closer_answers().hear_out().presses("1").hang_up("closer.1").claimed(ANA)
    )
    call.feed(ev.CommandFailed(key="bridge:1", code="90018"), after=0.5)
    call.feed(ev.LegBridged(leg="closer.1"), after=0.5)
    call.closer_answers("closer.2").hear_out().presses("1", "closer.2").bridged("closer.2").wait(30).hang_up()
    call.ends_as("hot_transfer")
    assert _outcomes(call) == ["closer_hangup", "bridged"]
    return call


@scenario("A key is pressed when the claim is long over: the closer may be promised to somebody else by now.")
def accepted_too_late(book: Playbook) -> Played:
    call = _waiting(book).closer_answers().hear_out()
    call.now += timedelta(seconds=120)  # nobody of ours was alive: no timer fired
    Call.feed(call, ev.Digit(leg="closer.1", digit="1"))
    call.texted("delivered").ends_as("video_sent")
    assert (call.state.transfers[0].outcome, call.state.transfers[0].reason) == ("failed", "claim_expired")
    return call


@scenario("What became of the claim is never told: the prospect is not left waiting for ever.")
def claim_without_a_result(book: Playbook) -> Played:
    call = Played(book, lead=KNOWN, closers=(KEVIN,), draw=0.5).place().pick_up()
    call.to_phase("commitment").says("yes let us do that", "affirm", sentiment=0.5).hear_out()
    call.until("closer").until("closer").texted("delivered").ends_as("video_sent")
    assert {transfer.reason for transfer in call.state.transfers} == {"no_news"}
    return call


@scenario("The waiting prospect asks what it costs: answered, and the wait goes on.")
def question_while_waiting(book: Playbook) -> Played:
    call = _waiting(book).hear_out()
    call.says("wait what does it cost me", "ask_cost", after=2)
    assert "you pay nothing" in call.spoken[-1]
    assert "Thank you for waiting" in call.spoken[-1]
    call.closer_answers().hear_out().presses("1").bridged()
    return call.wait(60).hang_up().ends_as("hot_transfer")


@scenario("No closer, and no time that suits is ever named: the video instead, for who has said yes.")
def no_clear_time_for_a_follow_up(book: Playbook) -> Played:
    call = Played(book, lead=KNOWN, draw=0.5).place().pick_up().to_phase("commitment")
    call.reply("yes let us do that", "affirm", sentiment=0.5).reply("sign me up", "buying_signal")
    for _ in range(2):
        call.reply("well, hard to say", "other")
    return call.texted("delivered").ends_as("video_sent")


@scenario("The video cannot be delivered: the lead is among those to be followed up.")
def video_not_delivered(book: Playbook) -> Played:
    call = _waiting(book).closer_answers().hear_out().presses("2").texted("sent", "delivery_failed")
    call.ends_as("video_sent")
    assert "next_followup" in [name for e in call.of(fx.UpdateLead) for name in e.values]
    return call


@scenario(
    "A mere “hmm” to the question for the closer is no yes: it is asked again, and nobody is rung for it."
)
def thinking_is_no_yes(book: Playbook) -> Played:
    call = Played(book, lead=KNOWN, closers=(KEVIN,), draw=0.5).place().pick_up().to_phase("commitment")
    call.reply("hmm", "backchannel")
    assert not call.of(fx.ClaimCloser)
    call.says("yes let us do that", "affirm", sentiment=0.5).claimed(KEVIN)
    call.closer_answers().hear_out().presses("1").bridged()
    return call.wait(60).hang_up().ends_as("hot_transfer")


@scenario("Words of the waiting prospect that are understood as a no, but not surely, do not end the wait.")
def waiting_prospect_mumbles(book: Playbook) -> Played:
    call = _waiting(book).hear_out()
    call.says("no worries, I can wait", "deny", confidence=0.45, after=2)
    assert call.state.mode == "transferring"
    call.closer_answers().hear_out().presses("1").bridged()
    return call.wait(60).hang_up().ends_as("hot_transfer")
