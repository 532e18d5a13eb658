"""The warm hand-over: claim a closer, dial, whisper, accept by key or console, bridge; and what the prospect gets when
it fails.

A hand-over has happened when Telnyx tells that the two are bridged, never because it took the command.
"""

from datetime import timedelta

from call_flow import effects as fx
from call_flow import hotness
from call_flow.events import ClaimResult, CloserHint, ConsoleAction, Digit, LegBridged, Perceived
from call_flow.machine import closing, progress
from call_flow.machine.deciding import CALL_LIMIT_SLACK_S, MACHINES, TRANSCRIPTION, Deciding
from call_flow.playbook.placeholders import sayable
from call_flow.record import TransferRecord
from call_flow.state import PROSPECT, Leg
from call_flow.status import FinalStatus

CLAIM_S = 120.0  # a claim outlives ring, whisper and decision, and no more, unless the two are bridged
ACCEPT_S = 30.0  # from the closer's answer to the key press
DETECT_S = 4.5  # standard detection speaks within 4.0 s of the answer
BRIDGE_S = 30.0  # for Telnyx to take the bridge or to refuse it
NEWS_S = 60.0  # Telnyx repeats a webhook for at most 60 s: what it has not told by then it never tells
PARTED_S = 2.0  # a bridged leg ends with its partner: who is still there after that was never bridged
WAIT_LINE_S = 12.0
ATTEMPTS = 2
REFUSALS = {
    "hostile": "hostile.goodbye",
    "deny": "not_interested.goodbye",
    "objection.not_interested": "not_interested.goodbye",
}
SECOND_THOUGHTS = (*REFUSALS, "goodbye", "callback")
PATIENCE_S = 45.0  # of the waiting prospect: no second closer is rung after that
NOT_REACHED = ("timeout", "no_answer", "originator_cancel", "normal_clearing", "lost")


def said_yes(deciding: Deciding) -> None:
    """The prospect wants to talk to the closer: decide whether now, and with whom."""
    state = deciding.state
    decision = hotness.decide(state, deciding.at, deciding.settings.hot_threshold)
    state.decisions.append(decision)
    closers = deciding.closers()
    state.closer_available = bool(closers)
    if not decision.hot:
        send_video(deciding, "goodbye.qualified")
    elif closers:
        _begin(deciding, closers)
    else:
        closing.to_handoff(deciding, "positive")
        progress.ask_line(deciding, "followup.ask", "followup", deciding.line("transfer.failed_followup"))


def claimed(deciding: Deciding, body: ClaimResult) -> None:
    state = deciding.state
    transfer = state.transfers[-1] if state.transfers else None
    if (
        transfer is None
        or transfer.claim != body.claim
        or transfer.ended_at is not None
        or state.mode != "transferring"
    ):
        deciding.emit(fx.ReleaseClaim(claim=body.claim))
        return
    if transfer.dialed_at is not None:
        return
    if body.closer is None:
        _failed(deciding, "no_closer", "all_taken")
        return
    transfer.closer_id, transfer.closer_name, transfer.dialed_at = (
        body.closer.id,
        body.closer.name,
        deciding.at,
    )
    leg = f"closer.{len(state.transfers)}"
    deciding.dial(
        leg,
        body.closer.phone,
        ring_s=deciding.settings.closer_ring_timeout,
        amd="detect",
        extra={"link_to": state.prospect.call_control_id},
        not_after=deciding.at + timedelta(seconds=deciding.settings.closer_ring_timeout),
    )
    deciding.timer("wait", WAIT_LINE_S)
    deciding.timer("closer", deciding.settings.closer_ring_timeout + 10.0)
    _record(deciding, transfer)


def closer_answered(deciding: Deciding, leg: Leg) -> None:
    transfer = _open_transfer(deciding, leg.name)
    if transfer is None:
        deciding.hang_up(leg.name)
        return
    transfer.answered_at = deciding.at
    deciding.cancel("closer")
    deciding.timer("accept", ACCEPT_S)
    deciding.timer("detect", DETECT_S)
    _record(deciding, transfer)
    if leg.machine is not None:
        closer_detected(deciding, leg)


