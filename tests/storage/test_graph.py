"""What the graph says of calls, the same on the embedded graph and on Neo4j where that is up."""

import asyncio
import os
import random
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from call_flow.lead import Lead
from call_flow.phases import Phase
from call_flow.record import CallRecord, ObjectionRecord
from call_flow.status import MEANING, FinalStatus
from storage.away import StoreAway
from storage.embedded.stack import Stack
from storage.graph import CallGraph, Graph
from storage.graph_facts import (
    Answer,
    GraphFacts,
    LeadResponds,
    PerformsIn,
    SegmentResponds,
)
from storage.playbook import read_packaged
from tests.neo4j_server.place import URL_VARIABLE, running_url
from tests.storage.documents import AT, a_choice, a_record

PERSONAL = ("Ann", "+15550001", "Hello there.")


@pytest.fixture(scope="module", params=["embedded", "neo4j"])
def graph_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "embedded":
        stack: Stack = request.getfixturevalue("stack")
        yield stack.urls.graph
        return
    url = running_url()
    if url is None:
        how = f"no Neo4j is up: `make neo4j` starts one, or name one in {URL_VARIABLE}"
        pytest.fail(how) if os.environ.get("CI") == "true" else pytest.skip(how)
    yield url


@pytest.fixture(scope="module")
async def graph(graph_url: str) -> AsyncIterator[Graph]:
    opened = Graph.open(graph_url)
    await opened.ensure_schema()
    yield opened
    await opened.close()


class World:
    """Ids of one test's own, so that tests share a graph."""

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex[:10]
        self.lead = Lead(
            id=f"lead-{self.name}",
            phone="+15550001",
            first_name="Ann",
            source=f"facebook-{self.name}",
            initial_interest="income",
        )
        self.segment = f"facebook-{self.name}/income"

    def id(self, name: str) -> str:
        return f"{name}.{self.name}"

    def record(self, call: str = "call", **changes: Any) -> CallRecord:
        return a_record(self.id(call), **{"lead": self.lead, **changes})

    def facts(self, *, n: int = 10, as_of: int = 1) -> GraphFacts:
        arm, other = self.id("arm"), self.id("other")
        return GraphFacts(
            as_of=as_of,
            segment_responds=(
                SegmentResponds(self.segment, arm, 7, n, 3, 4),
                SegmentResponds(self.segment, other, 2, n, 1, 4),
            ),
            lead_responds=(LeadResponds(arm, 1, 1, 1, 1),),
            performs_in=(PerformsIn(arm, "greeting", 9, 20),),
            answers=(Answer(self.id("objection"), self.id("answer"), 3, 5),),
            effectiveness={"opening": 6.5},
            scepticism=0.7,
        )


@pytest.fixture
def world() -> World:
    return World()


async def _call(graph: Graph, record: CallRecord) -> CallGraph:
    found = await graph.call_graph(record.call_id)
    assert found is not None
    return found


async def test_a_learned_call_is_there_with_all_that_belongs_to_it(graph: Graph, world: World) -> None:
    record = world.record()
    assert await graph.learn(record, world.facts())
    call = await _call(graph, record)
    assert call.segment == world.segment
    assert call.lead is not None
    assert (call.lead["id"], call.lead["scepticism"], call.lead["anonymous"]) == (world.lead.id, 0.7, False)
    assert call.call["started_at"] == AT
    assert call.call["engagement_scores"] == [50.0, 72.0]
    assert call.call["qualified"] is True
    assert [(edge.type, edge.id) for edge in call.edges] == [
        ("ANSWERED_WITH", "no_time.empathy"),
        ("DECIDED", f"{record.call_id}/1"),
        ("ENCOUNTERED_OBJECTION", "no_time"),
        ("IN_SEGMENT", world.segment),
        ("KEVIN_AVAILABLE", "closer-kevin"),
        ("LED_TO_OUTCOME", "transferred"),
        ("TRANSFER_ATTEMPTED", "closer-kevin"),
        ("USED_STRATEGY", "no_time.empathy"),
        ("USED_STRATEGY", "opening.story"),
    ]


