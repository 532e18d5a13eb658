"""A closer has accepted and the bridge does not come: then it must not come later, and the prospect is heard again."""

from collections.abc import Callable

import pytest

from call_flow import effects as fx
from call_flow import events as ev
from call_flow.state import PROSPECT
from storage.playbook import read_packaged
from tests.call_flow.script import KEVIN, Call

BOOK = read_packaged()


def accepted() -> Call:
    """The bridge has been asked for."""
    call = Call(BOOK, closers=(KEVIN,))
    call.place().pick_up()
    call.to_phase("commitment").reply("yes please", "affirm").claimed(KEVIN).closer_answers()
    call.feed(ev.Digit(leg="closer.1", digit="1"))
    assert call.commands("bridge")
    return call


def voided(call: Call) -> set[str]:
    return {key for effect in call.of(fx.VoidCommands) for key in effect.keys}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("happens", "outcome"),
    [
        (lambda call: call.due("bridge"), "failed"),
        (lambda call: call.feed(ev.CommandFailed(key="bridge:1", code="90018")), "failed"),
        (lambda call: call.hang_up("closer.1"), "closer_hangup"),
    ],
)
def test_the_prospect_is_heard_again_and_gets_the_video(
    happens: Callable[[Call], object], outcome: str
) -> None:
    call = accepted()
    happens(call)
    assert call.state.transfers[0].outcome == outcome
    assert "bridge:1" in voided(call)
    actions = [e.action for e in call.of(fx.Command) if e.leg == PROSPECT]  # type: ignore[attr-defined]
    last = [action for action in actions if action.startswith(("transcription", "message"))]
    assert last == ["transcription_stop", "transcription_start", "message"]
    call.says("stop calling me", "do_not_call")
    assert call.state.verdict == "do_not_call"


def test_after_a_wish_not_to_be_called_nobody_is_connected() -> None:
    call = accepted()
    call.says("stop calling me", "do_not_call")
    assert "bridge:1" in voided(call)


def test_a_declined_whisper_needs_no_new_ears() -> None:
    call = Call(BOOK, closers=(KEVIN,))
    call.place().pick_up()
    call.to_phase("commitment").reply("yes please", "affirm").claimed(KEVIN).closer_answers()
    call.feed(ev.Digit(leg="closer.1", digit="2"))
    assert not call.commands("transcription_start")
    assert "bridge:1" not in voided(call)
