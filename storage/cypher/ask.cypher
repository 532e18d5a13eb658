// Questions that the graph answers. Bound nodes first: an aggregate over all calls is no question for a person who waits.

// name: ping
// Whether it answers
RETURN 1 AS one;

// name: count_calls
// All learned calls
MATCH (call:Call) WHERE call.revision > 0 RETURN count(call) AS n;

// name: revisions_of
// The revision learned of each of these calls
UNWIND $ids AS id
MATCH (call:Call {id: id})
WHERE call.revision > 0
RETURN call.id AS id, call.revision AS revision;

// name: revisions
// The revision learned of every call
MATCH (call:Call) WHERE call.revision > 0 RETURN call.id AS id, call.revision AS revision;

// name: strategies_for
// What a kind of lead responded to, of a moment or a phase, the best first
MATCH (:Segment {id: $segment})-[responds:RESPONDS_TO]->(strategy:Strategy)
WHERE ($moment IS NULL OR strategy.moment = $moment) AND ($phase IS NULL OR strategy.phase = $phase)
RETURN strategy.id AS strategy, strategy.moment AS moment, strategy.phase AS phase, strategy.technique AS technique,
       responds.wins AS wins, responds.n AS n, responds.wins_30d AS wins_30d, responds.n_30d AS n_30d
ORDER BY toFloat(wins + 1) / (n + 2) DESC, n DESC, strategy;

// name: answers_to
// How answers to an objection did, the best first
MATCH (:Objection {id: $objection})-[answered:ANSWERED_WITH]->(response:Response)
RETURN response.id AS response, response.technique AS technique, response.current AS current, answered.wins AS wins, answered.n AS n
ORDER BY toFloat(wins + 1) / (n + 2) DESC, n DESC, response;

// name: calls_of_lead
// A lead's calls, the earliest first
MATCH (:Lead {id: $lead})-[:HAD_CALL]->(call:Call)
RETURN properties(call) AS call
ORDER BY call.started_at;

// name: call
// The call with its lead and kind of lead
MATCH (call:Call {id: $id})
OPTIONAL MATCH (lead:Lead)-[:HAD_CALL]->(call)
OPTIONAL MATCH (call)-[:IN_SEGMENT]->(segment:Segment)
RETURN properties(call) AS call, properties(lead) AS lead, segment.id AS segment;

// name: call_edges
// All edges that begin at the call
MATCH (call:Call {id: $id})-[edge]->(node)
RETURN type(edge) AS type, node.id AS id, properties(edge) AS edge, properties(node) AS node
ORDER BY type, id;
