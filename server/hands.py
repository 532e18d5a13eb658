"""What follows a decision in the process that wrote it, or could not: sending, timers, events, the console."""

from collections.abc import Callable
from uuid import UUID

from call_flow.effects import SetTimer
from server.decider import Outcome
from server.dispatcher import Dispatcher
from server.showing import Showing
from server.timers import Alarm
from storage.calls import Pending


class Hands:
    """`decide` is asked for the events that the decision itself caused."""

    def __init__(
        self, dispatcher: Dispatcher, alarm: Alarm, showing: Showing, decide: Callable[[UUID], None]
    ) -> None:
        self._dispatcher = dispatcher
        self._alarm = alarm
        self._showing = showing
        self._decide = decide

    def decided(self, outcome: Outcome) -> None:
        self._dispatcher.take(outcome.decided, outcome.pending.call_id)
        for effect in outcome.decision.effects:
            if isinstance(effect, SetTimer):
                self._alarm.note(effect.due)
        if outcome.decided.events:
            self._decide(outcome.pending.call_id)
        self._showing.note(outcome)

    def aside(self, pending: Pending) -> None:
        self._showing.note_aside(pending)
