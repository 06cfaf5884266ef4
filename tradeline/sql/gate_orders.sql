-- The life of an order after it was asked for: shipped, invoiced, cancelled, closed, returned,
-- expired, moved to another customer, voided by its key.

-- An order by its number; null where there is none, or one in more than one entity. The ids are made
-- first: a join could read all orders of a book for one.
CREATE FUNCTION app.order_named(number text, entity_code text) RETURNS commitment
LANGUAGE plpgsql STABLE AS $$
DECLARE
    org uuid := app.inside();
    ids uuid[] := ARRAY(SELECT app.order_id(org, e.id, number) FROM legal_entity e
        WHERE e.organisation_id = org AND (entity_code IS NULL OR e.code = entity_code));
    found commitment[] := ARRAY(SELECT c FROM commitment c
        WHERE c.organisation_id = org AND c.id = ANY (ids));
BEGIN
    IF cardinality(found) = 1 THEN
        RETURN found[1];
    END IF;
    RETURN NULL;
END $$;

-- Lock an account's line, those of the groups above it too, in the order of their ids. A batch has
-- locked all that it knew of; what an order that moved meanwhile asks for besides is out of turn, and
-- not waited for: the batch is to be settled anew.
CREATE FUNCTION app.lock_account(lines uuid[], first uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    lines := lines || CASE WHEN first IS NOT NULL THEN app.group_lines(first) END;
    IF current_setting('tradeline.locked', true) = 'yes' THEN
        PERFORM FROM credit_line WHERE organisation_id = app.inside() AND id = ANY (lines)
        ORDER BY id FOR NO KEY UPDATE NOWAIT;
    ELSE
        PERFORM FROM credit_line WHERE organisation_id = app.inside() AND id = ANY (lines)
        ORDER BY id FOR NO KEY UPDATE;
    END IF;
END $$;

-- What an event makes of an order, and by how much it is more than was authorised; a problem where
-- it cannot be.
CREATE FUNCTION app.changed(
    a app.gate_ask, INOUT c commitment, OUT rise bigint, OUT status int, OUT problem text
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    live bigint := c.authorised_minor - c.cancelled_minor;
    unshipped bigint := live - greatest(c.shipped_minor, c.invoiced_minor);
    value bigint;
BEGIN
    rise := 0;
    IF a.version <= c.version THEN
        status := 409;
        problem := app.gate_problem(409, 'The version is stale', 'Version ' || c.version
            || ' of order ' || c.order_no || ' is known: send a later one.', 'version');
    ELSIF a.currency <> c.currency THEN
        status := 422;
        problem := app.gate_problem(422, 'The currency is another',
            'Order ' || c.order_no || ' is in ' || c.currency || '.', 'currency');
    ELSIF a.verb = 'ship' AND c.state IN ('held', 'rejected') THEN
        status := 409;
        problem := app.gate_problem(409, 'The order is ' || c.state,
            'Order ' || c.order_no || ' is ' || c.state || ': it may not be shipped.', 'order_no');
    ELSIF a.verb = 'cancel' AND a.amount_minor > unshipped THEN
        status := 422;
        problem := app.gate_problem(422, 'More than is open', 'Of order ' || c.order_no || ' '
            || app.money(unshipped, c.currency) || ' is not shipped.', 'amount');
    ELSIF a.verb = 'return' AND a.amount_minor > c.shipped_minor - c.invoiced_minor THEN
        status := 422;
        problem := app.gate_problem(422, 'More than was shipped', 'Of order ' || c.order_no || ' '
            || app.money(greatest(c.shipped_minor - c.invoiced_minor, 0), c.currency)
            || ' is shipped and not invoiced; what is invoiced comes back as a credit note.', 'amount');
    ELSIF a.verb = 'expire' AND (c.expires_at > now() OR unshipped + c.held_minor = 0) THEN
        status := 409;
        problem := app.gate_problem(409, 'It is not over', 'Order ' || c.order_no || ' holds until '
            || to_char(c.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '.', 'order_no');
    END IF;
    IF status IS NOT NULL THEN
        RETURN;
    END IF;
    IF a.verb = 'ship' THEN
        c.shipped_minor := c.shipped_minor + a.amount_minor;
        rise := greatest(c.shipped_minor - live, 0);
        c.authorised_minor := c.authorised_minor + rise;
    ELSIF a.verb = 'invoice' THEN
        value := coalesce(a.order_value_minor, least(a.amount_minor, CASE
            WHEN c.shipped_minor > c.invoiced_minor THEN c.shipped_minor - c.invoiced_minor
            ELSE live - c.invoiced_minor END));
        c.invoiced_minor := c.invoiced_minor + value;
        c.billed_minor := c.billed_minor + a.amount_minor;
        c.authorised_minor := c.authorised_minor + greatest(c.invoiced_minor - live, 0);
    ELSIF a.verb = 'return' THEN
        c.shipped_minor := c.shipped_minor - a.amount_minor;
        c.cancelled_minor := c.cancelled_minor + a.amount_minor;
    ELSE  -- cancel, close, expire: what is not shipped ends
        c.cancelled_minor := c.cancelled_minor + CASE a.verb
            WHEN 'cancel' THEN coalesce(a.amount_minor, unshipped) ELSE unshipped END;
        c.held_minor := 0;
    END IF;
    c.version := coalesce(a.version, c.version + 1);
    c.speaks := true;
    c.changed_at := now();
    c.state := CASE WHEN a.verb = 'expire' AND c.authorised_minor = c.cancelled_minor THEN 'expired'
        ELSE app.commitment_state(c) END;
END $$;

-- Settle a call that changes a known order.
CREATE FUNCTION app.change_order(a app.gate_ask, OUT status int, OUT answer text, OUT facts text)
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    today date := (now() AT TIME ZONE 'UTC')::date;
    decision uuid := app.call_id(org, a.client, a.key);
    c commitment := app.order_named(a.order_no, a.entity);
    n account;
    l credit_line;
    s standing;
    r line_rules;
    w commitment;
    d record;
    k record;
    v record;
    f record;
    q record;
    o app.gate_moves;
    m app.gate_moves;
    e app.gate_effect;
    rise bigint;
    numbers app.gate_numbers;
BEGIN
    IF c.id IS NOT NULL THEN
        SELECT * INTO n FROM account x WHERE x.organisation_id = org AND x.id = c.account_id;
        PERFORM app.lock_account(ARRAY[c.line_id], n.group_id);
    END IF;
    d := app.answered(a, decision);
    IF d.status IS NOT NULL THEN
        status := d.status; answer := d.answer; facts := d.facts;
        RETURN;
    END IF;
    IF c.id IS NULL THEN
        status := 404; e.status := 404; e.outcome := 'refused';
        answer := app.gate_problem(404, 'There is no such order', 'No one order ' || a.order_no
            || ' is known here: ask for it first, or name its legal entity.', 'order_no');
        PERFORM app.keep_decision(a, decision, l, c, NULL, e, NULL, answer);
        RETURN;
    END IF;
    SELECT * INTO w FROM commitment x WHERE x.organisation_id = org AND x.id = c.id;
    IF w.line_id <> c.line_id THEN
        RAISE EXCEPTION 'the order was moved meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    c := w;
    q := app.as_of_today(c.line_id, today);
    l := q.l; s := q.s; r := q.r;
    a.currency := coalesce(a.currency, c.currency);
    q := app.changed(a, c);
    w := q.c; rise := q.rise; status := q.status; answer := q.problem;
    IF status IS NOT NULL THEN
        e.status := status; e.outcome := 'refused';
        PERFORM app.keep_decision(a, decision, l, c, r.id, e, NULL, answer);
        RETURN;
    END IF;
    k := app.commitment_counts(w, today + r.horizon_days);
    o := app.file_counts(c, n.id, a.order_no);
    m := app.moves_to(k, c, o);
    e.after_minor := app.exposure_after(l, r, m);
    e.status := 200; e.outcome := 'done'; e.reasons := '[]';
    e.kind := CASE a.verb WHEN 'ship' THEN 'shipped' WHEN 'invoice' THEN 'billed' ELSE 'freed' END;
    e.exposure_minor := e.after_minor;
    f := app.ages_of(n.entity_id, today);
    IF a.verb = 'ship' THEN
        -- Whether goods may leave: always asked of the account's standing; of the limit too for what
        -- is more than was authorised, or was authorised and has ended.
        numbers := app.numbers_of(l, r, w, m,
            app.converted(w.authorised_minor - w.cancelled_minor, w.rate_above, w.rate_below),
            CASE WHEN rise > 0 THEN 'all' ELSE 'delivery' END, n.group_id, today, f);
        v := app.verdict(numbers, s, r);
        IF c.state IN ('expired', 'cancelled') THEN
            v.worst := greatest(v.worst, 1);
            v.codes := array_append(v.codes, 'RS01');
            v.reasons := v.reasons || app.reason('RS01', 1, c.state, 'authorised',
                'The authorisation had ended before the goods were shipped.', 'order');
        END IF;
        e.codes := v.codes;
        e.reasons := concat('[', array_to_string(v.reasons, ','), ']');
        a.amount_minor := w.authorised_minor - w.cancelled_minor;  -- a release is for the whole order
        IF v.worst = 2 THEN
            e.release_id := app.release_of(a, c, r, v.codes);
        END IF;
        IF v.worst >= 2 AND e.release_id IS NULL THEN
            e.outcome := CASE v.worst WHEN 2 THEN 'held' ELSE 'rejected' END;
            e.kind := 'held';
            e.status := 201;
            e.exposure_minor := l.exposure_minor;
            c.version := w.version;
            c.held_minor := CASE v.worst WHEN 2 THEN rise ELSE 0 END;
            c.state := CASE WHEN c.authorised_minor = c.cancelled_minor AND rise > 0 AND v.worst = 2
                THEN 'held' ELSE c.state END;
            c.changed_at := now();
            w := c;
            k.reserved := c.counted_reserved_minor; k.later := c.counted_later_minor;
            k.shipped := c.counted_shipped_minor; k.billed := c.counted_billed_minor;
            k.held := app.converted(w.held_minor, w.rate_above, w.rate_below);
            m := ROW(0, 0, 0, 0, 0, k.held - c.counted_held_minor);
            o := ROW(0, 0, 0, 0, 0, 0);
            facts := app.facts(a, w, numbers, s, e);
        END IF;
    END IF;
    w.counted_reserved_minor := k.reserved; w.counted_later_minor := k.later;
    w.counted_shipped_minor := k.shipped; w.counted_billed_minor := k.billed;
    w.counted_held_minor := k.held;
    status := e.status;
    answer := app.gate_answer(decision, a, w, e, l.exposure_minor, l, app.ages_text(f), r.policy);
    PERFORM app.move_line(l, r, m, e.exposure_minor, e.kind, decision, today);
    PERFORM app.keep_commitment(w);
    PERFORM app.silence_file(o, w);
    IF e.outcome = 'held' OR w.held_minor = 0
        AND (a.verb IN ('cancel', 'close', 'expire') OR w.state IN ('shipped', 'closed')) THEN
        PERFORM app.keep_hold(a, w, r, e, decision);
    END IF;
    PERFORM app.keep_decision(a, decision, l, w, r.id, e, facts, answer);
END $$;

-- Put an order under another customer: asked in full there, freed here only when it is let go.
CREATE FUNCTION app.move_order(a app.gate_ask, OUT status int, OUT answer text, OUT facts text)
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    today date := (now() AT TIME ZONE 'UTC')::date;
    decision uuid := app.call_id(org, a.client, a.key);
    c commitment := app.order_named(a.order_no, a.entity);
    n account := app.account_named(a.customer, a.entity);
    target credit_line;
    l credit_line;
    s standing;
    r line_rules;
    w commitment;
    d record;
    k record;
    v record;
    f record;
    o app.gate_moves;
    away app.gate_moves;
    m app.gate_moves;
    e app.gate_effect;
    q record;
    old line_rules;
    above numeric := 1;
    below numeric := 1;
    numbers app.gate_numbers;
BEGIN
    SELECT * INTO target FROM credit_line x WHERE x.organisation_id = org AND x.account_id = n.id;
    PERFORM app.lock_account(ARRAY[c.line_id, target.id], n.group_id);
    d := app.answered(a, decision);
    IF d.status IS NOT NULL THEN
        status := d.status; answer := d.answer; facts := d.facts;
        RETURN;
    END IF;
    SELECT * INTO w FROM commitment x WHERE x.organisation_id = org AND x.id = c.id;
    status := CASE WHEN c.id IS NULL OR target.id IS NULL OR n.entity_id <> c.entity_id THEN 404
        WHEN a.version <= w.version THEN 409 WHEN w.line_id <> c.line_id THEN 409
        WHEN w.line_id = target.id THEN 409 END;
    IF status IS NOT NULL THEN
        e.status := status; e.outcome := 'refused';
        answer := CASE WHEN status = 404 THEN app.gate_problem(404, 'There is no such order or customer',
            'The order and the new customer must be known, in one legal entity.', 'customer')
            WHEN w.line_id = target.id THEN app.gate_problem(409, 'The order is this customer''s',
            'Order ' || a.order_no || ' stands under customer ' || a.customer || ' already.', 'customer')
            ELSE app.gate_problem(409, 'The version is stale', 'Order ' || a.order_no
            || ' was changed meanwhile: send a later version.', 'version') END;
        PERFORM app.keep_decision(a, decision, target, c, NULL, e, NULL, answer);
        RETURN;
    END IF;
    c := w;
    q := app.as_of_today(c.line_id, today);
    l := q.l; old := q.r;
    q := app.as_of_today(target.id, today);
    target := q.l; s := q.s; r := q.r;
    a.currency := c.currency;
    a.amount_minor := c.authorised_minor - c.cancelled_minor + c.held_minor;
    IF c.currency <> target.currency THEN
        SELECT * INTO above, below FROM app.minor_rate(c.currency, target.currency, today, r.rate_age_max_days);
    END IF;
    w.version := coalesce(a.version, c.version + 1);
    w.account_id := n.id; w.line_id := target.id;
    w.authorised_minor := c.authorised_minor + c.held_minor; w.held_minor := 0;
    w.rate_above := coalesce(above, 1); w.rate_below := coalesce(below, 1);
    w.speaks := true; w.changed_at := now();
    w.state := app.commitment_state(w);
    k := app.commitment_counts(w, today + r.horizon_days);
    m := ROW(0, k.reserved, k.later, k.shipped, k.billed, 0);
    f := app.ages_of(n.entity_id, today);
    numbers := app.numbers_of(target, r, w, m,
        CASE WHEN above IS NOT NULL THEN app.converted(a.amount_minor, above, below) END, 'all',
        n.group_id, today, f);
    e.after_minor := numbers.after_minor;
    v := app.verdict(numbers, s, r);
    e.codes := v.codes;
    e.reasons := concat('[', array_to_string(v.reasons, ','), ']');
    e.status := 201;
    status := 201;
    IF v.worst >= 2 THEN  -- it stays where it is
        e.outcome := CASE v.worst WHEN 2 THEN 'held' ELSE 'rejected' END;
        e.exposure_minor := target.exposure_minor;
        facts := app.facts(a, w, numbers, s, e);
        answer := app.gate_answer(decision, a, c, e, target.exposure_minor, target, app.ages_text(f), r.policy);
        PERFORM app.keep_decision(a, decision, target, c, r.id, e, facts, answer);
        RETURN;
    END IF;
    e.outcome := CASE v.worst WHEN 0 THEN 'approved' ELSE 'approved_with_warning' END;
    e.exposure_minor := e.after_minor;
    o := app.file_counts(c, c.account_id, c.order_no);
    away := ROW(-o.orders, -c.counted_reserved_minor, -c.counted_later_minor - o.later,
        -c.counted_shipped_minor - o.shipped, -c.counted_billed_minor, -c.counted_held_minor - o.held);
    PERFORM app.move_line(l, old, away, app.exposure_after(l, old, away), 'freed', decision, today);
    PERFORM app.silence_file(o, c);
    w.counted_reserved_minor := k.reserved; w.counted_later_minor := k.later;
    w.counted_shipped_minor := k.shipped; w.counted_billed_minor := k.billed;
    w.counted_held_minor := 0;
    PERFORM app.move_line(target, r, m, e.exposure_minor, 'authorised', decision, today);
    UPDATE commitment SET account_id = w.account_id, line_id = w.line_id
    WHERE organisation_id = org AND id = w.id;
    PERFORM app.keep_commitment(w);
    PERFORM app.keep_hold(a, w, r, e, decision);
    answer := app.gate_answer(decision, a, w, e, target.exposure_minor, target, app.ages_text(f), r.policy);
    PERFORM app.keep_decision(a, decision, target, w, r.id, e, NULL, answer);
END $$;

-- Undo the call that made an order, by its key. One that never came is noted, so that it cannot come
-- later; one that changed an order which was there before, or whose order has moved on since, stays.
CREATE FUNCTION app.void_call(a app.gate_ask, OUT status int, OUT answer text, OUT facts text)
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    call uuid := app.call_id(org, a.client, a.key);
    d decision;
    c commitment;
    l credit_line;  -- none: what never came has no line
    undo app.gate_ask := a;
    e app.gate_effect;
BEGIN
    SELECT * INTO d FROM decision x WHERE x.organisation_id = org AND x.id = call;
    IF d.id IS NULL THEN
        status := 200; e.status := 200; e.outcome := 'voided';
        a.order_no := coalesce(a.order_no, '');
        a.amount_minor := NULL; a.currency := coalesce(a.currency, 'XXX');
        d.id := call;
        answer := concat('{"decision":"voided","decision_id":"', d.id, '","order_no":null}');
        PERFORM app.keep_decision(a, d.id, l, c, NULL, e, NULL, answer);
        RETURN;
    END IF;
    SELECT * INTO c FROM commitment x WHERE x.organisation_id = org AND x.id = d.commitment_id;
    IF c.id IS NOT NULL THEN  -- what is read from here on stays so
        PERFORM app.lock_account(ARRAY[c.line_id], (SELECT x.group_id FROM account x
            WHERE x.organisation_id = org AND x.id = c.account_id));
        SELECT * INTO c FROM commitment x WHERE x.organisation_id = org AND x.id = d.commitment_id;
    END IF;
    IF d.outcome = 'voided' OR c.id IS NULL THEN
        status := 200;
        answer := CASE d.outcome WHEN 'voided' THEN d.answer ELSE concat('{"decision":"voided",'
            '"decision_id":"', d.id, '","order_no":', to_json(d.order_no)::text, '}') END;
        RETURN;
    END IF;
    IF d.verb <> 'authorise' OR d.outcome = 'refused' OR c.created_at <> d.at
        OR EXISTS (SELECT FROM decision x WHERE x.organisation_id = org AND x.line_id = d.line_id
            AND x.at = d.at AND x.commitment_id = c.id AND x.version < d.version) THEN
        status := 409;
        answer := app.gate_problem(409, 'The call made no order', CASE d.verb WHEN 'sale'
            THEN 'Sale ' || d.order_no || ' is booked: it comes back as a credit note.'
            ELSE 'Order ' || d.order_no || ' was there before this call: amend or cancel it.' END,
            'Idempotency-Key');
        RETURN;
    END IF;
    undo.verb := 'cancel'; undo.client := a.client || ':void'; undo.version := NULL;
    undo.order_no := d.order_no; undo.amount_minor := NULL; undo.currency := NULL;
    undo.entity := (SELECT x.code FROM legal_entity x WHERE x.organisation_id = org AND x.id = c.entity_id);
    IF c.version <> d.version AND (SELECT x.status FROM app.answered(undo, app.call_id(org, undo.client, undo.key)) x) IS NULL THEN
        status := 409;
        answer := app.gate_problem(409, 'The order has moved on', 'Order ' || d.order_no
            || ' was changed after this call: cancel what is left of it.', 'order_no');
        RETURN;
    END IF;
    SELECT x.status, x.answer INTO status, answer FROM app.change_order(undo) x;
END $$;
