-- How a line stands, resolved for the day on which a check asks: rules, ledger, limit, groups.

-- The groups above an account, the nearest first.
CREATE FUNCTION app.groups_above(first uuid) RETURNS TABLE (id uuid, code text, depth int)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY WITH RECURSIVE above AS (
        SELECT g.id, g.code::text AS code, g.parent_id, 1 AS depth FROM customer_group g
        WHERE g.organisation_id = app.inside() AND g.id = first
        UNION ALL
        SELECT g.id, g.code::text, g.parent_id, a.depth + 1 FROM customer_group g
        JOIN above a ON g.organisation_id = app.inside() AND g.id = a.parent_id)
    SELECT a.id, a.code, a.depth FROM above a ORDER BY a.depth;
END $$;

-- The policy's rules for an account: those for all, then its tier's, its groups' from the top
-- down, its own. Reactions are merged one by one.
CREATE FUNCTION app.rules_document(policy jsonb, of account) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    found jsonb := policy -> 'rules';
    scopes jsonb[] := ARRAY[policy -> 'tiers' -> of.tier];
    scope jsonb;
BEGIN
    IF policy -> 'groups' <> '{}' AND of.group_id IS NOT NULL THEN
        scopes := scopes || ARRAY(SELECT policy -> 'groups' -> g.code
            FROM app.groups_above(of.group_id) g ORDER BY g.depth DESC);
    END IF;
    FOREACH scope IN ARRAY scopes || ARRAY[policy -> 'customers' -> of.customer_no] LOOP
        CONTINUE WHEN scope IS NULL;
        found := found || (scope - 'reactions') || jsonb_build_object('reactions',
            (found -> 'reactions') || coalesce(scope -> 'reactions', '{}'));
    END LOOP;
    RETURN found;
END $$;

-- The row of rules for a document in a currency; written once, found again by its digest.
CREATE FUNCTION app.rules_for(policy jsonb, version text, rules jsonb, currency text) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    mark text := encode(sha256(convert_to(version || ' ' || currency || ' ' || rules::text, 'UTF8')), 'hex');
    found uuid;
BEGIN
    SELECT id INTO found FROM line_rules r WHERE r.organisation_id = org AND r.digest = mark;
    IF found IS NOT NULL THEN
        RETURN found;
    END IF;
    INSERT INTO line_rules (organisation_id, id, policy, digest, currency, reactions, signs,
        tolerance_bp, tolerance_max_minor, average_bp, used_bp, overdue_days_max,
        overdue_share_days, overdue_share_bp, overdue_max_minor, item_min_minor, ignore_disputed,
        dunning_level_max, document_max_minor, review_grace_days, unsecured_max_minor,
        stand_in_max_minor, rejected_flags, rejected_statuses, horizon_days, rate_age_max_days,
        feed_ages_max, feeds_required, reservation_days, hold_days, release_deviation_bp,
        ladder_bp, rearm_bp)
    SELECT org, gen_random_uuid(), version, mark, rules_for.currency,
        ARRAY(SELECT array_position(ARRAY['off', 'warn', 'hold', 'reject'], rules -> 'reactions' ->> code) - 1
            FROM jsonb_array_elements_text(policy -> 'codes') WITH ORDINALITY c (code, turn) ORDER BY turn),
        ARRAY(SELECT s::smallint FROM jsonb_array_elements_text(policy -> 'signs') WITH ORDINALITY t (s, turn) ORDER BY turn),
        (rules ->> 'tolerance_pct')::numeric * 100, app.minor(rules -> 'tolerance_max', rules_for.currency),
        (rules ->> 'average_pct')::numeric * 100, (rules ->> 'used_pct')::numeric * 100,
        (rules ->> 'overdue_days_max')::int, (rules ->> 'overdue_share_days')::int,
        (rules ->> 'overdue_share_pct')::numeric * 100,
        app.minor(rules -> 'overdue_max', rules_for.currency),
        coalesce(app.minor(rules -> 'item_min', rules_for.currency), 0),
        (rules ->> 'ignore_disputed')::boolean, (rules ->> 'dunning_level_max')::int,
        app.minor(rules -> 'document_max', rules_for.currency), (rules ->> 'review_grace_days')::int,
        app.minor(rules -> 'unsecured_max', rules_for.currency),
        app.minor(rules -> 'stand_in_max', rules_for.currency),
        ARRAY(SELECT jsonb_array_elements_text(rules -> 'rejected_flags')),
        ARRAY(SELECT jsonb_array_elements_text(rules -> 'rejected_statuses')),
        (policy ->> 'horizon_days')::int, (policy ->> 'rate_age_max_days')::int,
        policy -> 'feed_ages_max', ARRAY(SELECT jsonb_array_elements_text(policy -> 'feeds_required')),
        (policy ->> 'reservation_days')::int, (policy ->> 'hold_days')::int,
        (policy ->> 'release_deviation_bp')::int,
        ARRAY(SELECT x::int FROM jsonb_array_elements_text(policy -> 'ladder_bp') WITH ORDINALITY t (x, turn)
            ORDER BY turn), (policy ->> 'rearm_bp')::int
    ON CONFLICT (organisation_id, digest) DO NOTHING;
    SELECT id INTO STRICT found FROM line_rules r WHERE r.organisation_id = org AND r.digest = mark;
    RETURN found;
