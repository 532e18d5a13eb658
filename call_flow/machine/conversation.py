"""One turn of the prospect, one answer: what the words mean, in order of how much they override."""

from call_flow import engagement, rules
from call_flow.events import EngagementCrossed, Perceived
from call_flow.machine import answers, closing, dialing, objections, progress
from call_flow.machine.deciding import SURE, Deciding
from call_flow.phases import Phase
from call_flow.status import FinalStatus

UNSURE = 0.4  # confidence under which a leading yes or no says more than the intent
_VAGUE = ("other", "hold_on", "unsure", "greeting", "wrong_person")
KNOWLEDGE = {  # what people ask anywhere, and the snippet that answers
    "ask_cost": "know.cost",
    "ask_details": "know.what_is_it",
    "ask_identity": "know.company",
    "ask_how_got_number": "know.number",
    "ask_income": "know.earnings",
}


def weigh(deciding: Deciding, text: str, perceived: Perceived) -> None:
    """Engagement and sentiment after these words."""
    state = deciding.state
    asked_at = next(
        (line.ended_at for line in reversed(state.lines) if line.ended_at and not line.stopped), None
    )
    pause = (deciding.event.occurred_at - asked_at).total_seconds() if asked_at and state.asked else None
    parts = engagement.utterance_parts(text, perceived, pause)
    state.engagement = engagement.smoothed(state.engagement, parts)
    state.engagement_parts = {name: round(value, 2) for name, value in parts.items()}
    state.sentiment = round(0.6 * state.sentiment + 0.4 * perceived.sentiment, 4)
    since = (deciding.at - state.answered_at).total_seconds() if state.answered_at else 0.0
    state.engagement_curve.append((round(since, 2), state.engagement))


def engagement_crossed(deciding: Deciding, body: EngagementCrossed) -> None:
    deciding.state.engagement, deciding.state.engagement_parts = body.score, body.parts


def respond(deciding: Deciding, text: str, perceived: Perceived) -> None:
    """Decides the one next step. The line that was being said has been stopped or has ended."""
    perceived = _plainly(deciding, text, perceived)
    deciding.count("turns")
    _stop_what_was_not_heard(deciding)
    if not (_certain(deciding, text, perceived) or _anywhere(deciding, text, perceived)):
        answers.answer(deciding, text, perceived)


def _plainly(deciding: Deciding, text: str, perceived: Perceived) -> Perceived:
    """A name confirmed, a leading yes or no: where the recogniser is unsure or sees an interlude, plain words
    count.
    """
    state = deciding.state
    name = state.lead.first_name if state.lead else ""
    if state.asked == "greeting" and rules.confirms_identity(text, name):
        return perceived.model_copy(update={"intent": "affirm", "confidence": 1.0})
    plain = rules.plain_answer(text)
    if plain and state.asked == "permission" and perceived.intent.startswith("objection."):
        return perceived.model_copy(update={"intent": "affirm"})
    if plain is None or (perceived.intent not in _VAGUE and perceived.confidence >= UNSURE):
        return perceived
    return perceived.model_copy(update={"intent": "affirm" if plain else "deny"})


def _stop_what_was_not_heard(deciding: Deciding) -> None:
    if deciding.current_line() is not None:
        deciding.stop_speech()


def opts_out(text: str, perceived: Perceived) -> bool:
    """A request never to be called again: by the rule, or in other words that are surely understood so."""
    meant = perceived.intent == "do_not_call" and perceived.confidence >= SURE
    return rules.asks_not_to_be_called(text) or (meant and not rules.only_sounds_like_opting_out(text))


def asks_whether_robot(text: str, perceived: Perceived) -> bool:
    return rules.asks_whether_robot(text) or (
        perceived.intent == "ask_robot" and perceived.confidence >= SURE
    )


