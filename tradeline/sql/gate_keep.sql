-- What decisions come to is written here, in sets: one call's or a batch's, it costs a statement for
-- each table and not for each call.

-- How a line moves: what is added to its counters, and where it stands then.
CREATE TYPE app.gate_move AS (
    line_id uuid, version bigint, kind text, moves app.gate_moves, exposure_minor bigint,
    limit_minor bigint, currency text, armed smallint, crossed int[], decision_id uuid, day date
);

-- What was answered to a call, about which order and line.
CREATE TYPE app.gate_said AS (
    a app.gate_ask, id uuid, status int, outcome text, line_id uuid, line_version bigint,
    commitment_id uuid, version bigint, state text, rules_id uuid, release_id uuid, facts text,
    answer text
);

-- All that is written of an order that is let go when it is first asked for.
CREATE TYPE app.gate_kept AS (move app.gate_move, c commitment, said app.gate_said);

-- The move of a line by an order's change, with the steps of its alerts; null where nothing moves.
CREATE FUNCTION app.move_of(
    l credit_line, r line_rules, m app.gate_moves, exposure bigint, why text, decision uuid,
    today date
) RETURNS app.gate_move
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v app.gate_move;
BEGIN
    IF (m.orders, m.reserved, m.later, m.shipped, m.billed, m.held) = (0, 0, 0, 0, 0, 0) THEN
        RETURN NULL;
    END IF;
    v := ROW(l.id, l.version + 1, why, m, exposure, l.limit_minor, l.currency, l.alert_armed,
        NULL::int[], decision, today);
    IF app.alert_due(r.ladder_bp, r.rearm_bp, l.alert_armed, exposure, l.limit_minor) THEN
        SELECT s.armed_after, s.crossed INTO v.armed, v.crossed
        FROM app.alert_step(r.ladder_bp, r.rearm_bp, l.alert_armed, exposure, l.limit_minor) s;
    END IF;
    RETURN v;
END $$;

