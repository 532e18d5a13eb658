-- name: count_attempt
-- Counts an attempt before it is made.
INSERT INTO job_attempts (key, attempts) VALUES ($1, 1)
ON CONFLICT (key) DO UPDATE SET attempts = job_attempts.attempts + 1, updated_wall = clock_timestamp()
RETURNING attempts;

-- name: forget_attempts
-- The job has succeeded.
DELETE FROM job_attempts WHERE key = $1;

-- name: counts
-- Jobs by what they wait for.
SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
       count(*) FILTER (WHERE status = 'picked') AS running,
       count(*) FILTER (WHERE status = 'failed') AS held
FROM pgqueuer
WHERE entrypoint = 'learn';

-- name: requeue_held
-- Held jobs begin again with their attempts back; one whose like is waiting already stays held.
WITH again AS (
    UPDATE pgqueuer p SET status = 'queued', attempts = 0, execute_after = now(), updated = now()
    WHERE p.entrypoint = 'learn' AND p.status = 'failed'
      AND NOT EXISTS (
          SELECT FROM pgqueuer o
          WHERE o.dedupe_key = p.dedupe_key AND o.id <> p.id AND o.status IN ('queued', 'picked', 'failed') AND o.id > p.id
      )
    RETURNING p.dedupe_key
), forgotten AS (
    DELETE FROM job_attempts WHERE key IN (SELECT dedupe_key FROM again)
)
SELECT count(*) FROM again;
