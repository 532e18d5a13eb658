"""How a prospect answers each thing that can be asked: one function an ask.

A person lost says no here at the latest; nobody who is lost books a time or takes the hand-over.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from load import draws
from load.reply import Reply

if TYPE_CHECKING:
    from load.prospect import Prospect

Answer = Callable[["Prospect"], Reply]


def _greeting(one: "Prospect") -> Reply:
    return one.say("identity_yes")


def _busy(one: "Prospect") -> bool:
    """A few of those who could still be won are caught at a bad moment, the first time."""
    if one.nth:
        return False
    return draws.uniform(one.person.seed, one.person.number, "busy") < 0.05 and not one.verdict.doomed()


def _permission(one: "Prospect") -> Reply:
    if not _busy(one):
        return one.say("permission_yes")
    return one.say("callback_time" if one.chance("names time") < 0.4 else "permission_no")


def _rapport(one: "Prospect") -> Reply:
    return one.say("rapport_warm" if one.feels("rapport") else "rapport_cool")


def _situation(one: "Prospect") -> Reply:
    return one.say("decline_income" if one.chance("private") < 0.06 else "give_income")


def _goals(one: "Prospect") -> Reply:
    return one.say("give_goal")


def _motivation(one: "Prospect") -> Reply:
    return one.say(f"motivation.{one.person.motive}" if one.feels("motivation") else "motivation_weak")


def _availability(one: "Prospect") -> Reply:
    return one.say("give_hours")


def _experience(one: "Prospect") -> Reply:
    return one.say(f"experience.{one.person.experience}")


def _presentation(one: "Prospect") -> Reply:
    if one.verdict.warmth() > 0.9 and one.chance("buys") < 0.3:
        return one.say("buying_signal")
    return one.say("presentation_warm" if one.feels("presentation") else "presentation_cool")


def _objections(one: "Prospect") -> Reply:
    return one.say("nothing_in_the_way")


def _commitment(one: "Prospect") -> Reply:
    if one.decision.startswith("won"):
        return one.say("commitment_yes")
    if one.verdict.won():
        one.decide(f"won_{one.person.prefers}")
        return one.say("commitment_yes" if one.person.prefers == "transfer" else "commitment_follow_up")
    one.decide("lost")
    return one.say("commitment_no")


def _callback(one: "Prospect") -> Reply:
    """A time to call, from those who are won or were caught at a bad moment."""
    if one.times("permission_no") + one.times("callback_time"):
        one.decide("callback")
    elif one.decision == "undecided":
        one.decide("won_follow_up" if one.verdict.won() else "lost")
    return one.say("no_callback" if one.decision in ("lost", "left") else "give_when")


def _help(one: "Prospect") -> Reply:
    return one.say("inbound_reason" if one.called_us else "ask_details")


def _check(one: "Prospect") -> Reply:
    return one.say("affirm" if one.feels("check") else "lukewarm")


ANSWERS: dict[str, Answer] = {
    "greeting": _greeting,
    "permission": _permission,
    "rapport": _rapport,
    "situation": _situation,
    "goals": _goals,
    "motivation": _motivation,
    "availability": _availability,
    "experience": _experience,
    "presentation": _presentation,
    "objections": _objections,
    "commitment": _commitment,
    "callback": _callback,
    "help": _help,
    "check": _check,
}
