"""What a day left behind, on both sides of the wire, and what is wrong with it.

Every judgement is a list of sentences that is empty when all is well, and compares with what the simulator sent and
saw; none asks the server what it thinks of itself.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from call_flow.record import Segment
from call_flow.state import CallState, record_of
from call_flow.status import MEANING, FinalStatus
from call_flow.telnyx import route
from learning.analysis import analyse
from learning.cards import scenario_card, segment_cards
from server.demo.audit import audit
from server.demo.world import World
from server.replay import replay_call
from storage.calls import CallRow, Calls
from storage.facts import Facts
from storage.graph import CallGraph, Graph
from storage.inbox import Inbox, InboxRow
from storage.ledger import Ledger
from storage.mongo import Conversations, Document
from storage.postgres import Pool
from storage.vectors import Kind, Vectors
from tests.call_flow.transitions import PHASES, STATUSES

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call as Postgres and the derived stores have it."""

    row: CallRow
    state: CallState
    inbox: list[InboxRow]
    segments: list[Segment]
    document: Document | None
    outcome: Document | None
    graph: CallGraph | None
    segment_cards: set[str]
    scenario_cards: set[str]

    @property
    def id(self) -> str:
        return str(self.row.id)


@dataclass(frozen=True)
class Evidence:
    report: Row
    calls: dict[str, Call]  # by number
    undecided: list[str]
    unheard: list[str]
    twice: list[str]
    stored_twice: list[str]


async def gather(world: World, ids: Mapping[str, str]) -> Evidence:
    """Reads every store and the simulator's report. `ids`: calls by number."""
    report = await world.report()
    conversations = Conversations.open(world.urls.mongo)
    graph, vectors = Graph.open(world.urls.graph), Vectors.open(world.urls.vectors)
    try:
        model = await vectors.current()
        found = await audit(report, list(ids.values()), Inbox(world.pool), conversations)
        calls = {
            number: await _call(UUID(id), world.pool, conversations, graph, vectors, model)
            for number, id in ids.items()
        }
    finally:
        for store in (conversations, graph, vectors):
            await store.close()
    return Evidence(report, calls, found.undecided, found.unheard, found.twice, found.stored_twice)


async def _call(
    id: UUID, pool: Pool, conversations: Conversations, graph: Graph, vectors: Vectors, model: str | None
) -> Call:
    calls = Calls(pool)
    row = await calls.get(id)
    assert row is not None, f"call {id} is not in Postgres"
    assert row.state_json is not None, f"call {id} has no state"
    mine = {"call_id": str(id)}
    return Call(
        row=row,
        state=CallState.model_validate_json(row.state_json),
        inbox=await Inbox(pool).of_call(id),
        segments=await calls.transcript(id),
        document=await conversations.get(id),
        outcome=await conversations.outcome(id),
        graph=await graph.call_graph(id),
        segment_cards=set(await vectors.ids(Kind.SEGMENTS, mine, model)),
        scenario_cards=set(await vectors.ids(Kind.SCENARIOS, mine, model)),
    )


async def wrong(world: World, evidence: Evidence) -> list[str]:
    """Everything that is wrong, whatever was done to the servers and the wire. Without a worker nothing is learned."""
    learned = [problem async for problem in ill_learned(world, evidence)] if world.options.worker else []
    return [
        *(f"fault of the simulator: {fault}" for fault in evidence.report["faults"]),
        *(f"acknowledged and not decided: {event}" for event in evidence.undecided),
        *(f"said or heard, and not in Mongo: {words}" for words in evidence.unheard),
        *(f"in Mongo, and not said: {words}" for words in evidence.stored_twice),
        *evidence.twice,
        *decided_twice(evidence),
        *ill_ended(evidence),
        *(problem for call in evidence.calls.values() for problem in illegal(call)),
        *learned,
        *[problem async for problem in not_replayed(world.pool, evidence)],
    ]


def decided_twice(evidence: Evidence) -> list[str]:
    """Events that were not decided, or that share the decision of another."""
    found = []
    for call in evidence.calls.values():
        found += [
            f"{call.id}: {row.event_type} {row.status}, {row.error or 'no error'}"
            for row in call.inbox
            if row.status != "decided"
        ]
        versions = Counter(row.decided_version for row in call.inbox)
        found += [f"{call.id}: {n} events at version {version}" for version, n in versions.items() if n > 1]
        if sorted(versions, key=str) != sorted(range(1, call.row.version + 1), key=str):
            found.append(f"{call.id}: version {call.row.version} after {len(versions)} decisions")
    return found


