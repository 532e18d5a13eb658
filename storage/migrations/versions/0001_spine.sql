-- Tables of the hot path (inbox, outbox, timers) have no foreign key to calls: their rows are written from the call's own
-- locked row, or before any call is known. Business times come from the caller; *_wall, lease_until and next_try are the server's.

CREATE TABLE leads (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    external_id text,
    first_name text,
    last_name text,
    email text,
    phone text NOT NULL UNIQUE CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    source text,
    campaign text,
    form text,
    utm_source text,
    utm_medium text,
    utm_campaign text,
    utm_term text,
    utm_content text,
    arrived_at timestamptz,
    initial_interest text,
    qualification_score double precision,
    timezone text,
    country text,
    state text,
    city text,
    status text NOT NULL DEFAULT 'new' CHECK (status IN (
        'new', 'hot_transfer', 'video_sent', 'follow_up', 'disqualified', 'abandoned', 'do_not_call',
        'no_answer', 'voicemail', 'wrong_person', 'failed'
    )),
    current_income_range text,
    desired_income_range text,
    time_availability text,
    experience_level text,
    last_contacted timestamptz,
    next_followup timestamptz,
    closer_notes text,
    closer_rating integer CHECK (closer_rating BETWEEN 1 AND 10),
    relationship_strength double precision,
    consent boolean,
    captures jsonb NOT NULL DEFAULT '{}',
    imported jsonb NOT NULL DEFAULT '{}', -- the values that imports have given, by column
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX leads_external_id ON leads (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX leads_status ON leads (status, id);
CREATE INDEX leads_next_followup ON leads (next_followup) WHERE next_followup IS NOT NULL;

CREATE TABLE playbooks (
    version text PRIMARY KEY,
    content jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

-- The entries as they stand; content is null once an entry has left the playbook.
CREATE TABLE playbook_entries (
    kind text NOT NULL CHECK (kind IN ('phase', 'strategy', 'objection', 'knowledge', 'line', 'intent')),
    id text NOT NULL,
    content jsonb,
    revision integer NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE calls (
    id uuid PRIMARY KEY,
    lead_id uuid REFERENCES leads (id),
    phone text NOT NULL,
    playbook_version text NOT NULL,
    machine_version integer NOT NULL,
    state_form integer NOT NULL,
    version integer NOT NULL DEFAULT 0,
    state jsonb,
    conversation_ref text GENERATED ALWAYS AS (id::text) STORED,
    created_at timestamptz NOT NULL,
    phase text,
    mode text,
    direction text NOT NULL DEFAULT 'outbound' CHECK (direction IN ('outbound', 'inbound')),
    segment text NOT NULL DEFAULT '',
    control boolean NOT NULL DEFAULT false,
    started_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    duration_s double precision,
    phases_completed integer NOT NULL DEFAULT 0,
    final_status text CHECK (final_status IN (
        'hot_transfer', 'video_sent', 'follow_up', 'disqualified', 'abandoned', 'do_not_call',
        'no_answer', 'voicemail', 'wrong_person', 'failed'
    )),
    engagement double precision,
    transfer_attempted boolean NOT NULL DEFAULT false,
    transfer_successful boolean NOT NULL DEFAULT false,
    closer_available boolean,
    prediction double precision,
    recording jsonb,
    learn_revision integer NOT NULL DEFAULT 0
) WITH (fillfactor = 60);
CREATE INDEX calls_live ON calls (created_at) WHERE final_status IS NULL;
CREATE INDEX calls_lead ON calls (lead_id, created_at);
CREATE INDEX calls_phone ON calls (phone, created_at);
CREATE INDEX calls_created ON calls (created_at);
CREATE INDEX calls_ended ON calls (ended_at) WHERE ended_at IS NOT NULL;
-- All of a call but its state, which is large and which lists do not show.
CREATE VIEW call_rows AS
SELECT id, lead_id, phone, playbook_version, machine_version, state_form, version, created_at, phase, mode, direction,
    segment, control, started_at, answered_at, ended_at, duration_s, phases_completed, final_status, engagement,
    transfer_attempted, transfer_successful, closer_available, prediction, recording, learn_revision
FROM calls;

CREATE TABLE inbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL UNIQUE,
    source text NOT NULL CHECK (source IN ('telnyx', 'ours')),
    event_type text NOT NULL,
    form integer NOT NULL,
    call_id uuid,
    call_leg_id text,
    call_session_id text,
    body jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    received_wall timestamptz NOT NULL DEFAULT clock_timestamp(),
    status text NOT NULL DEFAULT 'received' CHECK (status IN ('received', 'decided', 'aside', 'unknown')),
    given jsonb,
    decided_version integer,
    decided_wall timestamptz,
    error text
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX inbox_undecided ON inbox (call_id, seq) INCLUDE (received_wall) WHERE status = 'received';
CREATE INDEX inbox_call ON inbox (call_id, seq);
CREATE INDEX inbox_aside ON inbox (seq) WHERE status = 'aside';
CREATE INDEX inbox_unknown ON inbox (seq) WHERE status = 'unknown';

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    call_id uuid NOT NULL,
    destination text NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    not_after timestamptz,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed', 'void', 'expired')),
    leased_by text,
    lease_until timestamptz,
    next_try timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    first_sent_at timestamptz,
    error text,
    result jsonb,
    created_at timestamptz NOT NULL,
    created_wall timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_wall timestamptz,
    UNIQUE (call_id, key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX outbox_pending ON outbox (call_id, destination, seq) WHERE status = 'pending';
CREATE INDEX outbox_message ON outbox ((result ->> 'id')) WHERE destination = 'telnyx:message';
CREATE INDEX outbox_unanswered ON outbox ((body #>> '{args,to}'), seq) WHERE destination = 'telnyx:message' AND result IS NULL;

CREATE TABLE timers (
    call_id uuid NOT NULL,
    key text NOT NULL,
    due timestamptz NOT NULL,
    PRIMARY KEY (call_id, key)
);
CREATE INDEX timers_due ON timers (due);

CREATE TABLE legs (
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    name text NOT NULL,
    call_leg_id text UNIQUE,
    call_control_id text,
    call_session_id text,
    state text NOT NULL CHECK (state IN ('dialing', 'initiated', 'answered', 'bridged', 'ended')),
    to_number text,
    dialed_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    hangup_cause text,
    machine text,
    last_event_at timestamptz,
    PRIMARY KEY (call_id, name)
) WITH (fillfactor = 70);
CREATE INDEX legs_session ON legs (call_session_id) WHERE call_session_id IS NOT NULL;
CREATE INDEX legs_alive ON legs (call_id) WHERE state <> 'ended';

CREATE TABLE closers (
    id text PRIMARY KEY,
    name text NOT NULL,
    phone text NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    email text,
    timezone text NOT NULL DEFAULT 'America/New_York',
    priority integer NOT NULL DEFAULT 100,
    active boolean NOT NULL DEFAULT true,
    busy_now boolean NOT NULL DEFAULT false
);

-- A row is a weekly window (day_of_week: ISO, 1 Monday to 7 Sunday; wall clock of its time zone, else the closer's) or an override.
CREATE TABLE kevin_availability (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    closer_id text NOT NULL REFERENCES closers (id) ON DELETE CASCADE,
    day_of_week integer CHECK (day_of_week BETWEEN 1 AND 7),
    start_time time,
    end_time time,
    timezone text,
    active boolean NOT NULL DEFAULT true,
    override_start timestamptz,
    override_end timestamptz,
    available boolean NOT NULL DEFAULT true,
    reason text,
    created_at timestamptz NOT NULL,
    CHECK (
        (day_of_week IS NOT NULL AND start_time IS NOT NULL AND end_time IS NOT NULL
         AND override_start IS NULL AND override_end IS NULL AND available)
        OR (day_of_week IS NULL AND start_time IS NULL AND end_time IS NULL AND override_start < override_end)
    )
);
CREATE INDEX kevin_availability_windows ON kevin_availability (closer_id) WHERE day_of_week IS NOT NULL;
CREATE INDEX kevin_availability_overrides ON kevin_availability (closer_id, override_end) WHERE override_start IS NOT NULL;

CREATE TABLE claims (
    id text PRIMARY KEY,
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    closer_id text NOT NULL REFERENCES closers (id),
    claimed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > claimed_at),
    released_at timestamptz
);
CREATE UNIQUE INDEX claims_one_live ON claims (closer_id) WHERE released_at IS NULL;
CREATE INDEX claims_latest ON claims (closer_id, claimed_at);

CREATE TABLE transfers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    claim text NOT NULL,
    closer_id text REFERENCES closers (id),
    closer_name text,
    initiated_at timestamptz,
    dialed_at timestamptz,
    answered_at timestamptz,
    accepted_at timestamptz,
    joining_at timestamptz,
    bridged_at timestamptz,
    ended_at timestamptz,
    outcome text CHECK (outcome IN (
        'bridged', 'declined', 'no_answer', 'voicemail', 'closer_hangup', 'prospect_hangup', 'no_closer', 'withdrawn',
        'failed'
    )),
    reason text NOT NULL DEFAULT '',
    accepted boolean GENERATED ALWAYS AS (accepted_at IS NOT NULL) STORED,
    duration_s double precision GENERATED ALWAYS AS (extract(epoch FROM ended_at - bridged_at)) STORED,
    engagement double precision,
    phase text,
    key_indicators text[] NOT NULL DEFAULT '{}',
    rating integer CHECK (rating BETWEEN 1 AND 10),
    result text CHECK (result IN ('scheduled', 'closed', 'followup', 'declined')),
    notes text,
    rated_at timestamptz,
    UNIQUE (call_id, claim)
);
CREATE INDEX transfers_initiated ON transfers (initiated_at);

CREATE TABLE choices (
    call_id uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    key text NOT NULL,
    moment text NOT NULL,
    phase text NOT NULL,
    segment text NOT NULL,
    arms text[] NOT NULL,
    p double precision[] NOT NULL,
    taken text NOT NULL,
    draw double precision NOT NULL,
    policy text NOT NULL,
    posterior_version bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (call_id, key),
    CHECK (cardinality(arms) = cardinality(p))
);
CREATE INDEX choices_moment ON choices (moment, segment, taken);

CREATE TABLE consents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id uuid REFERENCES leads (id) ON DELETE SET NULL,
    phone text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'sms', 'recording', 'opt_out')),
    granted boolean NOT NULL,
    at timestamptz NOT NULL,
    how text NOT NULL,
    evidence text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL,
    UNIQUE (phone, kind, at, how, granted)
);

-- The latest word on calls; of two at one instant the one that takes back.
CREATE VIEW call_consents AS
SELECT DISTINCT ON (phone) phone, granted FROM consents
WHERE kind IN ('call', 'opt_out')
ORDER BY phone, at DESC, granted, id DESC;

CREATE TABLE refusals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id uuid REFERENCES leads (id) ON DELETE SET NULL,
    phone text NOT NULL,
    reason text NOT NULL CHECK (reason IN (
        'not_configured', 'do_not_call', 'no_consent', 'already_in_call', 'unknown_location', 'state_forbids_day',
        'outside_hours', 'too_many_attempts'
    )),
    detail text NOT NULL DEFAULT '',
    at timestamptz NOT NULL
);
CREATE INDEX refusals_lead ON refusals (lead_id, id);

CREATE TABLE do_not_call (
    phone text PRIMARY KEY,
    evidence text NOT NULL DEFAULT '',
    call_id uuid,
    added_at timestamptz NOT NULL
);

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (position('@' IN email) > 1),
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'operator', 'closer')),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE embeddings (
    text_hash bytea NOT NULL,
    model text NOT NULL,
    vector bytea NOT NULL,
    PRIMARY KEY (model, text_hash)
);
ALTER TABLE embeddings ALTER COLUMN vector SET STORAGE EXTERNAL;

