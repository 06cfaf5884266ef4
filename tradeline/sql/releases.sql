-- Letting a held order go: what it is judged by, who must sign, whether that still holds, and doing it.

-- The lowest level that reaches to an amount; null where none does. A currency that no bound names
-- is the highest level's, and so is what cannot be converted.
CREATE FUNCTION app.level_for(matrix jsonb, currency text, minor bigint) RETURNS int
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN minor IS NULL THEN jsonb_array_length(matrix) ELSE (
    SELECT min(place)::int FROM jsonb_array_elements(matrix) WITH ORDINALITY m (level, place)
    WHERE level -> 'up_to' = '{}' OR minor <= app.minor(level -> 'up_to', currency)
        OR place = jsonb_array_length(matrix) AND NOT level -> 'up_to' ? currency) END;

-- The roles that sign, in order, where a level is reached: from the third on those below endorse,
-- but for the lowest. Null where no level is.
CREATE FUNCTION app.roles_up_to(matrix jsonb, reached int, at_least int) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    roles text[] := ARRAY(SELECT level ->> 'role'
        FROM jsonb_array_elements(matrix) WITH ORDINALITY m (level, place)
        WHERE place BETWEEN least(2, reached) AND reached ORDER BY place);
BEGIN
    IF reached IS NULL THEN
        RETURN NULL;
    END IF;
    WHILE cardinality(roles) < at_least LOOP
        IF reached < jsonb_array_length(matrix) THEN
            roles := array_append(roles, matrix -> reached ->> 'role');
            reached := reached + 1;
        ELSE
            roles := array_prepend(matrix -> greatest(reached - 2, 0) ->> 'role', roles);
        END IF;
    END LOOP;
    RETURN roles;
END $$;

-- What was let go for an account by signatures in so many days, beyond what had been authorised, in
-- a currency; null where a part cannot be converted.
CREATE FUNCTION app.released_since(account uuid, currency text, days int, rate_age int) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    total numeric;
BEGIN
    SELECT CASE WHEN bool_and(r.above IS NOT NULL) OR count(*) = 0 THEN coalesce(sum(app.converted(
        greatest(h.released_minor - h.amount_minor + h.delta_minor, 0), r.above, r.below)), 0) END
    INTO total
    FROM hold h JOIN proposal p ON p.organisation_id = h.organisation_id AND p.id = h.proposal_id
        CROSS JOIN LATERAL app.minor_rate(h.currency, released_since.currency, today, rate_age) r
    WHERE h.organisation_id = app.inside() AND h.account_id = account
        AND h.released_minor IS NOT NULL AND p.settled_at > now() - make_interval(days => days);
    RETURN total;
END $$;

