"""A call's legs on their way up and down: dialled, ringing, answered by a person or a machine, hung up."""

from call_flow import rules
from call_flow.events import (
    CallArrived,
    CallRequested,
    LegAnswered,
    LegHungUp,
    LegInitiated,
    MachineDetected,
    MachineGreetingEnded,
    Perceived,
)
from call_flow.lead import CAPTURED
from call_flow.machine import bridging, closing, handoff, progress, turns
from call_flow.machine.deciding import MACHINES, SURE, TRANSCRIPTION, Deciding
from call_flow.needs import InboundCaller, Needs
from call_flow.state import LEG_ORDER, PROSPECT, Leg, LegState
from call_flow.status import FinalStatus

GREET_WITHIN_S = 2.0  # of silence after the answer: 16 CFR 310.4(b)(4)(iii), a person within two seconds
BEEP_WITHIN_S = 12.0  # a machine's greeting that never reports its end
SCREENINGS = 2  # prompts of a screening bot that are answered
# not_sure is a person: Telnyx says so.
PEOPLE = ("human", "human_residence", "human_business", "not_sure", "silence")
NOT_A_PERSON = ("voicemail", "screening", "other", "backchannel", "greeting", "thanks", "goodbye")


def requested(deciding: Deciding, body: CallRequested) -> None:
    """The call begins: its lead, its settings and its playbook are fixed, and the prospect is rung."""
    state = deciding.state
    if state.started_at is not None:
        return
    state.lead, state.settings = body.lead, body.settings
    state.playbook_version, state.control = body.playbook_version, body.control
    state.started_at = deciding.at
    _know_already(deciding)
    deciding.dial(
        PROSPECT,
        body.lead.phone,
        ring_s=body.settings.ring_timeout,
        amd=body.settings.amd,
        extra={"transcription": True, "transcription_config": TRANSCRIPTION},
        not_after=body.dial_before,
    )
    deciding.timer("watch", body.settings.watch)


def arrived(deciding: Deciding, body: CallArrived) -> None:
    """Somebody calls us: answered, with what we know of the number."""
    state = deciding.state
    if state.started_at is not None:
        return
    given = deciding.event.given
    if given.lead is None or given.settings is None:
        raise Needs(InboundCaller(phone=body.from_number))
    state.direction, state.lead, state.settings = "inbound", given.lead, given.settings
    state.playbook_version = deciding.book.version
    state.started_at = deciding.at
    _know_already(deciding)
    state.legs[PROSPECT] = Leg(name=PROSPECT, to_number=body.from_number, last_event_at=deciding.at)
    _identify(state.legs[PROSPECT], body)
    _advance_leg(state.legs[PROSPECT], "initiated")
    deciding.command("answer", "answer", args={"transcription": True, "transcription_config": TRANSCRIPTION})
    deciding.timer("watch", given.settings.watch)


def initiated(deciding: Deciding, body: LegInitiated) -> None:
    leg = deciding.state.legs.get(body.leg)
    if leg is not None:
        _shows_itself(deciding, leg, body)
        _advance_leg(leg, "initiated")


def proven_answered(deciding: Deciding, leg_name: str) -> None:
    """Words, keys and detection come from an answered leg alone, though the news of the answer be late."""
    leg = deciding.state.legs.get(leg_name)
    if leg is not None and leg.state in ("dialing", "initiated"):
        answered(deciding, LegAnswered(leg=leg_name))


def answered(deciding: Deciding, body: LegAnswered) -> None:
    leg = deciding.state.legs.get(body.leg)
    if leg is None:
        return
    _shows_itself(deciding, leg, body)
    if not _advance_leg(leg, "answered"):
        return
    leg.answered_at = deciding.at
    if body.leg == PROSPECT:
        deciding.state.answered_at = deciding.at
        deciding.state.mode = "screening"
        deciding.timer("greet", GREET_WITHIN_S)
        deciding.timer("max", deciding.settings.max_duration)
        if leg.machine in MACHINES:
            _machine(deciding)
    else:
        handoff.closer_answered(deciding, leg)


