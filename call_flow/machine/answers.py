"""Answers to the open question, one reader a question."""

from collections.abc import Callable

from call_flow import rules
from call_flow.events import Perceived
from call_flow.machine import claiming, closing, objections, progress
from call_flow.machine.deciding import Deciding
from call_flow.phases import CAPTURES, Phase
from call_flow.status import FinalStatus

YES = ("affirm", "backchannel", "buying_signal", "thanks")


def fits(asked: str | None, perceived: Perceived) -> bool:
    """Whether the words answer the open question by a value, whatever else they sound like."""
    slots = perceived.slots
    values = {
        "situation": slots.income,
        "goals": slots.income,
        "availability": slots.hours_per_week,
        "callback": slots.callback_at,
        "followup": slots.callback_at,
    }
    return asked is not None and values.get(asked) is not None


def answer(deciding: Deciding, text: str, perceived: Perceived) -> None:
    """Reads the words as an answer to what was asked; what is no answer is asked again, twice at most."""
    asked = deciding.state.asked
    reader = _READERS.get(asked or "")
    if reader is None:
        progress.resume(deciding)
    elif not reader(deciding, text, perceived) and not progress.reprompt(deciding):
        _give_up(deciding)


def book(deciding: Deciding, perceived: Perceived, entry: str) -> bool:
    """Whether they named a time, and so the call ends well."""
    if perceived.slots.callback_at is None:
        return False
    closing.book(deciding, perceived.slots.callback_at, entry)
    return True


def _give_up(deciding: Deciding) -> None:
    """Asked three times without an answer: a question of ours is dropped, a question of theirs ends the call
    politely.
    """
    state = deciding.state
    if state.asked == "followup":
        closing.send_video(deciding, "goodbye.qualified")
    elif state.asked in ("callback", "commitment", "greeting", "permission"):
        closing.goodbye(deciding, "goodbye.polite", FinalStatus.DISQUALIFIED)
    elif state.asked == "objection":
        objections.helped(deciding)
    else:
        progress.advance(deciding, "stalled", "no clear answer", progress.acknowledgement(deciding))


def _advance(deciding: Deciding, positive: bool = False) -> bool:
    before = deciding.line("ack.positive") if positive else progress.acknowledgement(deciding)
    progress.advance(deciding, "positive" if positive else "advanced", "", before)
    return True


def _greeting(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    if deciding.state.direction == "inbound":
        return _called_us(deciding, perceived)
    if perceived.intent in ("deny", "wrong_person"):
        closing.wrong_person(deciding)
        return True
    if perceived.intent in (*YES, "greeting") or rules.is_backchannel(text):
        deciding.state.captures["right_person"] = "yes"
        return _advance(deciding)
    return False


def _called_us(deciding: Deciding, perceived: Perceived) -> bool:
    """Who calls us was asked how to help: whatever they say leads on, but a bare no."""
    if perceived.intent == "wrong_person" and not deciding.state.stranger:
        closing.wrong_person(deciding)
        return True
    return perceived.intent != "deny" and _advance(deciding)


def _fetched(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    """Somebody comes to the telephone after "hang on": they hear who calls, before anything else."""
    progress.greet_again(deciding)
    return True


def _permission(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    if perceived.intent == "deny":
        progress.ask_line(deciding, "callback.ask", "callback")
        return True
    if perceived.intent in (*YES, "ask_details") or rules.is_backchannel(text):
        deciding.state.captures["consent"] = "yes"
        return _advance(deciding)
    return False


def _rapport(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    if perceived.intent == "deny":
        objections.raised(deciding, "not_interested")
        return True
    return _advance(deciding, positive=perceived.intent in YES)


def _income(name: str) -> Callable[[Deciding, str, Perceived], bool]:
    def read(deciding: Deciding, text: str, perceived: Perceived) -> bool:
        if perceived.slots.income is not None:
            deciding.state.captures[name] = perceived.slots.income
        elif perceived.intent not in ("give_income", "give_goal", "deny"):
            return False
        return _advance(deciding)

    return read


def _motivation(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    """Any reason in two words or more is one."""
    slots, captures = perceived.slots, deciding.state.captures
    if slots.motivation is None and len(rules.words(text)) < 2:
        return False
    captures["motivation_level"] = slots.motivation or ("high" if perceived.sentiment > 0.5 else "medium")
    if slots.urgency is not None:
        captures["urgency"] = slots.urgency
    return _advance(deciding)


def _availability(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    hours = perceived.slots.hours_per_week
    if hours is not None:
        deciding.state.captures["time_availability"] = f"{hours:g} hours a week"
    elif perceived.intent != "give_hours":
        return False
    return _advance(deciding)


def _experience(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    level = perceived.slots.experience
    if level is None and perceived.intent in ("deny", "affirm"):
        level = "none" if perceived.intent == "deny" else "some"
    if level is not None:
        deciding.state.captures["experience_level"] = level
    elif perceived.intent != "give_experience":
        return False
    return _advance(deciding)


def _presentation(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    if perceived.intent == "deny":
        objections.raised(deciding, "not_interested")
        return True
    return _advance(deciding, positive=perceived.intent in YES)


def _objections(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    """ "Is anything in the way?": a no is the best answer; a bare yes is asked for its reason."""
    if perceived.intent in ("deny", "thanks", "buying_signal") or "nothing" in rules.words(text):
        return _advance(deciding, positive=True)
    if perceived.intent in ("affirm", "backchannel"):
        return False
    return _advance(deciding)


def _commitment(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    if perceived.intent in YES and not rules.only_thinks(text):
        claiming.said_yes(deciding)
    elif perceived.intent == "deny":
        objections.raised(deciding, "not_interested")
    elif perceived.intent == "unsure":
        objections.raised(deciding, "think_about_it")
    else:
        return book(deciding, perceived, "followup.confirm")
    return True


def _objection(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    """After an answer to an objection: a no or a doubt leaves it open, anything else goes on."""
    state = deciding.state
    if perceived.intent == "deny" or (perceived.intent == "unsure" and rules.negates(text)):
        objections.raised(deciding, state.objection or "not_interested")
        return True
    phase = state.phase
    if phase is Phase.COMMITMENT and perceived.intent == "buying_signal":
        objections.settle(deciding, resolved=True)
        claiming.said_yes(deciding)
    elif CAPTURES.get(phase) and fits(str(phase), perceived):
        objections.settle(deciding, resolved=True)
        return _READERS[str(phase)](deciding, text, perceived)
    else:
        objections.helped(deciding)
    return True


def _callback(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    if perceived.intent == "deny":
        closing.goodbye(deciding, "goodbye.polite", FinalStatus.DISQUALIFIED)
        return True
    return book(deciding, perceived, "callback.confirm")


def _followup(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    if perceived.intent == "deny":
        closing.send_video(deciding, "goodbye.qualified")
        return True
    return book(deciding, perceived, "followup.confirm")


_READERS: dict[str, Callable[[Deciding, str, Perceived], bool]] = {
    "greeting": _greeting,
    "fetched": _fetched,
    "permission": _permission,
    "rapport": _rapport,
    "situation": _income("current_income_range"),
    "goals": _income("desired_income_range"),
    "motivation": _motivation,
    "availability": _availability,
    "experience": _experience,
    "presentation": _presentation,
    "objections": _objections,
    "commitment": _commitment,
    "objection": _objection,
    "callback": _callback,
    "followup": _followup,
}