-- The case as it stands: the numbers of the gate for the order up to an amount, and who must sign.
-- The caller's transaction holds the line's lock from here on. Null where there is no such hold.
CREATE FUNCTION app.judge_hold(of uuid, amount bigint, rejecting boolean, rules jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    h hold;
    n account;
    asked app.gate_ask;
    done record;
    facts jsonb;
    answer jsonb;
    codes text[];
    money text;
    sum_minor bigint;
    measures jsonb;
    reached int;
    policy gate_policy;
BEGIN
    SELECT * INTO h FROM hold x WHERE x.organisation_id = org AND x.id = of;
    IF h.id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO n FROM account x WHERE x.organisation_id = org AND x.id = h.account_id;
    asked.verb := 'dry_run'; asked.customer := n.customer_no; asked.order_no := h.order_no;
    asked.entity := (SELECT e.code FROM legal_entity e WHERE e.organisation_id = org AND e.id = n.entity_id);
    asked.amount_minor := amount; asked.currency := h.currency; asked.ship_date := h.ship_date;
    SELECT * INTO done FROM app.settle_ask(asked, '{}');
    SELECT * INTO h FROM hold x WHERE x.organisation_id = org AND x.id = of;  -- as it is under the lock
    IF done.status <> 201 THEN
        RETURN jsonb_build_object('problem', done.answer::jsonb ->> 'detail');
    END IF;
    facts := done.facts::jsonb;
    answer := done.answer::jsonb;
    SELECT * INTO policy FROM gate_policy WHERE organisation_id = org ORDER BY active_from DESC LIMIT 1;
    rules := coalesce(rules, policy.document -> 'release' || jsonb_build_object('policy', policy.policy,
        'rate_age_max_days', policy.document -> 'rate_age_max_days'));
    IF rules -> 'levels' IS NULL THEN
        PERFORM app.refuse('the policy in force does not say who signs: put it in force again');
    END IF;
    codes := ARRAY(SELECT DISTINCT c FROM (SELECT unnest(h.codes) AS c
        UNION SELECT r ->> 'code' FROM jsonb_array_elements(answer -> 'reasons') r) k ORDER BY c);
    money := facts ->> 'currency';
    sum_minor := app.released_since(h.account_id, money, (rules ->> 'release_sum_days')::int,
        (rules ->> 'rate_age_max_days')::int) + (SELECT app.converted(
            greatest(amount - h.amount_minor + h.delta_minor, 0), r.above, r.below)
        FROM app.minor_rate(h.currency, money, (facts ->> 'day')::date,
            (rules ->> 'rate_age_max_days')::int) r WHERE r.above IS NOT NULL);
    SELECT jsonb_agg(jsonb_build_object('what', m.what, 'of', m.of_whom, 'currency', m.currency,
            'minor', m.minor, 'level', app.level_for(rules -> 'levels', m.currency, m.minor)) ORDER BY turn),
        CASE WHEN bool_and(app.level_for(rules -> 'levels', m.currency, m.minor) IS NOT NULL)
            THEN max(app.level_for(rules -> 'levels', m.currency, m.minor)) END
    INTO measures, reached
    FROM (
        SELECT 1 AS turn, 'exposure' AS what, asked.customer AS of_whom, money AS currency,
            CASE WHEN facts ->> 'order' IS NOT NULL THEN (facts ->> 'after')::bigint END AS minor
        UNION ALL SELECT 2, 'releases', asked.customer, money, sum_minor
        UNION ALL SELECT 3, 'group', facts -> 'groups' -> 0 ->> (place::int - 1),
            facts -> 'groups' -> 3 ->> (place::int - 1), minor::bigint
        FROM jsonb_array_elements_text(nullif(facts -> 'groups', 'null') -> 1)
            WITH ORDINALITY g (minor, place)) m;
    RETURN jsonb_build_object(
        'hold', jsonb_build_object('id', h.id, 'state', h.state, 'version', h.version,
            'amount', h.amount_minor, 'delta', h.delta_minor, 'currency', h.currency),
        'decision', answer -> 'decision', 'reasons', answer -> 'reasons', 'codes', to_jsonb(codes),
        'facts', facts, 'measures', measures, 'rules', rules,
        'levels', to_jsonb(CASE WHEN rejecting THEN app.roles_up_to(rules -> 'levels', 1, 1)
            ELSE app.roles_up_to(rules -> 'levels', reached,
                CASE WHEN 'EX01' = ANY (codes) THEN 2 ELSE 1 END) END));
END $$;

CREATE FUNCTION app.release_case(of uuid, amount bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    PERFORM app.act_inside();
    RETURN app.judge_hold(of, amount, false, NULL);
END $$;
GRANT EXECUTE ON FUNCTION app.release_case(uuid, bigint) TO tradeline_app;

-- Read the amount that a payload names, in minor units of its currency; null where it is none.
CREATE FUNCTION app.payload_minor(payload jsonb) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    minor bigint;
BEGIN
    minor := app.minor(jsonb_build_object(payload ->> 'currency', payload -> 'amount'), payload ->> 'currency');
    IF app.money(minor, payload ->> 'currency') = payload ->> 'amount' THEN
        RETURN minor;
    END IF;
    RETURN NULL;
END $$;

-- The payload of a release or rejection, in the form of files/audit_json.py.
CREATE FUNCTION app.release_payload(h hold, action text, amount bigint) RETURNS text
LANGUAGE sql STABLE
RETURN (SELECT concat('{"action":', to_json(action), ',"amount":', to_json(app.money(amount, h.currency)),
    ',"currency":', to_json(h.currency), ',"customer":', to_json(n.customer_no), ',"entity":',
    to_json(e.code), ',"hold":', to_json(h.id), ',"order_no":', to_json(h.order_no), ',"version":',
    h.version, '}')
    FROM account n JOIN legal_entity e ON e.organisation_id = n.organisation_id AND e.id = n.entity_id
    WHERE n.organisation_id = h.organisation_id AND n.id = h.account_id);

-- Check what a release or rejection asks for, and judge it. Part of an order is let go in one piece
-- with what was authorised before it; the rest is given up.
CREATE FUNCTION app.fill_release(p proposal) RETURNS proposal
LANGUAGE plpgsql AS $$
DECLARE
    asked jsonb := p.payload::jsonb;
    h hold;
    minor bigint := app.payload_minor(asked);
    judged jsonb;
    action text := asked ->> 'action';
BEGIN
    SELECT * INTO h FROM hold x WHERE x.organisation_id = app.inside() AND x.id = p.hold_id;
    IF h.id IS NULL OR p.payload IS DISTINCT FROM app.release_payload(h, action, minor)
        OR coalesce(action, '') NOT IN ('release', 'reject') OR minor > h.amount_minor
        OR minor < h.amount_minor AND (action = 'reject' OR minor <= h.amount_minor - h.delta_minor) THEN
        PERFORM app.refuse('the payload does not fit a held order');
    END IF;
    judged := app.judge_hold(h.id, minor, action = 'reject', NULL);
    IF judged ->> 'problem' IS NOT NULL THEN
        PERFORM app.refuse('the order cannot be asked for: ' || (judged ->> 'problem'));
    ELSIF judged -> 'hold' ->> 'state' <> 'open' THEN
        PERFORM app.refuse('the order is not held any more');
    ELSIF action = 'release' AND judged ->> 'decision' = 'rejected' THEN
        PERFORM app.refuse('a rule rejects the order: people cannot release it');
    ELSIF jsonb_typeof(judged -> 'levels') <> 'array' THEN
        PERFORM app.refuse('no level of the policy reaches so far');
    END IF;
    p.levels := ARRAY(SELECT jsonb_array_elements_text(judged -> 'levels'));
    p.evidence := judged::text;
    p.expires_at := now() + make_interval(days => (judged -> 'rules' ->> 'proposal_days')::int);
    RETURN p;
END $$;

-- Why the evidence of a proposal does not hold any more: sentences, none where it does.
CREATE FUNCTION app.moved_on(p proposal) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    asked jsonb := p.payload::jsonb;
    was jsonb := p.evidence::jsonb;
    rules jsonb := was -> 'rules';
    rejecting boolean := asked ->> 'action' = 'reject';
    judged jsonb := app.judge_hold(p.hold_id, app.payload_minor(asked), rejecting, rules);
    moved bigint := abs((judged -> 'facts' ->> 'before')::bigint - (was -> 'facts' ->> 'before')::bigint);
    found text[] := '{}';
BEGIN
    IF judged ->> 'problem' IS NOT NULL OR judged -> 'hold' <> was -> 'hold' THEN
        RETURN ARRAY['the order is not held as it was'];
    END IF;
    IF now() > p.created_at + make_interval(days => (rules ->> 'evidence_days_max')::int) THEN
        found := found || 'the evidence is too old'::text;
    END IF;
    IF rejecting THEN
        RETURN found;
    END IF;
    IF (judged -> 'facts' ->> 'currency', judged -> 'facts' -> 'limit')
        IS DISTINCT FROM (was -> 'facts' ->> 'currency', was -> 'facts' -> 'limit') THEN
        found := found || 'the limit has changed'::text;
    ELSIF moved::numeric * 10000 > coalesce((was -> 'facts' ->> 'limit')::numeric, 0)
            * (rules ->> 'evidence_move_bp')::int THEN
        found := found || 'the exposure has moved'::text;
    END IF;
    IF NOT was -> 'facts' -> 'flags' @> (judged -> 'facts' -> 'flags') THEN
        found := found || 'there is a new signal from outside'::text;
    END IF;
    IF judged -> 'facts' -> 'status' <> was -> 'facts' -> 'status' THEN
        found := found || 'the account''s status has changed'::text;
    END IF;
    IF judged ->> 'decision' = 'rejected' OR NOT was -> 'codes' @> (judged -> 'codes') THEN
        found := found || 'another rule stops the order'::text;
    END IF;
    IF judged -> 'levels' <> was -> 'levels' AND (jsonb_typeof(judged -> 'levels') <> 'array'
        OR app.rank(judged -> 'levels' ->> -1) > app.rank(was -> 'levels' ->> -1)
        OR jsonb_array_length(judged -> 'levels') > jsonb_array_length(was -> 'levels')) THEN
        found := found || 'others must sign by now'::text;
    END IF;
    RETURN found;
END $$;

-- The same for a proposal by its id; null where there is none. Takes the line's lock.
CREATE FUNCTION app.stale_because(of uuid) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    p proposal;
BEGIN
    PERFORM app.act_inside();
    SELECT * INTO p FROM proposal x WHERE x.organisation_id = app.inside() AND x.id = of;
    RETURN CASE WHEN p.id IS NOT NULL THEN app.moved_on(p) END;
END $$;
GRANT EXECUTE ON FUNCTION app.stale_because(uuid) TO tradeline_app;

-- Whether what a proposal asks for is done.
CREATE FUNCTION app.is_carried_out(p proposal) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM hold h WHERE h.organisation_id = p.organisation_id AND h.id = p.hold_id
    AND h.proposal_id = p.id);

-- Release the hold, and ask for the order up to the released amount: it goes under the release.
CREATE FUNCTION app.release_hold(
    p proposal, h hold, door text, OUT status int, OUT answer text, OUT facts text
)
LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := p.evidence::jsonb;
    amount bigint := app.payload_minor(p.payload::jsonb);
    asked app.gate_ask;
BEGIN
    UPDATE hold SET state = 'released', released_minor = amount, proposal_id = p.id, settled_at = now(),
        usable_until = now() + make_interval(days => (was -> 'rules' ->> 'release_days')::int),
        codes = ARRAY(SELECT jsonb_array_elements_text(was -> 'codes'))
    WHERE organisation_id = h.organisation_id AND id = h.id;
    IF h.delta_minor = 0 THEN
        RETURN;  -- nothing more is authorised: the release waits for goods to be shipped, or new terms
    END IF;
    asked := app.hold_ask(h, 'recheck', 'desk', p.id::text, door);
    asked.amount_minor := amount;
    asked.body_sha256 := p.payload_sha256;
    asked.reason := p.reason;
    SELECT s.status, s.answer, s.facts INTO status, answer, facts FROM app.settle_ask(asked, '{}') s;
    IF answer::jsonb ->> 'decision' IN ('held', 'rejected') THEN
        PERFORM app.refuse('the release does not let the order go');
    END IF;
END $$;

-- Carry out an approved proposal, once; its evidence is looked at once more under the line's lock.
-- Returns what the gate answered, null where nothing was asked of it.
CREATE FUNCTION app.apply_proposal(of uuid, door text, OUT status int, OUT answer text, OUT facts text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    p proposal;
    h hold;
    asked app.gate_ask;
BEGIN
    PERFORM app.act_inside();
    SELECT * INTO p FROM proposal x WHERE x.organisation_id = app.inside() AND x.id = of;
    IF p.id IS NULL OR cardinality(app.moved_on(p)) > 0 THEN
        PERFORM app.refuse('the proposal''s evidence does not hold');
    END IF;
    SELECT * INTO p FROM proposal x WHERE x.organisation_id = app.inside() AND x.id = of FOR UPDATE;
    IF p.state <> 'approved' THEN
        PERFORM app.refuse('the proposal is ' || p.state);
    END IF;
    SELECT * INTO h FROM hold x WHERE x.organisation_id = app.inside() AND x.id = p.hold_id;
    IF p.payload::jsonb ->> 'action' = 'reject' THEN
        asked := app.hold_ask(h, 'reject', 'desk', p.id::text, door);
        asked.body_sha256 := p.payload_sha256;
        asked.reason := p.reason;
        SELECT s.status, s.answer, s.facts INTO status, answer, facts FROM app.settle_hold(asked) s;
    ELSE
        SELECT r.status, r.answer, r.facts INTO status, answer, facts FROM app.release_hold(p, h, door) r;
    END IF;
    UPDATE proposal SET state = 'applied' WHERE organisation_id = p.organisation_id AND id = p.id;
END $$;
GRANT EXECUTE ON FUNCTION app.apply_proposal(uuid, text) TO tradeline_app;
