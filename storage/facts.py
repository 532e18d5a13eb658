"""What learning reads and writes in Postgres: strategy statistics, daily metrics, embeddings.

Every figure is set from choices and calls, never incremented, so that learning a call twice is learning it
once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from call_flow.record import CallRecord
from call_flow.status import MEANING, FinalStatus
from storage.postgres import Pool, Record
from storage.queries import load

SQL = load("sql/facts.sql")
_COUNTED = {status: meaning for status, meaning in MEANING.items() if meaning.qualified is not None}
_QUALIFIED = [status.value for status, meaning in _COUNTED.items() if meaning.qualified]


def _by_status() -> dict[str, float]:
    return {status.value: meaning.reward or 0.0 for status, meaning in _COUNTED.items()}


@dataclass(frozen=True, slots=True)
class Rewards:
    """Rewards from 0 to 1. A transfer's result, else its rating of 1 to 10 divided by ten, replaces the
    reward of its status.
    """

    by_status: Mapping[str, float] = field(default_factory=_by_status)
    by_result: Mapping[str, float] = field(
        default_factory=lambda: {"closed": 1.0, "scheduled": 0.8, "followup": 0.5, "declined": 0.1}
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


@dataclass(frozen=True, slots=True)
class StrategyStat:
    """What one strategy did at one moment with one kind of lead. `wins` qualified of `n` choices; `reward` is
    their sum.
    """

    moment: str
    segment: str
    strategy: str
    n: int
    wins: int
    reward: float
    n_30d: int
    wins_30d: int
    reward_30d: float
    n_control: int
    wins_control: int

    @classmethod
    def read(cls, record: Record) -> "StrategyStat":
        return cls(**{name: record[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class LeadStat:
    """What one strategy did in the conversations with one lead."""

    strategy: str
    wins: int
    n: int
    wins_30d: int
    n_30d: int


@dataclass(frozen=True, slots=True)
class DailyMetrics:
    """One day. Rates are 0 to 1, None where there was nothing to divide by; `beast_mode_score` 0 to 10."""

    day: date
    total_calls: int
    conversations: int
    qualified: int
    qualified_rate: float | None
    average_engagement: float | None
    transfers_attempted: int
    transfers_successful: int
    transfer_success_rate: float | None
    pattern_recognition_accuracy: float | None
    beast_mode_score: float | None

    @classmethod
    def read(cls, record: Record) -> "DailyMetrics":
        return cls(**{name: record[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Uplift:
    """Conversations and qualified ones, under control and under the policy."""

    control_n: int
    control_wins: int
    policy_n: int
    policy_wins: int


class Facts:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def recompute(
        self, pairs: Collection[tuple[str, str]], now: datetime, rewards: Rewards | None = None
    ) -> int:
        """Sets the statistics of the (moment, segment) pairs from choices and calls; the posterior's new
        version.
        """
        rewards = rewards or Rewards()
        moments, segments = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        args = (moments, segments, now, dict(rewards.by_status), dict(rewards.by_result), _QUALIFIED)
        async with self._pool.transaction() as connection:
            await connection.execute(SQL["lock_statistics"])
            await connection.execute(SQL["recompute"], *args)
            return int(await connection.fetchval(SQL["next_posterior_version"], now))

    async def pairs(self, call_id: str | None = None) -> list[tuple[str, str]]:
        """The (moment, segment) pairs in which choices were made: of one call, or all."""
        return [(row["moment"], row["segment"]) for row in await self._pool.fetch(SQL["pairs"], call_id)]

    async def stats(self, moment: str | None = None) -> list[StrategyStat]:
        """Of one moment or all."""
        return [StrategyStat.read(row) for row in await self._pool.fetch(SQL["stats"], moment)]

    async def of_lead(self, lead_id: UUID, now: datetime) -> list[LeadStat]:
        """By strategy, over all the lead's conversations."""
        rows = await self._pool.fetch(SQL["of_lead"], lead_id, now, _QUALIFIED, _counted())
        return [LeadStat(**dict(row)) for row in rows]

    async def posterior_version(self) -> int:
        """Counts up with every recomputation; 0 before the first."""
        return int(await self._pool.fetchval(SQL["posterior_version"]))

    async def recompute_days(self, days: Collection[date], timezone: str, now: datetime) -> None:
        """Sets the metrics of these days, which begin at midnight in `timezone` (IANA), and the beast mode
        score of all days.

        A call belongs to the day on which it began. Beast mode score = min(10, 5 × qualified rate ÷ that of
        the first day on record that has one above 0).
        """
        async with self._pool.transaction() as connection:
            await connection.execute(SQL["lock_metrics"])
            await connection.execute(SQL["recompute_days"], list(days), timezone, now, _QUALIFIED, _counted())
            await connection.execute(SQL["recompute_beast_mode"])

    async def metrics(self, first: date, last: date) -> list[DailyMetrics]:
        """Both days included, oldest first."""
        return [DailyMetrics.read(row) for row in await self._pool.fetch(SQL["metrics"], first, last)]

    async def uplift(self, since: datetime) -> Uplift:
        """Of conversations that began since."""
        row = await self._pool.fetchrow(SQL["uplift"], since, _QUALIFIED, _counted())
        assert row is not None
        return Uplift(row["control_n"], row["control_wins"], row["policy_n"], row["policy_wins"])

    async def embeddings(self, model: str, hashes: Collection[bytes]) -> dict[bytes, bytes]:
        """Those that are there, by text hash: float32 little-endian."""
        rows = await self._pool.fetch(SQL["embeddings"], model, list(hashes))
        return {row["text_hash"]: row["vector"] for row in rows}

    async def save_embeddings(self, model: str, vectors: Mapping[bytes, bytes]) -> int:
        """Keeps those that are new; how many."""
        if not vectors:
            return 0
        args = (model, list(vectors.keys()), list(vectors.values()))
        return await self._pool.execute(SQL["save_embeddings"], *args)


def _counted() -> list[str]:
    return [status.value for status in _COUNTED]
