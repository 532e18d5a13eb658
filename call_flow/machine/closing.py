"""How calls end: the last line, the hangup, the one final status, and the order to learn."""

from datetime import datetime

from call_flow import effects as fx
from call_flow.machine import progress
from call_flow.machine.deciding import Deciding
from call_flow.phases import Phase, PhaseOutcome
from call_flow.state import PROSPECT, CallState
from call_flow.status import FinalStatus

# Telnyx's causes of a leg that was never answered, and that say the number or the account is at fault, not
# the person.
_FAILURES = ("not_found", "unspecified", "time_limit")


def goodbye(
    deciding: Deciding,
    entry: str,
    verdict: FinalStatus | None,
    outcome: PhaseOutcome = "stalled",
    before: str = "",
) -> None:
    """The last line of the call; the hangup follows when it has been said."""
    state = deciding.state
    if verdict is not None:
        state.verdict = verdict
    deciding.stop_speech()
    to_handoff(deciding, outcome)
    state.mode, state.asked, state.turn, state.held = "closing", None, None, ()
    text = f"{before} {deciding.line(entry)}".strip()
    deciding.say(text, purpose="goodbye", entry=entry, interruptible=False)


def send_video(deciding: Deciding, entry: str) -> None:
    """The video by SMS, and a goodbye that says so."""
    lead = deciding.state.lead
    if lead is not None:
        text = deciding.line("video.sms")
        args = {"to": lead.phone, "from_": deciding.settings.from_number, "text": text}
        deciding.command("message", "message:video", args=args)
    goodbye(deciding, entry, FinalStatus.VIDEO_SENT, "advanced")


def to_handoff(deciding: Deciding, outcome: PhaseOutcome) -> None:
    """Straight to the twelfth phase, from anywhere."""
    if deciding.state.phase is not Phase.HANDOFF:
        progress.leave(deciding, outcome)
        progress.open_phase(deciding, Phase.HANDOFF)


def do_not_call(deciding: Deciding, evidence: str) -> None:
    """Recorded at once, confirmed in one line, and nothing else is said."""
    state = deciding.state
    if state.verdict is FinalStatus.DO_NOT_CALL or state.lead is None:
        return
    deciding.emit(fx.DoNotCall(phone=state.lead.phone, evidence=evidence))
    deciding.emit(fx.VoidCommands(keys=("message:video",), all_speech=True))
    release_closer(deciding, "withdrawn", "do_not_call")
    goodbye(deciding, "dnc.confirm", FinalStatus.DO_NOT_CALL)


def book(deciding: Deciding, at: datetime, entry: str) -> None:
    """A time was agreed: confirmed in the lead's own zone, and the call ends well."""
    deciding.state.callback_at = at
    deciding.state.captures["callback_at"] = at.isoformat()
    goodbye(deciding, entry, FinalStatus.FOLLOW_UP, "positive")


def wrong_person(deciding: Deciding) -> None:
    goodbye(deciding, "wrong_person.goodbye", FinalStatus.WRONG_PERSON)


def end(deciding: Deciding) -> None:
    """The prospect's leg is gone: the call has ended, with exactly one final status."""
    state = deciding.state
    if state.ended:
        return
    deciding.cancel_all()
    deciding.emit(fx.VoidCommands(all_speech=True))
    release_closer(deciding, "prospect_hangup", state.prospect.hangup_cause or "")
    state.final_status = _final_status(state)
    progress.leave(
        deciding, "positive" if state.final_status is FinalStatus.HOT_TRANSFER else _last_outcome(state)
    )
    state.mode, state.ended_at = "ended", state.prospect.ended_at or deciding.at
    state.turn, state.asked, state.held = None, None, ()
    for name, leg in state.legs.items():
        if name != PROSPECT and leg.alive:
            deciding.see_hung_up(name)
            deciding.timer("watch", deciding.settings.watch)
    _update_lead(deciding)
    learn(deciding)


def fail(deciding: Deciding, cause: str) -> None:
    """The call cannot be made, or cannot go on."""
    state = deciding.state
    state.verdict = state.verdict or FinalStatus.FAILED
    leg = state.legs[PROSPECT]
    if leg.up:
        deciding.hang_up(PROSPECT)
        return
    leg.state, leg.ended_at, leg.hangup_cause, leg.given_up = "ended", deciding.at, cause, True
    end(deciding)


def learn(deciding: Deciding) -> None:
    """Learned as a whole, in a revision that replaces the one before."""
    deciding.state.learn_revision += 1
    deciding.emit(fx.Learn(revision=deciding.state.learn_revision))


def release_closer(deciding: Deciding, outcome: str, reason: str) -> None:
    """Gives the closer back and ends their leg, whatever had been reached."""
    state = deciding.state
    transfer = state.transfers[-1] if state.transfers else None
    if transfer is None or transfer.ended_at is not None:
        return
    transfer.ended_at = state.prospect.ended_at or deciding.at
    if transfer.outcome is None:
        transfer.outcome, transfer.reason = outcome, reason  # type: ignore[assignment]
    deciding.emit(fx.ReleaseClaim(claim=transfer.claim))
    deciding.emit(fx.RecordTransfer(claim=transfer.claim, values=transfer.model_dump(mode="json")))
    for key in ("accept", "bridge", "parted", "wait", "closer", "detect"):
        deciding.cancel(key)
    if transfer.accepted_at is not None and transfer.bridged_at is None:
        deciding.emit(fx.VoidCommands(keys=(f"bridge:{len(state.transfers)}",)))
    for name, leg in state.legs.items():
        if name != PROSPECT and leg.alive and state.mode not in ("bridged", "parted", "ended"):
            deciding.hang_up(name)


def _final_status(state: CallState) -> FinalStatus:
    if state.verdict is not None:
        return state.verdict
    if state.answered_at is None:
        return FinalStatus.FAILED if state.prospect.hangup_cause in _FAILURES else FinalStatus.NO_ANSWER
    only_a_bot = bool(state.counters.get("screening")) and not state.phases
    talked = state.heard_words > 0 or any(line.begun_at for line in state.lines)
    return FinalStatus.ABANDONED if talked and not only_a_bot else FinalStatus.NO_ANSWER


def _last_outcome(state: CallState) -> PhaseOutcome:
    good = (FinalStatus.VIDEO_SENT, FinalStatus.FOLLOW_UP)
    return "advanced" if state.final_status in good else "stalled"


def _update_lead(deciding: Deciding) -> None:
    state = deciding.state
    values: dict[str, object] = {"status": str(state.final_status), "last_contacted": deciding.at.isoformat()}
    values |= state.captures
    if state.verdict is FinalStatus.FOLLOW_UP and state.callback_at is not None:
        values["next_followup"] = state.callback_at.isoformat()
    deciding.emit(fx.UpdateLead(values=values))
