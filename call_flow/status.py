"""The final statuses of a call, and what each means for outcome, qualification and reward."""

from enum import StrEnum
from typing import Literal, NamedTuple

Outcome = Literal["qualified", "not_qualified", "callback", "transferred", "no_answer"]


class FinalStatus(StrEnum):
    HOT_TRANSFER = "hot_transfer"
    VIDEO_SENT = "video_sent"
    FOLLOW_UP = "follow_up"
    DISQUALIFIED = "disqualified"
    ABANDONED = "abandoned"
    DO_NOT_CALL = "do_not_call"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    WRONG_PERSON = "wrong_person"
    FAILED = "failed"


class Meaning(NamedTuple):
    """`qualified` and `reward` are None where the call was no conversation and so teaches nothing."""

    outcome: Outcome
    qualified: bool | None
    reward: float | None


MEANING: dict[FinalStatus, Meaning] = {
    FinalStatus.HOT_TRANSFER: Meaning("transferred", True, 1.0),
    FinalStatus.VIDEO_SENT: Meaning("qualified", True, 0.4),
    FinalStatus.FOLLOW_UP: Meaning("callback", True, 0.3),
    FinalStatus.DISQUALIFIED: Meaning("not_qualified", False, 0.0),
    FinalStatus.ABANDONED: Meaning("not_qualified", False, 0.0),
    FinalStatus.DO_NOT_CALL: Meaning("not_qualified", False, 0.0),
    FinalStatus.NO_ANSWER: Meaning("no_answer", None, None),
    FinalStatus.VOICEMAIL: Meaning("no_answer", None, None),
    FinalStatus.WRONG_PERSON: Meaning("not_qualified", None, None),
    FinalStatus.FAILED: Meaning("no_answer", None, None),
}
