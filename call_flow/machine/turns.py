"""Whose turn it is.

The first final words of a turn decide one next line; more of the same turn replace a line that has not begun. Words
over a line stop it (barge-in); words under a line that must be heard out are held until it ends.
"""

from datetime import timedelta

from call_flow import rules
from call_flow.effects import AskPhrasing, ClaimCloser, Command, DoNotCall, Effect
from call_flow.events import Heard
from call_flow.machine import closing, conversation, dialing, handoff, speech
from call_flow.machine.deciding import SURE, Deciding
from call_flow.state import PROSPECT, CallState, Held, Line, Turn
from call_flow.status import FinalStatus

FINAL_FOLLOWS_S = 4.0  # after interim words stopped the agent, if their final form never comes
FINAL_LAG_S = 1.0  # a final comes up to 0.8 s after its words
OPENS_WITH_S = 3.0  # for so long the opening says nothing that anybody could answer
ANSWERS_EARLY_S = 1.5  # a yes that overlaps the end of the question by so much answers it
SAME_TURN_S = 3.0  # after a line was decided it is being heard, though nobody has told yet
_FACTS = (  # what the world has seen since a turn began: no second thought takes it back
    *(
        "legs",
        "lines",
        "last_line",
        "last_seq",
        "counters",
        "timers",
        "last_event_at",
        "last_final",
        "heard_words",
    ),
    *("choices", "disclosed", "last_words", "last_words_at", "learn_revision", "recording"),
    *("message_id", "message_status", "engagement", "engagement_parts", "engagement_curve", "sentiment"),
)
_MEMORY = 400  # characters of the latest final words that a late interim is compared with


def heard(deciding: Deciding, body: Heard) -> None:
    if body.leg != PROSPECT or not body.text:
        return
    if body.final:
        _final(deciding, body)
    else:
        _interim(deciding, body.text)


def take_up_held(deciding: Deciding, line: Line) -> None:
    """Words that came under a line that is not interrupted are answered when it is over; a mere hello is not an
    answer, nor is what was said before there was anything to answer.
    """
    state = deciding.state
    held = [words for words in state.held if _may_answer(words, line)]
    state.held = ()
    text = " ".join(words.text for words in held)
    if not text:
        return
    perceived = deciding.perceive(text)
    listens = perceived.intent in ("greeting", "backchannel") or rules.is_backchannel(text)
    at_the_end = held[-1].at >= deciding.event.occurred_at - timedelta(seconds=ANSWERS_EARLY_S)
    if perceived.intent in ("voicemail", "screening") or (listens and not at_the_end):
        return
    _take_turn(deciding, text)


def _may_answer(held: Held, line: Line) -> bool:
    """Whether there was something to answer yet."""
    early = timedelta(seconds=OPENS_WITH_S if line.discloses else FINAL_LAG_S)
    return line.heard_from is None or held.at >= line.heard_from + early


def take_back_unanswered(deciding: Deciding) -> None:
    """They hung up before an answer to their last words had begun: those words moved nothing, as they would have
    had they been heard after the hangup. A wish is kept, and so is what was agreed.
    """
    turn, verdict = deciding.state.turn, deciding.state.verdict
    if turn is not None and turn.before is not None and verdict in (None, FinalStatus.DISQUALIFIED):
        _go_back(deciding, CallState.model_validate_json(turn.before))


def _interim(deciding: Deciding, text: str) -> None:
    state = deciding.state
    if state.mode == "talking" and not rules.repeats(text, state.last_final):
        deciding.cancel("silence")
        deciding.timer("silence", deciding.settings.silence + FINAL_FOLLOWS_S)
        _barge_in(deciding, text)


def _barge_in(deciding: Deciding, text: str) -> bool:
    """Stops the line that is being said, if these words are more than a listener's "uh-huh"."""
    line = deciding.current_line()
    if line is None or line.begun_at is None or not line.interruptible or rules.is_backchannel(text):
        return False
    deciding.stop_speech()
    deciding.cancel("line")
    speech.mark_interrupted(deciding, line)
    deciding.state.asked = line.asks or deciding.state.asked
    deciding.timer("silence", deciding.settings.silence + FINAL_FOLLOWS_S)
    return True


def _final(deciding: Deciding, body: Heard) -> None:
    state = deciding.state
    perceived = deciding.perceive(body.text)
    conversation.weigh(deciding, body.text, perceived)
    deciding.file(
        {
            "speaker": "prospect",
            "text": body.text,
            "at": deciding.event.occurred_at,
            "phase": state.phase,
            "confidence": body.confidence,
            "sentiment": perceived.sentiment,
            "engagement": state.engagement,
            "intent": perceived.intent,
        }
    )
    state.last_final = f"{state.last_final} {body.text}"[-_MEMORY:]
    state.heard_words += len(rules.words(body.text))
    _MODES[state.mode](deciding, body.text)
    deciding.state.last_words, deciding.state.last_words_at = body.text, deciding.event.occurred_at


def _talking(deciding: Deciding, text: str) -> None:
    state = deciding.state
    line = deciding.current_line()
    if _opts_out(deciding, text):
        closing.do_not_call(deciding, text)
    elif line is None:
        _take_turn(deciding, text)
    elif line.begun_at is None and (line.interruptible or state.turn is not None):
        _before_it_began(deciding, text, line)
    elif not line.interruptible:
        perceived = deciding.perceive(text)
        if not dialing.heard_under_the_opening(deciding, text, perceived.intent, perceived.confidence):
            _hold(deciding, text)
    elif _barge_in(deciding, text):
        _take_turn(deciding, text)
    else:
        _hold(deciding, text)


