"""From the closer's acceptance to the end of the talk: the bridge, and whether it came.

A hand-over has happened when Telnyx tells that the two are bridged, never because it took the command.
"""

from datetime import timedelta

from call_flow import effects as fx
from call_flow.events import LegBridged
from call_flow.machine import claiming, closing
from call_flow.machine.deciding import CALL_LIMIT_SLACK_S, Deciding
from call_flow.record import TransferRecord
from call_flow.state import PROSPECT
from call_flow.status import FinalStatus

BRIDGE_S = 30.0  # for Telnyx to take the bridge or to refuse it
NEWS_S = 60.0  # Telnyx repeats a webhook for at most 60 s: what it has not told by then it never tells
PARTED_S = 2.0  # a bridged leg ends with its partner: who is still there after that was never bridged


def accept(deciding: Deciding) -> None:
    """The closer takes the call. From here no machine listens any more."""
    state = deciding.state
    leg = claiming.closer_leg(deciding)
    transfer = claiming.open_transfer(deciding, leg)
    if transfer is None or transfer.accepted_at is not None or not state.legs[leg].up:
        return
    if deciding.at >= transfer.initiated_at + timedelta(seconds=claiming.CLAIM_S):
        claiming.failed(deciding, "failed", "claim_expired")
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
    claiming.record(deciding, transfer)


def bridge_taken(deciding: Deciding, n: str) -> None:
    """Telnyx took bridge `n`. From here two may talk, and nothing parts them because the news of it is late."""
    transfer = claiming.accepted_transfer(deciding)
    if transfer is None or transfer.joining_at is not None or n != str(len(deciding.state.transfers)):
        return
    transfer.joining_at = deciding.at
    deciding.cancel("bridge")
    claiming.record(deciding, transfer)


def bridge_refused(deciding: Deciding, n: str, code: str) -> None:
    if n == str(len(deciding.state.transfers)):
        claiming.failed(deciding, "failed", code)


def bridged(deciding: Deciding, body: LegBridged) -> None:
    """Telnyx says so for both legs; the first tells."""
    state = deciding.state
    leg = state.legs.get(body.leg)
    transfer = claiming.accepted_transfer(deciding)
    if transfer is None or leg is None or leg.name not in (PROSPECT, claiming.closer_leg(deciding)):
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
    claiming.record(deciding, transfer)
    if state.mode == "parted":
        closing.end(deciding)
        return
    state.mode = "bridged"
    if not state.legs[claiming.closer_leg(deciding)].alive:
        talk_is_over(deciding, transfer)


def awaits_news(deciding: Deciding) -> bool:
    """Whether Telnyx took a bridge and has not told yet whether it came."""
    transfer = claiming.accepted_transfer(deciding)
    return transfer is not None and transfer.joining_at is not None and transfer.bridged_at is None


def prospect_parted(deciding: Deciding) -> None:
    """The prospect left before the news of their bridge: what the call was is settled when it comes, or never will."""
    state = deciding.state
    state.mode = "parted"
    deciding.cancel("parted")
    closer = state.legs[claiming.closer_leg(deciding)]
    if closer.alive:
        deciding.see_hung_up(closer.name)
    deciding.timer("bridge", NEWS_S)


def look_whether_bridged(deciding: Deciding) -> None:
    """The closer has left and no news of the bridge came: the prospect's leg tells whether there was one."""
    deciding.check(PROSPECT)


def prospect_is_there(deciding: Deciding) -> None:
    """The prospect outlived the closer's leg: there was no bridge."""
    transfer = claiming.accepted_transfer(deciding)
    if transfer is None or transfer.joining_at is None or transfer.bridged_at is not None:
        return
    if not deciding.state.legs[claiming.closer_leg(deciding)].alive:
        claiming.failed(deciding, "closer_hangup", "not_bridged")


def not_bridged(deciding: Deciding) -> None:
    """Nothing was heard of the bridge in time."""
    if deciding.state.mode == "parted":
        closing.end(deciding)
    else:
        claiming.failed(deciding, "failed", "no_news")


def talk_is_over(deciding: Deciding, transfer: TransferRecord) -> None:
    """The closer left the prospect, whose leg is ended on purpose: nobody is parked with a machine after a talk."""
    transfer.ended_at = deciding.at
    deciding.emit(fx.ReleaseClaim(claim=transfer.claim))
    claiming.record(deciding, transfer)
    if deciding.state.prospect.alive:
        deciding.hang_up(PROSPECT)
