"""Strategy statistics held in memory, for calls that no store keeps: what Postgres would count, counted here."""

from call_flow.record import CallRecord
from learning.statistics import Design, Statistics, StatisticsRow, family_of, statistics_of
from storage.rewards import Rewards


class Tally:
    """Counts each choice of a conversation once, and what the conversation was worth."""

    def __init__(self, rewards: Rewards | None = None) -> None:
        self._rewards = rewards or Rewards()
        self._counts: dict[str, dict[tuple[str, str, str], tuple[int, float]]] = {}
        self._designs: dict[str, Design] = {}
        self._known: dict[str, Statistics] = {}
        self._version = 0

    def learn(self, record: CallRecord) -> None:
        """A call that was no conversation teaches nothing."""
        reward = self._rewards.of(record)
        if reward is None:
            return
        self._version += 1
        for choice in record.choices:
            family = family_of(choice.moment)
            key = choice.moment, choice.segment, choice.taken
            counts = self._counts.setdefault(family, {})
            n, gain = counts.get(key, (0, 0.0))
            counts[key] = n + 1, gain + reward
            self._known.pop(family, None)

    def of(self, moment: str) -> Statistics:
        """The statistics of the moment's family, as of the last call learned."""
        family = family_of(moment)
        if family not in self._known:
            rows = [StatisticsRow(*key, *count) for key, count in self._counts.get(family, {}).items()]
            design = self._designs.setdefault(family, Design())
            self._known[family] = statistics_of(rows, self._version, design)
        return self._known[family]
