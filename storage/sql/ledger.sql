-- name: pending
-- These subjects are to reach these revisions in these stores; what is there already stays.
INSERT INTO ledger (subject, store, revision, status, updated_at)
SELECT subject, store, revision, 'pending', $4::timestamptz
FROM unnest($1::text[], $2::int[]) AS t (subject, revision) CROSS JOIN unnest($3::text[]) store
ON CONFLICT (subject, store) DO UPDATE
SET revision = excluded.revision, status = 'pending', attempts = 0, next_try = NULL, error = NULL,
    updated_at = excluded.updated_at
WHERE excluded.revision > ledger.revision;

-- name: set
-- What became of these revisions in a store, unless the ledger is further; what is synced never becomes less.
INSERT INTO ledger AS l (subject, store, revision, status, updated_at, error, attempts, next_try, first_synced_at)
SELECT subject, $3, revision, $4, $5::timestamptz, $6, 1, clock_timestamp() + make_interval(secs => $7::float8),
    CASE WHEN $4 = 'synced' THEN $5::timestamptz END
FROM unnest($1::text[], $2::int[]) AS t (subject, revision)
ON CONFLICT (subject, store) DO UPDATE
SET revision = excluded.revision, status = excluded.status, updated_at = excluded.updated_at, error = excluded.error,
    attempts = CASE WHEN l.revision = excluded.revision THEN l.attempts + 1 ELSE 1 END,
    next_try = clock_timestamp() + make_interval(secs => CASE
        WHEN excluded.status = 'failed' AND l.revision = excluded.revision THEN least($8::float8, $7 * 2 ^ least(l.attempts, 30))
        ELSE $7
    END),
    first_synced_at = coalesce(l.first_synced_at, excluded.first_synced_at)
WHERE excluded.revision > l.revision OR (excluded.revision = l.revision AND (l.status <> 'synced' OR excluded.status = 'synced'));

-- name: try_lock
-- Takes the subject for this transaction, unless another has it.
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7226311908));

-- name: reset
-- A store is to be filled again.
UPDATE ledger SET status = 'pending', attempts = 0, next_try = NULL, error = NULL, updated_at = $3
WHERE store = $1 AND starts_with(subject, $2);

-- name: rows
-- Subjects in all stores.
SELECT * FROM ledger WHERE subject = ANY($1::text[]) ORDER BY subject, store;

-- name: behind
-- What a store lacks and may be tried now.
SELECT * FROM ledger
WHERE store = $1 AND status <> 'synced' AND (next_try IS NULL OR next_try <= clock_timestamp()) AND starts_with(subject, $3)
ORDER BY updated_at
LIMIT $2;

-- name: counts
-- How many are where, of these subjects or of all.
SELECT store, status, count(*) AS n FROM ledger
WHERE $1::text[] IS NULL OR subject = ANY($1::text[])
GROUP BY store, status;

-- name: learned
-- Which of these calls have ended and are in all of these stores, in their latest revision.
SELECT c.id, c.ended_at, max(l.first_synced_at) AS learned_at
FROM calls c JOIN ledger l ON l.subject = 'call:' || c.id
WHERE c.id = ANY($1::uuid[]) AND c.final_status IS NOT NULL
  AND l.store = ANY($2::text[]) AND l.status = 'synced' AND l.revision >= c.learn_revision
GROUP BY c.id
HAVING count(*) = cardinality($2::text[]);

-- name: start_run
-- A sync begins.
INSERT INTO sync_runs (reason, started_at) VALUES ($1, $2) RETURNING id;

-- name: end_run
-- A sync has ended.
UPDATE sync_runs SET ended_at = $2, done = $3, failed = $4, detail = $5 WHERE id = $1;

-- name: runs
-- The latest syncs.
SELECT id, started_at, ended_at, reason, done, failed, detail FROM sync_runs ORDER BY id DESC LIMIT $1;
