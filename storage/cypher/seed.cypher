// The playbook's part of the graph, entry by entry. Those that left the playbook stay, for what was learned of them, but are not `current`.

// name: phases
// The twelve phases in their order
UNWIND $rows AS row
MERGE (phase:Phase {id: row.id})
SET phase.order = row.order, phase.goal = row.goal;

// name: strategies
// Every arm of every moment
UNWIND $rows AS row
MERGE (strategy:Strategy {id: row.id})
SET strategy += row.properties, strategy.current = true;

// name: retire_strategies
// Arms that left the playbook
UNWIND $rows AS id
MATCH (strategy:Strategy {id: id})
SET strategy.current = false;

// name: objections
// Types of objection
UNWIND $rows AS row
MERGE (objection:Objection {id: row.id})
SET objection.meaning = row.meaning;

// name: responses
// What each objection may be answered with
UNWIND $rows AS row
MERGE (objection:Objection {id: row.objection})
MERGE (response:Response {id: row.id})
SET response.technique = row.technique, response.current = true
MERGE (objection)-[answered:ANSWERED_WITH]->(response)
ON CREATE SET answered.n = 0, answered.wins = 0;

// name: retire_responses
// Answers that these objections do not have any more
UNWIND $rows AS row
MATCH (:Objection {id: row.objection})-[:ANSWERED_WITH]->(response:Response)
WHERE NOT response.id IN row.ids
SET response.current = false;

// name: retire_arms
// The same answers as arms
UNWIND $rows AS row
MATCH (strategy:Strategy {moment: row.moment})
WHERE NOT strategy.id IN row.ids
SET strategy.current = false;
