-- name: save
-- Adds a user or replaces password, role and state of the one with this address.
INSERT INTO users (id, email, password_hash, role, active, created_at)
VALUES (gen_random_uuid(), $1, $2, $3, $4, $5)
ON CONFLICT (lower(email)) DO UPDATE
SET password_hash = excluded.password_hash, role = excluded.role, active = excluded.active
RETURNING *;

-- name: by_email
-- The user of an address, whatever its case.
SELECT * FROM users WHERE lower(email) = lower($1);

-- name: all
-- All users.
SELECT * FROM users ORDER BY lower(email);