CREATE TABLE strategy_stats (
    moment text NOT NULL,
    segment text NOT NULL,
    strategy text NOT NULL,
    n integer NOT NULL,
    wins integer NOT NULL,
    reward double precision NOT NULL,
    n_30d integer NOT NULL,
    wins_30d integer NOT NULL,
    reward_30d double precision NOT NULL,
    n_control integer NOT NULL,
    wins_control integer NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (moment, segment, strategy)
);

CREATE TABLE posterior (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL,
    updated_at timestamptz
);
INSERT INTO posterior (version) VALUES (0);

CREATE TABLE learning_metrics (
    day date PRIMARY KEY,
    total_calls integer NOT NULL,
    conversations integer NOT NULL,
    qualified integer NOT NULL,
    qualified_rate double precision,
    average_engagement double precision,
    transfers_attempted integer NOT NULL,
    transfers_successful integer NOT NULL,
    transfer_success_rate double precision,
    pattern_recognition_accuracy double precision,
    beast_mode_score double precision,
    updated_at timestamptz NOT NULL
);

CREATE TABLE ledger (
    subject text NOT NULL,
    store text NOT NULL CHECK (store IN ('postgres', 'mongo', 'graph', 'vectors', 'cache')),
    revision integer NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'synced', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_try timestamptz,
    updated_at timestamptz NOT NULL,
    first_synced_at timestamptz,
    error text,
    PRIMARY KEY (subject, store)
) WITH (fillfactor = 70);
CREATE INDEX ledger_behind ON ledger (store, updated_at) WHERE status <> 'synced';

CREATE TABLE sync_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reason text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    done integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    detail jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE job_attempts (
    key text PRIMARY KEY,
    attempts integer NOT NULL,
    updated_wall timestamptz NOT NULL DEFAULT clock_timestamp()
);