def closer_detected(deciding: Deciding, leg: Leg) -> None:
    """A machine does not get the prospect; everything else hears the whisper. Who has pressed a key is a person."""
    transfer = _open_transfer(deciding, leg.name)
    if transfer is None or transfer.accepted_at is not None or not leg.up:
        return
    if leg.machine in MACHINES:
        _failed(deciding, "voicemail", leg.machine or "")
    else:
        whisper(deciding)


def whisper(deciding: Deciding) -> None:
    """Tells the closer who is waiting, once, unheard by the prospect."""
    leg = deciding.state.legs[_closer_leg(deciding)]
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
    if _open_transfer(deciding, body.leg) is None:
        return
    if body.digit == "1":
        accept(deciding)
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
        accept(deciding)
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


def accept(deciding: Deciding) -> None:
    """The closer takes the call. From here no machine listens any more."""
    state = deciding.state
    leg = _closer_leg(deciding)
    transfer = _open_transfer(deciding, leg)
    if transfer is None or transfer.accepted_at is not None or not state.legs[leg].up:
        return
    if deciding.at >= transfer.initiated_at + timedelta(seconds=CLAIM_S):
        _failed(deciding, "failed", "claim_expired")
        return
    transfer.accepted_at = deciding.at
    for key in ("accept", "wait", "detect", "silence", "line", "max"):
        deciding.cancel(key)
    deciding.stop_speech()
    deciding.stop_speech(leg)
    n = len(state.transfers)
    deciding.command("transcription_stop", f"transcription_stop:{n}")
    if state.counters.get("record"):
        deciding.command("record_stop", f"record_stop:{n}")
    # On the prospect's leg, so that it comes after the end of transcription: commands of one leg keep their order.
    deciding.command("bridge", f"bridge:{n}", other_leg=leg)
    deciding.timer("bridge", BRIDGE_S)
    lasts = timedelta(seconds=deciding.settings.max_duration + CALL_LIMIT_SLACK_S)
    deciding.emit(fx.HoldClaim(claim=transfer.claim, until=deciding.at + lasts))
    _record(deciding, transfer)


def bridge_taken(deciding: Deciding, n: str) -> None:
    """Telnyx took bridge `n`. From here two may talk, and nothing parts them because the news of it is late."""
    transfer = _accepted_transfer(deciding)
    if transfer is None or transfer.joining_at is not None or n != str(len(deciding.state.transfers)):
        return
    transfer.joining_at = deciding.at
    deciding.cancel("bridge")
    _record(deciding, transfer)


def bridge_refused(deciding: Deciding, n: str, code: str) -> None:
    if n == str(len(deciding.state.transfers)):
        _failed(deciding, "failed", code)


def bridged(deciding: Deciding, body: LegBridged) -> None:
    """Telnyx says so for both legs; the first tells."""
    state = deciding.state
    leg = state.legs.get(body.leg)
    transfer = _accepted_transfer(deciding)
    if transfer is None or leg is None or leg.name not in (PROSPECT, _closer_leg(deciding)):
        return
    if leg.up:
        leg.state = "bridged"
    if transfer.bridged_at is None:
        _joined(deciding, transfer)


def _joined(deciding: Deciding, transfer: TransferRecord) -> None:
    """The two hear each other, or did: the news may be here after one or both have left."""
    state = deciding.state
    transfer.bridged_at, transfer.outcome = min(deciding.event.occurred_at, deciding.at), "bridged"
    state.verdict = FinalStatus.HOT_TRANSFER
    for timer in ("bridge", "parted"):
        deciding.cancel(timer)
    _record(deciding, transfer)
    if state.mode == "parted":
        closing.end(deciding)
        return
    state.mode = "bridged"
    if not state.legs[_closer_leg(deciding)].alive:
        _talk_is_over(deciding, transfer)


