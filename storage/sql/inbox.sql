-- name: receive
-- Keeps an event unless its id is known; the new row's seq, or nothing.
INSERT INTO inbox (event_id, source, event_type, form, call_id, call_leg_id, call_session_id, body, occurred_at, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (event_id) DO NOTHING
RETURNING seq;

-- name: undecided
-- Calls whose events have waited for more than $1 seconds, the longest wait first.
SELECT i.call_id, min(i.received_wall) AS since
FROM inbox i
WHERE i.status = 'received' AND i.call_id IS NOT NULL
  AND i.received_wall < clock_timestamp() - make_interval(secs => $1)
GROUP BY i.call_id
ORDER BY since
LIMIT $2;

-- name: unrouted
-- Events without a call that have waited for more than $2 seconds, oldest first.
SELECT *
FROM inbox
WHERE status = 'received' AND call_id IS NULL
  AND received_wall <= clock_timestamp() - make_interval(secs => $2)
ORDER BY seq
LIMIT $1;

-- name: get
-- One row.
SELECT * FROM inbox WHERE seq = $1;

-- name: assign
-- Gives an event that waits without a call its call.
UPDATE inbox SET call_id = $2 WHERE seq = $1 AND call_id IS NULL AND status IN ('received', 'unknown');

-- name: set_aside
-- Takes an event that cannot be decided out of the way, with the error.
UPDATE inbox SET status = 'aside', error = $2, decided_wall = clock_timestamp() WHERE seq = $1 AND status = 'received';

-- name: retry
-- Lets an event that was set aside, or each of them, be decided again.
UPDATE inbox SET status = 'received', error = NULL, decided_wall = NULL
WHERE status = 'aside' AND ($1::bigint IS NULL OR seq = $1)
RETURNING seq;

-- name: mark_unknown
-- An event that fits no call.
UPDATE inbox SET status = 'unknown', decided_wall = clock_timestamp() WHERE seq = $1 AND status = 'received';

-- name: of_call
-- A call's events in the order of their decision; those not decided follow by arrival.
SELECT * FROM inbox WHERE call_id = $1 ORDER BY decided_version NULLS LAST, seq;

-- name: decided
-- Which of these events were decided.
SELECT event_id FROM inbox WHERE event_id = ANY($1::text[]) AND status = 'decided';

-- name: aside
-- What was set aside, newest first.
SELECT * FROM inbox WHERE status = 'aside' ORDER BY seq DESC LIMIT $1;

-- name: counts
-- Events that are not decided, by status.
SELECT 'received' AS status, count(*) AS n FROM inbox WHERE status = 'received'
UNION ALL
SELECT 'aside', count(*) FROM inbox WHERE status = 'aside'
UNION ALL
SELECT 'unknown', count(*) FROM inbox WHERE status = 'unknown';
