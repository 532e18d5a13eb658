"""What learning reads and writes in Postgres: strategy statistics, daily metrics, embeddings.

Every figure is set from choices and calls, never incremented, so that learning a call twice is learning it
once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from call_flow.status import MEANING
from storage.postgres import Pool, Record, made
from storage.queries import load
from storage.rewards import Rewards

SQL = load("sql/facts.sql")
_QUALIFIED = [status.value for status, meaning in MEANING.items() if meaning.qualified]
_COUNTED = [status.value for status, meaning in MEANING.items() if meaning.qualified is not None]


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
        return made(cls, record)


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
        return made(cls, record)


class Facts:
    """`rewards` are what a conversation counts for when statistics are set."""

    def __init__(self, pool: Pool, rewards: Rewards | None = None) -> None:
        self._pool = pool
        self.rewards = rewards or Rewards()

    async def recompute(self, pairs: Collection[tuple[str, str]], now: datetime) -> int:
        """Sets the statistics of the (moment, segment) pairs from choices and calls; the posterior's new
        version.

        So does it with those that were last set on an earlier day (UTC), whose 30 days have moved on.
        """
        rewards = self.rewards
        moments, segments = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        args = (moments, segments, now, dict(rewards.by_status), dict(rewards.by_result), _QUALIFIED)
        async with self._pool.transaction() as connection:
            await connection.execute(SQL["lock_statistics"])
            await connection.execute(SQL["recompute"], *args)
            return int(await connection.fetchval(SQL["next_posterior_version"], now))

    async def stats(self, moment: str | None = None) -> list[StrategyStat]:
        """Of one moment or all."""
        return [StrategyStat.read(row) for row in await self._pool.fetch(SQL["stats"], moment)]

    async def of_lead(self, lead_id: UUID, now: datetime) -> list[LeadStat]:
        """By strategy, over all the lead's conversations."""
        rows = await self._pool.fetch(SQL["of_lead"], lead_id, now, _QUALIFIED, _COUNTED)
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
            await connection.execute(SQL["recompute_days"], list(days), timezone, now, _QUALIFIED, _COUNTED)
            await connection.execute(SQL["recompute_beast_mode"])

    async def metrics(self, first: date, last: date) -> list[DailyMetrics]:
        """Both days included, oldest first."""
        return [DailyMetrics.read(row) for row in await self._pool.fetch(SQL["metrics"], first, last)]

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
