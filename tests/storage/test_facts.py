"""Statistics, metrics and embeddings are set from what happened: twice is once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from call_flow.effects import RecordChoice, RecordTransfer
from call_flow.phases import Phase
from call_flow.record import Choice
from call_flow.status import FinalStatus
from storage.calls import Summary
from storage.facts import Facts, StrategyStat
from storage.postgres import Pool
from storage.rewards import Rewards
from storage.transfers import Transfers
from tests.storage.events import NOW, decide_next, new_call

PAIR = ("opening", "web/income")


async def learned_call(
    pool: Pool,
    status: FinalStatus,
    strategy: str = "a",
    *,
    at: datetime = NOW,
    policy: str = "thompson",
    prediction: float | None = None,
    began: datetime | None = None,
) -> UUID:
    """A call that chose `strategy` and ended as `status`."""
    choice = Choice(
        key="opening", moment=PAIR[0], phase=Phase.GREETING, segment=PAIR[1], arms=("a", "b"), p=(0.5, 0.5),
        taken=strategy, draw=0.1, policy=policy, posterior_version=0, at=at,
    )  # fmt: skip
    effects = [RecordChoice(choice=choice)]
    bridged = status is FinalStatus.HOT_TRANSFER
    transfer = RecordTransfer(claim="c", values={"initiated_at": at, "bridged_at": at, "outcome": "bridged"})
    summary = Summary(
        phase="handoff", final_status=status, engagement=60.0, prediction=prediction, control=policy == "control",
        transfer_attempted=bridged, transfer_successful=bridged,
    )  # fmt: skip
    call_id = await new_call(pool)
    await pool.execute("UPDATE calls SET created_at = $2 WHERE id = $1", call_id, began or at)
    await decide_next(pool, call_id, [*effects, transfer] if bridged else effects, summary=summary)
    return call_id


@pytest.fixture
async def facts(pool: Pool) -> Facts:
    await pool.execute("TRUNCATE calls, strategy_stats, learning_metrics CASCADE")
    return Facts(pool)


async def stat(facts: Facts, strategy: str = "a") -> StrategyStat:
    (one,) = [one for one in await facts.stats("opening") if one.strategy == strategy]
    return one


async def test_statistics_count_conversations_and_reward_them(pool: Pool, facts: Facts) -> None:
    for status in (
        FinalStatus.VIDEO_SENT,
        FinalStatus.ABANDONED,
        FinalStatus.NO_ANSWER,
        FinalStatus.WRONG_PERSON,
    ):
        await learned_call(pool, status)
    await learned_call(pool, FinalStatus.FOLLOW_UP, at=NOW - timedelta(days=40), policy="control")
    await learned_call(pool, FinalStatus.FOLLOW_UP, "b")
    before = await facts.posterior_version()
    for _ in range(2):
        await facts.recompute([PAIR], NOW)
    assert await facts.posterior_version() == before + 2
    assert await stat(facts) == StrategyStat(
        *PAIR, "a", n=3, wins=2, reward=pytest.approx(0.7), n_30d=2, wins_30d=1, reward_30d=pytest.approx(0.4),
        n_control=1, wins_control=1,
    )  # fmt: skip
    assert (await stat(facts, "b")).n == 1


async def test_rating_and_result_replace_the_reward_of_a_transfer(pool: Pool, facts: Facts) -> None:
    call_id = await learned_call(pool, FinalStatus.HOT_TRANSFER)
    await facts.recompute([PAIR], NOW)
    assert (await stat(facts)).reward == 1.0
    (transfer,) = await Transfers(pool).of_call(call_id)
    await Transfers(pool).rate(transfer.id, 3, "tyre kicker", NOW)
    await facts.recompute([PAIR], NOW)
    assert (await stat(facts)).reward == pytest.approx(0.3)
    await Transfers(pool).record_result(transfer.id, "closed", None, NOW)
    await facts.recompute([PAIR], NOW)
    assert ((await stat(facts)).reward, (await stat(facts)).wins) == (1.0, 1)
    with pytest.raises(ValueError, match="1 to 10"):
        await Transfers(pool).rate(transfer.id, 11, None, NOW)


async def test_rewards_are_a_setting(pool: Pool, facts: Facts) -> None:
    await learned_call(pool, FinalStatus.VIDEO_SENT)
    await Facts(pool, Rewards.changed({"video_sent": 0.9})).recompute([PAIR], NOW)
    assert (await stat(facts)).reward == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"no_answer": 0.1}, "'no_answer' has no reward"),
        ({"closed": 1.5}, "'closed' must be from 0 to 1, not 1.5"),
    ],
)
def test_a_reward_that_cannot_be_is_named(changes: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Rewards.changed(changes)


async def test_thirty_days_move_on_for_what_nobody_used(pool: Pool, facts: Facts) -> None:
    await learned_call(pool, FinalStatus.VIDEO_SENT)
    await facts.recompute([PAIR], NOW)
    assert (await stat(facts)).n_30d == 1
    await facts.recompute([("opening", "other/kind")], NOW + timedelta(days=31))
    one = await stat(facts)
    assert (one.n, one.n_30d, one.wins_30d, one.reward_30d) == (1, 0, 0, 0.0)


async def test_learners_at_once_leave_the_whole_count(pool: Pool, facts: Facts) -> None:
    async def learn() -> None:
        await learned_call(pool, FinalStatus.VIDEO_SENT)
        await facts.recompute([PAIR], NOW)

    await asyncio.gather(*(learn() for _ in range(10)))
    assert (await stat(facts)).n == 10


async def test_only_the_touched_pairs_change(pool: Pool, facts: Facts) -> None:
    await learned_call(pool, FinalStatus.VIDEO_SENT)
    await facts.recompute([("opening", "other/kind")], NOW)
    assert await facts.stats() == []


async def test_metrics_of_a_day(pool: Pool, facts: Facts) -> None:
    for status, prediction in ((FinalStatus.HOT_TRANSFER, 0.9), (FinalStatus.ABANDONED, 0.8),
                               (FinalStatus.DISQUALIFIED, 0.2), (FinalStatus.FOLLOW_UP, None),
                               (FinalStatus.NO_ANSWER, None)):  # fmt: skip
        await learned_call(pool, status, prediction=prediction)
    for _ in range(2):
        await facts.recompute_days([NOW.date()], "UTC", NOW)
    (day,) = await facts.metrics(NOW.date(), NOW.date())
    assert (day.total_calls, day.conversations, day.qualified, day.qualified_rate) == (5, 4, 2, 0.5)
    assert (day.average_engagement, day.transfers_attempted, day.transfer_success_rate) == (60.0, 1, 1.0)
    assert day.pattern_recognition_accuracy == pytest.approx(2 / 3)
    assert day.beast_mode_score == 5.0


async def test_beast_mode_is_measured_against_the_first_day(pool: Pool, facts: Facts) -> None:
    first, second = NOW - timedelta(days=2), NOW
    for status in (FinalStatus.VIDEO_SENT, *[FinalStatus.ABANDONED] * 3):
        await learned_call(pool, status, began=first)
    for _ in range(3):
        await learned_call(pool, FinalStatus.VIDEO_SENT, began=second)
    await facts.recompute_days([second.date(), first.date()], "UTC", NOW)
    scores = [day.beast_mode_score for day in await facts.metrics(first.date(), second.date())]
    assert scores == [5.0, 10.0]  # four times as good, and ten is the most


async def test_a_day_begins_at_midnight_where_the_business_is(pool: Pool, facts: Facts) -> None:
    await learned_call(pool, FinalStatus.VIDEO_SENT, began=datetime(2025, 3, 5, 3, 0, tzinfo=UTC))
    await facts.recompute_days([date(2025, 3, 4), date(2025, 3, 5)], "America/New_York", NOW)
    days = await facts.metrics(date(2025, 3, 4), date(2025, 3, 5))
    assert [day.total_calls for day in days] == [1, 0]


async def test_embeddings_are_kept_by_text_and_model(facts: Facts) -> None:
    vectors = {bytes([n]) * 32: bytes(range(n, n + 16)) for n in range(5)}
    assert await facts.save_embeddings("minilm", vectors) == 5
    assert await facts.save_embeddings("minilm", vectors) == 0
    assert await facts.embeddings("minilm", [*vectors, b"unknown"]) == vectors
    assert await facts.embeddings("other", list(vectors)) == {}
    assert await facts.save_embeddings("minilm", {}) == 0
