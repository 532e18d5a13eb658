-- name: lock_statistics
-- One recomputation at a time: the later one reads what the earlier one read, and more.
SELECT pg_advisory_xact_lock(7226311906);

-- name: lock_metrics
-- One recomputation of days at a time.
SELECT pg_advisory_xact_lock(7226311907);

-- name: recompute
-- Statistics of these moments and kinds of lead, and of those last set on an earlier day, from every choice of a
-- conversation that has ended.
WITH pairs AS (
    SELECT moment, segment FROM unnest($1::text[], $2::text[]) AS p (moment, segment)
    UNION
    SELECT moment, segment FROM strategy_stats WHERE updated_at < date_trunc('day', $3::timestamptz, 'UTC')
), rewarded AS (
    SELECT ch.moment, ch.segment, ch.taken, ch.policy, ch.at > $3::timestamptz - interval '30 days' AS recent,
        (c.final_status = ANY($6::text[]))::int AS won,
        coalesce(tr.reward, ($4::jsonb ->> c.final_status)::float8) AS reward
    FROM pairs
    JOIN choices ch USING (moment, segment)
    JOIN calls c ON c.id = ch.call_id AND $4::jsonb ? c.final_status
    LEFT JOIN LATERAL (
        SELECT coalesce(($5::jsonb ->> t.result)::float8, t.rating / 10.0::float8) AS reward
        FROM transfers t
        WHERE t.call_id = c.id AND c.final_status = 'hot_transfer' AND t.outcome = 'bridged'
        ORDER BY t.bridged_at DESC NULLS LAST
        LIMIT 1
    ) tr ON true
)
INSERT INTO strategy_stats (moment, segment, strategy, n, wins, reward, n_30d, wins_30d, reward_30d, n_control,
    wins_control, updated_at)
SELECT moment, segment, taken, count(*), sum(won), sum(reward),
    count(*) FILTER (WHERE recent), coalesce(sum(won) FILTER (WHERE recent), 0),
    coalesce(sum(reward) FILTER (WHERE recent), 0),
    count(*) FILTER (WHERE policy = 'control'), coalesce(sum(won) FILTER (WHERE policy = 'control'), 0), $3
FROM rewarded
GROUP BY moment, segment, taken
ON CONFLICT (moment, segment, strategy) DO UPDATE
SET n = excluded.n, wins = excluded.wins, reward = excluded.reward, n_30d = excluded.n_30d,
    wins_30d = excluded.wins_30d, reward_30d = excluded.reward_30d, n_control = excluded.n_control,
    wins_control = excluded.wins_control, updated_at = excluded.updated_at;

-- name: next_posterior_version
-- The statistics have changed.
UPDATE posterior SET version = version + 1, updated_at = $1 RETURNING version;

-- name: posterior_version
-- The version of the statistics.
SELECT version FROM posterior;

-- name: stats
-- Statistics of one moment or all.
SELECT * FROM strategy_stats WHERE $1::text IS NULL OR moment = $1 ORDER BY moment, segment, strategy;

-- name: of_lead
-- Strategies in the conversations with one lead.
SELECT ch.taken AS strategy,
    count(*) FILTER (WHERE c.final_status = ANY($3::text[])) AS wins, count(*) AS n,
    count(*) FILTER (WHERE c.final_status = ANY($3::text[]) AND ch.at > $2::timestamptz - interval '30 days') AS wins_30d,
    count(*) FILTER (WHERE ch.at > $2::timestamptz - interval '30 days') AS n_30d
FROM calls c
JOIN choices ch ON ch.call_id = c.id
WHERE c.lead_id = $1 AND c.final_status = ANY($4::text[])
GROUP BY ch.taken
ORDER BY ch.taken;

-- name: recompute_days
-- Metrics of these days, set from the calls that began on them and have ended.
INSERT INTO learning_metrics (day, total_calls, conversations, qualified, qualified_rate, average_engagement,
    transfers_attempted, transfers_successful, transfer_success_rate, pattern_recognition_accuracy, updated_at)
SELECT d.day, count(c.id),
    count(*) FILTER (WHERE c.counted),
    count(*) FILTER (WHERE c.won),
    count(*) FILTER (WHERE c.won)::float8 / nullif(count(*) FILTER (WHERE c.counted), 0),
    avg(c.engagement) FILTER (WHERE c.counted),
    count(*) FILTER (WHERE c.transfer_attempted),
    count(*) FILTER (WHERE c.transfer_successful),
    count(*) FILTER (WHERE c.transfer_successful)::float8 / nullif(count(*) FILTER (WHERE c.transfer_attempted), 0),
    avg((c.won = (c.prediction >= 0.5))::int::float8) FILTER (WHERE c.counted AND c.prediction IS NOT NULL),
    $3
FROM unnest($1::date[]) AS d (day)
LEFT JOIN LATERAL (
    SELECT x.*, x.final_status = ANY($5::text[]) AS counted, x.final_status = ANY($4::text[]) AS won
    FROM calls x
    WHERE x.final_status IS NOT NULL
      AND x.created_at >= d.day::timestamp AT TIME ZONE $2
      AND x.created_at < (d.day + 1)::timestamp AT TIME ZONE $2
) c ON true
GROUP BY d.day
ON CONFLICT (day) DO UPDATE
SET total_calls = excluded.total_calls, conversations = excluded.conversations, qualified = excluded.qualified,
    qualified_rate = excluded.qualified_rate, average_engagement = excluded.average_engagement,
    transfers_attempted = excluded.transfers_attempted, transfers_successful = excluded.transfers_successful,
    transfer_success_rate = excluded.transfer_success_rate,
    pattern_recognition_accuracy = excluded.pattern_recognition_accuracy, updated_at = excluded.updated_at;

-- name: recompute_beast_mode
-- Every day against the first one on record whose rate is above 0.
UPDATE learning_metrics m
SET beast_mode_score = least(10, 5 * m.qualified_rate / first.qualified_rate)
FROM (SELECT qualified_rate FROM learning_metrics WHERE qualified_rate > 0 ORDER BY day LIMIT 1) first;

-- name: metrics
-- Days in order.
SELECT * FROM learning_metrics WHERE day BETWEEN $1 AND $2 ORDER BY day;

-- name: embeddings
-- Vectors that are kept.
SELECT text_hash, vector FROM embeddings WHERE model = $1 AND text_hash = ANY($2::bytea[]);

-- name: save_embeddings
-- Keeps vectors that are new.
INSERT INTO embeddings (model, text_hash, vector)
SELECT $1, h, v FROM unnest($2::bytea[], $3::bytea[]) AS t (h, v)
ON CONFLICT (model, text_hash) DO NOTHING;
