// Every node is found by `id`: the constraint is also its index. Each must be understood by Neo4j and by ArcadeDB.

// name: lead_id
// A lead, without anything that says who it is
CREATE CONSTRAINT lead_id IF NOT EXISTS FOR (n:Lead) REQUIRE n.id IS UNIQUE;

// name: call_id
// A call
CREATE CONSTRAINT call_id IF NOT EXISTS FOR (n:Call) REQUIRE n.id IS UNIQUE;

// name: decision_id
// A decision for or against a transfer
CREATE CONSTRAINT decision_id IF NOT EXISTS FOR (n:Decision) REQUIRE n.id IS UNIQUE;

// name: strategy_id
// An arm that the policy may take
CREATE CONSTRAINT strategy_id IF NOT EXISTS FOR (n:Strategy) REQUIRE n.id IS UNIQUE;

// name: objection_id
// A type of objection
CREATE CONSTRAINT objection_id IF NOT EXISTS FOR (n:Objection) REQUIRE n.id IS UNIQUE;

// name: response_id
// An answer to an objection
CREATE CONSTRAINT response_id IF NOT EXISTS FOR (n:Response) REQUIRE n.id IS UNIQUE;

// name: pattern_id
// Something that calls show, or an indicator that moves with others
CREATE CONSTRAINT pattern_id IF NOT EXISTS FOR (n:Pattern) REQUIRE n.id IS UNIQUE;

// name: outcome_id
// One of the five outcomes
CREATE CONSTRAINT outcome_id IF NOT EXISTS FOR (n:Outcome) REQUIRE n.id IS UNIQUE;

// name: segment_id
// A kind of lead
CREATE CONSTRAINT segment_id IF NOT EXISTS FOR (n:Segment) REQUIRE n.id IS UNIQUE;

// name: closer_id
// A closer; `any` stands for whoever was there
CREATE CONSTRAINT closer_id IF NOT EXISTS FOR (n:Closer) REQUIRE n.id IS UNIQUE;

// name: phase_id
// One of the twelve phases
CREATE CONSTRAINT phase_id IF NOT EXISTS FOR (n:Phase) REQUIRE n.id IS UNIQUE;

// name: call_started
// Calls of a period
CREATE INDEX call_started IF NOT EXISTS FOR (n:Call) ON (n.started_at);

// name: call_status
// Calls that ended in one way
CREATE INDEX call_status IF NOT EXISTS FOR (n:Call) ON (n.final_status);

// name: strategy_moment
// The arms of a moment
CREATE INDEX strategy_moment IF NOT EXISTS FOR (n:Strategy) ON (n.moment);
