// What one call adds, in the order in which `storage/graph.py` runs it, inside one transaction.
// A call owns the edges that begin at it, its decisions, and its HAD_CALL: they are taken away and made anew.
// Counters belong to Postgres: they are set, unless a later statistic has set them already (`as_of`).

// name: claim_call
// The call's node, and the revision that was learned before (0 for none): its lock in this transaction
MERGE (call:Call {id: $id})
SET call.revision = coalesce(call.revision, 0)
RETURN call.revision AS revision;

// name: forget_edges
// All that an earlier revision of this call said
MATCH (call:Call {id: $id})-[said:USED_STRATEGY|ENCOUNTERED_OBJECTION|ANSWERED_WITH|LED_TO_OUTCOME|TRANSFER_ATTEMPTED|KEVIN_AVAILABLE|IN_SEGMENT]->()
DELETE said;

// name: forget_decisions
// The decisions of an earlier revision
MATCH (call:Call {id: $id})-[:DECIDED]->(decision:Decision)
DETACH DELETE decision;

// name: forget_lead
// The call's lead, where it turned out to be another
MATCH (lead:Lead)-[had:HAD_CALL]->(call:Call {id: $id})
WHERE lead.id <> $lead
DELETE had;

// name: forget_unknown_lead
// The stand-in for a caller who turned out to be a lead
MATCH (lead:Lead {id: $unknown})
DETACH DELETE lead;

// name: call
// The call's own properties, and the call of its lead
MATCH (call:Call {id: $id})
MERGE (lead:Lead {id: $lead})
ON CREATE SET lead.anonymous = $anonymous
MERGE (lead)-[:HAD_CALL]->(call)
SET call += $properties, call.started_at = datetime($started_at), call.ended_at = datetime($ended_at);

// name: lead_kind
// The lead's kind and traits, as of its latest call
MATCH (lead:Lead {id: $lead})
WHERE lead.as_of IS NULL OR lead.as_of <= $as_of
SET lead.as_of = $as_of, lead.segment = $segment, lead += $traits
MERGE (segment:Segment {id: $segment})
MERGE (lead)-[:IN_SEGMENT]->(segment)
WITH lead, segment
MATCH (lead)-[old:IN_SEGMENT]->(other:Segment)
WHERE other.id <> segment.id
DELETE old;

// name: call_segment
// The kind of lead that the call itself was with
MATCH (call:Call {id: $id})
MERGE (segment:Segment {id: $segment})
MERGE (call)-[:IN_SEGMENT]->(segment);

// name: used_strategies
// One edge a choice: its key tells two uses of one strategy apart
MATCH (call:Call {id: $id})
UNWIND $rows AS row
MERGE (strategy:Strategy {id: row.strategy})
ON CREATE SET strategy.moment = row.moment, strategy.phase = row.phase
MERGE (call)-[used:USED_STRATEGY {key: row.key}]->(strategy)
SET used += row.properties;

// name: objections
// One edge an objection, numbered in the call
MATCH (call:Call {id: $id})
UNWIND $rows AS row
MERGE (objection:Objection {id: row.objection})
MERGE (call)-[met:ENCOUNTERED_OBJECTION {number: row.number}]->(objection)
SET met += row.properties;

// name: answered
// What the call answered its objections with
MATCH (call:Call {id: $id})
UNWIND $rows AS row
MERGE (response:Response {id: row.response})
MERGE (call)-[answered:ANSWERED_WITH {number: row.number}]->(response)
SET answered += row.properties;

// name: decisions
// The call's transfer decisions with their reasons
MATCH (call:Call {id: $id})
UNWIND $rows AS row
MERGE (decision:Decision {id: row.decision})
SET decision += row.properties, decision.at = datetime(row.at)
MERGE (call)-[:DECIDED]->(decision)
WITH decision, row
MERGE (outcome:Outcome {id: row.outcome})
MERGE (decision)-[:LED_TO_OUTCOME]->(outcome);

// name: outcome
// How the call ended
MATCH (call:Call {id: $id})
MERGE (outcome:Outcome {id: $outcome})
MERGE (call)-[led:LED_TO_OUTCOME]->(outcome)
SET led += $properties;

// name: transfers
// One edge an attempt
MATCH (call:Call {id: $id})
UNWIND $rows AS row
MERGE (closer:Closer {id: row.closer})
MERGE (call)-[attempted:TRANSFER_ATTEMPTED {claim: row.claim}]->(closer)
SET attempted += row.properties, attempted.at = datetime(row.at);

// name: closer_available
// Whether a closer was there for this call
MATCH (call:Call {id: $id})
MERGE (closer:Closer {id: $closer})
MERGE (call)-[there:KEVIN_AVAILABLE]->(closer)
SET there.available = $available;

// name: segment_responds
// How a kind of lead responds to strategies
UNWIND $rows AS row
MERGE (segment:Segment {id: row.segment})
MERGE (strategy:Strategy {id: row.strategy})
MERGE (segment)-[responds:RESPONDS_TO]->(strategy)
WITH responds, row
WHERE coalesce(responds.as_of, -1) <= $as_of
SET responds += row.counts, responds.as_of = $as_of;

// name: lead_responds
// How this lead responds to strategies
MATCH (lead:Lead {id: $lead})
UNWIND $rows AS row
MERGE (strategy:Strategy {id: row.strategy})
MERGE (lead)-[responds:RESPONDS_TO]->(strategy)
WITH responds, row
WHERE coalesce(responds.as_of, -1) <= $as_of
SET responds += row.counts, responds.as_of = $as_of;

// name: performs
// How strategies do in a phase
UNWIND $rows AS row
MERGE (strategy:Strategy {id: row.strategy})
MERGE (phase:Phase {id: row.phase})
MERGE (strategy)-[performs:PERFORMS_IN]->(phase)
WITH performs, row
WHERE coalesce(performs.as_of, -1) <= $as_of
SET performs += row.counts, performs.as_of = $as_of;

// name: answers
// How answers to an objection do
UNWIND $rows AS row
MERGE (objection:Objection {id: row.objection})
MERGE (response:Response {id: row.response})
MERGE (objection)-[answered:ANSWERED_WITH]->(response)
WITH answered, row
WHERE coalesce(answered.as_of, -1) <= $as_of
SET answered += row.counts, answered.as_of = $as_of;