def _certain(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    """What law and truth demand, by exact rules first."""
    early = deciding.state.phase in (Phase.GREETING, Phase.PERMISSION)
    if opts_out(text, perceived):
        closing.do_not_call(deciding, text)
    elif rules.says_wrong_number(text) or (early and _means_wrong_person(text, perceived)):
        closing.wrong_person(deciding)
    elif asks_whether_robot(text, perceived):
        progress.resume(deciding, deciding.line("robot"))
    elif deciding.state.phase is Phase.GREETING and rules.sounds_like_screening(text):
        dialing.answer_screening(deciding)
    elif deciding.state.phase is Phase.GREETING and rules.sounds_like_voicemail(text):
        dialing.voicemail(deciding)
    else:
        return False
    return True


def _means_wrong_person(text: str, perceived: Perceived) -> bool:
    """What is called wrong may be a denial, "it's not the wrong number", and is the rule's to tell."""
    sure = perceived.intent == "wrong_person" and perceived.confidence >= SURE
    return sure and "wrong" not in rules.words(text)


def _anywhere(deciding: Deciding, text: str, perceived: Perceived) -> bool:
    """What may come up in any phase."""
    intent, state = perceived.intent, deciding.state
    if answers.fits(state.asked, perceived):
        return False
    if intent.startswith("objection."):
        if intent == "objection.no_time" and state.asked == "callback":
            return False
        if intent == "objection.no_time" and state.phase in (Phase.GREETING, Phase.PERMISSION):
            ask_callback(deciding, perceived)
        else:
            objections.raised(deciding, intent.removeprefix("objection."))
    elif intent in KNOWLEDGE:
        progress.resume(deciding, knows(deciding, intent))
    elif intent in _ANYWHERE:
        return _ANYWHERE[intent](deciding, perceived)
    elif intent == "other" and rules.asks_something(text):
        progress.resume(deciding, deciding.line("question.unknown"))
    else:
        return False
    return True


def _say_again(deciding: Deciding, perceived: Perceived) -> bool:
    """The open question as it was heard; where something else was heard last, the question in few words."""
    said = [line for line in deciding.state.lines if line.begun_at]
    if not said or said[-1].purpose != "ask" or said[-1].asks != deciding.state.asked:
        progress.resume(deciding)
        return True
    line, before = said[-1], deciding.line("repeat").strip()
    deciding.say(
        f"{before} {line.text.removeprefix(before).strip()}",
        purpose=line.purpose,
        entry=line.entry,
        asks=line.asks,
        interruptible=line.interruptible,
    )
    return True


def _hold(deciding: Deciding, perceived: Perceived) -> bool:
    """ "Hang on": in the greeting it may be to fetch somebody."""
    state = deciding.state
    if state.asked == "greeting" and state.direction == "outbound":
        state.asked = "fetched"
    deciding.say(deciding.line("hold"), purpose="hold", entry="hold", asks=state.asked)
    return True


def knows(deciding: Deciding, intent: str) -> str:
    """The answer to what people ask anywhere."""
    return deciding.book.render(deciding.book.spoken(KNOWLEDGE[intent]), deciding.values())


def ask_callback(deciding: Deciding, perceived: Perceived) -> bool:
    """Not now: book the time they name, or ask for one."""
    if deciding.state.asked in ("callback", "followup"):
        return False
    if perceived.slots.callback_at is not None:
        answers.book(deciding, perceived, "callback.confirm")
    else:
        progress.ask_line(deciding, "callback.ask", "callback")
    return True


def _hostile(deciding: Deciding, perceived: Perceived) -> bool:
    if perceived.confidence < SURE:
        return False
    closing.goodbye(deciding, "hostile.goodbye", FinalStatus.DISQUALIFIED, "objection")
    return True


def _leaving(deciding: Deciding, perceived: Perceived) -> bool:
    """They go; who has said yes to the closer and could not be connected gets the video all the same."""
    if deciding.state.asked == "followup":
        closing.send_video(deciding, "goodbye.qualified")
    else:
        closing.goodbye(deciding, "goodbye.polite", FinalStatus.DISQUALIFIED)
    return True


def _buying(deciding: Deciding, perceived: Perceived) -> bool:
    """A clear buying signal jumps to commitment; from there on it is an answer."""
    state = deciding.state
    if perceived.confidence < SURE or not Phase.PERMISSION.order < state.phase.order < Phase.COMMITMENT.order:
        return False
    progress.jump(deciding, Phase.COMMITMENT, "positive", deciding.line("ack.positive"))
    return True


_ANYWHERE = {
    "repeat": _say_again,
    "hold_on": _hold,
    "callback": ask_callback,
    "hostile": _hostile,
    "goodbye": _leaving,
    "buying_signal": _buying,
}
