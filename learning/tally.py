"""Strategy statistics held in memory, for calls that no store keeps: what Postgres would count, counted here."""

from call_flow.record import CallRecord
from call_flow.status import MEANING
from learning.statistics import Design, Statistics, StatisticsRow, family_of, statistics_of


class Tally:
    """Counts each choice of a conversation once, and whether the conversation ended qualified."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[tuple[str, str, str], list[int]]] = {}
        self._designs: dict[str, Design] = {}
        self._known: dict[str, Statistics] = {}
        self._version = 0

    def learn(self, record: CallRecord) -> None:
        """A call that was no conversation teaches nothing."""
        qualified = MEANING[record.final_status].qualified
        if qualified is None:
            return
        self._version += 1
        for choice in record.choices:
            family = family_of(choice.moment)
            key = choice.moment, choice.segment, choice.taken
            count = self._counts.setdefault(family, {}).setdefault(key, [0, 0])
            count[0] += 1
            count[1] += qualified
            self._known.pop(family, None)

    def of(self, moment: str) -> Statistics:
        """The statistics of the moment's family, as of the last call learned."""
        family = family_of(moment)
        if family not in self._known:
            rows = [StatisticsRow(*key, *count) for key, count in self._counts.get(family, {}).items()]
            design = self._designs.setdefault(family, Design())
            self._known[family] = statistics_of(rows, self._version, design)
        return self._known[family]