async def test_edges_and_decisions_carry_their_facts(graph: Graph, world: World) -> None:
    record = world.record()
    await graph.learn(record, world.facts())
    call = await _call(graph, record)
    (opening,) = (edge for edge in call.of("USED_STRATEGY") if edge.id == "opening.story")
    assert opening.edge == {
        "key": "opening",
        "moment": "opening",
        "phase": "greeting",
        "effectiveness": 6.5,
        "led_to_transfer": True,
    }
    (objection,) = call.of("ENCOUNTERED_OBJECTION")
    assert objection.edge == {
        "number": 1,
        "phase": "rapport",
        "resolved": True,
        "strategy": "no_time.empathy",
    }
    (transfer,) = call.of("TRANSFER_ATTEMPTED")
    assert (transfer.edge["successful"], transfer.edge["at"]) == (True, AT)
    (decision,) = call.of("DECIDED")
    assert decision.node["recommendation"] == "transfer"
    assert decision.node["reason"] == "engagement 72; hours known"
    assert decision.node["outcome"] == "transferred"


async def test_nothing_says_who_a_person_is(graph: Graph, world: World) -> None:
    record = world.record()
    await graph.learn(record, world.facts())
    said = repr(await _call(graph, record))
    assert not [word for word in PERSONAL if word in said]


async def test_learning_again_changes_nothing(graph: Graph, world: World) -> None:
    record = world.record()
    await graph.learn(record, world.facts())
    once = await _call(graph, record), await graph.strategies_for(world.segment)
    for _ in range(2):
        assert await graph.learn(record, world.facts())
    assert (await _call(graph, record), await graph.strategies_for(world.segment)) == once


async def test_a_corrected_revision_leaves_nothing_of_the_one_before(graph: Graph, world: World) -> None:
    first = world.record()
    await graph.learn(first, world.facts())
    corrected = world.record(
        revision=2,
        final_status=FinalStatus.ABANDONED,
        choices=(a_choice("opening.direct", "opening", Phase.GREETING, world.segment),),
        objections=(ObjectionRecord(type="no_money", phase=Phase.GOALS, at=AT),),
        transfers=(),
        decisions=(),
        closer_available=None,
        prediction=None,
    )
    assert await graph.learn(corrected, GraphFacts(as_of=2))
    call = await _call(graph, corrected)
    assert [(edge.type, edge.id) for edge in call.edges] == [
        ("ENCOUNTERED_OBJECTION", "no_money"),
        ("IN_SEGMENT", world.segment),
        ("LED_TO_OUTCOME", "not_qualified"),
        ("USED_STRATEGY", "opening.direct"),
    ]
    assert (call.call["revision"], call.call.get("prediction"), call.call["qualified"]) == (2, None, False)
    anew = corrected.model_copy(update={"call_id": world.id("anew")})
    await graph.learn(anew, GraphFacts(as_of=2))
    assert _without_ids(await _call(graph, anew)) == _without_ids(call)


def _without_ids(call: CallGraph) -> Any:
    return replace(call, call={**call.call, "id": ""})


async def test_a_lower_revision_leaves_the_call_and_still_sets_newer_counters(
    graph: Graph, world: World
) -> None:
    await graph.learn(world.record(revision=3), world.facts(as_of=1))
    before = await _call(graph, world.record())
    assert not await graph.learn(world.record(revision=2, choices=()), world.facts(n=30, as_of=2))
    assert await _call(graph, world.record()) == before
    assert [row.n for row in await graph.strategies_for(world.segment)] == [30, 30]


async def test_older_counters_never_replace_newer_ones(graph: Graph, world: World) -> None:
    await graph.learn(world.record("one"), world.facts(n=30, as_of=2))
    await graph.learn(world.record("two"), world.facts(n=12, as_of=1))
    assert [row.n for row in await graph.strategies_for(world.segment)] == [30, 30]


