-- name: keep
-- An entry that is new or changed gets its next revision; the revisions of all that were given.
WITH given AS (
    SELECT kind, id, content FROM jsonb_to_recordset($1::jsonb) AS e (kind text, id text, content jsonb)
), kept AS (
    INSERT INTO playbook_entries AS p (kind, id, content, revision, updated_at)
    SELECT kind, id, content, 1, $2::timestamptz FROM given
    ON CONFLICT (kind, id) DO UPDATE
    SET content = excluded.content, revision = p.revision + 1, updated_at = excluded.updated_at
    WHERE p.content IS DISTINCT FROM excluded.content
    RETURNING kind, id, revision
)
SELECT kind, id, revision, true AS changed FROM kept
UNION ALL
SELECT p.kind, p.id, p.revision, false FROM playbook_entries p JOIN given g ON (g.kind, g.id) = (p.kind, p.id)
WHERE NOT EXISTS (SELECT FROM kept k WHERE (k.kind, k.id) = (p.kind, p.id))
ORDER BY kind, id;

-- name: take_out
-- Entries of a kind that are not among these ids have left the playbook.
UPDATE playbook_entries SET content = NULL, revision = revision + 1, updated_at = $3
WHERE kind = $1 AND content IS NOT NULL AND NOT id = ANY($2::text[])
RETURNING kind, id, revision, true AS changed;

-- name: get
-- Entries as they stand.
SELECT p.kind, p.id, p.content, p.revision
FROM playbook_entries p JOIN unnest($1::text[], $2::text[]) AS w (kind, id) ON (w.kind, w.id) = (p.kind, p.id)
ORDER BY p.kind, p.id;
