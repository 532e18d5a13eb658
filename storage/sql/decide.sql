-- The deciding statement in parts: `storage.deciding` joins those that a decision needs, for a part that finds nothing to do
-- still costs. Parameters have names here; they are numbered when the parts are joined.

-- name: moved
-- The call takes its new state, unless its version has moved on: then all that follows finds nothing to do.
moved AS (
    UPDATE calls c
    SET state = :state::text::jsonb, version = c.version + 1, lead_id = coalesce(s.lead_id, c.lead_id),
        phase = s.phase, mode = s.mode, direction = s.direction, segment = s.segment, control = s.control,
        started_at = s.started_at, answered_at = s.answered_at, ended_at = s.ended_at, duration_s = s.duration_s,
        phases_completed = s.phases_completed, final_status = s.final_status, engagement = s.engagement,
        transfer_attempted = s.transfer_attempted, transfer_successful = s.transfer_successful,
        closer_available = s.closer_available, prediction = s.prediction, recording = s.recording,
        learn_revision = s.learn_revision
    FROM jsonb_to_record(:summary::jsonb) AS s (
        lead_id uuid, phase text, mode text, direction text, segment text, control boolean, started_at timestamptz,
        answered_at timestamptz, ended_at timestamptz, duration_s float8, phases_completed int, final_status text,
        engagement float8, transfer_attempted boolean, transfer_successful boolean, closer_available boolean,
        prediction float8, recording jsonb, learn_revision int
    )
    WHERE c.id = :call_id::uuid AND c.version = :version::int
    RETURNING c.id, c.version, c.lead_id
), decided AS (
    UPDATE inbox i
    SET status = 'decided', given = :given::jsonb, decided_version = moved.version, decided_wall = clock_timestamp()
    FROM moved
    WHERE i.seq = :inbox_seq::bigint
)

-- name: outbox
-- Rows taken back, and new ones; the first of a destination is leased where nothing stands before it.
voided AS (
    UPDATE outbox o
    SET status = 'void', leased_by = NULL, lease_until = NULL, finished_wall = clock_timestamp()
    FROM moved
    WHERE (:void_speech::boolean OR cardinality(:void_keys::text[]) > 0)
      AND o.call_id = moved.id AND o.status = 'pending'
      AND (o.key = ANY(:void_keys::text[]) OR (:void_speech::boolean AND o.body ->> 'action' = 'speak'))
      AND (o.first_sent_at IS NULL OR o.lease_until IS NULL OR o.lease_until < clock_timestamp())
    RETURNING o.id
), fresh AS (
    SELECT e.*,
        row_number() OVER (PARTITION BY e.destination ORDER BY e.n) = 1 AND NOT EXISTS (
            SELECT FROM outbox o
            WHERE o.call_id = moved.id AND o.destination = e.destination AND o.status = 'pending'
              AND o.id NOT IN (SELECT id FROM voided)
        ) AS head
    FROM moved, ROWS FROM (
        jsonb_to_recordset(:outbox::jsonb) AS (id uuid, destination text, key text, body jsonb, not_after timestamptz)
    ) WITH ORDINALITY AS e (id, destination, key, body, not_after, n)
), sent AS (
    INSERT INTO outbox (id, call_id, destination, key, body, not_after, created_at, leased_by, lease_until)
    SELECT id, :call_id::uuid, destination, key, body, not_after, :now::timestamptz,
        CASE WHEN head THEN :owner::text END,
        CASE WHEN head THEN clock_timestamp() + make_interval(secs => :lease_s::float8) END
    FROM fresh
    ORDER BY n
    ON CONFLICT DO NOTHING
    RETURNING id, seq, call_id, destination, key, body, not_after, attempts, first_sent_at, created_at,
        leased_by IS NOT NULL AS leased
)

-- name: timers
-- Timers cancelled and set.
timers_gone AS (
    DELETE FROM timers t USING moved
    WHERE (:cancel_all::boolean OR cardinality(:cancel::text[]) > 0)
      AND t.call_id = moved.id AND (:cancel_all::boolean OR t.key = ANY(:cancel::text[])) AND NOT :timers::jsonb ? t.key
), timers_set AS (
    INSERT INTO timers (call_id, key, due)
    SELECT moved.id, t.key, t.value::timestamptz
    FROM moved, jsonb_each_text(:timers::jsonb) t
    ON CONFLICT (call_id, key) DO UPDATE SET due = excluded.due
)