def machine_detected(deciding: Deciding, body: MachineDetected) -> None:
    """A verdict, however late: it counts until a person has shown to be one."""
    leg = deciding.state.legs.get(body.leg)
    if leg is None or not leg.alive:
        return
    leg.machine = body.result
    if body.leg != PROSPECT:
        handoff.closer_detected(deciding, leg)
    elif (
        body.result == "screening"
        and deciding.state.mode in ("screening", "talking")
        and not _person(deciding)
    ):
        answer_screening(deciding)
    elif body.result in MACHINES:
        _machine(deciding)
    elif body.result in PEOPLE and deciding.state.mode == "screening" and leg.up:
        greet(deciding)


def greeting_ended(deciding: Deciding, body: MachineGreetingEnded) -> None:
    """The moment for the message; a beep is a machine's, though no verdict came."""
    leg = deciding.state.legs.get(body.leg)
    if body.leg != PROSPECT or leg is None or not leg.up:
        return
    leg.greeting_over = True
    if body.result == "beep_detected" and leg.machine is None:
        leg.machine = "machine"
        _machine(deciding)
    leave_message(deciding)


def greet(deciding: Deciding) -> None:
    """The first words to a person. Once."""
    state = deciding.state
    if state.mode != "screening":
        return
    state.mode = "talking"
    deciding.cancel("greet")
    deciding.stop_speech()
    if state.direction == "inbound":
        progress.greet_caller(deciding)
    else:
        progress.enter(deciding, state.phase)


def voicemail(deciding: Deciding) -> None:
    """A machine took the call: leave the message after its greeting, or leave."""
    state = deciding.state
    if state.verdict is not None or state.mode not in ("screening", "talking"):
        return
    state.verdict = FinalStatus.VOICEMAIL
    deciding.stop_speech()
    state.mode, state.asked, state.turn, state.held = "closing", None, None, ()
    for key in ("greet", "silence", "line"):
        deciding.cancel(key)
    if not deciding.settings.leave_voicemail:
        deciding.hang_up(PROSPECT)
    elif state.prospect.greeting_over:
        leave_message(deciding)
    else:
        deciding.timer("beep", BEEP_WITHIN_S)


def leave_message(deciding: Deciding) -> None:
    """Says the message once, after the beep."""
    state = deciding.state
    wanted = state.verdict is FinalStatus.VOICEMAIL and deciding.settings.leave_voicemail
    if not wanted or state.counters.get("voicemail") or not state.prospect.up:
        return
    deciding.count("voicemail")
    deciding.cancel("beep")
    deciding.say(
        deciding.line("voicemail.message"), purpose="goodbye", entry="voicemail.message", interruptible=False
    )


def hung_up(deciding: Deciding, body: LegHungUp) -> None:
    leg = deciding.state.legs.get(body.leg)
    if leg is None or not _advance_leg(leg, "ended"):
        return
    leg.ended_at, leg.hangup_cause = deciding.at, body.cause
    deciding.cancel(f"hangup:{body.leg}")
    if body.leg != PROSPECT:
        handoff.closer_gone(deciding, leg, body.cause)
    elif bridging.awaits_news(deciding):
        bridging.prospect_parted(deciding)
    else:
        turns.take_back_unanswered(deciding)
        closing.end(deciding)


def heard_before_greeting(deciding: Deciding, text: str, intent: str, confidence: float) -> None:
    """The far end's first words decide who it is: a machine, a screening bot, or a person to greet."""
    if is_screening(text, intent, confidence):
        answer_screening(deciding)
    elif is_mailbox(text, intent, confidence):
        voicemail(deciding)
    else:
        greet(deciding)