async def test_an_unknown_caller_gets_a_stand_in_that_goes_when_the_lead_is_known(
    graph: Graph, world: World
) -> None:
    unknown = world.lead.model_copy(update={"id": None})
    await graph.learn(world.record(lead=unknown))
    call = await _call(graph, world.record())
    assert call.lead is not None
    assert (call.lead["id"], call.lead["anonymous"]) == (f"unknown:{world.id('call')}", True)
    await graph.learn(world.record(revision=2))
    call = await _call(graph, world.record())
    assert call.lead is not None
    assert call.lead["id"] == world.lead.id
    assert await graph.calls_of_lead(f"unknown:{world.id('call')}") == []


async def test_a_lead_is_of_the_kind_of_its_latest_call_in_whatever_order_calls_are_learned(
    graph: Graph, world: World
) -> None:
    later_kind = world.lead.model_copy(update={"initial_interest": "training"})
    later = world.record("later", lead=later_kind, started_at=AT + timedelta(days=1))
    earlier = world.record("earlier")
    for record in (later, earlier, later, earlier):
        await graph.learn(record)
    lead = (await _call(graph, earlier)).lead
    assert lead is not None
    assert lead["segment"] == f"facebook-{world.name}/training"
    assert (await _call(graph, earlier)).segment == world.segment
    assert [call["id"] for call in await graph.calls_of_lead(world.lead.id or "")] == [
        earlier.call_id,
        later.call_id,
    ]


async def test_repeated_strategies_and_objections_are_edges_of_their_own(graph: Graph, world: World) -> None:
    again = a_choice(
        "no_time.empathy", "objection.no_time", Phase.GOALS, world.segment, key="objection.no_time#2"
    )
    objection = world.record().objections[0]
    record = world.record(choices=(*world.record().choices, again), objections=(objection, objection))
    for _ in range(2):
        await graph.learn(record)
    call = await _call(graph, record)
    keys = sorted(edge.edge["key"] for edge in call.of("USED_STRATEGY"))
    assert keys == ["objection.no_time", "objection.no_time#2", "opening"]
    assert sorted(edge.edge["number"] for edge in call.of("ENCOUNTERED_OBJECTION")) == [1, 2]


@pytest.mark.parametrize("status", list(FinalStatus))
async def test_every_final_status_leads_to_its_outcome(
    graph: Graph, world: World, status: FinalStatus
) -> None:
    record = world.record(final_status=status)
    await graph.learn(record)
    (led,) = (await _call(graph, record)).of("LED_TO_OUTCOME")
    assert led.id == MEANING[status].outcome
    assert (led.edge["final_status"], led.edge.get("qualified")) == (status.value, MEANING[status].qualified)


async def test_a_call_in_which_nothing_happened(graph: Graph, world: World) -> None:
    record = world.record(
        final_status=FinalStatus.NO_ANSWER,
        answered_at=None,
        phases=(),
        segments=(),
        choices=(),
        objections=(),
        transfers=(),
        decisions=(),
        engagement=(),
        closer_available=None,
    )
    for _ in range(2):
        await graph.learn(record)
    call = await _call(graph, record)
    assert [edge.type for edge in call.edges] == ["IN_SEGMENT", "LED_TO_OUTCOME"]
    assert call.call["engagement_scores"] == []


async def test_times_in_any_zone_are_the_same_instant(graph: Graph, world: World) -> None:
    record = world.record(started_at=AT.astimezone(ZoneInfo("America/New_York")))
    await graph.learn(record)
    started = (await _call(graph, record)).call["started_at"]
    assert (started, started.tzinfo) == (AT, UTC)


async def test_the_questions(graph: Graph, world: World) -> None:
    await graph.learn(world.record(), world.facts())
    best, second = await graph.strategies_for(world.segment)
    assert (best.strategy, best.wins, best.n, best.wins_30d, best.n_30d) == (world.id("arm"), 7, 10, 3, 4)
    assert second.strategy == world.id("other")
    assert await graph.strategies_for(world.segment, moment="opening") == []
    assert await graph.answers_to(world.id("objection")) == [
        {"response": world.id("answer"), "technique": None, "current": None, "wins": 3, "n": 5}
    ]
    assert await graph.call_graph("nobody") is None