def _hold(deciding: Deciding, text: str) -> None:
    deciding.state.held = (*deciding.state.held, Held(text=text, at=deciding.event.occurred_at))


def _before_it_began(deciding: Deciding, text: str, line: Line) -> None:
    """Words while nobody has told that the next line is heard: more of the turn or, later, an answer to the line."""
    if deciding.event.occurred_at - line.decided_at <= timedelta(seconds=SAME_TURN_S):
        _same_turn(deciding, text)
    elif line.interruptible:
        _take_turn(deciding, text)
    else:
        _hold(deciding, text)


def _same_turn(deciding: Deciding, text: str) -> None:
    """The line decided for the words before has not begun: these belong to them, and one new line answers all."""
    turn = deciding.state.turn
    deciding.stop_speech()
    if turn is None or turn.before is None:
        _take_turn(deciding, text)
        return
    _go_back(deciding, CallState.model_validate_json(turn.before))
    _take_turn(deciding, " ".join((*turn.texts, text)), (*turn.texts, text))


def _go_back(deciding: Deciding, before: CallState) -> None:
    """The state before the turn, but for what the world has seen since: legs, lines, numbers, what was filed."""
    now = deciding.state
    for name in _FACTS:
        setattr(before, name, getattr(now, name))
    deciding.state = before


def _take_turn(deciding: Deciding, text: str, texts: tuple[str, ...] | None = None) -> None:
    state = deciding.state
    perceived = deciding.perceive(text)
    state.turn = None
    before, done = state.model_dump_json(), len(deciding.effects)
    deciding.cancel("silence")
    conversation.respond(deciding, text, perceived)
    if deciding.state.mode in ("talking", "closing") and _only_words(deciding.effects[done:]):
        deciding.state.turn = Turn(texts=texts or (text,), before=before)


def _only_words(effects: list[Effect]) -> bool:
    """Whether a decision was an answer that can be taken back: a hangup, a claim, a text message, the do-not-call list
    cannot.
    """
    actions = {effect.action for effect in effects if isinstance(effect, Command)}
    actions |= {"speak" for effect in effects if isinstance(effect, AskPhrasing)}
    beyond = any(isinstance(effect, DoNotCall | ClaimCloser) for effect in effects)
    return not beyond and "speak" in actions and actions <= {"speak", "playback_stop"}


def _opts_out(deciding: Deciding, text: str) -> bool:
    """A wish not to be called, also when its final comes in two."""
    state = deciding.state
    if conversation.opts_out(text, deciding.perceive(text)):
        return True
    recent = (
        state.last_words_at is not None
        and deciding.event.occurred_at - state.last_words_at <= timedelta(seconds=SAME_TURN_S)
    )
    return recent and rules.asks_not_to_be_called(f"{state.last_words} {text}")


def _screening(deciding: Deciding, text: str) -> None:
    perceived = deciding.perceive(text)
    if _opts_out(deciding, text):
        closing.do_not_call(deciding, text)
    elif rules.says_wrong_number(text):
        closing.wrong_person(deciding)
    else:
        dialing.heard_before_greeting(deciding, text, perceived.intent, perceived.confidence)


def _closing(deciding: Deciding, text: str) -> None:
    perceived = deciding.perceive(text)
    state, line = deciding.state, deciding.current_line()
    if _opts_out(deciding, text):
        closing.do_not_call(deciding, text)
    elif line is not None and line.begun_at is None and state.turn is not None:
        _same_turn(deciding, text)
    elif state.verdict is FinalStatus.FOLLOW_UP and perceived.slots.callback_at not in (
        None,
        state.callback_at,
    ):
        closing.book(deciding, perceived.slots.callback_at, "callback.confirm")
    else:
        dialing.no_mailbox_after_all(deciding, text, perceived)


def _transferring(deciding: Deciding, text: str) -> None:
    """Who waits is heard: a wish is followed, a question answered, and the wait goes on."""
    perceived = deciding.perceive(text)
    sure = perceived.confidence >= SURE
    if _opts_out(deciding, text):
        closing.do_not_call(deciding, text)
    elif conversation.asks_whether_robot(text, perceived):
        handoff.tell_who_waits(deciding, deciding.line("robot"))
    elif perceived.intent in handoff.SECOND_THOUGHTS and sure:
        handoff.prospect_changed_mind(deciding, perceived)
    elif perceived.intent in conversation.KNOWLEDGE and sure:
        handoff.tell_who_waits(deciding, conversation.knows(deciding, perceived.intent))
    elif perceived.intent == "repeat" and sure:
        handoff.tell_who_waits(deciding)


def _bridged(deciding: Deciding, text: str) -> None:
    """Two people talk; words that were still on their way are filed, and a wish not to be called is listed."""
    _list_number(deciding, text)


def _after_the_end(deciding: Deciding, text: str) -> None:
    """Filed all the same; a wish not to be called is honoured however late it is heard; the call is learned again."""
    _list_number(deciding, text)
    closing.learn(deciding)


def _list_number(deciding: Deciding, text: str) -> None:
    lead = deciding.state.lead
    if lead is not None and _opts_out(deciding, text):
        deciding.emit(DoNotCall(phone=lead.phone, evidence=text))


_MODES = {
    "dialing": _screening,
    "screening": _screening,
    "talking": _talking,
    "transferring": _transferring,
    "parted": _bridged,
    "bridged": _bridged,
    "closing": _closing,
    "ended": _after_the_end,
}
