-- name: count_attempt
-- Counts an attempt before it is made.
INSERT INTO job_attempts (key, attempts) VALUES ($1, 1)
ON CONFLICT (key) DO UPDATE SET attempts = job_attempts.attempts + 1, updated_wall = clock_timestamp()
RETURNING attempts;

-- name: forget_attempts
-- The job has succeeded, or was given up.
DELETE FROM job_attempts WHERE key = $1;

-- name: counts
-- Jobs by what they wait for.
SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
       count(*) FILTER (WHERE status = 'picked') AS running
FROM pgqueuer
WHERE entrypoint = 'learn';
