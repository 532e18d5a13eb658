"""One leg as a row of webhooks without any time in it: whoever sends them sets the pace.

What comes next depends on what was commanded, as in life: a line is answered after it was spoken, by the mind of the
number's owner. It must never send an event that Telnyx could not send at that point.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

from load.clock import Clock, iso
from load.leg import Leg, new_id
from load.mouth import INTERIM_WORDS
from load.numbers import behaviour_of
from load.payloads import answered, ends, hangup, initiated, transcription
from load.people import person
from load.prospect import Prospect
from load.reply import Reply

Row = dict[str, Any]
# Behaviour to (hangup cause, source, SIP cause) of those whom nobody reaches.
_UNREACHED = {
    "busy": ("user_busy", "callee", "486"),
    "invalid": ("not_found", "callee", "404"),
    "rejected_403": ("call_rejected", "unknown", "403"),
    "rings_out": ("timeout", "caller", "487"),
}
_MACHINES = ("voicemail", "late_machine")


@dataclass
class Step:
    """One event to be sent. `awaits`: it ends a turn of words, and a command should follow."""

    event_type: str
    payload: Row
    awaits: bool = False


class Lifecycle:
    """`seed`: which people are behind the numbers. It begins with the dial whose parameters `body` holds."""

    def __init__(self, body: Row, clock: Clock, seed: int) -> None:
        behaviour = behaviour_of(body["to"])
        self.leg = Leg(
            connection_id=str(body.get("connection_id", "")),
            from_=str(body.get("from", "")),
            to=str(body["to"]),
            direction="outgoing",
            behaviour=behaviour,
            webhook_url="",
            started_at=clock.now(),
            client_state=body.get("client_state"),
            dialled=dict(body),
        )
        self.over = False
        self._clock = clock
        self._lines: list[str] = []
        self._steps: deque[Step] = deque()
        self._mind = Prospect(person(seed, self.leg.number), behaviour)
        self._begin(behaviour)

    @property
    def ready(self) -> bool:
        """Whether there is an event to be sent now."""
        return bool(self._steps)

    def next(self) -> tuple[Row, bool]:
        """The next event's `data`, and whether it awaits a command. IndexError where none is ready."""
        step = self._steps.popleft()
        data = {
            "record_type": "event",
            "event_type": step.event_type,
            "id": new_id(),
            "occurred_at": iso(self._clock.now()),
            "payload": self.leg.common() | step.payload,
        }
        self._sent(step)
        return data, step.awaits

    def command(self, action: str, body: Row) -> None:
        """What we were told to do on this leg."""
        if self.over:
            return
        if body.get("client_state") is not None:
            self.leg.client_state = body["client_state"]
        if action == "speak":
            self._speak(str(body.get("payload", "")))
        elif action == "hangup":
            self._hang_up("caller")

    def give_up(self) -> None:
        """The person hangs up, whatever was to come."""
        if not self.over:
            self._hang_up("callee")

    def _begin(self, behaviour: str) -> None:
        leg = self.leg
        self._add("call.initiated", initiated(leg))
        if behaviour in _UNREACHED:
            self._add("call.hangup", ends(leg) | hangup(leg, *_UNREACHED[behaviour], spoke=False))
            return
        leg.answered_at = leg.started_at
        self._add("call.answered", ends(leg) | {"codec": "PCMU", "sampling_rate": 8000} | answered(leg))
        machine = behaviour in _MACHINES
        if not machine:
            self._say(self._mind.greet())
        if leg.dialled.get("answering_machine_detection", "disabled") != "disabled":
            result = "machine" if machine else "human"
            self._add("call.machine.detection.ended", ends(leg) | {"result": result})

    def _add(self, event_type: str, payload: Row, awaits: bool = False) -> None:
        self._steps.append(Step(event_type, payload, awaits))

    def _speak(self, text: str) -> None:
        line = {"speak_id": new_id()}
        self._lines.append(text)
        self._add("call.speak.started", line)
        self._add("call.speak.ended", line | {"status": "completed"})

    def _hang_up(self, source: str) -> None:
        self._steps.clear()
        self.leg.ended_at = self._clock.now()
        self._add(
            "call.hangup", ends(self.leg) | hangup(self.leg, "normal_clearing", source, "200", spoke=True)
        )

    def _sent(self, step: Step) -> None:
        """What follows of itself: after the agent's last line an answer, after a hangup nothing."""
        if step.event_type == "call.hangup":
            self.over = True
            self._steps.clear()
        elif (
            step.event_type == "call.speak.ended" and not self._steps and self.leg.behaviour not in _MACHINES
        ):
            text, self._lines = " ".join(self._lines), []
            self._say(self._mind.hear(text))

    def _say(self, reply: Reply) -> None:
        words = (reply.text or "").split()
        for count in range(1, len(words) + 1):
            if count % INTERIM_WORDS == 0 or count == len(words):
                self._hear(" ".join(words[:count]), None)
        if words:
            self._hear(" ".join(words), 0.93, awaits=reply.takes_turn and not reply.hang_up)
        if reply.hang_up:
            self._add(
                "call.hangup",
                ends(self.leg) | hangup(self.leg, "normal_clearing", "callee", "200", spoke=True),
            )

    def _hear(self, text: str, confidence: float | None, awaits: bool = False) -> None:
        heard = transcription(text, confidence is not None, "inbound", confidence)
        self._add("call.transcription", {"transcription_data": heard}, awaits)