END $$;

-- The granted terms of an account: its own, else its tier's, its segment's, the policy's.
CREATE FUNCTION app.granted_terms(policy jsonb, of account, today date) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT policy -> 'terms' -> 'names' -> coalesce(
        (SELECT t.name FROM agreed_terms t WHERE t.organisation_id = app.inside()
            AND t.account_id = of.id AND t.superseded_at IS NULL AND t.valid_from <= today
            ORDER BY t.valid_from DESC LIMIT 1),
        policy -> 'terms' -> 'tiers' ->> of.tier, policy -> 'terms' -> 'segments' ->> of.segment,
        policy -> 'terms' ->> 'default')
$$;

-- Cover in force on a day, in the line's currency, in the order in which it is used up.
CREATE FUNCTION app.covers_of(account uuid, currency text, today date, rate_age int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_array(
            app.converted(m.amount_minor, r.above, r.below) * (10000 - m.haircut_bp) / 10000,
            m.cover_bp)
        ORDER BY array_position(ARRAY['letter_of_credit', 'bank_guarantee', 'insurance',
            'collateral'], m.kind::text), m.id), '[]')
    FROM mitigant m, app.minor_rate(m.currency, currency, today, rate_age) r
    WHERE m.organisation_id = app.inside() AND m.account_id = account
        AND m.kind <> 'parent_guarantee' AND today BETWEEN m.valid_from AND m.valid_to
        AND r.above IS NOT NULL
$$;

-- The mean exposure of the 90 days before a day, by the positions of their evenings; a day without
-- one has that of the day before.
CREATE FUNCTION app.average_exposure(line uuid, today date) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(exposure_minor * (lead_day - greatest(day, today - 90))) / 90, 0)::bigint
    FROM (SELECT p.day, p.exposure_minor,
            coalesce(lead(p.day) OVER (ORDER BY p.day), today) AS lead_day
        FROM position p WHERE p.organisation_id = app.inside() AND p.line_id = line
            AND p.day < today
            AND p.day >= coalesce((SELECT max(q.day) FROM position q
                WHERE q.organisation_id = app.inside() AND q.line_id = line
                    AND q.day <= today - 90), '-infinity')) d
    WHERE lead_day > today - 90
$$;

-- Bring a line's limit to what holds on a day; the turn of the day may not have come yet.
CREATE FUNCTION app.turn_limit(of credit_line, today date, OUT first date, OUT last date)
LANGUAGE plpgsql AS $$
DECLARE
    held limit_version;
BEGIN
    SELECT v.* INTO held FROM limit_version v
    WHERE v.organisation_id = of.organisation_id AND v.line_id = of.id AND v.superseded_at IS NULL
    ORDER BY (today BETWEEN v.valid_from AND coalesce(v.valid_to, 'infinity')) DESC,
        v.kind = 'temporary' DESC, v.valid_from DESC LIMIT 1;
    first := held.valid_from;
    last := held.valid_to;
    IF held.id IS NULL OR held.currency <> of.currency OR first > today OR last < today
        OR held.amount_minor IS NOT DISTINCT FROM of.limit_minor THEN
        RETURN;
    END IF;
    UPDATE credit_line SET limit_minor = held.amount_minor, version = of.version + 1
    WHERE organisation_id = of.organisation_id AND id = of.id;
    INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change,
        exposure_minor, limit_minor, by_id, reason)
    VALUES (of.organisation_id, of.id, of.version + 1, 'limit', now(), today, '{}',
        of.exposure_minor, held.amount_minor, app.insider(), 'the limit of the day');
END $$;

