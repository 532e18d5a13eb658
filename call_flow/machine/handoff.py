"""The warm hand-over until the closer has decided: answer, whisper, key or console; and the prospect who waits."""

from call_flow.events import ConsoleAction, Digit, Perceived
from call_flow.machine import bridging, claiming, closing
from call_flow.machine.deciding import MACHINES, Deciding
from call_flow.playbook.placeholders import sayable
from call_flow.state import PROSPECT, Leg
from call_flow.status import FinalStatus

ACCEPT_S = 30.0  # from the closer's answer to the key press
DETECT_S = 4.5  # standard detection speaks within 4.0 s of the answer
REFUSALS = {
    "hostile": "hostile.goodbye",
    "deny": "not_interested.goodbye",
    "objection.not_interested": "not_interested.goodbye",
}
SECOND_THOUGHTS = (*REFUSALS, "goodbye", "callback")
NOT_REACHED = ("timeout", "no_answer", "originator_cancel", "normal_clearing", "lost")


def closer_answered(deciding: Deciding, leg: Leg) -> None:
    transfer = claiming.open_transfer(deciding, leg.name)
    if transfer is None:
        deciding.hang_up(leg.name)
        return
    transfer.answered_at = deciding.at
    deciding.cancel("closer")
    deciding.timer("accept", ACCEPT_S)
    deciding.timer("detect", DETECT_S)
    claiming.record(deciding, transfer)
    if leg.machine is not None:
        closer_detected(deciding, leg)


def closer_detected(deciding: Deciding, leg: Leg) -> None:
    """A machine does not get the prospect; everything else hears the whisper. Who has pressed a key is a person."""
    transfer = claiming.open_transfer(deciding, leg.name)
    if transfer is None or transfer.accepted_at is not None or not leg.up:
        return
    if leg.machine in MACHINES:
        claiming.failed(deciding, "voicemail", leg.machine or "")
    else:
        whisper(deciding)


def whisper(deciding: Deciding) -> None:
    """Tells the closer who is waiting, once, unheard by the prospect."""
    leg = deciding.state.legs[claiming.closer_leg(deciding)]
    if (
        not leg.up
        or deciding.state.mode != "transferring"
        or deciding.state.counters.get(f"whisper:{leg.name}")
    ):
        return
    deciding.count(f"whisper:{leg.name}")
    deciding.cancel("detect")
    values = deciding.values() | {"summary": summary_for_closer(deciding)}
    text = deciding.book.render(deciding.book.line("whisper"), values)
    deciding.say(text, purpose="whisper", entry="whisper", leg=leg.name, interruptible=False)


def digit(deciding: Deciding, body: Digit) -> None:
    if claiming.open_transfer(deciding, body.leg) is None:
        return
    if body.digit == "1":
        bridging.accept(deciding)
    elif body.digit == "2":
        _decline(deciding, "key")


def console(deciding: Deciding, body: ConsoleAction) -> None:
    """What a person decided about the transfer on their screen, which may not be the present one any more."""
    state = deciding.state
    if body.action == "rate":
        _rated(deciding, body)
    elif body.claim is not None and (not state.transfers or state.transfers[-1].claim != body.claim):
        return
    elif body.action == "accept":
        bridging.accept(deciding)
    elif body.action == "decline":
        _decline(deciding, "console")
    elif body.action == "hangup" and state.prospect.alive:
        deciding.hang_up(PROSPECT)


def _rated(deciding: Deciding, body: ConsoleAction) -> None:
    """The closer's word on the lead replaces what the call's status was worth: learned again."""
    state = deciding.state
    transfer = next((transfer for transfer in state.transfers if transfer.claim == body.claim), None)
    if transfer is None:
        return
    transfer.rating = transfer.rating if body.rating is None else body.rating
    transfer.result = body.result or transfer.result
    if state.ended:
        closing.learn(deciding)


def closer_gone(deciding: Deciding, leg: Leg, cause: str) -> None:
    """The closer's leg ended: before the bridge the prospect gets something else, after it the call is over."""
    transfer = claiming.open_transfer(deciding, leg.name)
    if transfer is None or deciding.state.ended:
        return
    if transfer.bridged_at is not None:
        bridging.talk_is_over(deciding, transfer)
    elif transfer.joining_at is not None:
        if deciding.state.prospect.alive:
            deciding.timer("parted", bridging.PARTED_S)
    elif transfer.answered_at is not None:
        claiming.failed(deciding, "closer_hangup", cause)
    elif cause in ("call_rejected", "user_busy"):
        claiming.failed(deciding, "declined", cause)
    else:
        claiming.failed(deciding, "no_answer" if cause in NOT_REACHED else "failed", cause)


def not_picked_up(deciding: Deciding) -> None:
    """Neither an answer nor the end of the ringing was reported."""
    claiming.failed(deciding, "no_answer", "no_news")


def not_accepted(deciding: Deciding) -> None:
    """The closer listens and presses nothing."""
    claiming.failed(deciding, "no_answer", "no_key_pressed")


def _decline(deciding: Deciding, how: str) -> None:
    """Before the closer accepted; a key that is pressed in a talk means nothing."""
    transfers = deciding.state.transfers
    if transfers and transfers[-1].accepted_at is None:
        claiming.failed(deciding, "declined", how)


def still_waiting(deciding: Deciding) -> None:
    """A word to the prospect who waits."""
    if deciding.state.mode != "transferring":
        return
    deciding.timer("wait", claiming.WAIT_LINE_S)
    if deciding.current_line() is None:
        _say_waiting(deciding, "")


def tell_who_waits(deciding: Deciding, text: str = "") -> None:
    """An answer to the waiting prospect, and that the wait goes on. Who has accepted is about to answer themselves."""
    if deciding.state.transfers[-1].accepted_at is not None:
        return
    deciding.stop_speech()
    deciding.timer("wait", claiming.WAIT_LINE_S)
    _say_waiting(deciding, text)


def _say_waiting(deciding: Deciding, before: str) -> None:
    text = f"{before} {deciding.line('transfer.wait')}".strip()
    deciding.say(text, purpose="announce", entry="transfer.wait", interruptible=False)


def prospect_changed_mind(deciding: Deciding, perceived: Perceived) -> None:
    """Who waits would rather not: let go as they ask. Once the closer has accepted it is the closer's to hear."""
    if deciding.state.transfers[-1].accepted_at is not None:
        return
    closing.release_closer(deciding, "withdrawn", perceived.intent)
    if perceived.slots.callback_at is not None:
        closing.book(deciding, perceived.slots.callback_at, "followup.confirm")
    elif perceived.intent in REFUSALS:
        closing.goodbye(deciding, REFUSALS[perceived.intent], FinalStatus.DISQUALIFIED, "objection")
    else:
        closing.send_video(deciding, "goodbye.qualified")


def summary_for_closer(deciding: Deciding) -> str:
    """What the closer must know, in one breath."""
    names = {
        "current_income_range": "earns {}",
        "desired_income_range": "wants {}",
        "time_availability": "has {}",
        "experience_level": "experience {}",
        "motivation_level": "motivation {}",
    }
    known_words = sayable(deciding.state.captures)
    known = [text.format(known_words[name]) for name, text in names.items() if name in known_words]
    told = f"Engagement {round(deciding.state.engagement)}."
    return f"{told} {', '.join(known).capitalize()}." if known else told