-- name: legs
-- Legs as they are now.
legs_set AS (
    INSERT INTO legs (call_id, name, state, to_number, call_leg_id, call_control_id, call_session_id, dialed_at,
        answered_at, ended_at, hangup_cause, machine, last_event_at)
    SELECT moved.id, l.name, l.state, l.to_number, l.call_leg_id, l.call_control_id, l.call_session_id, l.dialed_at,
        l.answered_at, l.ended_at, l.hangup_cause, l.machine, l.last_event_at
    FROM moved, jsonb_to_recordset(:legs::jsonb) AS l (
        name text, state text, to_number text, call_leg_id text, call_control_id text, call_session_id text,
        dialed_at timestamptz, answered_at timestamptz, ended_at timestamptz, hangup_cause text, machine text,
        last_event_at timestamptz
    )
    ON CONFLICT (call_id, name) DO UPDATE
    SET state = excluded.state, to_number = excluded.to_number, call_leg_id = excluded.call_leg_id,
        call_control_id = excluded.call_control_id, call_session_id = excluded.call_session_id,
        dialed_at = excluded.dialed_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
        hangup_cause = excluded.hangup_cause, machine = excluded.machine, last_event_at = excluded.last_event_at
)

-- name: choices
-- What the policy drew.
chosen AS (
    INSERT INTO choices (call_id, key, moment, phase, segment, arms, p, taken, draw, policy, posterior_version, at)
    SELECT moved.id, c.*
    FROM moved, jsonb_to_recordset(:choices::jsonb) AS c (
        key text, moment text, phase text, segment text, arms text[], p float8[], taken text, draw float8,
        policy text, posterior_version bigint, at timestamptz
    )
    ON CONFLICT (call_id, key) DO NOTHING
)

-- name: lead
-- What was learned of the lead, and the do-not-call list, where consent is taken back as well.
listed AS (
    INSERT INTO do_not_call (phone, evidence, call_id, added_at)
    SELECT d.phone, d.evidence, moved.id, :now::timestamptz FROM moved, jsonb_to_recordset(:do_not_call::jsonb) AS d (phone text, evidence text)
    ON CONFLICT (phone) DO NOTHING
), opted_out AS (
    INSERT INTO consents (lead_id, phone, kind, granted, at, how, evidence, recorded_at)
    SELECT l.id, d.phone, 'opt_out', false, :now::timestamptz, 'call ' || moved.id, d.evidence, :now::timestamptz
    FROM moved, jsonb_to_recordset(:do_not_call::jsonb) AS d (phone text, evidence text) LEFT JOIN leads l ON l.phone = d.phone
    ON CONFLICT DO NOTHING
), touched AS (
    SELECT moved.lead_id AS id, :lead::jsonb AS news, false AS listed FROM moved WHERE :lead::jsonb IS NOT NULL
    UNION ALL
    SELECT l.id, NULL, true
    FROM moved, jsonb_to_recordset(:do_not_call::jsonb) AS d (phone text) JOIN leads l ON l.phone = d.phone
), leads_set AS (
    UPDATE leads l
    SET (qualification_score, status, current_income_range, desired_income_range, time_availability, experience_level,
         last_contacted, next_followup, closer_notes, relationship_strength, captures, consent, updated_at) = (
        SELECT r.qualification_score, CASE WHEN t.listed THEN 'do_not_call' ELSE r.status END, r.current_income_range,
            r.desired_income_range, r.time_availability, r.experience_level, r.last_contacted, r.next_followup,
            r.closer_notes, r.relationship_strength, l.captures || coalesce(t.news -> 'captures', '{}'),
            CASE WHEN t.listed THEN false ELSE r.consent END, :now::timestamptz
        FROM jsonb_populate_record(l, coalesce(t.news -> 'columns', '{}')) r
    )
    FROM (
        SELECT id, (array_agg(news) FILTER (WHERE news IS NOT NULL))[1] AS news, bool_or(listed) AS listed
        FROM touched
        GROUP BY id
    ) t
    WHERE l.id = t.id
)

