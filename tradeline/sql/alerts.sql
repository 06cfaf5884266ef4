-- When use of a limit sends an alert. Levels are compared exactly, by multiplying; in hundredths of a
-- percent. `armed` is how many levels, from the lowest, have sent and not been re-armed.

-- Whether alert_step would change anything: a cheap question, part of the statement that asks it.
CREATE FUNCTION app.alert_due(
    ladder_bp int[], rearm_bp int, armed smallint, exposure_minor bigint, limit_minor bigint
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN limit_minor IS NULL THEN false
    WHEN exposure_minor <= 0 THEN armed > 0
    WHEN limit_minor = 0 THEN armed < cardinality(ladder_bp)
    ELSE armed > cardinality(ladder_bp)
        OR coalesce(exposure_minor::numeric * 10000
            >= ladder_bp[armed + 1]::numeric * limit_minor, false)
        OR coalesce(exposure_minor::numeric * 10000
            < (ladder_bp[armed] - rearm_bp)::numeric * limit_minor, false)
END;

-- A step on the ladder: levels reached from below send (all of them, ascending), a level is re-armed
-- once use is more than rearm_bp below it. Without a limit nothing is known and nothing changes; a
-- limit of nothing is wholly used by whatever is owed. The lowest level lies above rearm_bp.
CREATE FUNCTION app.alert_step(
    ladder_bp int[], rearm_bp int, armed smallint, exposure_minor bigint, limit_minor bigint,
    OUT armed_after smallint, OUT crossed int[]
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    levels int := cardinality(ladder_bp);
    used numeric := greatest(exposure_minor, 0)::numeric * 10000;
    stays int := least(armed, levels);
BEGIN
    armed_after := armed;
    crossed := '{}';
    IF limit_minor IS NULL THEN
        RETURN;
    END IF;
    WHILE stays > 0 AND (used = 0 OR used < (ladder_bp[stays] - rearm_bp)::numeric * limit_minor)
    LOOP
        stays := stays - 1;
    END LOOP;
    WHILE stays < levels AND used > 0 AND used >= ladder_bp[stays + 1]::numeric * limit_minor
    LOOP
        stays := stays + 1;
        crossed := crossed || ladder_bp[stays];
    END LOOP;
    armed_after := stays;
END $$;

-- What an alert on use says; whoever writes one into the outbox takes it from here. Its severity
-- and recipients follow from the policy when it is handed out.
CREATE FUNCTION app.alert_payload(
    crossed int[], exposure_minor bigint, limit_minor bigint, currency text, day date
) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_build_object(
    'levels_bp', to_jsonb(crossed), 'exposure_minor', exposure_minor,
    'limit_minor', limit_minor, 'currency', currency, 'day', day);

GRANT EXECUTE ON FUNCTION
    app.alert_due(int[], int, smallint, bigint, bigint),
    app.alert_step(int[], int, smallint, bigint, bigint),
    app.alert_payload(int[], bigint, bigint, text, date)
    TO tradeline_app;

-- The sender looks for organisations, and reads of people and accounts what an address needs.
CREATE POLICY sender_ids ON organisation FOR SELECT TO tradeline_sender USING (true);
GRANT USAGE ON SCHEMA app TO tradeline_sender;
GRANT EXECUTE ON FUNCTION app.organisation(), app.person(), app.inside(), app.insider()
    TO tradeline_sender;
GRANT SELECT (id) ON organisation TO tradeline_sender;
GRANT SELECT ON policy_version, membership TO tradeline_sender;
GRANT SELECT (id, username, first_name, email) ON person TO tradeline_sender;
GRANT SELECT (organisation_id, id, customer_no, name, entity_id, owner_id) ON account
    TO tradeline_sender;
GRANT SELECT (organisation_id, id, account_id, group_id, currency) ON credit_line
    TO tradeline_sender;
GRANT SELECT (organisation_id, id, code) ON legal_entity, customer_group TO tradeline_sender;

-- What is still to be done is small, however long the past.
CREATE INDEX outbox_new ON outbox (organisation_id, line_id) WHERE fanned_at IS NULL;
CREATE INDEX outbox_listed ON outbox (organisation_id, at) WHERE topic LIKE 'alert.%';
CREATE INDEX delivery_waiting ON delivery (organisation_id, next_at, line_version)
    WHERE state = 'pending';
CREATE INDEX delivery_in_order ON delivery (organisation_id, line_id, line_version)
    WHERE state = 'pending';
CREATE INDEX delivery_broken ON delivery (organisation_id, leased_until)
    WHERE state = 'pending' AND leased_until IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (organisation_id, made_at) WHERE state = 'dead';