def heard_under_the_opening(deciding: Deciding, text: str, intent: str, confidence: float) -> bool:
    """Whether it was no person after all who is being greeted: the opening need not be heard out then."""
    if "right_person" in deciding.state.captures:
        return False
    if is_screening(text, intent, confidence):
        answer_screening(deciding)
    elif is_mailbox(text, intent, confidence):
        voicemail(deciding)
    else:
        return False
    return True


def is_screening(text: str, intent: str, confidence: float) -> bool:
    return rules.sounds_like_screening(text) or (intent == "screening" and confidence >= SURE)


def is_mailbox(text: str, intent: str, confidence: float) -> bool:
    return rules.sounds_like_voicemail(text) or (intent == "voicemail" and confidence >= SURE)


def no_mailbox_after_all(deciding: Deciding, text: str, perceived: Perceived) -> None:
    """Detection takes a screening bot for a machine, and now and then a person: until the message has been asked for
    their words correct that.
    """
    state = deciding.state
    if state.verdict is not FinalStatus.VOICEMAIL or state.counters.get("voicemail"):
        return
    if not state.prospect.up or state.counters.get(f"hangup:{PROSPECT}"):
        return
    bot = is_screening(text, perceived.intent, perceived.confidence)
    if bot or (perceived.intent not in NOT_A_PERSON and perceived.confidence >= SURE):
        state.verdict = None
        deciding.cancel("beep")
        answer_screening(deciding) if bot else _talk_to(deciding)


def _talk_to(deciding: Deciding) -> None:
    """A person after all, whose opening was cut or never said."""
    state = deciding.state
    state.prospect.machine, state.mode = "human", "screening"
    if state.phases:
        state.mode = "talking"
        progress.greet_again(deciding)
    else:
        greet(deciding)


def answer_screening(deciding: Deciding) -> None:
    """Tells a screening bot who is calling, and waits for the person behind it; a bot that goes on asking is left."""
    state = deciding.state
    deciding.cancel("greet")
    deciding.stop_speech()
    state.turn, state.held = None, ()
    if deciding.count("screening") > SCREENINGS:
        state.verdict, state.mode, state.asked = FinalStatus.NO_ANSWER, "closing", None
        deciding.hang_up(PROSPECT)
        return
    state.mode, state.asked = "screening", "screening"
    deciding.say(
        deciding.line("screening.answer"),
        purpose="ask",
        entry="screening.answer",
        asks="screening",
        interruptible=False,
    )


def _machine(deciding: Deciding) -> None:
    if deciding.state.prospect.up and not _person(deciding) and deciding.state.asked != "screening":
        voicemail(deciding)


def _person(deciding: Deciding) -> bool:
    """Whether somebody has shown to be one: by a turn that was answered."""
    return "right_person" in deciding.state.captures or bool(deciding.state.counters.get("turns"))


def _know_already(deciding: Deciding) -> None:
    lead = deciding.state.lead
    if lead is None:
        return
    for name in CAPTURED:
        value = getattr(lead, name)
        if value:
            deciding.state.captures[name] = value


def _shows_itself(deciding: Deciding, leg: Leg, body: LegInitiated | LegAnswered) -> None:
    """The leg's ids, from whatever news is here first; one that we had given up is ended once it shows itself."""
    _identify(leg, body)
    if leg.given_up:
        leg.given_up = False
        deciding.tell_to_hang_up(leg.name)


def _identify(leg: Leg, body: LegInitiated | LegAnswered | CallArrived) -> None:
    leg.call_control_id = body.call_control_id or leg.call_control_id
    leg.call_leg_id = body.call_leg_id or leg.call_leg_id
    leg.call_session_id = body.call_session_id or leg.call_session_id


def _advance_leg(leg: Leg, to: LegState) -> bool:
    """Moves the leg forward; False where it already was as far, or further."""
    if LEG_ORDER.index(to) <= LEG_ORDER.index(leg.state):
        return False
    leg.state = to
    return True
