-- name: claims
-- Every claim of these closers, from the first.
SELECT id, call_id::text, closer_id, claimed_at, expires_at, released_at
FROM claims WHERE closer_id = ANY($1::text[]) ORDER BY claimed_at, id;

-- name: held_twice
-- Closers that two claims hold at this moment.
SELECT closer_id FROM claims
WHERE closer_id = ANY($1::text[]) AND released_at IS NULL
GROUP BY closer_id HAVING count(*) > 1;
