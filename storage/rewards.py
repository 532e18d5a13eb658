"""What a conversation counts for in learning. A call that was no conversation has no reward: it teaches nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from call_flow.record import CallRecord
from call_flow.status import MEANING, FinalStatus

BY_STATUS = {
    status.value: meaning.reward for status, meaning in MEANING.items() if meaning.reward is not None
}
BY_RESULT = {"closed": 1.0, "scheduled": 0.8, "followup": 0.5, "declined": 0.1}


@dataclass(frozen=True, slots=True)
class Rewards:
    """Rewards from 0 to 1. A transfer's result, else its rating of 1 to 10 divided by ten, replaces the
    reward of its status.
    """

    by_status: Mapping[str, float] = field(default_factory=lambda: dict(BY_STATUS))
    by_result: Mapping[str, float] = field(default_factory=lambda: dict(BY_RESULT))

    @classmethod
    def changed(cls, changes: Mapping[str, float]) -> "Rewards":
        """The usual ones, but for those of some final statuses or results. ValueError names what is wrong."""
        usual = cls()
        for name, reward in changes.items():
            if name not in usual.by_status and name not in usual.by_result:
                known = ", ".join((*usual.by_status, *usual.by_result))
                raise ValueError(f"{name!r} has no reward; these have: {known}")
            if not 0 <= reward <= 1:
                raise ValueError(f"the reward of {name!r} must be from 0 to 1, not {reward}")
        return cls(
            {name: changes.get(name, reward) for name, reward in usual.by_status.items()},
            {name: changes.get(name, reward) for name, reward in usual.by_result.items()},
        )

    def of(self, record: CallRecord) -> float | None:
        """What one call counts for, as `recompute` has it; None where it was no conversation."""
        bridged = [transfer for transfer in record.transfers if transfer.outcome == "bridged"]
        if record.final_status is FinalStatus.HOT_TRANSFER and bridged:
            told = bridged[-1]
            if told.result is not None:
                return self.by_result[told.result]
            if told.rating is not None:
                return told.rating / 10
        return self.by_status.get(record.final_status.value)
