-- name: upsert
-- Adds leads, or takes from each what it has not been told before: what is null or was said already changes nothing.
WITH given AS (
    SELECT g.*, jsonb_strip_nulls(to_jsonb(g)) AS said FROM jsonb_populate_recordset(NULL::leads, $1::jsonb) g
), changed AS (
    UPDATE leads l
    SET (external_id, first_name, last_name, email, source, campaign, form, utm_source, utm_medium, utm_campaign,
         utm_term, utm_content, arrived_at, initial_interest, qualification_score, timezone, country, state, city,
         current_income_range, desired_income_range, time_availability, experience_level, last_contacted, next_followup,
         closer_notes, closer_rating, relationship_strength, imported, updated_at) = (
        r.external_id, r.first_name, r.last_name, r.email, r.source, r.campaign, r.form, r.utm_source, r.utm_medium,
        r.utm_campaign, r.utm_term, r.utm_content, r.arrived_at, r.initial_interest, r.qualification_score, r.timezone,
        r.country, r.state, r.city, r.current_income_range, r.desired_income_range, r.time_availability,
        r.experience_level, r.last_contacted, r.next_followup, r.closer_notes, r.closer_rating, r.relationship_strength,
        l.imported || r.news, $2
    )
    FROM (
        SELECT old.id AS old_id, n.news, (jsonb_populate_record(old, n.news)).*
        FROM given g JOIN leads old ON old.phone = g.phone
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(key, value) AS news FROM jsonb_each(g.said) WHERE old.imported -> key IS DISTINCT FROM value
        ) n
        WHERE n.news IS NOT NULL
    ) r
    WHERE l.id = r.old_id
    RETURNING l.id, l.phone
), added AS (
    INSERT INTO leads (external_id, first_name, last_name, email, phone, source, campaign, form, utm_source, utm_medium,
        utm_campaign, utm_term, utm_content, arrived_at, initial_interest, qualification_score, timezone, country, state,
        city, current_income_range, desired_income_range, time_availability, experience_level, last_contacted,
        next_followup, closer_notes, closer_rating, relationship_strength, imported, status, consent, created_at, updated_at)
    SELECT g.external_id, g.first_name, g.last_name, g.email, g.phone, g.source, g.campaign, g.form, g.utm_source, g.utm_medium,
        g.utm_campaign, g.utm_term, g.utm_content, g.arrived_at, g.initial_interest, g.qualification_score, g.timezone,
        g.country, g.state, g.city, g.current_income_range, g.desired_income_range, g.time_availability, g.experience_level,
        g.last_contacted, g.next_followup, g.closer_notes, g.closer_rating, g.relationship_strength, g.said,
        CASE WHEN EXISTS (SELECT FROM do_not_call d WHERE d.phone = g.phone) THEN 'do_not_call' ELSE 'new' END,
        (SELECT granted FROM call_consents c WHERE c.phone = g.phone), $2, $2
    FROM given g
    WHERE NOT EXISTS (SELECT FROM leads l WHERE l.phone = g.phone)
    ON CONFLICT (phone) DO UPDATE SET phone = excluded.phone
    RETURNING id, phone
)
SELECT id, phone, 'created' AS change FROM added
UNION ALL
SELECT id, phone, 'updated' FROM changed
UNION ALL
SELECT l.id, l.phone, 'unchanged' FROM leads l JOIN given g ON g.phone = l.phone
WHERE NOT EXISTS (SELECT FROM changed c WHERE c.id = l.id) AND NOT EXISTS (SELECT FROM added a WHERE a.id = l.id);

-- name: get
-- One lead.
SELECT * FROM leads WHERE id = $1;

-- name: by_external_id
-- The leads to which their source gave this id.
SELECT * FROM leads WHERE external_id = $1 ORDER BY id LIMIT 10;

-- name: by_phone
-- The lead of a number.
SELECT * FROM leads WHERE phone = $1;

-- name: page
-- A page of leads in the order of their ids.
SELECT * FROM leads
WHERE ($2::uuid IS NULL OR id > $2) AND ($3::text IS NULL OR status = $3)
ORDER BY id
LIMIT $1;

-- name: record_consents
-- Keeps consents that are new; the leads' own column follows the latest word on calls.
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb)
        AS c (phone text, kind text, granted boolean, at timestamptz, how text, evidence text)
), added AS (
    INSERT INTO consents (lead_id, phone, kind, granted, at, how, evidence, recorded_at)
    SELECT l.id, g.phone, g.kind, g.granted, g.at, g.how, g.evidence, $2
    FROM given g LEFT JOIN leads l ON l.phone = g.phone
    ON CONFLICT DO NOTHING
    RETURNING phone, kind, granted, at, id
), latest AS (
    SELECT DISTINCT ON (w.phone) w.phone, w.granted
    FROM (
        SELECT phone, granted, at, id FROM added WHERE kind IN ('call', 'opt_out')
        UNION ALL
        SELECT c.phone, c.granted, c.at, c.id FROM consents c
        WHERE c.kind IN ('call', 'opt_out') AND c.phone IN (SELECT phone FROM added)
    ) w
    ORDER BY w.phone, w.at DESC, w.granted, w.id DESC
), followed AS (
    UPDATE leads l SET consent = latest.granted, updated_at = $2
    FROM latest
    WHERE l.phone = latest.phone AND l.consent IS DISTINCT FROM latest.granted
)
SELECT count(*) FROM added;

-- name: consents
-- All that a number has agreed to and taken back.
SELECT phone, kind, granted, at, how, evidence FROM consents WHERE phone = $1 ORDER BY at, id;

-- name: refuse
-- A dial that is not made.
INSERT INTO refusals (lead_id, phone, reason, detail, at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: refusals
-- Dials not made, newest first.
SELECT * FROM refusals WHERE $1::uuid IS NULL OR lead_id = $1 ORDER BY id DESC LIMIT $2;

-- name: do_not_call
-- Puts a number on the list, with the consent taken back; true where it is new there.
WITH listed AS (
    INSERT INTO do_not_call (phone, evidence, added_at) VALUES ($1, $2, $3)
    ON CONFLICT (phone) DO NOTHING
    RETURNING phone
), taken_back AS (
    INSERT INTO consents (lead_id, phone, kind, granted, at, how, evidence, recorded_at)
    SELECT l.id, listed.phone, 'opt_out', false, $3, 'list', $2, $3 FROM listed LEFT JOIN leads l ON l.phone = listed.phone
    ON CONFLICT DO NOTHING
), followed AS (
    UPDATE leads l SET status = 'do_not_call', consent = false, updated_at = $3 FROM listed WHERE l.phone = listed.phone
)
SELECT EXISTS (SELECT FROM listed);

-- name: on_do_not_call
-- Whether a number is on the list.
SELECT EXISTS (SELECT FROM do_not_call WHERE phone = $1);

-- name: dial_facts
-- What a decision to dial this number rests on.
SELECT
    EXISTS (SELECT FROM do_not_call WHERE phone = $1) AS do_not_call,
    (SELECT granted FROM call_consents WHERE phone = $1) AS consent,
    count(*) FILTER (WHERE c.created_at >= $2) AS attempts,
    max(c.created_at) AS last_attempt,
    (SELECT id FROM calls WHERE phone = $1 AND final_status IS NULL ORDER BY created_at DESC LIMIT 1) AS live_call
FROM calls c
WHERE c.phone = $1 AND c.direction = 'outbound';
