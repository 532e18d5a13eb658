"""What a person at a console does to a call: takes or declines a hand-over, and rates it afterwards."""

import pytest

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.state import PROSPECT
from storage.playbook import read_packaged
from tests.call_flow.script import KEVIN, Call

BOOK = read_packaged()
ANA = ev.CloserHint(id="ana", name="Ana", phone="+13125559002")


def ringing(*others: ev.CloserHint) -> Call:
    """A call whose prospect waits while Kevin's telephone rings."""
    call = Call(BOOK, closers=(KEVIN, *others))
    call.place().pick_up()
    return call.to_phase("commitment").reply("yes please", "affirm").claimed(KEVIN)


def waiting(*others: ev.CloserHint) -> Call:
    """Kevin has heard who waits."""
    return ringing(*others).closer_answers()


def action(what: str, claim: str | None = "claim:1") -> ev.ConsoleAction:
    return ev.ConsoleAction(action=what, by="api", claim=claim)


@pytest.mark.parametrize("claim", ["claim:1", None])
def test_accepted_in_the_console_is_bridged(claim: str | None) -> None:
    call = waiting()
    call.feed(action("accept", claim))
    (bridge,) = call.commands("bridge")
    assert (bridge.leg, bridge.other_leg) == (PROSPECT, "closer.1")
    assert call.state.transfers[0].accepted_at == call.now


def test_a_click_on_a_transfer_that_is_over_does_nothing_to_the_next_one() -> None:
    call = waiting(ANA)
    call.feed(action("decline"))
    call.claimed(ANA).closer_answers("closer.2")
    for what in ("accept", "decline"):
        assert call.feed(action(what)) == ()
    assert [transfer.outcome for transfer in call.state.transfers] == ["declined", None]
    assert not call.commands("bridge")


def test_declined_before_the_telephone_was_answered_is_not_rung_on() -> None:
    call = ringing()
    effects = call.feed(action("decline"))
    hangups = [e.leg for e in effects if isinstance(e, fx.Command) and e.action == "hangup"]
    assert hangups == ["closer.1"]
    assert call.state.transfers[0].outcome == "declined"


def rated(claim: str, **told: object) -> ev.ConsoleAction:
    return ev.ConsoleAction(action="rate", by="api", claim=claim, **told)


def test_rating_and_result_are_learned_once_the_call_has_ended() -> None:
    call = waiting()
    call.feed(action("accept"))
    call.feed(ev.LegBridged(leg=PROSPECT))
    assert not any(isinstance(e, fx.Learn) for e in call.feed(rated("claim:1", rating=4)))
    call.hang_up()
    before = call.state.learn_revision
    assert call.feed(rated("claim:1", result="closed")) == (fx.Learn(revision=before + 1),)
    (transfer,) = call.state.transfers
    assert (transfer.rating, transfer.result) == (4, "closed")


def test_a_rating_of_no_transfer_of_this_call_teaches_nothing() -> None:
    call = waiting()
    call.hang_up()
    assert call.feed(rated("claim:7", rating=9)) == ()
