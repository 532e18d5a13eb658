-- name: create
-- Begins a call, once.
INSERT INTO calls (id, lead_id, phone, playbook_version, machine_version, state_form, direction, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: lock_number
-- One transaction at a time begins a call to a number.
SELECT pg_advisory_xact_lock(hashtextextended($1, 1));

-- name: other_call
-- A call with this number that has not ended, other than $2.
SELECT id FROM calls WHERE phone = $1 AND final_status IS NULL AND id <> $2 LIMIT 1;

-- name: next_pending
-- A call with its oldest event that is not decided, and whether there are more; a row without an event where all are.
SELECT c.version, c.playbook_version, c.state::text AS state, i.*,
    EXISTS (SELECT FROM inbox later WHERE later.call_id = c.id AND later.status = 'received' AND later.seq > i.seq) AS more
FROM calls c
LEFT JOIN LATERAL (
    SELECT * FROM inbox WHERE call_id = c.id AND status = 'received' ORDER BY seq LIMIT 1
) i ON true
WHERE c.id = $1;

-- name: get
-- One call.
SELECT r.*, c.state::text AS state_json FROM call_rows r JOIN calls c USING (id) WHERE r.id = $1;

-- name: leg_owner
-- The leg of this id; else the call of this session, where it is one alone.
SELECT call_id, name AS leg FROM legs WHERE call_leg_id = $1
UNION ALL
SELECT one.call_id, NULL
FROM (SELECT min(call_id::text)::uuid AS call_id FROM legs WHERE call_session_id = $2 HAVING count(DISTINCT call_id) = 1) one
LIMIT 1;

-- name: message_owner
-- The call that sent this message; else the last one whose message to this number has no answer yet, or never got one.
(SELECT call_id FROM outbox WHERE destination = 'telnyx:message' AND result ->> 'id' = $1)
UNION ALL
(
    SELECT call_id FROM outbox
    WHERE destination = 'telnyx:message' AND result IS NULL AND body #>> '{args,to}' = $2
      AND status IN ('pending', 'failed')
    ORDER BY seq DESC
    LIMIT 1
)
LIMIT 1;

-- name: legs
-- A call's legs.
SELECT * FROM legs WHERE call_id = $1 ORDER BY dialed_at NULLS FIRST, name;

-- name: standing
-- Of a leg of id $3, or else named $2 by call $1: since when it is over for us, and who looks after it.
WITH named AS (
    SELECT call_id, name FROM legs WHERE call_leg_id = $3
    UNION ALL
    SELECT $1::uuid, $2::text
    LIMIT 1
)
SELECT c.id AS call_id,
    least(CASE WHEN c.final_status IS NOT NULL THEN c.ended_at END, CASE WHEN l.state = 'ended' THEN l.ended_at END)
        AS over_at,
    coalesce(l.last_event_at, l.dialed_at, c.created_at) AS touched_at,
    EXISTS (SELECT FROM timers t WHERE t.call_id = c.id)
        OR EXISTS (SELECT FROM inbox i WHERE i.call_id = c.id AND i.status = 'received') AS watched
FROM named n
JOIN calls c ON c.id = n.call_id
LEFT JOIN legs l ON l.call_id = n.call_id AND l.name = n.name;

-- name: live
-- Calls without a final status.
SELECT * FROM call_rows WHERE final_status IS NULL ORDER BY created_at LIMIT $1;

-- name: page
-- Calls, newest first: created before $2, of final status $3, of lead $4, where these are given.
SELECT * FROM call_rows
WHERE ($2::timestamptz IS NULL OR created_at < $2) AND ($3::text IS NULL OR final_status = $3)
  AND ($4::uuid IS NULL OR lead_id = $4)
ORDER BY created_at DESC
LIMIT $1;

-- name: transcript
-- The last word on each segment, in order.
SELECT DISTINCT ON ((body -> 'segment' ->> 'seq')::int) body -> 'segment' AS segment
FROM outbox
WHERE call_id = $1 AND destination = 'mongo'
ORDER BY (body -> 'segment' ->> 'seq')::int, seq DESC;

-- name: expire_claims
-- Of these closers, claims whose time has passed were released then.
UPDATE claims SET released_at = expires_at
WHERE id IN (
    SELECT id FROM claims
    WHERE closer_id = ANY($1::text[]) AND released_at IS NULL AND expires_at <= $2
    ORDER BY id
    FOR UPDATE
);

-- name: claim
-- Claims a closer for a call, unless another call has it; waits for one who is just letting go.
INSERT INTO claims (id, call_id, closer_id, claimed_at, expires_at)
SELECT $1, $2, c.id, $4, $5 FROM closers c WHERE c.id = $3 AND c.active AND NOT c.busy_now
ON CONFLICT DO NOTHING
RETURNING closer_id;

-- name: claimed
-- Whom a new claim got; it begins no earlier than the release for which it waited. Nobody, where its time was over by then.
UPDATE claims k
SET claimed_at = greatest(k.claimed_at, before.release)
FROM closers c, LATERAL (
    SELECT max(o.released_at) AS release FROM claims o WHERE o.closer_id = c.id AND o.id <> $1
) before
WHERE k.id = $1 AND c.id = k.closer_id AND greatest(k.claimed_at, before.release) < k.expires_at
RETURNING c.id, c.name, c.phone;

-- name: unclaim
-- A claim that came too late was never made.
DELETE FROM claims WHERE id = $1;
