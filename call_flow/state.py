"""The whole state of one call, as `reduce` moves it and as Postgres keeps it; and the two views others take of it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from call_flow.lead import Lead, kind_of_lead
from call_flow.model import Draft, Frozen
from call_flow.phases import Phase, PhaseRecord
from call_flow.record import CallRecord, Choice, HotDecision, ObjectionRecord, Segment, TransferRecord
from call_flow.settings import CallSettings
from call_flow.status import FinalStatus

MACHINE_VERSION = 1
STATE_FORM = 1

PROSPECT = "prospect"
LegState = Literal["dialing", "initiated", "answered", "bridged", "ended"]
LEG_ORDER: tuple[LegState, ...] = ("dialing", "initiated", "answered", "bridged", "ended")


class Leg(Draft):
    """One Telnyx leg. Its state only ever moves forward: a late `call.answered` does not resurrect a hung-up leg."""

    name: str
    to_number: str = ""
    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    state: LegState = "dialing"
    dialed_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    hangup_cause: str | None = None
    machine: str | None = None  # the latest detection verdict
    greeting_over: bool = False  # an answering machine's, as detection told
    given_up: bool = False  # ended by our word, not by Telnyx's
    last_event_at: datetime | None = None

    @property
    def alive(self) -> bool:
        return self.state != "ended"

    @property
    def up(self) -> bool:
        """Answered and not ended: takes commands and audio."""
        return self.state in ("answered", "bridged")


class Line(Draft):
    """Something the agent says on a leg. begun and ended are None until Telnyx reports them."""

    n: int
    leg: str
    text: str
    asks: str | None = None  # the question it ends with, as in `CallState.asked`
    discloses: bool = False  # says who calls, that it is an AI voice and recorded, and how to opt out
    entry: str | None = None  # playbook id
    phase: Phase
    purpose: str  # what follows when it has ended: "ask", "goodbye", "whisper", "announce", …
    interruptible: bool = True
    choice: Choice | None = None  # the draw that worded it
    decided_at: datetime
    sent: bool = False  # False while a language model may still phrase it
    speak_id: str | None = None
    begun_at: datetime | None = None
    heard_from: datetime | None = None  # when Telnyx says that it began
    ended_at: datetime | None = None
    stopped: bool = False  # superseded or barged in: its end says nothing of what was heard
    segment: Segment | None = None  # as it was filed


class Held(Draft):
    """Final words heard under a line that is not to be interrupted."""

    text: str
    at: datetime


class Turn(Draft):
    """What the prospect said since the agent's last begun line, and the state before it was decided."""

    texts: tuple[str, ...] = ()
    before: str | None = None  # the state before, as JSON, while the line that answers it has not begun


