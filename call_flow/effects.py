"""Everything that a decision may ask of the world. An effect is data; its `key` makes a repeat harmless."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from call_flow.model import Frozen
from call_flow.record import Choice, Segment


class Command(Frozen):
    """A Telnyx command. Its `command_id` is derived from the call and `key`; the control id is looked up when
    it is sent.

    action: dial, answer, hangup, speak, playback_stop, transcription_start, transcription_stop, record_start,
    record_stop, bridge, message, check_leg (status of the leg: no command at all).
    `not_after`: not sent any more from then on. `other_leg`: the leg to bridge with.
    """

    kind: Literal["command"] = "command"
    key: str
    action: str
    leg: str
    args: dict[str, Any] = {}
    other_leg: str | None = None
    not_after: datetime | None = None


class VoidCommands(Frozen):
    """Commands of these keys are not sent if they have not been: speech that was superseded."""

    kind: Literal["void"] = "void"
    keys: tuple[str, ...] = ()
    all_speech: bool = False


class SetTimer(Frozen):
    """One timer a key and call: setting it again moves it."""

    kind: Literal["timer.set"] = "timer.set"
    key: str
    due: datetime


class CancelTimer(Frozen):
    """`key` None cancels all of the call's."""

    kind: Literal["timer.cancel"] = "timer.cancel"
    key: str | None


class FileSegment(Frozen):
    """A piece of transcript for Mongo; the same `seq` again replaces it."""

    kind: Literal["segment"] = "segment"
    segment: Segment


class RecordChoice(Frozen):
    kind: Literal["choice"] = "choice"
    choice: Choice


class UpdateLead(Frozen):
    """Captures and follow-up for the lead's row; only the keys present change."""

    kind: Literal["lead"] = "lead"
    values: dict[str, Any]


class DoNotCall(Frozen):
    """The number joins the do-not-call list in the same transaction as the decision."""

    kind: Literal["do_not_call"] = "do_not_call"
    phone: str
    evidence: str


class RefuseDial(Frozen):
    """A dial that is not made after all, for one of the reasons that the API knows: kept among the refusals."""

    kind: Literal["refuse"] = "refuse"
    phone: str
    reason: str
    detail: str


class ClaimCloser(Frozen):
    """Tried inside the deciding transaction, closers in this order; the result comes back as `ClaimResult`."""

    kind: Literal["claim"] = "claim"
    claim: str
    closers: tuple[str, ...]
    expires_at: datetime


class HoldClaim(Frozen):
    """A claim that is alive lasts until then: its closer is on the line with this call's prospect."""

    kind: Literal["claim.hold"] = "claim.hold"
    claim: str
    until: datetime


class ReleaseClaim(Frozen):
    kind: Literal["claim.release"] = "claim.release"
    claim: str


class RecordTransfer(Frozen):
    """Upsert by `claim` of the call's transfers row."""

    kind: Literal["transfer"] = "transfer"
    claim: str
    values: dict[str, Any]


class AskPhrasing(Frozen):
    """A language model may phrase line `line` until `deadline`; what it says comes back as `Phrased`.

    `goal`, the scripted line and the prospect's last words are all that it is told of the call.
    """

    kind: Literal["phrase"] = "phrase"
    key: str
    line: int
    goal: str
    scripted: str
    last_words: str
    deadline: datetime


class Learn(Frozen):
    """The call is to be learned, as a whole; a higher revision replaces a lower one."""

    kind: Literal["learn"] = "learn"
    revision: int


Effect = Annotated[
    Command
    | VoidCommands
    | SetTimer
    | CancelTimer
    | FileSegment
    | RecordChoice
    | UpdateLead
    | DoNotCall
    | RefuseDial
    | ClaimCloser
    | HoldClaim
    | ReleaseClaim
    | RecordTransfer
    | AskPhrasing
    | Learn,
    Field(discriminator="kind"),
]
