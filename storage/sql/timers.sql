-- name: fire
-- Due timers become events, each once, whoever else is firing.
WITH due AS (
    SELECT call_id, key FROM timers
    WHERE due <= $1
    ORDER BY due
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM timers t USING due
    WHERE t.call_id = due.call_id AND t.key = due.key AND t.due <= $1
    RETURNING t.call_id, t.key, t.due
)
INSERT INTO inbox (event_id, source, event_type, form, call_id, body, occurred_at, received_at)
SELECT 'timer:' || call_id || ':' || key || ':' || to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
       'ours', 'timer.fired', $3, call_id, jsonb_build_object('kind', 'timer.fired', 'key', key), due, $1
FROM gone
ORDER BY due
ON CONFLICT (event_id) DO NOTHING
RETURNING call_id;

-- name: of_call
-- A call's timers.
SELECT key, due FROM timers WHERE call_id = $1 ORDER BY due;
