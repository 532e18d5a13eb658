"""A call's record and facts as the rows that the Cypher blocks take: flat, sorted by key, times as ISO text in UTC.

Pure. It must never put into a row what says who a person is: no name, number or word that was spoken.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from call_flow.playbook.entries import Entry, Objection, Phase, Strategy
from call_flow.record import CallRecord
from call_flow.status import MEANING, FinalStatus
from storage.graph_facts import GraphFacts

Row = dict[str, Any]
Statement = tuple[str, Row]  # a block's name and its parameters
ANY_CLOSER = "any"
OBJECTION = "objection."  # what the moments of objections begin with


def iso(at: datetime) -> str:
    """The driver crashes on zoneinfo's zones and some servers lose the zone: so UTC, and as text."""
    return at.astimezone(UTC).isoformat()


def lead_of(record: CallRecord) -> str:
    """The lead's id, or a stand-in of this call's own for an unknown caller."""
    return record.lead.id or unknown_lead(record.call_id)


def unknown_lead(call_id: str) -> str:
    return f"unknown:{call_id}"


def forgetting(record: CallRecord) -> Iterable[Statement]:
    """What takes away all that an earlier revision said."""
    yield "forget_edges", {"id": record.call_id}
    yield "forget_decisions", {"id": record.call_id}
    yield "forget_lead", {"id": record.call_id, "lead": lead_of(record)}
    if record.lead.id is not None:
        yield "forget_unknown_lead", {"unknown": unknown_lead(record.call_id)}


def telling(record: CallRecord, facts: GraphFacts) -> Iterable[Statement]:
    """What the call itself says, statements without rows left out."""
    id_ = {"id": record.call_id}
    yield "call", {**id_, **_call(record, facts)}
    yield "lead_kind", _lead(record, facts)
    yield "call_segment", {**id_, "segment": record.segment}
    yield "outcome", {**id_, **_outcome(record, facts)}
    if record.closer_available is not None:
        yield "closer_available", {**id_, "closer": _closer(record), "available": record.closer_available}
    rows = {
        "used_strategies": _strategies(record, facts),
        "objections": _objections(record),
        "answered": _answered(record),
        "decisions": _decisions(record),
        "transfers": _transfers(record),
    }
    yield from ((name, {**id_, "rows": found}) for name, found in rows.items() if found)


def counting(record: CallRecord, facts: GraphFacts) -> Iterable[Statement]:
    """What Postgres knows of strategies and answers; statements without rows left out."""
    kinds = {
        "segment_responds": (facts.segment_responds, ("segment", "strategy")),
        "performs": (facts.performs_in, ("strategy", "phase")),
        "answers": (facts.answers, ("objection", "response")),
        "lead_responds": (facts.lead_responds, ("strategy",)),
    }
    for name, (found, keys) in kinds.items():
        if found:
            rows = [_counted(asdict(row), *keys) for row in _sorted(found)]
            yield name, {"lead": lead_of(record), "as_of": facts.as_of, "rows": rows}


def seeding(entries: Iterable[Entry], gone: Iterable[tuple[str, str]] = ()) -> Iterable[Statement]:
    """Nodes of the playbook's entries, and of those (kind, id) that are gone; statements without rows left out.

    Every arm is a strategy; an answer to an objection is one too, and a response.
    """
    entries = list(entries)
    objections = [entry for entry in entries if isinstance(entry, Objection)]
    left = {kind: [id_ for found, id_ in gone if found == kind] for kind in ("strategy", "objection")}
    answers = [{"objection": o.id, "ids": [response.id for response in o.responses]} for o in objections]
    answers += [{"objection": id_, "ids": []} for id_ in left["objection"]]
    rows: dict[str, list[Any]] = {
        "phases": [{"id": p.key, "order": p.order, "goal": p.goal} for p in entries if isinstance(p, Phase)],
        "strategies": _arms([entry for entry in entries if isinstance(entry, Strategy)], objections),
        "retire_strategies": left["strategy"],
        "objections": [{"id": o.id, "meaning": o.meaning} for o in objections],
        "responses": _responses(objections),
        "retire_responses": answers,
        "retire_arms": [{**row, "moment": f"{OBJECTION}{row['objection']}"} for row in answers],
    }
    yield from ((name, {"rows": found}) for name, found in rows.items() if found)


def _arms(strategies: Iterable[Strategy], objections: Iterable[Objection]) -> list[Row]:
    chosen = [(s.id, s.moment, s.phase, s.technique) for s in strategies]
    chosen += [
        (response.id, f"{OBJECTION}{objection.id}", "objections", response.technique)
        for objection in objections
        for response in objection.responses
    ]
    return [
        {"id": id_, "properties": {"moment": moment, "phase": phase, "technique": technique}}
        for id_, moment, phase, technique in sorted(chosen)
    ]