-- Move lines, each once, with their events and alerts.
CREATE FUNCTION app.move_lines(moved app.gate_move[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
BEGIN
    UPDATE credit_line t SET orders_minor = t.orders_minor + (v.moves).orders,
        reserved_minor = t.reserved_minor + (v.moves).reserved,
        orders_later_minor = t.orders_later_minor + (v.moves).later,
        shipped_not_billed_minor = t.shipped_not_billed_minor + (v.moves).shipped,
        billed_not_posted_minor = t.billed_not_posted_minor + (v.moves).billed,
        held_minor = t.held_minor + (v.moves).held, exposure_minor = v.exposure_minor,
        version = v.version, alert_armed = v.armed
    FROM unnest(moved) v WHERE t.organisation_id = org AND t.id = v.line_id;
    INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change,
        exposure_minor, limit_minor, by_id, decision_id, reason)
    SELECT org, v.line_id, v.version, v.kind, now(), v.day,
        concat('{', ltrim(concat(
            CASE WHEN (v.moves).orders <> 0 THEN concat(',"orders":', (v.moves).orders) END,
            CASE WHEN (v.moves).reserved <> 0 THEN concat(',"reserved":', (v.moves).reserved) END,
            CASE WHEN (v.moves).later <> 0 THEN concat(',"orders_later":', (v.moves).later) END,
            CASE WHEN (v.moves).shipped <> 0 THEN concat(',"shipped_not_billed":', (v.moves).shipped) END,
            CASE WHEN (v.moves).billed <> 0 THEN concat(',"billed_not_posted":', (v.moves).billed) END,
            CASE WHEN (v.moves).held <> 0 THEN concat(',"held":', (v.moves).held) END), ','), '}')::jsonb,
        v.exposure_minor, v.limit_minor, app.insider(), v.decision_id, ''
    FROM unnest(moved) v;
    IF EXISTS (SELECT FROM unnest(moved) v WHERE v.crossed <> '{}') THEN
        INSERT INTO outbox (organisation_id, topic, line_id, line_version, payload)
        SELECT org, 'alert.utilisation', v.line_id, v.version,
            app.alert_payload(v.crossed, v.exposure_minor, v.limit_minor, v.currency, v.day)
        FROM unnest(moved) v WHERE v.crossed <> '{}';
    END IF;
END $$;

-- Write decisions with their entries in the trail, and messages where someone listens.
CREATE FUNCTION app.keep_said(said app.gate_said[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    who uuid := app.insider();
BEGIN
    INSERT INTO decision (organisation_id, id, client, key, body_sha256, verb, status, outcome,
        line_id, commitment_id, order_no, version, amount_minor, rules_id, release_id, facts,
        answer, at, by_id, lines)
    SELECT org, v.id, (v.a).client, (v.a).key, (v.a).body_sha256, (v.a).verb, v.status, v.outcome,
        v.line_id, v.commitment_id, (v.a).order_no, v.version, (v.a).amount_minor, v.rules_id,
        v.release_id, v.facts, v.answer, now(), who, (v.a).lines
    FROM unnest(said) v;
    INSERT INTO audit_event (organisation_id, id, at, by_id, door, action, subject, body)
    SELECT org, gen_random_uuid(), now(), who, (v.a).door, 'ORDER_DECIDED', o.subject,
        convert_to(concat('{"action":"ORDER_DECIDED","actor":"', who, '","after":{"amount":',
            coalesce('"' || app.money((v.a).amount_minor, (v.a).currency) || '"', 'null'),
            ',"currency":', coalesce('"' || (v.a).currency || '"', 'null'),
            ',"decision":"', v.id, '","outcome":"', v.outcome, '","verb":"', (v.a).verb,
            '"},"at":"', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            '","before":{},"door":"', (v.a).door, '","reason":',
            to_json(coalesce((v.a).reason, ''))::text, ',"subject":', to_json(o.subject)::text, '}'),
            'UTF8')
    FROM unnest(said) v, LATERAL (SELECT left('order ' || (v.a).order_no, 200) AS subject) o;
    IF EXISTS (SELECT FROM webhook_endpoint w WHERE w.organisation_id = org AND w.state = 'active') THEN
        INSERT INTO outbox (organisation_id, topic, line_id, line_version, payload)
        SELECT org, CASE WHEN v.outcome IN ('done', 'refused', 'voided') THEN 'order.changed'
                ELSE 'order.decided' END, v.line_id, v.line_version,
            jsonb_build_object('decision_id', v.id, 'decision', v.outcome, 'verb', (v.a).verb,
                'order_no', (v.a).order_no, 'version', v.version, 'state', v.state)
        FROM unnest(said) v;
    END IF;
END $$;

-- What was answered to a call, as it is written down.
CREATE FUNCTION app.said_of(
    a app.gate_ask, decision uuid, l credit_line, c commitment, rules uuid, e app.gate_effect,
    facts text, answer text
) RETURNS app.gate_said
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN ROW(a, decision, e.status, e.outcome, l.id, l.version + 1, c.id, c.version, c.state::text,
        rules, e.release_id, facts, answer);
END $$;

-- Keep what was settled of new orders, of a line each.
CREATE FUNCTION app.keep(kept app.gate_kept[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM app.move_lines(ARRAY(SELECT k.move FROM unnest(kept) k WHERE (k.move).line_id IS NOT NULL));
    INSERT INTO commitment SELECT (k.c).* FROM unnest(kept) k;
    PERFORM app.keep_said(ARRAY(SELECT k.said FROM unnest(kept) k));
END $$;

-- The same for one call, which may change a known order or none.
CREATE FUNCTION app.move_line(
    l credit_line, r line_rules, m app.gate_moves, exposure bigint, why text, decision uuid,
    today date
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v app.gate_move := app.move_of(l, r, m, exposure, why, decision, today);
BEGIN
    IF v.line_id IS NOT NULL THEN
        PERFORM app.move_lines(ARRAY[v]);
    END IF;
END $$;

CREATE FUNCTION app.keep_decision(
    a app.gate_ask, decision uuid, l credit_line, c commitment, rules uuid, e app.gate_effect,
    facts text, answer text
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM app.keep_said(ARRAY[app.said_of(a, decision, l, c, rules, e, facts, answer)]);
END $$;