-- name: refusals
-- Dials that were not made after all.
refused AS (
    INSERT INTO refusals (lead_id, phone, reason, detail, at)
    SELECT moved.lead_id, r.phone, r.reason, r.detail, :now::timestamptz
    FROM moved, jsonb_to_recordset(:refusals::jsonb) AS r (phone text, reason text, detail text)
)

-- name: transfers
-- Hand-overs; what is known of one is never unlearned.
transfers_set AS (
    INSERT INTO transfers (call_id, claim, closer_id, closer_name, initiated_at, dialed_at, answered_at, accepted_at,
        joining_at, bridged_at, ended_at, outcome, reason, engagement, phase, key_indicators)
    SELECT moved.id, t.claim, t.closer_id, t.closer_name, t.initiated_at, t.dialed_at, t.answered_at, t.accepted_at,
        t.joining_at, t.bridged_at, t.ended_at, t.outcome, coalesce(t.reason, ''), t.engagement, t.phase,
        coalesce(t.key_indicators, '{}')
    FROM moved, jsonb_to_recordset(:transfers::jsonb) AS t (
        claim text, closer_id text, closer_name text, initiated_at timestamptz, dialed_at timestamptz,
        answered_at timestamptz, accepted_at timestamptz, joining_at timestamptz, bridged_at timestamptz,
        ended_at timestamptz, outcome text, reason text, engagement float8, phase text, key_indicators text[]
    )
    ON CONFLICT (call_id, claim) DO UPDATE
    SET closer_id = coalesce(excluded.closer_id, transfers.closer_id),
        closer_name = coalesce(nullif(excluded.closer_name, ''), transfers.closer_name),
        initiated_at = coalesce(excluded.initiated_at, transfers.initiated_at),
        dialed_at = coalesce(excluded.dialed_at, transfers.dialed_at),
        answered_at = coalesce(excluded.answered_at, transfers.answered_at),
        accepted_at = coalesce(excluded.accepted_at, transfers.accepted_at),
        joining_at = coalesce(excluded.joining_at, transfers.joining_at),
        bridged_at = coalesce(excluded.bridged_at, transfers.bridged_at),
        ended_at = coalesce(excluded.ended_at, transfers.ended_at),
        outcome = coalesce(excluded.outcome, transfers.outcome),
        reason = coalesce(nullif(excluded.reason, ''), transfers.reason),
        engagement = coalesce(excluded.engagement, transfers.engagement),
        phase = coalesce(excluded.phase, transfers.phase),
        key_indicators = coalesce(nullif(excluded.key_indicators, '{}'), transfers.key_indicators)
)

-- name: holds
-- Claims of this call whose closer is on the line: they last as long as the legs may.
held AS (
    UPDATE claims k SET expires_at = h.until
    FROM moved, jsonb_to_recordset(:holds::jsonb) AS h (id text, until timestamptz)
    WHERE k.id = h.id AND k.call_id = moved.id AND k.released_at IS NULL AND k.expires_at > :now::timestamptz
)

-- name: releases
-- Claims of this call given back.
released AS (
    UPDATE claims k SET released_at = :now::timestamptz
    FROM moved
    WHERE k.id = ANY(:releases::text[]) AND k.call_id = moved.id AND k.released_at IS NULL
)

-- name: learn
-- The stores are to learn this revision.
to_learn AS (
    INSERT INTO ledger (subject, store, revision, status, updated_at)
    SELECT 'call:' || moved.id, store, :learn::int, 'pending', :now::timestamptz
    FROM moved, unnest(ARRAY['postgres', 'mongo', 'graph', 'vectors', 'cache']) store
    WHERE :learn::int IS NOT NULL
    ON CONFLICT (subject, store) DO UPDATE
    SET revision = excluded.revision, status = 'pending', attempts = 0, next_try = NULL, error = NULL,
        updated_at = excluded.updated_at
    WHERE excluded.revision > ledger.revision
)

-- name: answer
-- The new version.
SELECT moved.version FROM moved

-- name: answer_with_outbox
-- The new version, with each new outbox row.
SELECT moved.version, sent.* FROM moved LEFT JOIN sent ON true ORDER BY sent.seq
