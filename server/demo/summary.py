"""What a day came to, as one JSON object: outcomes, stores, latencies, what was lost, what was learned."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from call_flow.state import CallState
from call_flow.status import MEANING, FinalStatus
from learning.metrics import standings
from learning.statistics import StatisticsRow
from server.demo.audit import Audit, audit
from server.demo.floor import Day
from server.demo.world import World
from server.percentiles import percentiles
from storage.calls import CallRow, Calls
from storage.graph import Graph
from storage.inbox import Inbox
from storage.ledger import LearnedCall, Ledger
from storage.mongo import Conversations
from storage.transfers import Transfer, Transfers
from storage.vectors import Kind, Vectors

NO = ("declined", "closer_hangup")
FALLBACKS = ("video_sent", "follow_up")


@dataclass(frozen=True)
class Summary:
    """`figures` is what `--json` prints; the rest is for people and tests."""

    figures: dict[str, Any]
    audit: Audit
    rows: Sequence[CallRow]
    states: dict[UUID, CallState]


async def summarise(world: World, day: Day) -> Summary:
    """Reads every store once. Times in the figures are wall time."""
    conversations, graph = Conversations.open(world.urls.mongo), Graph.open(world.urls.graph)
    vectors = Vectors.open(world.urls.vectors)
    try:
        return await _summarise(world, day, conversations, graph, vectors)
    finally:
        for store in (conversations, graph, vectors):
            await store.close()


async def _summarise(
    world: World, day: Day, conversations: Conversations, graph: Graph, vectors: Vectors
) -> Summary:
    pool, ledger = world.pool, Ledger(world.pool)
    calls = Calls(pool)
    rows = [row for id in day.calls if (row := await calls.get(UUID(id))) is not None]
    states = {row.id: CallState.model_validate_json(row.state_json) for row in rows if row.state_json}
    found = await audit(await world.report(), day.calls, Inbox(pool), conversations)
    metrics, model = await world.metrics(), await vectors.current()
    figures = {
        "calls_placed": len(day.calls),
        "calls_ended": sum(row.final_status is not None for row in rows),
        "outcomes": dict(Counter(str(row.final_status) for row in rows if row.final_status).most_common()),
        "phases_reached": _phases(states.values()),
        "transfers": await _transfers(Transfers(pool), rows),
        "stores": {
            "postgres_calls": len(rows),
            "mongo_conversations": await conversations.count(day.calls),
            "graph_calls": await graph.count(day.calls),
            "chroma_segments": await vectors.count(Kind.SEGMENTS, day.calls, model),
            "chroma_scenarios": await vectors.count(Kind.SCENARIOS, day.calls, model),
        },
        "ledger": await ledger.counts(day.calls),
        "lost": found.lost,
        "duplicated": found.duplicated,
        "webhook_ack_ms": _points(metrics["webhook_ack_ms"], "p50", "p99"),
        "word_to_command_ms": _points(metrics["word_to_command_ms"], "p50", "p99"),
        "hangup_to_learned_s": _learned(await ledger.learned(day.calls), world.clock.rate),
        "strategies": strategies(rows, states),
    }
    return Summary(figures, found, rows, states)


def strategies(rows: Iterable[CallRow], states: Mapping[UUID, CallState]) -> list[dict[str, Any]]:
    """What these calls alone say of every strategy that they tried: success by kind of lead with a 95 % interval; most
    tried first.
    """
    tried: Counter[tuple[str, str, str]] = Counter()
    won: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        qualified = MEANING[FinalStatus(row.final_status)].qualified if row.final_status else None
        if qualified is None or row.id not in states:
            continue
        chosen = [(choice.moment, choice.segment, choice.taken) for choice in states[row.id].choices]
        tried.update(chosen)
        won.update(chosen if qualified else ())
    found = standings(StatisticsRow(*what, n, won[what]) for what, n in tried.items())
    return [
        {
            "id": standing.strategy,
            "phase": standing.phase,
            "segment": standing.segment,
            "n": standing.n,
            "mean": standing.mean,
            "low": standing.low,
            "high": standing.high,
        }
        for standing in found
    ]


def _phases(states: Iterable[CallState]) -> dict[str, int]:
    reached = Counter(phase for state in states for phase in {str(record.phase) for record in state.phases})
    return dict(reached.most_common())


def reply(transfer: Transfer) -> str:
    """What the closer made of it. `accepted`: took it, whatever came of the bridge; `declined`: said no, or hung up
    without taking it; `unanswered`: nobody said anything before the end, the prospect's included.
    """
    if transfer.accepted_at is not None:
        return "accepted"
    return "declined" if transfer.outcome in NO else "unanswered"


async def _transfers(transfers: Transfers, rows: Sequence[CallRow]) -> dict[str, int]:
    """Closers' telephones that were rung, by what the closers made of it; and how many prospects for whom one was
    rung got something else instead.
    """
    counts = dict.fromkeys(("attempted", "accepted", "declined", "unanswered", "fell_back"), 0)
    for row in rows:
        rung = [t for t in await transfers.of_call(row.id) if t.dialed_at is not None]
        counts["attempted"] += len(rung)
        for transfer in rung:
            counts[reply(transfer)] += 1
        counts["fell_back"] += bool(rung) and row.final_status in FALLBACKS
    return counts


def _learned(learned: Sequence[LearnedCall], rate: float) -> dict[str, float | None]:
    """From the hangup until the last store had the call for the first time, however often it was learned again."""
    took = [(call.learned_at - call.ended_at).total_seconds() / rate for call in learned]
    return percentiles(took, 50, 95, digits=3)


def _points(spread: dict[str, Any], *names: str) -> dict[str, float | None]:
    return {name: None if spread[name] is None else round(spread[name], 2) for name in names}
