"""What became of commands whose answer matters, and of what Telnyx saves for us."""

from call_flow import effects as fx
from call_flow.events import CommandDone, CommandFailed, LegHungUp, MessageUpdated, RecordingSaved
from call_flow.machine import bridging, closing, dialing, speech
from call_flow.machine.deciding import Deciding
from call_flow.state import PROSPECT, Leg

UNDELIVERED = ("sending_failed", "delivery_failed", "expired", "failed")
MESSAGE_ENDS = ("delivered", "delivery_unconfirmed", *UNDELIVERED)
ENDED = "90018"  # Telnyx: the call has already ended


def done(deciding: Deciding, body: CommandDone) -> None:
    action, _, rest = body.key.partition(":")
    if action == "dial":
        _dialed(deciding.state.legs.get(rest), body)
    elif action == "message":
        deciding.state.message_id = body.result.get("id")
        deciding.state.message_status = deciding.state.message_status or "queued"
    elif action == "bridge" and body.result.get("is_alive") is not False:
        bridging.bridge_taken(deciding, rest)
    elif action == "check":
        _checked(deciding, rest.rpartition(":")[0], body.result.get("is_alive"))


def failed(deciding: Deciding, body: CommandFailed) -> None:
    action, _, rest = body.key.partition(":")
    if action == "dial":
        _not_dialed(deciding, rest, body)
    elif action == "speak":
        _not_spoken(deciding, int(rest), body)
    elif action == "bridge":
        bridging.bridge_refused(deciding, rest, body.code)
    elif action == "message":
        _message_is(deciding, "failed")
    elif action == "answer":
        closing.fail(deciding, body.code)
    elif body.code == ENDED:
        _look(deciding, PROSPECT)


def recording_saved(deciding: Deciding, body: RecordingSaved) -> None:
    state = deciding.state
    state.recording = body.urls | ({"id": body.recording_id} if body.recording_id else {})
    _learn_again(deciding)


def message_updated(deciding: Deciding, body: MessageUpdated) -> None:
    """Its status, up to the final one: a "sent" that comes late does not undo a "delivered"."""
    known = deciding.state.message_status
    if known == body.status or (known in MESSAGE_ENDS and body.status not in MESSAGE_ENDS):
        return
    _message_is(deciding, body.status)
    _learn_again(deciding)


def _message_is(deciding: Deciding, status: str) -> None:
    """Who was promised the video and did not get it is to be called: somebody sees them among the follow-ups."""
    deciding.state.message_status = status
    if status in UNDELIVERED:
        deciding.emit(fx.UpdateLead(values={"next_followup": deciding.at.isoformat()}))


def _checked(deciding: Deciding, leg: str, alive: object) -> None:
    """What Telnyx says of a leg that was asked for; one that was told to end and has not is told again."""
    if alive is False:
        dialing.hung_up(deciding, LegHungUp(leg=leg, cause="lost"))
    elif deciding.state.counters.get(f"hangup:{leg}") and deciding.state.legs[leg].alive:
        deciding.hang_up(leg)
    elif leg == PROSPECT:
        bridging.prospect_is_there(deciding)


def _learn_again(deciding: Deciding) -> None:
    if deciding.state.ended:
        closing.learn(deciding)


def _dialed(leg: Leg | None, body: CommandDone) -> None:
    """Webhooks may have overtaken the dial's own answer: what they told is newer."""
    if leg is None:
        return
    for name in ("call_control_id", "call_leg_id", "call_session_id"):
        if getattr(leg, name) is None:
            setattr(leg, name, body.result.get(name))


def _not_dialed(deciding: Deciding, leg_name: str, body: CommandFailed) -> None:
    leg, code = deciding.state.legs.get(leg_name), body.code
    if leg is None or leg.state != "dialing":
        return
    if leg_name == PROSPECT:
        if code == "expired" and not body.maybe_done:
            late = "the calling hours were over before the dial could be sent"
            deciding.emit(fx.RefuseDial(phone=leg.to_number, reason="outside_hours", detail=late))
        closing.fail(deciding, code)
    else:
        leg.given_up = True
        dialing.hung_up(deciding, LegHungUp(leg=leg_name, cause=code))


def _not_spoken(deciding: Deciding, n: int, body: CommandFailed) -> None:
    line = next((line for line in deciding.state.lines if line.n == n), None)
    if line is None or line.begun_at is not None:
        return
    if body.code == ENDED:
        _look(deciding, line.leg)
    elif body.code == "expired" and not body.maybe_done:
        speech.never_begun(deciding, line)
    elif body.maybe_done:
        # It may have been heard: never twice. The silence that follows asks again in other words.
        speech.give_up(deciding, line)
    elif line.leg == PROSPECT:
        closing.fail(deciding, body.code)


def _look(deciding: Deciding, leg_name: str) -> None:
    """Telnyx says that the leg is gone; its own word for it settles it."""
    leg = deciding.state.legs.get(leg_name)
    if leg is not None and leg.alive:
        deciding.check(leg.name)