def ill_ended(evidence: Evidence) -> list[str]:
    """Calls without one final status, or that the simulator saw end otherwise."""
    found = []
    reached = Counter(
        str(route({"payload": leg}).call_id) for leg in evidence.report["legs"] if leg["role"] == "prospect"
    )
    bridged = {leg["call_session_id"] for leg in evidence.report["legs"] if leg["bridged_at"]}
    for call in evidence.calls.values():
        status = str(call.row.final_status)
        if status not in STATUSES:
            found.append(f"{call.id} ended as {status}")
        if reached[call.id] > 1:
            found.append(f"{call.id} rang {reached[call.id]} times")
        was_bridged = any(leg.call_session_id in bridged for leg in call.state.legs.values())
        if was_bridged != (status == "hot_transfer"):
            found.append(f"{call.id} ended as {status}, bridged: {was_bridged}")
    return found


def illegal(call: Call) -> Iterator[str]:
    """Phases that do not follow each other by the table, or whose times do not."""
    records = call.state.phases
    for before, after in pairwise(records):
        if before.phase != after.phase and str(after.phase) not in PHASES[str(before.phase)]:
            yield f"{call.id}: {after.phase} after {before.phase}"
        if before.ended_at is None or before.ended_at > after.started_at:
            yield f"{call.id}: {before.phase} had not ended when {after.phase} began"
    if any(record.ended_at is None or record.outcome is None for record in records):
        yield f"{call.id}: a phase without an end"


async def ill_learned(world: World, evidence: Evidence) -> AsyncIterator[str]:
    """What the derived stores say otherwise than the calls."""
    for call in evidence.calls.values():
        for problem in disagreeing(call):
            yield problem
    async for problem in behind(world, evidence):
        yield problem


def disagreeing(call: Call) -> Iterator[str]:
    """What the derived stores say of a call otherwise than Postgres."""
    record = record_of(call.state, tuple(call.segments), max(call.state.learn_revision, 1))
    status = FinalStatus(str(call.row.final_status))
    if call.document is None or call.outcome is None:
        yield f"{call.id} is not in Mongo"
        return
    stored = [(part["seq"], part["speaker"], part["text"]) for part in call.document["transcript"]]
    if stored != [(part.seq, part.speaker, part.text) for part in call.segments]:
        yield f"{call.id}: transcripts differ: {stored} {call.segments}"
    if [seq for seq, _, _ in stored] != list(range(1, len(stored) + 1)):
        yield f"{call.id}: numbers of the transcript {[seq for seq, _, _ in stored]}"
    for where, document in (("conversation", call.document), ("outcome", call.outcome)):
        if document["revision"] != record.revision:
            yield f"{call.id}: {where} of revision {document['revision']}, not {record.revision}"
    for outcome in (call.document["outcome"], call.outcome):
        if (outcome["final_status"], outcome["outcome"]) != (status, MEANING[status].outcome):
            yield f"{call.id}: {status} is {outcome['final_status']}, {outcome['outcome']} in Mongo"
    if call.graph is None or call.graph.call.get("final_status") != status:
        yield f"{call.id}: {status} is {call.graph and call.graph.call} in the graph"
    if call.segment_cards != {card.id for card in segment_cards(record)}:
        yield f"{call.id}: vectors of segments differ"
    wanted = {scenario_card(record, analyse(record)).id} if record.conversation else set()
    if call.scenario_cards != wanted:
        yield f"{call.id}: vectors of scenarios differ"


async def behind(world: World, evidence: Evidence) -> AsyncIterator[str]:
    """Stores that lack a call, and statistics that are not what the choices add up to."""
    ids = [call.id for call in evidence.calls.values()]
    for store, counts in (await Ledger(world.pool).counts(ids)).items():
        if counts["synced"] != len(ids):
            yield f"ledger of {store}: {counts}"
    counted: Counter[tuple[str, str, str]] = Counter()
    for call in evidence.calls.values():
        status = FinalStatus(str(call.row.final_status))
        if MEANING[status].qualified is not None:
            counted.update((choice.moment, choice.segment, choice.taken) for choice in call.state.choices)
    kept = {(stat.moment, stat.segment, stat.strategy): stat.n for stat in await Facts(world.pool).stats()}
    for what in counted.keys() | kept.keys():
        if counted[what] != kept.get(what, 0):
            yield f"statistics of {' '.join(what)}: {kept.get(what, 0)}, not {counted[what]}"


async def not_replayed(pool: Pool, evidence: Evidence) -> AsyncIterator[str]:
    """Calls that do not come out of their inbox as they are stored."""
    for call in evidence.calls.values():
        replayed = await replay_call(call.row.id, pool)
        if not replayed.same:
            yield replayed.report()


def happened_during(rows: Sequence[Row], field: str, since: datetime, until: datetime) -> list[Row]:
    """The report's rows whose time lies between two times of the clock."""
    return [row for row in rows if row[field] and since <= datetime.fromisoformat(row[field]) <= until]


def of_calls(rows: Sequence[Row], calls: Collection[str]) -> list[Row]:
    return [row for row in rows if str(route({"payload": row}).call_id) in calls]


def lines_told(call: Call) -> str:
    """The call as a dialogue, for whoever has to find out what went wrong."""
    return "\n".join(f"{part.seq} {part.phase} {part.speaker}: {part.text}" for part in call.segments)
