"""What the agent says, as Telnyx reports it: begun, ended, never begun; and what follows each kind of line."""

from call_flow.effects import FileSegment
from call_flow.events import Phrased, SpeakEnded, SpeakStarted
from call_flow.machine import handoff, turns
from call_flow.machine.deciding import Deciding
from call_flow.record import Segment
from call_flow.state import PROSPECT, Line

HOLD_S = 30.0  # how long "one moment, please" is waited for


def started(deciding: Deciding, body: SpeakStarted) -> None:
    line = _line_of(deciding, body.leg, body.speak_id, body.line, begun=False)
    if line is not None:
        line.speak_id = body.speak_id or line.speak_id
        begin(deciding, line)


def ended(deciding: Deciding, body: SpeakEnded) -> None:
    line = _line_of(deciding, body.leg, body.speak_id, body.line, begun=True)
    if line is None:
        return
    line.speak_id = body.speak_id or line.speak_id
    if body.status == "completed":
        begin(deciding, line)
    elif body.status == "cancelled_amd" and not line.stopped:
        _say_again(deciding, line)
        return
    finish(deciding, line)


def phrased(deciding: Deciding, body: Phrased) -> None:
    """The line as a model phrased it; the scripted one where it was late, wrong or down."""
    line = next((line for line in deciding.state.lines if line.n == body.line), None)
    if line is None or line.sent or line.stopped:
        return
    line.text = body.text or line.text
    deciding.cancel("phrase")
    deciding.speak(line)


def phrasing_late(deciding: Deciding) -> None:
    """Nothing came back at all: the scripted line is said."""
    line = deciding.current_line()
    if line is not None and not line.sent:
        deciding.speak(line)


def begin(deciding: Deciding, line: Line) -> None:
    """The line is being heard: it is filed, and the turn it answers is settled."""
    if line.begun_at is not None:
        return
    line.begun_at = deciding.at
    state = deciding.state
    if line.leg != PROSPECT:
        return
    if not line.stopped:
        state.turn = None
    line.seq = deciding.file(
        {
            "speaker": "agent",
            "text": line.text,
            "at": deciding.event.occurred_at,
            "phase": line.phase,
            "engagement": state.engagement,
            "strategy": line.entry,
        }
    )


def finish(deciding: Deciding, line: Line) -> None:
    """The line is over; what it was said for comes next."""
    if line.ended_at is not None:
        return
    line.ended_at = deciding.at
    state = deciding.state
    state.lines = [kept for kept in state.lines if kept.ended_at is None or kept.n == line.n]
    if line.stopped or state.ended:
        return
    if line.leg == PROSPECT:
        deciding.cancel("line")
    _FOLLOWS[line.purpose](deciding, line)


def never_begun(deciding: Deciding, line: Line) -> None:
    """Its command expired unsent: nobody heard it, so it is said again as a new line while it still is the
    current one.
    """
    if line is deciding.current_line(line.leg) and line.begun_at is None:
        _say_again(deciding, line)


def _say_again(deciding: Deciding, line: Line) -> None:
    line.stopped = True
    line.ended_at = deciding.at
    if deciding.state.ended or deciding.count("said_again") > 5:
        return
    deciding.say(
        line.text,
        purpose=line.purpose,
        entry=line.entry,
        leg=line.leg,
        asks=line.asks,
        interruptible=line.interruptible,
    )


def mark_interrupted(deciding: Deciding, line: Line) -> None:
    """The filed piece says that it was cut."""
    if line.seq is None or line.begun_at is None:
        return
    deciding.emit(
        FileSegment(
            segment=Segment(
                seq=line.seq,
                speaker="agent",
                text=line.text,
                at=line.begun_at,
                phase=line.phase,
                strategy=line.entry,
                interrupted=True,
            )
        )
    )


def _line_of(
    deciding: Deciding, leg: str, speak_id: str | None, n: int | None, *, begun: bool
) -> Line | None:
    """The line a report speaks of: by Telnyx's id, by our number in client_state, else the oldest that waits
    for it.
    """
    lines = [line for line in deciding.state.lines if line.leg == leg and line.sent and line.ended_at is None]
    if speak_id is not None:
        for line in lines:
            if line.speak_id == speak_id:
                return line
        lines = [line for line in lines if line.speak_id is None]
    waiting = [line for line in lines if begun or line.begun_at is None]
    for line in waiting:
        if line.n == n:
            return line
    alive = [line for line in waiting if not line.stopped]
    return (alive or waiting or [None])[0]  # type: ignore[list-item]


def _after_ask(deciding: Deciding, line: Line) -> None:
    deciding.state.asked = line.asks
    deciding.timer("silence", deciding.settings.silence)
    if line.asks == "greeting":
        _record_from_now(deciding)
    turns.take_up_held(deciding)


def _record_from_now(deciding: Deciding) -> None:
    """Recording starts only after it was announced (all-party consent states)."""
    if deciding.settings.record and not deciding.state.counters.get("record"):
        n = deciding.count("record")
        deciding.command("record_start", f"record:{n}", args={"channels": "dual", "format": "mp3"})


def _after_hold(deciding: Deciding, line: Line) -> None:
    deciding.timer("silence", HOLD_S)


_FOLLOWS = {
    "ask": _after_ask,
    "hold": _after_hold,
    "goodbye": lambda deciding, line: deciding.hang_up(PROSPECT),
    "announce": lambda deciding, line: turns.take_up_held(deciding),
    "whisper": lambda deciding, line: handoff.whispered(deciding),
    "drop": lambda deciding, line: deciding.hang_up(line.leg),
}
