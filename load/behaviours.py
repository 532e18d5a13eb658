"""What the dialled number makes of a prospect: the special callees that a scenario asks for by number.

Each takes the prospect, what was heard and what was asked, and answers or leaves it to the ordinary person.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from load.hearing import Heard
from load.reply import Reply

if TYPE_CHECKING:
    from load.prospect import Prospect

Special = Callable[["Prospect", Heard, str | None], Reply | None]


def _wrong_person(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    if heard.goodbye or not ask:
        return None
    one.decide("wrong_person")
    return one.say("wrong_person", hang_up=one.times("wrong_person") >= 2)


def _do_not_call(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    if heard.goodbye or not ask:
        return None
    one.decide("do_not_call")
    return one.say("do_not_call", hang_up=one.times("do_not_call") >= 1)


def _silent(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    one.decide("silent")
    return Reply(1.0, hang_up=one.turns >= 6 and not heard.goodbye)


def _asks_robot(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    if not ask:
        return None
    if not one.times("ask_robot"):
        return one.say("ask_robot")
    if not one.times("repeat"):
        return one.say("repeat")
    return None


def _callback(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    if ask == "permission" and not one.nth and not one.times("callback_time"):
        one.decide("callback")
        return one.say("callback_time")
    return None


def _eager(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    """Has two minutes, and wants to begin as soon as the agent has said what it is about."""
    if ask == "permission":
        return one.say("permission_yes")
    if ask == "callback":
        one.decide("won_follow_up")
        return one.say("give_when")
    if ask == "commitment":
        one.decide("won_transfer")
        return one.say("commitment_yes")
    if ask and ask != "greeting" and not one.times("buying_signal"):
        return one.say("buying_signal")
    return None


def _leaves_waiting(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    if heard.hold and not heard.goodbye:
        one.decide("left_waiting")
        return Reply(7.0, hang_up=True, act="left")
    return _eager(one, heard, ask)


def _hostile(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    if heard.goodbye:
        return None
    one.decide("left")
    return one.say("hostile", hang_up=one.times("hostile") >= 1)


def _cuts_off(one: "Prospect", heard: Heard, ask: str | None) -> Reply | None:
    if ask and ask not in ("greeting", "permission"):
        one.decide("left")
        reply = one.say("rapport_warm", hang_up=True)
        return Reply(reply.delay, reply.text, True, reply.act, cut=0.5)
    return None


BEHAVIOUR_REPLIES: dict[str, Special] = {
    "wrong_person": _wrong_person,
    "do_not_call": _do_not_call,
    "silent": _silent,
    "asks_robot": _asks_robot,
    "callback": _callback,
    "eager": _eager,
    "leaves_waiting": _leaves_waiting,
    "leaves_taken": _eager,
    "hostile": _hostile,
    "cuts_off": _cuts_off,
}