def closer_gone(deciding: Deciding, leg: Leg, cause: str) -> None:
    """The closer's leg ended: before the bridge the prospect gets something else, after it the call is over."""
    transfer = _open_transfer(deciding, leg.name)
    if transfer is None or deciding.state.ended:
        return
    if transfer.bridged_at is not None:
        _talk_is_over(deciding, transfer)
    elif transfer.joining_at is not None:
        if deciding.state.prospect.alive:
            deciding.timer("parted", PARTED_S)
    elif transfer.answered_at is not None:
        _failed(deciding, "closer_hangup", cause)
    elif cause in ("call_rejected", "user_busy"):
        _failed(deciding, "declined", cause)
    else:
        _failed(deciding, "no_answer" if cause in NOT_REACHED else "failed", cause)


def _talk_is_over(deciding: Deciding, transfer: TransferRecord) -> None:
    """The closer left the prospect, whose leg is ended on purpose: nobody is parked with a machine after a talk."""
    transfer.ended_at = deciding.at
    deciding.emit(fx.ReleaseClaim(claim=transfer.claim))
    _record(deciding, transfer)
    if deciding.state.prospect.alive:
        deciding.hang_up(PROSPECT)


def look_whether_bridged(deciding: Deciding) -> None:
    """The closer has left and no news of the bridge came: the prospect's leg tells whether there was one."""
    deciding.check(PROSPECT)


def prospect_is_there(deciding: Deciding) -> None:
    """The prospect outlived the closer's leg: there was no bridge."""
    transfer = _accepted_transfer(deciding)
    if transfer is None or transfer.joining_at is None or transfer.bridged_at is not None:
        return
    if not deciding.state.legs[_closer_leg(deciding)].alive:
        _failed(deciding, "closer_hangup", "not_bridged")


def awaits_news(deciding: Deciding) -> bool:
    """Whether Telnyx took a bridge and has not told yet whether it came."""
    transfer = _accepted_transfer(deciding)
    return transfer is not None and transfer.joining_at is not None and transfer.bridged_at is None


def prospect_parted(deciding: Deciding) -> None:
    """The prospect left before the news of their bridge: what the call was is settled when it comes, or never will."""
    state = deciding.state
    state.mode = "parted"
    deciding.cancel("parted")
    closer = state.legs[_closer_leg(deciding)]
    if closer.alive:
        deciding.see_hung_up(closer.name)
    deciding.timer("bridge", NEWS_S)


def not_picked_up(deciding: Deciding) -> None:
    """Neither an answer nor the end of the ringing was reported."""
    _failed(deciding, "no_answer", "no_news")


def not_accepted(deciding: Deciding) -> None:
    """The closer listens and presses nothing."""
    _failed(deciding, "no_answer", "no_key_pressed")


def _decline(deciding: Deciding, how: str) -> None:
    """Before the closer accepted; a key that is pressed in a talk means nothing."""
    transfers = deciding.state.transfers
    if transfers and transfers[-1].accepted_at is None:
        _failed(deciding, "declined", how)


def still_waiting(deciding: Deciding) -> None:
    """A word to the prospect who waits."""
    if deciding.state.mode != "transferring":
        return
    deciding.timer("wait", WAIT_LINE_S)
    if deciding.current_line() is None:
        _say_waiting(deciding, "")


def tell_who_waits(deciding: Deciding, text: str = "") -> None:
    """An answer to the waiting prospect, and that the wait goes on. Who has accepted is about to answer themselves."""
    if deciding.state.transfers[-1].accepted_at is not None:
        return
    deciding.stop_speech()
    deciding.timer("wait", WAIT_LINE_S)
    _say_waiting(deciding, text)