-- Resolve a line's standing for a day. The caller holds the line's lock. Whoever is marking the
-- standing stale at this moment is waited for, so that what is read next holds what was written.
CREATE FUNCTION app.resolve_line(line uuid, today date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    l credit_line;
    a account;
    p gate_policy;
    r line_rules;
    rules uuid;
    terms jsonb;
    span record;
BEGIN
    PERFORM FROM standing WHERE organisation_id = org AND line_id = line FOR UPDATE;
    SELECT * INTO STRICT l FROM credit_line WHERE organisation_id = org AND id = line;
    SELECT * INTO STRICT a FROM account WHERE organisation_id = org AND id = l.account_id;
    SELECT * INTO p FROM gate_policy WHERE organisation_id = org ORDER BY active_from DESC LIMIT 1;
    IF p.id IS NULL THEN
        RAISE EXCEPTION 'no policy is in force' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    rules := app.rules_for(p.document, p.policy, app.rules_document(p.document, a), l.currency);
    SELECT * INTO STRICT r FROM line_rules WHERE organisation_id = org AND id = rules;
    terms := app.granted_terms(p.document, a, today);
    span := app.turn_limit(l, today);
    INSERT INTO standing AS s (organisation_id, line_id, rules_id, day,
        oldest_due, overdue_minor, overdue_share_minor, open_minor, disputed_minor, oldest,
        average_minor, covers, status, review_due, dunning_level, flags, grace_days, terms_days_max,
        discount_bp_max, limit_from, limit_to)
    SELECT org, line, r.id, today, i.oldest_due, i.overdue, i.overdue_share,
        i.open, i.disputed, i.oldest, app.average_exposure(line, today),
        app.covers_of(a.id, l.currency, today, r.rate_age_max_days), a.status, a.review_due, a.dunning_level,
        ARRAY(SELECT DISTINCT f.kind FROM external_flag f WHERE f.organisation_id = org
            AND f.account_id = a.id AND f.cleared_at IS NULL ORDER BY 1),
        coalesce((terms ->> 'grace')::int, 0), (terms ->> 'days')::int,
        (terms ->> 'discount_bp')::int, span.first, span.last
    FROM app.overdue_facts(a.id, r, today, coalesce((terms ->> 'grace')::int, 0)) i
    ON CONFLICT (organisation_id, line_id) DO UPDATE SET rules_id = excluded.rules_id,
        day = excluded.day,
        oldest_due = excluded.oldest_due, overdue_minor = excluded.overdue_minor,
        overdue_share_minor = excluded.overdue_share_minor, open_minor = excluded.open_minor,
        disputed_minor = excluded.disputed_minor, oldest = excluded.oldest,
        average_minor = excluded.average_minor, covers = excluded.covers,
        status = excluded.status, review_due = excluded.review_due,
        dunning_level = excluded.dunning_level, flags = excluded.flags,
        grace_days = excluded.grace_days, terms_days_max = excluded.terms_days_max,
        discount_bp_max = excluded.discount_bp_max, limit_from = excluded.limit_from,
        limit_to = excluded.limit_to;
END $$;

-- What is past due on a day of an account's open debit items that the rules look at.
CREATE FUNCTION app.overdue_facts(
    of uuid, r line_rules, today date, grace int, OUT oldest_due date, OUT overdue bigint,
    OUT overdue_share bigint, OUT open bigint, OUT disputed bigint, OUT oldest jsonb
)
LANGUAGE sql STABLE AS $$
    WITH item AS (
        SELECT document_no, due_date, counted_minor AS minor,
            r.ignore_disputed AND d.disputed AS left_out
        FROM document d WHERE organisation_id = app.inside() AND account_id = of
            AND open_minor > 0 AND kind IN ('invoice', 'debit_note', 'interest')
            AND counted_minor >= r.item_min_minor)
    SELECT min(due_date) FILTER (WHERE NOT left_out),
        coalesce(sum(minor) FILTER (WHERE NOT left_out AND today - due_date > grace), 0)::bigint,
        coalesce(sum(minor) FILTER (WHERE NOT left_out
            AND today - due_date > greatest(grace, r.overdue_share_days)), 0)::bigint,
        coalesce(sum(minor) FILTER (WHERE NOT left_out), 0)::bigint,
        coalesce(sum(minor) FILTER (WHERE left_out), 0)::bigint,
        coalesce((SELECT jsonb_agg(jsonb_build_array(o.document_no, o.due_date, o.minor))
            FROM (SELECT * FROM item WHERE NOT left_out AND today - due_date > grace
                ORDER BY due_date, document_no LIMIT 20) o), '[]')
    FROM item
$$;


