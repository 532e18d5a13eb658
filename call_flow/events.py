"""Everything that can move a call. An event carries its time and, in `given`, all that was looked up, drawn or
perceived for it.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from call_flow.lead import Lead
from call_flow.model import Frozen
from call_flow.record import TransferResult
from call_flow.settings import CallSettings
from call_flow.slots import Slots

EVENT_FORM = 1  # the version of these forms, stored with every inbox row


class Perceived(Frozen):
    """What an utterance was understood as. `confidence` 0 to 1, `sentiment` −1 to 1; intent "other" is none of
    the playbook's.
    """

    intent: str = "other"
    confidence: float = 0.0
    sentiment: float = 0.0
    slots: Slots = Slots()


class Vector(Frozen):
    """A policy's answer: a probability for every arm, and the uniform draw in [0, 1) that takes one."""

    arms: tuple[str, ...]
    p: tuple[float, ...]
    draw: float
    policy: str = "uniform"  # "uniform", "thompson" or "control"
    posterior_version: int = 0


class CloserHint(Frozen):
    """A closer who was available when it was looked up: a hint, the claim decides."""

    id: str
    name: str
    phone: str


class Given(Frozen):
    """What the world answered while this event was decided. Stored with it, so that a replay needs no world."""

    perceived: dict[str, Perceived] = {}  # by utterance text
    vectors: dict[str, Vector] = {}  # by choice key
    closers: tuple[CloserHint, ...] | None = None
    prediction: float | None = None  # probability of a qualified outcome, live
    lead: Lead | None = None  # an inbound caller, by number
    settings: CallSettings | None = None  # of an inbound call


class CallRequested(Frozen):
    """`dial_before`: when calling hours end; a dial that has not been sent by then is not sent any more."""

    kind: Literal["call.requested"] = "call.requested"
    lead: Lead
    settings: CallSettings
    playbook_version: str
    control: bool = False
    dial_before: datetime | None = None


class CallArrived(Frozen):
    """An inbound call began."""

    kind: Literal["call.arrived"] = "call.arrived"
    leg: str = "prospect"
    from_number: str
    to_number: str
    call_control_id: str
    call_leg_id: str
    call_session_id: str


class LegInitiated(Frozen):
    kind: Literal["leg.initiated"] = "leg.initiated"
    leg: str
    call_control_id: str
    call_leg_id: str
    call_session_id: str


class LegAnswered(Frozen):
    """Carries the leg's ids too: it may be the first news of the leg, before its dial's own answer."""

    kind: Literal["leg.answered"] = "leg.answered"
    leg: str
    call_control_id: str = ""
    call_leg_id: str = ""
    call_session_id: str = ""


class LegBridged(Frozen):
    kind: Literal["leg.bridged"] = "leg.bridged"
    leg: str


class LegHungUp(Frozen):
    """`cause` is Telnyx's open set, plus "lost" for a hangup that nobody was alive to hear."""

    kind: Literal["leg.hungup"] = "leg.hungup"
    leg: str
    cause: str = "unspecified"
    source: str = "unknown"
    sip_cause: str = "unspecified"


class MachineDetected(Frozen):
    """A verdict of answering machine detection, standard or premium, in Telnyx's words, or "screening"."""

    kind: Literal["amd.detected"] = "amd.detected"
    leg: str
    result: str


class MachineGreetingEnded(Frozen):
    kind: Literal["amd.greeting_ended"] = "amd.greeting_ended"
    leg: str
    result: str


class SpeakStarted(Frozen):
    kind: Literal["speak.started"] = "speak.started"
    leg: str
    speak_id: str | None = None
    line: int | None = None  # the line number that client_state carried


class SpeakEnded(Frozen):
    kind: Literal["speak.ended"] = "speak.ended"
    leg: str
    status: str = "completed"
    speak_id: str | None = None
    line: int | None = None


class Heard(Frozen):
    """Words from a leg. Only final ones are filed."""

    kind: Literal["heard"] = "heard"
    leg: str
    text: str
    final: bool
    confidence: float | None = None


class Digit(Frozen):
    kind: Literal["dtmf"] = "dtmf"
    leg: str
    digit: str


class RecordingSaved(Frozen):
    kind: Literal["recording.saved"] = "recording.saved"
    recording_id: str | None = None
    urls: dict[str, str] = {}


class MessageUpdated(Frozen):
    kind: Literal["message.updated"] = "message.updated"
    message_id: str
    status: str


class TimerFired(Frozen):
    kind: Literal["timer.fired"] = "timer.fired"
    key: str


class CommandDone(Frozen):
    """A command whose answer matters (dial, message, leg check) took effect; `result` is Telnyx's `data`."""

    kind: Literal["command.done"] = "command.done"
    key: str
    result: dict[str, Any] = {}


class CommandFailed(Frozen):
    """A command that did not happen, for good. `code` is Telnyx's error code, or one of ours: "expired",
    "unacknowledged", "unknown".

    `maybe_done` says that it may have taken effect all the same (it was sent and no answer came back).
    """

    kind: Literal["command.failed"] = "command.failed"
    key: str
    code: str
    detail: str = ""
    maybe_done: bool = False


class ClaimResult(Frozen):
    """What became of trying to claim a closer; `closer` is None where all were taken."""

    kind: Literal["claim.result"] = "claim.result"
    claim: str
    closer: CloserHint | None = None


class ConsoleAction(Frozen):
    """What a person at a console or behind the API did. `claim` names the transfer it is about, None the present one;
    `rating` 1 to 10 and `result` come with "rate", one of them or both.
    """

    kind: Literal["console"] = "console"
    action: Literal["accept", "decline", "hangup", "rate"]
    by: str
    claim: str | None = None
    rating: int | None = None
    result: TransferResult | None = None


class Phrased(Frozen):
    """The text that a language model phrased for a line, or None when it was late, wrong or down."""

    kind: Literal["phrased"] = "phrased"
    line: int
    text: str | None = None
    reason: str = ""


class EngagementCrossed(Frozen):
    kind: Literal["engagement.crossed"] = "engagement.crossed"
    score: float
    parts: dict[str, float] = {}


class Noted(Frozen):
    """A signed event that changes nothing here (call.cost, streaming.started, …)."""

    kind: Literal["noted"] = "noted"
    event_type: str


Body = Annotated[
    CallRequested
    | CallArrived
    | LegInitiated
    | LegAnswered
    | LegBridged
    | LegHungUp
    | MachineDetected
    | MachineGreetingEnded
    | SpeakStarted
    | SpeakEnded
    | Heard
    | Digit
    | RecordingSaved
    | MessageUpdated
    | TimerFired
    | CommandDone
    | CommandFailed
    | ClaimResult
    | ConsoleAction
    | Phrased
    | EngagementCrossed
    | Noted,
    Field(discriminator="kind"),
]


class Event(Frozen):
    """One inbox event. `at` is when it reached us, `occurred_at` when it happened at its source; both in
    business time, UTC.
    """

    id: str
    at: datetime
    occurred_at: datetime
    body: Body
    given: Given = Given()
