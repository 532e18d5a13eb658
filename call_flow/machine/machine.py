"""`reduce`: one event in, the next state and its effects out. Which part decides is by the kind of event alone."""

from collections.abc import Callable
from typing import Any

from call_flow import events as ev
from call_flow.effects import Effect
from call_flow.events import Event
from call_flow.machine import (
    bridging,
    claiming,
    commands,
    conversation,
    dialing,
    handoff,
    speech,
    timers,
    turns,
)
from call_flow.machine.deciding import Deciding
from call_flow.playbook.book import Playbook
from call_flow.state import CallState

Handler = Callable[[Deciding, Any], None]


def _note(deciding: Deciding, body: Any) -> None:
    """Changes nothing but the time of the latest event."""


_HANDLERS: dict[type, Handler] = {
    ev.CallRequested: dialing.requested,
    ev.CallArrived: dialing.arrived,
    ev.LegInitiated: dialing.initiated,
    ev.LegAnswered: dialing.answered,
    ev.LegBridged: bridging.bridged,
    ev.LegHungUp: dialing.hung_up,
    ev.MachineDetected: dialing.machine_detected,
    ev.MachineGreetingEnded: dialing.greeting_ended,
    ev.SpeakStarted: speech.started,
    ev.SpeakEnded: speech.ended,
    ev.Heard: turns.heard,
    ev.Digit: handoff.digit,
    ev.RecordingSaved: commands.recording_saved,
    ev.MessageUpdated: commands.message_updated,
    ev.TimerFired: timers.fired,
    ev.CommandDone: commands.done,
    ev.CommandFailed: commands.failed,
    ev.ClaimResult: claiming.claimed,
    ev.ConsoleAction: handoff.console,
    ev.Phrased: speech.phrased,
    ev.EngagementCrossed: conversation.engagement_crossed,
    ev.Noted: _note,
}


_OF_AN_ANSWERED_LEG = (ev.MachineDetected, ev.MachineGreetingEnded, ev.Heard, ev.Digit)


class Machine:
    """The twelve phases over one version of the playbook."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook

    def reduce(self, state: CallState, event: Event) -> tuple[CallState, tuple[Effect, ...]]:
        """The state after `event`, and what is to be done. `state` is left as it was.

        Raises `Needs` where `event.given` lacks an answer; ValueError for an event that cannot be this call's.
        """
        copy = CallState.model_validate_json(state.model_dump_json())
        deciding = Deciding(copy, event, self.playbook)
        _touch(deciding)
        if isinstance(event.body, _OF_AN_ANSWERED_LEG):
            dialing.proven_answered(deciding, event.body.leg)
        _HANDLERS[type(event.body)](deciding, event.body)
        return deciding.state, tuple(deciding.effects)


def _touch(deciding: Deciding) -> None:
    """The leg that spoke to us is alive as of now; the watchdog looks at those that did not."""
    deciding.state.last_event_at = deciding.at
    leg = deciding.state.legs.get(getattr(deciding.event.body, "leg", ""))
    if leg is not None:
        leg.last_event_at = deciding.at
