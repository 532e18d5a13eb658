-- name: available
-- Who can be reached at $1: the latest override that holds, else the weekly windows on the local wall clock; not busy, not claimed.
SELECT c.id, c.name, c.phone
FROM closers c
WHERE c.active AND NOT c.busy_now
  AND coalesce(
    (
        SELECT o.available FROM kevin_availability o
        WHERE o.closer_id = c.id AND o.active AND o.override_start <= $1 AND $1 < o.override_end
        ORDER BY o.created_at DESC, o.id DESC
        LIMIT 1
    ),
    EXISTS (
        SELECT FROM kevin_availability w
        CROSS JOIN LATERAL (SELECT $1::timestamptz AT TIME ZONE coalesce(w.timezone, c.timezone) AS local) clock
        CROSS JOIN LATERAL (SELECT local::time AS t, extract(isodow FROM local)::int AS day) at
        WHERE w.closer_id = c.id AND w.active AND w.day_of_week IS NOT NULL
          AND CASE
            WHEN w.start_time < w.end_time THEN at.day = w.day_of_week AND at.t >= w.start_time AND at.t < w.end_time
            ELSE (at.day = w.day_of_week AND at.t >= w.start_time)
              OR (at.day = w.day_of_week % 7 + 1 AND at.t < w.end_time)
          END
    )
  )
  AND NOT EXISTS (
    SELECT FROM claims k WHERE k.closer_id = c.id AND k.released_at IS NULL AND k.expires_at > $1
  )
ORDER BY c.priority, (SELECT max(k.claimed_at) FROM claims k WHERE k.closer_id = c.id) NULLS FIRST, c.id;

-- name: save
-- Adds a closer or replaces all but whether it is busy.
INSERT INTO closers (id, name, phone, email, timezone, priority, active) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, phone = excluded.phone, email = excluded.email, timezone = excluded.timezone,
    priority = excluded.priority, active = excluded.active;

-- name: get
-- One closer.
SELECT * FROM closers WHERE id = $1;

-- name: all
-- All closers as they are asked.
SELECT * FROM closers ORDER BY priority, id;

-- name: set_busy
-- Busy now, or not any more.
UPDATE closers SET busy_now = $2 WHERE id = $1;

-- name: zone_known
-- Whether the server knows the time zone.
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1);

-- name: clear_windows
-- Removes a closer's weekly windows.
DELETE FROM kevin_availability WHERE closer_id = $1 AND day_of_week IS NOT NULL;

-- name: add_window
-- One weekly window.
INSERT INTO kevin_availability (closer_id, day_of_week, start_time, end_time, timezone, active, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: windows
-- A closer's weekly windows.
SELECT day_of_week AS day, start_time AS start, end_time AS end, timezone, active
FROM kevin_availability
WHERE closer_id = $1 AND day_of_week IS NOT NULL
ORDER BY day_of_week, start_time;

-- name: add_override
-- Time in which the weekly windows do not count.
INSERT INTO kevin_availability (closer_id, override_start, override_end, available, reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id;

-- name: remove_override
-- Takes an override back.
DELETE FROM kevin_availability WHERE closer_id = $1 AND id = $2 AND override_start IS NOT NULL;

-- name: overrides
-- A closer's overrides that end after $2.
SELECT id, override_start AS start, override_end AS end, available, reason, created_at
FROM kevin_availability
WHERE closer_id = $1 AND override_end > $2
ORDER BY override_start, id;
