-- name: get
-- One transfer.
SELECT * FROM transfers WHERE id = $1;

-- name: of_call
-- A call's transfers in order.
SELECT * FROM transfers WHERE call_id = $1 ORDER BY initiated_at, claim;

-- name: recent
-- The latest transfers.
SELECT * FROM transfers ORDER BY initiated_at DESC NULLS LAST LIMIT $1;

-- name: rate
-- The closer's rating, which the lead keeps as well, and its event to the call.
WITH rated AS (
    UPDATE transfers SET rating = $2, notes = coalesce($3, notes), rated_at = $4 WHERE id = $1 RETURNING *
), of_lead AS (
    UPDATE leads l SET closer_rating = $2, closer_notes = coalesce($3, l.closer_notes), updated_at = $4
    FROM rated JOIN calls c ON c.id = rated.call_id
    WHERE l.id = c.lead_id
), told AS (
    INSERT INTO inbox (event_id, source, event_type, form, call_id, body, occurred_at, received_at)
    SELECT $5, 'ours', $6, $7, call_id, $8::jsonb || jsonb_build_object('claim', claim), $4, $4 FROM rated
)
SELECT * FROM rated;

-- name: record_result
-- What came of the transfer, and its event to the call.
WITH rated AS (
    UPDATE transfers SET result = $2, notes = coalesce($3, notes), rated_at = coalesce(rated_at, $4) WHERE id = $1
    RETURNING *
), told AS (
    INSERT INTO inbox (event_id, source, event_type, form, call_id, body, occurred_at, received_at)
    SELECT $5, 'ours', $6, $7, call_id, $8::jsonb || jsonb_build_object('claim', claim), $4, $4 FROM rated
)
SELECT * FROM rated;
