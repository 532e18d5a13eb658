"""What the agent says, as Telnyx reports it: begun, ended, never begun; and what follows each kind of line."""

from collections.abc import Callable

from call_flow.effects import FileSegment, RecordChoice
from call_flow.events import Phrased, SpeakEnded, SpeakStarted
from call_flow.machine import closing, turns
from call_flow.machine.deciding import Deciding
from call_flow.state import PROSPECT, Line

KEPT = 12  # lines whose reports are still awaited
SKEW_S = 2.0  # between Telnyx's clock and ours
QUEUED_S = 20.0  # for as long a line may wait for the one before it
FASTEST, SLOWEST = 6.0, 1.5  # words a second that a voice may say
MOST_SAID_AGAIN = 5  # times in a call; after that it goes on without
HOLD_S = 30.0  # how long "one moment, please" is waited for


def started(deciding: Deciding, body: SpeakStarted) -> None:
    line = _line_of(deciding, body, _may_have_begun)
    if line is not None:
        line.speak_id = body.speak_id or line.speak_id
        line.heard_from = deciding.event.occurred_at
        begin(deciding, line)


def ended(deciding: Deciding, body: SpeakEnded) -> None:
    line = _line_of(deciding, body, _may_have_ended)
    if line is None:
        return
    line.speak_id = body.speak_id or line.speak_id
    if body.status == "completed":
        begin(deciding, line)
    elif body.status == "cancelled_amd" and line is deciding.current_line(line.leg):
        _say_again(deciding, line)
        return
    finish(deciding, line)


def phrased(deciding: Deciding, body: Phrased) -> None:
    """The line as a model phrased it; the scripted one where it was late, wrong or down."""
    line = next((line for line in deciding.state.lines if line.n == body.line), None)
    if line is None or line.sent or line is not deciding.current_line(line.leg) or deciding.state.ended:
        return
    line.text = body.text or line.text
    deciding.cancel("phrase")
    deciding.speak(line)


def phrasing_late(deciding: Deciding) -> None:
    """Nothing came back at all: the scripted line is said."""
    line = deciding.current_line()
    if line is not None and not line.sent and not deciding.state.ended:
        deciding.speak(line)


def begin(deciding: Deciding, line: Line) -> None:
    """The line is being heard: it is filed, and the turn it answers is settled."""
    if line.begun_at is not None:
        return
    line.begun_at = deciding.at
    state = deciding.state
    if line.leg != PROSPECT:
        return
    if line.choice is not None and line.choice not in state.choices:
        state.choices.append(line.choice)
        deciding.emit(RecordChoice(choice=line.choice))
    state.disclosed = state.disclosed or line.discloses
    if not line.stopped and line.ended_at is None:
        state.turn = None
    line.segment = deciding.file(
        {
            "speaker": "agent",
            "text": line.text,
            "at": deciding.event.occurred_at,
            "phase": line.phase,
            "engagement": state.engagement,
            "strategy": line.entry,
        }
    )
    if state.ended:
        closing.learn(deciding)


def finish(deciding: Deciding, line: Line) -> None:
    """The line is over; what it was said for comes next."""
    if line.ended_at is not None:
        return
    line.ended_at = deciding.at
    state = deciding.state
    newest = max((kept.n for kept in state.lines if kept.begun_at and kept.leg == PROSPECT), default=line.n)
    state.lines = [kept for kept in state.lines if _of_use(kept) or kept.n in (line.n, newest)][-KEPT:]
    if line.stopped or state.ended:
        return
    if line.leg == PROSPECT:
        deciding.cancel("line")
    _go_on(deciding, line)


def _go_on(deciding: Deciding, line: Line) -> None:
    """What the line was said for. After a whisper it is the closer's key press, which has its timer."""
    if line.purpose in _FOLLOWS:
        _FOLLOWS[line.purpose](deciding, line)


def _of_use(line: Line) -> bool:
    """Still to be reported as begun or ended."""
    return line.ended_at is None or (line.sent and line.heard_from is None)


def give_up(deciding: Deciding, line: Line) -> None:
    """News of the line is overdue: the call goes on where it waited for it, and what is reported of the line later is
    still filed.
    """
    waited_for = line is deciding.current_line(line.leg)
    line.stopped = True
    if waited_for and not deciding.state.ended:
        _go_on(deciding, line)


def never_begun(deciding: Deciding, line: Line) -> None:
    """Its command expired unsent: nobody heard it, so it is said again as a new line while it still is the
    current one.
    """
    if line.begun_at is not None:
        return
    line.sent = False
    if line is deciding.current_line(line.leg):
        _say_again(deciding, line)
    else:
        line.stopped, line.ended_at = True, deciding.at


def _say_again(deciding: Deciding, line: Line) -> None:
    line.stopped = True
    line.ended_at = deciding.at
    if deciding.state.ended:
        return
    if deciding.count("said_again") > MOST_SAID_AGAIN:
        _go_on(deciding, line)
        return
    deciding.say(
        line.text,
        purpose=line.purpose,
        entry=line.entry,
        leg=line.leg,
        asks=line.asks,
        interruptible=line.interruptible,
        choice=line.choice,
        discloses=line.discloses,
    )


def mark_interrupted(deciding: Deciding, line: Line) -> None:
    """The filed piece says that it was cut."""
    if line.segment is not None:
        line.segment = line.segment.model_copy(update={"interrupted": True})
        deciding.emit(FileSegment(segment=line.segment))


def _line_of(
    deciding: Deciding, body: SpeakStarted | SpeakEnded, may_be: Callable[[Line, Deciding], bool]
) -> Line | None:
    """The line a report speaks of: by Telnyx's id, by our number in client_state, else the oldest that it may be.

    A line that counts as over may still be reported: what was heard is filed, however late it is told.
    """
    lines = [line for line in deciding.state.lines if line.leg == body.leg and line.sent]
    if body.speak_id is not None:
        for line in lines:
            if line.speak_id == body.speak_id:
                return line
        lines = [line for line in lines if line.speak_id is None]
    found = [line for line in lines if may_be(line, deciding)]
    found.sort(key=lambda line: (line.n != body.line, line.n))
    return found[0] if found else None


def _may_have_begun(line: Line, deciding: Deciding) -> bool:
    """Whether it can have begun when the report says: between its decision and the time until which it is sent."""
    since = (deciding.event.occurred_at - line.decided_at).total_seconds()
    return line.begun_at is None and -SKEW_S <= since <= deciding.settings.speech_expiry + QUEUED_S


def _may_have_ended(line: Line, deciding: Deciding) -> bool:
    """Whether it can have ended when the report says: what we did not stop takes its time to be said."""
    since = (deciding.event.occurred_at - line.decided_at).total_seconds()
    words = len(line.text.split())
    body = deciding.event.body
    cut = line.stopped or (isinstance(body, SpeakEnded) and body.status != "completed")
    least = -SKEW_S if cut else words / FASTEST
    longest = deciding.settings.speech_expiry + QUEUED_S + words / SLOWEST
    return (line.ended_at is None or line.begun_at is None) and least <= since <= longest


def _after_ask(deciding: Deciding, line: Line) -> None:
    deciding.state.asked = line.asks
    deciding.timer("silence", deciding.settings.silence)
    if line.begun_at is not None and line.discloses:
        _record_from_now(deciding)
    turns.take_up_held(deciding, line)


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
    "announce": lambda deciding, line: turns.take_up_held(deciding, line),
}