async def test_counting_and_revisions(graph: Graph, world: World) -> None:
    before = await graph.count()
    await graph.learn(world.record("one", revision=2))
    await graph.learn(world.record("two"))
    ids = [world.id("one"), world.id("two"), world.id("three")]
    assert await graph.count(ids) == 2
    assert await graph.count() >= before + 2
    assert await graph.revisions(ids) == {world.id("one"): 2, world.id("two"): 1}
    assert (await graph.revisions())[world.id("one")] == 2
    assert await graph.revisions([]) == {}


async def test_the_playbook_seeds_arms_and_answers_and_retires_what_left_it(graph: Graph) -> None:
    playbook = read_packaged()
    entries = (*playbook.phases, *playbook.all_strategies, *playbook.objections)
    for _ in range(2):
        await graph.seed(entries)
    first, second = playbook.objections[:2]
    fewer = first.model_copy(update={"responses": first.responses[1:]})
    await graph.seed([fewer], [("objection", second.id)])
    answers = await graph.answers_to(first.id)
    assert {(row["response"], row["current"]) for row in answers} >= {
        (first.responses[0].id, False),
        *((response.id, True) for response in fewer.responses),
    }
    assert {(row["n"], row["wins"]) for row in answers} == {(0, 0)}
    assert {row["current"] for row in await graph.answers_to(second.id)} == {False}
    await graph.seed([first, second])
    assert {row["current"] for row in await graph.answers_to(first.id)} == {True}
    arm = playbook.strategies("opening")[0]
    record = World().record(choices=(a_choice(arm.id, "opening", Phase.GREETING, "x"),))
    await graph.learn(record)
    (used,) = (await _call(graph, record)).of("USED_STRATEGY")
    assert used.node == {
        "id": arm.id,
        "moment": "opening",
        "phase": arm.phase,
        "technique": arm.technique,
        "current": True,
    }


async def test_learners_at_the_same_time_lose_nothing(graph: Graph, graph_url: str, world: World) -> None:
    """Each graph is one process: within it writers take turns, between them the server settles who was first."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    records = [world.record(f"call{n}") for n in range(12)] * 2
    random.Random(seed).shuffle(records)
    learners = [Graph.open(graph_url, timeout_s=30.0) for _ in range(3)]
    await asyncio.gather(
        *(learners[n % 3].learn(record, world.facts(as_of=n)) for n, record in enumerate(records))
    )
    await asyncio.gather(*(learner.close() for learner in learners))
    alone = world.record("alone")
    await graph.learn(alone, world.facts(as_of=99))
    assert await graph.count([record.call_id for record in records]) == 12
    expected = [(edge.type, edge.id.replace("alone", "")) for edge in (await _call(graph, alone)).edges]
    for n in range(12):
        call = await _call(graph, world.record(f"call{n}"))
        assert [(edge.type, edge.id.replace(f"call{n}", "")) for edge in call.edges] == expected


async def test_the_schema_may_be_ensured_again(graph: Graph) -> None:
    for _ in range(2):
        await graph.ensure_schema()


async def test_away_is_said_in_time_and_over_when_it_is_back(stack: Stack, world: World) -> None:
    graph = Graph.open(stack.urls.graph, timeout_s=3.0)
    record = world.record()
    try:
        await graph.learn(record)
        await asyncio.to_thread(stack.pause, "graph")
        try:
            async with asyncio.timeout(6):
                with pytest.raises(StoreAway, match="graph cannot be reached") as away:
                    await graph.learn(record)
            assert away.value.store == "graph"
        finally:
            await asyncio.to_thread(stack.resume, "graph")
        await graph.learn(world.record(revision=2))
        assert await graph.revisions([record.call_id]) == {record.call_id: 2}
    finally:
        await graph.close()
