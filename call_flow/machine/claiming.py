"""Claiming a closer for a hot prospect, the next one where the first will not come, and the video where none does."""

from datetime import timedelta

from call_flow import effects as fx
from call_flow import hotness
from call_flow.events import ClaimResult, CloserHint
from call_flow.machine import closing, progress
from call_flow.machine.deciding import TRANSCRIPTION, Deciding
from call_flow.record import TransferRecord

CLAIM_S = 120.0  # a claim outlives ring, whisper and decision, and no more, unless the two are bridged
WAIT_LINE_S = 12.0  # between two words to the waiting prospect
ATTEMPTS = 2
PATIENCE_S = 45.0  # of the waiting prospect: no second closer is rung after that


def said_yes(deciding: Deciding) -> None:
    """The prospect wants to talk to the closer: decide whether now, and with whom."""
    state = deciding.state
    decision = hotness.decide(state, deciding.at, deciding.settings.hot_threshold)
    state.decisions.append(decision)
    closers = deciding.closers()
    state.closer_available = bool(closers)
    if not decision.hot:
        closing.send_video(deciding, "goodbye.qualified")
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
        failed(deciding, "no_closer", "all_taken")
        return
    transfer.closer_id, transfer.closer_name, transfer.dialed_at = (
        body.closer.id,
        body.closer.name,
        deciding.at,
    )
    deciding.dial(
        closer_leg(deciding),
        body.closer.phone,
        ring_s=deciding.settings.closer_ring_timeout,
        amd="detect",
        extra={"link_to": state.prospect.call_control_id},
        not_after=deciding.at + timedelta(seconds=deciding.settings.closer_ring_timeout),
    )
    deciding.timer("wait", WAIT_LINE_S)
    deciding.timer("closer", deciding.settings.closer_ring_timeout + 10.0)
    record(deciding, transfer)


def failed(deciding: Deciding, outcome: str, reason: str) -> None:
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
    closing.send_video(deciding, "transfer.failed_video")


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
    record(deciding, state.transfers[-1])


def closer_leg(deciding: Deciding) -> str:
    return f"closer.{len(deciding.state.transfers)}"


def open_transfer(deciding: Deciding, leg: str) -> TransferRecord | None:
    """The transfer that this closer's leg belongs to, while it is neither over nor given up."""
    state = deciding.state
    if not state.transfers or leg != closer_leg(deciding) or leg not in state.legs:
        return None
    transfer = state.transfers[-1]
    return transfer if transfer.ended_at is None else None


def accepted_transfer(deciding: Deciding) -> TransferRecord | None:
    transfer = open_transfer(deciding, closer_leg(deciding))
    return transfer if transfer is not None and transfer.accepted_at is not None else None


def record(deciding: Deciding, transfer: TransferRecord) -> None:
    deciding.emit(fx.RecordTransfer(claim=transfer.claim, values=transfer.model_dump(mode="json")))
