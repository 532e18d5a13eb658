-- name: due
-- Heads of their call and destination, of these kinds, that nobody is sending and that need not wait any longer.
WITH heads AS (
    SELECT DISTINCT ON (call_id, destination) call_id, destination, seq, lease_until, next_try
    FROM outbox
    WHERE status = 'pending' AND split_part(destination, ':', 1) = ANY($1::text[])
    ORDER BY call_id, destination, seq
)
SELECT call_id, destination
FROM heads
WHERE (lease_until IS NULL OR lease_until < clock_timestamp())
  AND (next_try IS NULL OR next_try <= clock_timestamp())
ORDER BY seq
LIMIT $2;

-- name: lease_head
-- Leases the oldest pending row of a call and destination, if it is free, ours, or its lease ran out.
WITH head AS (
    SELECT id FROM outbox
    WHERE call_id = $1 AND destination = $2 AND status = 'pending'
    ORDER BY seq
    LIMIT 1
)
UPDATE outbox o
SET leased_by = $3, lease_until = clock_timestamp() + make_interval(secs => $4)
FROM head
WHERE o.id = head.id AND o.status = 'pending'
  AND (o.lease_until IS NULL OR o.lease_until < clock_timestamp() OR o.leased_by = $3)
  AND (o.next_try IS NULL OR o.next_try <= clock_timestamp())
RETURNING o.*;

-- name: mark_sending
-- Leave to send: sets the time of the first sending once, counts the attempt, renews the lease; nothing where it was voided or taken over.
WITH sending AS (
    UPDATE outbox o
    SET first_sent_at = coalesce(o.first_sent_at, $2), attempts = o.attempts + 1,
        lease_until = clock_timestamp() + make_interval(secs => $4)
    WHERE o.id = $1 AND o.status = 'pending' AND o.leased_by = $3
    RETURNING o.call_id, o.body, o.first_sent_at, o.attempts, o.error
)
SELECT s.first_sent_at, s.attempts, s.error, l.call_control_id AS control_id, other.call_control_id AS other_control_id
FROM sending s
LEFT JOIN legs l ON l.call_id = s.call_id AND l.name = s.body ->> 'leg'
LEFT JOIN legs other ON other.call_id = s.call_id AND other.name = s.body ->> 'other_leg';

-- name: finish
-- What became of a row.
UPDATE outbox
SET status = $2, error = coalesce($3, error), result = $4, leased_by = NULL, lease_until = NULL, finished_wall = clock_timestamp()
WHERE id = $1 AND status = 'pending';

-- name: finish_with_event
-- What became of a row, and the event that says so; the event only where the row was still pending.
WITH finished AS (
    UPDATE outbox
    SET status = $2, error = coalesce($3, error), result = $4, leased_by = NULL, lease_until = NULL, finished_wall = clock_timestamp()
    WHERE id = $1 AND status = 'pending'
    RETURNING id
)
INSERT INTO inbox (event_id, source, event_type, form, call_id, call_leg_id, call_session_id, body, occurred_at, received_at)
SELECT $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 FROM finished
ON CONFLICT (event_id) DO NOTHING
RETURNING seq;

-- name: retry
-- Lets go of a row until $3 seconds from now; $4: as one that was never sent.
UPDATE outbox
SET first_sent_at = CASE WHEN $4::boolean THEN NULL ELSE first_sent_at END, error = $2, leased_by = NULL, lease_until = NULL, next_try = clock_timestamp() + make_interval(secs => $3)
WHERE id = $1 AND status = 'pending';

-- name: release
-- Lets go of what an owner has leased and not begun to send.
UPDATE outbox SET leased_by = NULL, lease_until = NULL
WHERE status = 'pending' AND leased_by = $1 AND first_sent_at IS NULL;

-- name: of_call
-- All rows of a call.
SELECT * FROM outbox WHERE call_id = $1 ORDER BY seq;

-- name: backlog
-- Pending rows by kind of destination.
SELECT split_part(destination, ':', 1) AS kind, count(*) AS n,
       extract(epoch FROM clock_timestamp() - min(created_wall))::float8 AS age
FROM outbox
WHERE status = 'pending'
GROUP BY 1;