def _responses(objections: Iterable[Objection]) -> list[Row]:
    return [
        {"id": response.id, "objection": objection.id, "technique": response.technique}
        for objection in objections
        for response in objection.responses
    ]


def _call(record: CallRecord, facts: GraphFacts) -> Row:
    return {
        "lead": lead_of(record),
        "anonymous": record.lead.id is None,
        "started_at": iso(record.started_at),
        "ended_at": iso(record.ended_at),
        "properties": {
            "revision": record.revision,
            "direction": record.direction,
            "control": record.control,
            "segment": record.segment,
            "playbook_version": record.playbook_version,
            "duration_s": (record.ended_at - record.started_at).total_seconds(),
            "phases": [phase.phase.value for phase in record.phases],
            "prediction": record.prediction,
            "closer_available": record.closer_available,
            **_engagement(record),
            **_outcome(record, facts)["properties"],
        },
    }


def _engagement(record: CallRecord) -> Row:
    scores = [float(score) for _, score in record.engagement]
    return {
        "engagement_at_s": [float(at) for at, _ in record.engagement],
        "engagement_scores": scores,
        "engagement_final": scores[-1] if scores else None,
        "engagement_average": round(fmean(scores), 3) if scores else None,
    }


def _lead(record: CallRecord, facts: GraphFacts) -> Row:
    traits = {"scepticism": facts.scepticism, "communication_style": facts.communication_style}
    return {
        "lead": lead_of(record),
        "as_of": int(record.started_at.timestamp() * 1000),
        "segment": record.segment,
        "traits": {name: value for name, value in traits.items() if value is not None},
    }


def _outcome(record: CallRecord, facts: GraphFacts) -> Row:
    meaning = MEANING[record.final_status]
    properties = {
        "final_status": record.final_status.value,
        "qualified": meaning.qualified,
        "reward": facts.reward,
    }
    return {"outcome": meaning.outcome, "properties": properties}


def _closer(record: CallRecord) -> str:
    return next((t.closer_id for t in record.transfers if t.closer_id), None) or ANY_CLOSER


def _strategies(record: CallRecord, facts: GraphFacts) -> list[Row]:
    transferred = record.final_status is FinalStatus.HOT_TRANSFER
    return [
        {
            "strategy": choice.taken,
            "key": choice.key,
            "moment": choice.moment,
            "phase": choice.phase.value,
            "properties": {
                "phase": choice.phase.value,
                "moment": choice.moment,
                "effectiveness": facts.effectiveness.get(choice.key),
                "led_to_transfer": transferred,
            },
        }
        for choice in sorted(record.choices, key=lambda choice: (choice.taken, choice.key))
    ]


def _objections(record: CallRecord) -> list[Row]:
    rows = [
        {
            "objection": objection.type,
            "number": number,
            "properties": {
                "phase": objection.phase.value,
                "resolved": objection.resolved,
                "strategy": objection.response,
            },
        }
        for number, objection in enumerate(record.objections, 1)
    ]
    return sorted(rows, key=lambda row: (row["objection"], row["number"]))


def _answered(record: CallRecord) -> list[Row]:
    rows = [
        {
            "response": objection.response,
            "number": number,
            "properties": {"objection": objection.type, "resolved": objection.resolved},
        }
        for number, objection in enumerate(record.objections, 1)
        if objection.response
    ]
    return sorted(rows, key=lambda row: (str(row["response"]), row["number"]))


def _decisions(record: CallRecord) -> list[Row]:
    outcome = MEANING[record.final_status].outcome
    return [
        {
            "decision": f"{record.call_id}/{number}",
            "at": iso(decision.at),
            "outcome": outcome,
            "properties": {
                "recommendation": "transfer" if decision.hot else "go_on",
                "confidence": decision.confidence,
                "reason": "; ".join(decision.reasons),
                "outcome": outcome,
                "phase": decision.phase.value,
                "engagement": decision.engagement,
            },
        }
        for number, decision in enumerate(record.decisions, 1)
    ]


def _transfers(record: CallRecord) -> list[Row]:
    rows = [
        {
            "closer": transfer.closer_id or ANY_CLOSER,
            "claim": transfer.claim,
            "at": iso(transfer.initiated_at),
            "properties": {
                "successful": transfer.outcome == "bridged",
                "outcome": transfer.outcome,
                "engagement": transfer.engagement,
                "phase": transfer.phase.value,
            },
        }
        for transfer in record.transfers
    ]
    return sorted(rows, key=lambda row: (row["closer"], row["claim"]))


def _counted(row: Row, *keys: str) -> Row:
    """The keys beside, all else under one name."""
    return {**{key: row.pop(key) for key in keys}, "counts": row}


def _sorted(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=repr)