def _say_waiting(deciding: Deciding, before: str) -> None:
    text = f"{before} {deciding.line('transfer.wait')}".strip()
    deciding.say(text, purpose="announce", entry="transfer.wait", interruptible=False)


def not_bridged(deciding: Deciding) -> None:
    """Nothing was heard of the bridge in time."""
    if deciding.state.mode == "parted":
        closing.end(deciding)
    else:
        _failed(deciding, "failed", "no_news")


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
        send_video(deciding, "goodbye.qualified")


def send_video(deciding: Deciding, entry: str) -> None:
    """The video by SMS, and a goodbye that says so."""
    lead = deciding.state.lead
    if lead is not None:
        text = deciding.line("video.sms")
        args = {"to": lead.phone, "from_": deciding.settings.from_number, "text": text}
        deciding.command("message", "message:video", args=args)
    closing.goodbye(deciding, entry, FinalStatus.VIDEO_SENT, "advanced")


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


def _begin(deciding: Deciding, closers: tuple[CloserHint, ...]) -> None:
    state = deciding.state
    closing.to_handoff(deciding, "positive")
    state.mode, state.asked, state.turn = "transferring", None, None
    deciding.stop_speech()
    deciding.say(
        deciding.line("transfer.announce"), purpose="announce", entry="transfer.announce", interruptible=False
    )
    _claim(deciding, tuple(closer.id for closer in closers))


def _claim(deciding: Deciding, closers: tuple[str, ...]) -> None:
    state = deciding.state
    claim = f"claim:{len(state.transfers) + 1}"
    state.transfers.append(
        TransferRecord(
            claim=claim,
            initiated_at=deciding.at,
            engagement=state.engagement,
            phase=state.decisions[-1].phase,
            key_indicators=state.decisions[-1].reasons,
        )
    )
    deciding.emit(
        fx.ClaimCloser(claim=claim, closers=closers, expires_at=deciding.at + timedelta(seconds=CLAIM_S))
    )
    deciding.timer("closer", deciding.settings.closer_ring_timeout + 10.0)
    _record(deciding, state.transfers[-1])


def _failed(deciding: Deciding, outcome: str, reason: str) -> None:
    """This closer will not take it: another one if there is one and the prospect has patience, else the video."""
    state = deciding.state
    if state.mode != "transferring" or state.transfers[-1].ended_at is not None:
        return
    waited = (deciding.at - state.transfers[0].initiated_at).total_seconds()
    tried = {transfer.closer_id for transfer in state.transfers}
    closing.release_closer(deciding, outcome, reason)
    if state.transfers[-1].accepted_at is not None:
        # The prospect stays with the machine, which hears them again: a wish not to be called above all.
        n = len(state.transfers)
        deciding.command("transcription_start", f"transcription_start:{n}", args=dict(TRANSCRIPTION))
    if outcome != "no_closer" and len(state.transfers) < ATTEMPTS and waited < PATIENCE_S:
        others = tuple(closer.id for closer in deciding.closers() if closer.id not in tried)
        if others:
            _claim(deciding, others)
            return
    send_video(deciding, "transfer.failed_video")


def _closer_leg(deciding: Deciding) -> str:
    return f"closer.{len(deciding.state.transfers)}"


def _open_transfer(deciding: Deciding, leg: str) -> TransferRecord | None:
    """The transfer that this closer's leg belongs to, while it is neither over nor given up."""
    state = deciding.state
    if not state.transfers or leg != _closer_leg(deciding) or leg not in state.legs:
        return None
    transfer = state.transfers[-1]
    return transfer if transfer.ended_at is None else None


def _accepted_transfer(deciding: Deciding) -> TransferRecord | None:
    transfer = _open_transfer(deciding, _closer_leg(deciding))
    return transfer if transfer is not None and transfer.accepted_at is not None else None


def _record(deciding: Deciding, transfer: TransferRecord) -> None:
    deciding.emit(fx.RecordTransfer(claim=transfer.claim, values=transfer.model_dump(mode="json")))
