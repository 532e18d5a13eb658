-- name: save
-- Keeps a version that is new.
INSERT INTO playbooks (version, content, created_at) VALUES ($1, $2, $3) ON CONFLICT (version) DO NOTHING;

-- name: load
-- A version's content.
SELECT content FROM playbooks WHERE version = $1;
