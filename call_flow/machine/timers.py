"""What becomes of silence, of lines that never report back, and of legs that nobody hears of any more."""

from collections.abc import Callable

from call_flow.events import TimerFired
from call_flow.machine import bridging, closing, dialing, handoff, progress, speech
from call_flow.machine.deciding import Deciding
from call_flow.state import PROSPECT
from call_flow.status import FinalStatus


def fired(deciding: Deciding, body: TimerFired) -> None:
    """One that was cancelled or set again after it had gone off, but before that was decided, says nothing."""
    due = deciding.state.timers.get(body.key)
    if due is None or deciding.event.occurred_at < due:
        return
    del deciding.state.timers[body.key]
    name, _, rest = body.key.partition(":")
    _TIMERS[name](deciding, rest)


def _greet(deciding: Deciding, rest: str) -> None:
    if deciding.state.mode == "screening" and deciding.state.prospect.up:
        dialing.greet(deciding)


def _silence(deciding: Deciding, rest: str) -> None:
    """Nobody answered the question: ask again twice, then let go."""
    state = deciding.state
    if state.mode == "screening":
        state.asked = None
        dialing.greet(deciding)
    elif state.mode == "talking" and deciding.current_line() is None and not progress.reprompt(deciding):
        if state.asked == "followup":
            closing.send_video(deciding, "goodbye.qualified")
            return
        verdict = FinalStatus.ABANDONED if state.heard_words else FinalStatus.NO_ANSWER
        closing.goodbye(deciding, "silence.goodbye", verdict)


def _line(deciding: Deciding, rest: str) -> None:
    """The line's end was never reported: it counts as over. Whether it was heard, its own webhooks tell,
    however late.
    """
    line = deciding.current_line()
    if line is not None and deciding.state.prospect.up:
        speech.give_up(deciding, line)


def _max(deciding: Deciding, rest: str) -> None:
    """No call lasts longer, whatever it waits for; a goodbye that is under way has had its time as well."""
    if deciding.state.mode in ("screening", "talking"):
        verdict = deciding.state.verdict or FinalStatus.DISQUALIFIED
        closing.goodbye(deciding, "maxtime.goodbye", verdict)
    elif deciding.state.mode == "closing":
        deciding.see_hung_up(PROSPECT)


def _hangup(deciding: Deciding, leg: str) -> None:
    """The hangup was not followed by its webhook: once more, and after the third time ask what became of the leg."""
    state = deciding.state
    if leg not in state.legs or not state.legs[leg].alive:
        return
    if state.counters.get(f"hangup:{leg}", 0) < 3:
        deciding.hang_up(leg)
    else:
        deciding.check(leg)


def _watch(deciding: Deciding, rest: str) -> None:
    """Legs that no event has touched for a while are asked for; a hangup that nobody heard is found out here."""
    state = deciding.state
    alive = [leg for leg in state.legs.values() if leg.alive]
    for leg in alive:
        quiet = (deciding.at - leg.last_event_at).total_seconds() if leg.last_event_at else 0.0
        if quiet >= deciding.settings.watch and leg.call_control_id is not None:
            deciding.check(leg.name)
    if alive:
        deciding.timer("watch", deciding.settings.watch)


_TIMERS: dict[str, Callable[[Deciding, str], None]] = {
    "greet": _greet,
    "silence": _silence,
    "line": _line,
    "phrase": lambda deciding, rest: speech.phrasing_late(deciding),
    "max": _max,
    "beep": lambda deciding, rest: dialing.leave_message(deciding),
    "hangup": _hangup,
    "watch": _watch,
    "closer": lambda deciding, rest: handoff.not_picked_up(deciding),
    "accept": lambda deciding, rest: handoff.not_accepted(deciding),
    "detect": lambda deciding, rest: handoff.whisper(deciding),
    "wait": lambda deciding, rest: handoff.still_waiting(deciding),
    "bridge": lambda deciding, rest: bridging.not_bridged(deciding),
    "parted": lambda deciding, rest: bridging.look_whether_bridged(deciding),
}
