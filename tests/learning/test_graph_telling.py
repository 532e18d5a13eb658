"""Counters that the graph is told are Postgres' totals; the rest is what the call itself showed."""

from call_flow.record import CallRecord
from call_flow.status import FinalStatus
from learning.analysis import analyse
from learning.graph_telling import graph_facts
from storage.facts import LeadStat, StrategyStat
from storage.graph_facts import GraphFacts
from tests.learning.records import conversation


def stat(moment: str, segment: str, strategy: str, n: int, wins: int) -> StrategyStat:
    return StrategyStat(moment, segment, strategy, n, wins, float(wins), n, wins, float(wins), 0, 0)


STATS = [
    stat("opening", "facebook/income", "opening.story", 10, 4),
    stat("opening", "web/income", "opening.story", 6, 3),
    stat("objection.no_money", "facebook/income", "no_money.empathy", 5, 2),
    stat("commitment", "facebook/income", "commitment.direct", 9, 9),
]


def facts_of(record: CallRecord) -> GraphFacts:
    return graph_facts(record, analyse(record), 1.0, STATS, [LeadStat("opening.story", 1, 2, 1, 1)], 7)


def test_counters_are_totals_of_the_moments_touched() -> None:
    facts = facts_of(conversation())
    assert facts.as_of == 7
    assert {(s.strategy, s.wins, s.n) for s in facts.segment_responds} == {
        ("opening.story", 4, 10),
        ("no_money.empathy", 2, 5),
    }
    assert {(p.strategy, p.phase, p.wins, p.n) for p in facts.performs_in} == {
        ("opening.story", "greeting", 7, 16),
        ("no_money.empathy", "objections", 2, 5),
    }
    assert [(a.objection, a.response, a.wins, a.n) for a in facts.answers] == [
        ("no_money", "no_money.empathy", 2, 5)
    ]
    assert [(lead.strategy, lead.wins, lead.n) for lead in facts.lead_responds] == [("opening.story", 1, 2)]


def test_what_the_call_showed() -> None:
    facts = facts_of(conversation())
    assert facts.effectiveness["rapport:1"] == 14
    assert facts.scepticism == 0
    assert facts.communication_style == "balanced"


def test_a_doubt_that_stayed_is_full_scepticism() -> None:
    record = conversation()
    doubt = record.objections[0].model_copy(update={"type": "scam", "resolved": False})
    assert facts_of(record.model_copy(update={"objections": (doubt,)})).scepticism == 1.0
    assert facts_of(conversation(FinalStatus.VOICEMAIL)).scepticism is None
