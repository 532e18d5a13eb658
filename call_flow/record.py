"""What a call leaves behind for the stores: segments, choices, objections, transfer, and the whole as `CallRecord`."""

from datetime import datetime
from typing import Literal

from call_flow.lead import Lead
from call_flow.model import Draft, Frozen
from call_flow.phases import Phase, PhaseRecord
from call_flow.status import MEANING, FinalStatus

Speaker = Literal["agent", "prospect", "closer"]
TransferResult = Literal["scheduled", "closed", "followup", "declined"]


class Segment(Frozen):
    """One piece of transcript. `seq` counts from 1 within the call; `strategy` is the playbook entry the agent
    spoke.
    """

    seq: int
    speaker: Speaker
    text: str
    at: datetime
    phase: Phase
    confidence: float | None = None
    sentiment: float | None = None
    engagement: float | None = None
    intent: str | None = None
    strategy: str | None = None
    interrupted: bool = False


class Choice(Frozen):
    """One draw of the policy: enough to judge another policy on it later."""

    key: str  # unique in the call: moment, and a count where it recurs
    moment: str  # "opening", "rapport", "presentation", "commitment" or "objection.<type>"
    phase: Phase
    segment: str  # kind of lead
    arms: tuple[str, ...]
    p: tuple[float, ...]
    taken: str
    draw: float
    policy: str
    posterior_version: int
    at: datetime


class ObjectionRecord(Draft):
    """An objection as it came up. `resolved` is None until the prospect's next words tell."""

    type: str
    phase: Phase
    at: datetime
    response: str | None = None
    resolved: bool | None = None


class TransferRecord(Draft):
    """One attempt at a warm hand-over; times are None for what did not happen.

    `joining_at`: Telnyx took the bridge; `bridged_at`: it told that the two hear each other. `reason` says more of the
    outcome: Telnyx's hangup cause or error code, the timer that ended it, or what the prospect wished instead.
    """

    claim: str
    closer_id: str | None = None
    closer_name: str = ""
    initiated_at: datetime
    dialed_at: datetime | None = None
    answered_at: datetime | None = None
    accepted_at: datetime | None = None
    joining_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: (
        Literal[
            "bridged",
            "declined",
            "no_answer",
            "voicemail",
            "closer_hangup",
            "prospect_hangup",
            "withdrawn",
            "no_closer",
            "failed",
        ]
        | None
    ) = None
    reason: str = ""
    engagement: float = 0.0
    phase: Phase = Phase.COMMITMENT
    key_indicators: tuple[str, ...] = ()
    rating: int | None = None  # the closer's, 1 to 10, and what came of it: after the call
    result: TransferResult | None = None


class HotDecision(Frozen):
    """A transfer decision with its reasons, hot or not."""

    at: datetime
    hot: bool
    confidence: float
    reasons: tuple[str, ...]
    phase: Phase
    engagement: float


class CallRecord(Frozen):
    """A finished call as learning reads it. Times in UTC business time; `engagement` is (seconds since answer,
    score 0–100).
    """

    call_id: str
    revision: int
    lead: Lead
    segment: str  # kind of lead
    direction: Literal["outbound", "inbound"]
    playbook_version: str
    machine_version: int
    control: bool
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    final_status: FinalStatus
    phases: tuple[PhaseRecord, ...]
    segments: tuple[Segment, ...]
    choices: tuple[Choice, ...]
    objections: tuple[ObjectionRecord, ...]
    transfers: tuple[TransferRecord, ...]
    decisions: tuple[HotDecision, ...]
    captures: dict[str, str]
    engagement: tuple[tuple[float, float], ...]
    prediction: float | None = None  # probability of a qualified outcome at the end of phase 6
    closer_available: bool | None = None
    recording: dict[str, str] | None = None
    message_status: str | None = None

    @property
    def conversation(self) -> bool:
        """Whether a person talked with us, so that the outcome counts."""
        return MEANING[self.final_status].qualified is not None