class CallState(Draft):
    """Everything known of a call. Times are UTC business time; engagement is 0 to 100."""

    call_id: str
    machine_version: int = MACHINE_VERSION
    direction: Literal["outbound", "inbound"] = "outbound"
    lead: Lead | None = None
    settings: CallSettings | None = None
    playbook_version: str = ""
    control: bool = False
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    last_event_at: datetime | None = None

    phase: Phase = Phase.GREETING
    phases: list[PhaseRecord] = Field(default_factory=list)
    # "parted": the prospect has left, and whether they were bridged before is still to be told.
    mode: Literal[
        "dialing", "screening", "talking", "transferring", "parted", "bridged", "closing", "ended"
    ] = "dialing"
    verdict: FinalStatus | None = None  # what the call will end as, once decided
    final_status: FinalStatus | None = None

    legs: dict[str, Leg] = Field(default_factory=dict)
    lines: list[Line] = Field(default_factory=list)  # those not yet ended, and the last one
    last_line: int = 0
    last_seq: int = 0
    counters: dict[str, int] = Field(default_factory=dict)
    timers: dict[str, datetime] = Field(default_factory=dict)  # those that are set, and when they are due

    turn: Turn | None = None
    held: tuple[Held, ...] = ()
    last_final: str = ""  # the latest final words, to know a late interim by
    # What the open question asks for: a phase key, "objection", "callback", "followup", "fetched" or "screening".
    asked: str | None = None
    reprompts: int = 0  # of the open question
    objection: str | None = None  # the type whose answer the prospect is weighing
    heard_words: int = 0
    last_words: str = ""  # the latest final's
    last_words_at: datetime | None = None  # when they were said, by Telnyx's time
    disclosed: bool = False  # a line that discloses has begun

    captures: dict[str, str] = Field(default_factory=dict)
    callback_at: datetime | None = None
    choices: list[Choice] = Field(default_factory=list)
    objections: list[ObjectionRecord] = Field(default_factory=list)
    decisions: list[HotDecision] = Field(default_factory=list)
    transfers: list[TransferRecord] = Field(default_factory=list)
    closer_available: bool | None = None
    engagement: float = 50.0
    engagement_parts: dict[str, float] = Field(default_factory=dict)
    engagement_curve: list[tuple[float, float]] = Field(default_factory=list)
    sentiment: float = 0.0
    prediction: float | None = None
    recording: dict[str, str] | None = None
    message_id: str | None = None
    message_status: str | None = None
    learn_revision: int = 0

    @classmethod
    def new(cls, call_id: str) -> "CallState":
        return cls(call_id=call_id)

    @property
    def ended(self) -> bool:
        return self.mode == "ended"

    @property
    def prospect(self) -> Leg:
        return self.legs[PROSPECT]

    @property
    def stranger(self) -> bool:
        """Whether somebody called us of whom we know nothing but the number."""
        return self.direction == "inbound" and (self.lead is None or self.lead.id is None)

    @property
    def segment(self) -> str:
        """The kind of lead."""
        return kind_of_lead(self.lead) if self.lead else "unknown/unknown"


class CallSummary(Frozen):
    """The columns of `calls` that are read without the state."""

    lead_id: str | None
    direction: str
    segment: str
    control: bool
    phase: Phase
    mode: str
    phases_completed: int
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    duration_s: float | None
    final_status: FinalStatus | None
    engagement: float
    transfer_attempted: bool
    transfer_successful: bool
    closer_available: bool | None
    recording: dict[str, str] | None
    learn_revision: int


def summary(state: CallState) -> CallSummary:
    """The state as columns. `duration_s` counts from answer to end."""
    duration = (
        (state.ended_at - state.answered_at).total_seconds() if state.ended_at and state.answered_at else None
    )
    return CallSummary(
        lead_id=state.lead.id if state.lead else None,
        direction=state.direction,
        segment=state.segment,
        control=state.control,
        phase=state.phase,
        mode=state.mode,
        phases_completed=len({r.phase for r in state.phases if r.outcome in ("advanced", "positive")}),
        started_at=state.started_at,
        answered_at=state.answered_at,
        ended_at=state.ended_at,
        duration_s=duration,
        final_status=state.final_status,
        engagement=state.engagement,
        transfer_attempted=bool(state.transfers),
        transfer_successful=any(t.outcome == "bridged" for t in state.transfers),
        closer_available=state.closer_available,
        recording=state.recording,
        learn_revision=state.learn_revision,
    )


def record_of(state: CallState, segments: tuple[Segment, ...], revision: int) -> CallRecord:
    """The ended call as learning reads it. ValueError for a call that has not ended."""
    if not (state.ended_at and state.final_status and state.lead and state.started_at):
        raise ValueError(f"call {state.call_id} has not ended")
    return CallRecord(
        call_id=state.call_id,
        revision=revision,
        lead=state.lead,
        segment=state.segment,
        direction=state.direction,
        playbook_version=state.playbook_version,
        machine_version=state.machine_version,
        control=state.control,
        started_at=state.started_at,
        answered_at=state.answered_at,
        ended_at=state.ended_at,
        final_status=state.final_status,
        phases=tuple(state.phases),
        segments=segments,
        choices=tuple(state.choices),
        objections=tuple(state.objections),
        transfers=tuple(state.transfers),
        decisions=tuple(state.decisions),
        captures=state.captures,
        engagement=tuple(state.engagement_curve),
        prediction=state.prediction,
        closer_available=state.closer_available,
        recording=state.recording,
        message_status=state.message_status,
    )
