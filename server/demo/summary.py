"""What a day came to, as one JSON object: outcomes, stores, latencies, what was lost, what was learned."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from call_flow.state import CallState
from learning.metrics import standings
from server.demo.audit import Audit, audit
from server.demo.floor import Day
from server.demo.world import World
from storage.calls import CallRow, Calls
from storage.facts import Facts, StrategyStat
from storage.graph import Graph
from storage.inbox import Inbox
from storage.ledger import LearnedCall, Ledger
from storage.mongo import Conversations
from storage.transfers import Transfers
from storage.vectors import Kind, Vectors

FOLLOWED = {
    "bridged": "accepted",
    "declined": "declined",
    "no_answer": "unanswered",
    "voicemail": "unanswered",
}


@dataclass(frozen=True)
class Summary:
    """`figures` is what `--json` prints; the rest is for people and tests."""

    figures: dict[str, Any]
    audit: Audit
    rows: list[CallRow]
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
        "refused": day.refused,
        "webhook_ack_ms": _points(metrics["webhook_ack_ms"], "p50", "p99"),
        "word_to_command_ms": _points(metrics["word_to_command_ms"], "p50", "p99"),
        "hangup_to_learned_s": _learned(await ledger.learned(day.calls), world.clock.rate),
        "strategies": strategies(await Facts(pool).stats()),
    }
    return Summary(figures, found, rows, states)


def strategies(stats: Sequence[StrategyStat]) -> list[dict[str, Any]]:
    """What is believed of every strategy that was tried, by kind of lead, with a 95 % interval; most tried first."""
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
        for standing in standings(stats)
    ]


def _phases(states: Iterable[CallState]) -> dict[str, int]:
    reached = Counter(phase for state in states for phase in {str(record.phase) for record in state.phases})
    return dict(reached.most_common())


async def _transfers(transfers: Transfers, rows: list[CallRow]) -> dict[str, int]:
    """Attempts by what the closer did, and how many prospects got something else instead."""
    counts = dict.fromkeys(("attempted", "accepted", "declined", "unanswered", "fell_back"), 0)
    for row in rows:
        made = [t for t in await transfers.of_call(row.id) if t.dialed_at is not None]
        counts["attempted"] += len(made)
        for transfer in made:
            if transfer.outcome in FOLLOWED:
                counts[FOLLOWED[transfer.outcome]] += 1
        counts["fell_back"] += bool(made) and str(row.final_status) in ("video_sent", "follow_up")
    return counts


def _learned(learned: Sequence[LearnedCall], rate: float) -> dict[str, float | None]:
    """From the hangup to the last store, over calls that were learned once: later revisions wait for later news."""
    once = sorted((c.learned_at - c.ended_at).total_seconds() / rate for c in learned if c.revision == 1)
    if not once:
        return {"p50": None, "p95": None}
    return {f"p{share}": round(once[min(len(once) - 1, len(once) * share // 100)], 3) for share in (50, 95)}


def _points(spread: dict[str, Any], *names: str) -> dict[str, float | None]:
    return {name: None if spread[name] is None else round(spread[name], 2) for name in names}
