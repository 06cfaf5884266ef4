-- Settle one call under the lock of its line, and write what it comes to.

-- The account that a call names, by number or alias; null where there is none or more than one.
CREATE FUNCTION app.account_named(number text, entity_code text) RETURNS account
LANGUAGE plpgsql STABLE AS $$
DECLARE
    one account;
    found account;
    entity uuid;
BEGIN
    IF entity_code IS NOT NULL THEN
        SELECT e.id INTO entity FROM legal_entity e
        WHERE e.organisation_id = app.inside() AND e.code = entity_code;
        SELECT * INTO one FROM account a WHERE a.organisation_id = app.inside()
            AND a.customer_no = number AND a.entity_id = entity;
    ELSE
        FOR found IN SELECT * FROM account a WHERE a.organisation_id = app.inside()
            AND a.customer_no = number LIMIT 2
        LOOP
            IF one.id IS NOT NULL THEN
                RETURN NULL;
            END IF;
            one := found;
        END LOOP;
    END IF;
    IF one.id IS NULL AND 1 = (SELECT count(*) FROM account_alias s
            WHERE s.organisation_id = app.inside() AND s.alias = number
                AND (entity_code IS NULL OR s.entity_id = entity)) THEN
        SELECT a.* INTO one FROM account_alias s
        JOIN account a ON a.organisation_id = app.inside() AND a.id = s.account_id
        WHERE s.organisation_id = app.inside() AND s.alias = number
            AND (entity_code IS NULL OR s.entity_id = entity);
    END IF;
    RETURN one;
END $$;

-- The lines of the groups above an account that have a limit, in the order of their ids.
CREATE FUNCTION app.group_lines(first uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(SELECT c.id FROM app.groups_above(first) g JOIN credit_line c
        ON c.organisation_id = app.inside() AND c.group_id = g.id
        WHERE c.limit_minor IS NOT NULL ORDER BY c.id);
END $$;

-- The ids of the orders that calls name, by number or, to void it, by an earlier call's key.
CREATE FUNCTION app.orders_of(asks app.gate_ask[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    org uuid := app.inside();
BEGIN
    RETURN ARRAY(SELECT app.order_id(org, e.id, a.order_no) FROM unnest(asks) a JOIN legal_entity e
            ON e.organisation_id = org AND (a.entity IS NULL OR e.code = a.entity)
            WHERE a.order_no IS NOT NULL
        UNION ALL SELECT d.commitment_id FROM unnest(asks) a JOIN decision d
            ON d.organisation_id = org AND d.id = app.call_id(org, a.client, a.key)
            WHERE a.verb = 'void');
END $$;

-- Lock every line that calls touch, those of the groups above among them, in the order of their
-- ids: whoever locks several lines does so in this order.
CREATE FUNCTION app.lock_lines(asks app.gate_ask[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    a app.gate_ask;
    n account;
    c commitment;
    known uuid;
    wanted uuid[] := '{}';
BEGIN
    FOREACH a IN ARRAY asks LOOP
        CONTINUE WHEN a.customer IS NULL;
        n := app.account_named(a.customer, a.entity);
        wanted := wanted || ARRAY(SELECT l.id FROM credit_line l
            WHERE l.organisation_id = org AND l.account_id = n.id);
        IF n.group_id IS NOT NULL THEN
            wanted := wanted || app.group_lines(n.group_id);
        END IF;
    END LOOP;
    FOREACH known IN ARRAY app.orders_of(asks) LOOP
        SELECT * INTO c FROM commitment x WHERE x.organisation_id = org AND x.id = known;
        CONTINUE WHEN c.id IS NULL;
        SELECT * INTO n FROM account x WHERE x.organisation_id = org AND x.id = c.account_id;
        wanted := wanted || c.line_id || app.group_lines(n.group_id);
    END LOOP;
    PERFORM FROM credit_line WHERE organisation_id = org AND id = ANY (wanted)
    ORDER BY id FOR NO KEY UPDATE;
END $$;

-- The order as the call wants it: totals as asked, what was shipped and invoiced before kept.
CREATE FUNCTION app.wanted(
    a app.gate_ask, c commitment, l credit_line, entity uuid, id uuid, above numeric, below numeric
) RETURNS commitment
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF c.id IS NULL THEN
        c.organisation_id := l.organisation_id; c.id := wanted.id;
        c.account_id := l.account_id; c.entity_id := entity; c.line_id := l.id; c.order_no := a.order_no;
        c.shipped_minor := 0; c.invoiced_minor := 0; c.cancelled_minor := 0; c.billed_minor := 0;
        c.posted_minor := 0; c.created_at := now();
    END IF;
    IF a.verb <> 'recheck' THEN
        c.version := coalesce(a.version, coalesce(c.version, 0) + 1);
    END IF;
    c.authorised_minor := a.amount_minor + c.cancelled_minor;
    c.held_minor := 0;
    c.currency := a.currency;
    c.rate_above := coalesce(above, 1);
    c.rate_below := coalesce(below, 1);
    c.ship_date := a.ship_date;
    c.net_days := coalesce(a.net_days, c.net_days);
    c.discount_bp := coalesce(a.discount_bp, c.discount_bp);
    c.prepaid := coalesce(a.prepaid, c.prepaid, false);
    c.priority := coalesce(a.priority, c.priority, 5);
    c.channel := coalesce(a.channel, c.channel, '');
    c.speaks := true;
    c.changed_at := now();
    IF a.verb = 'sale' THEN
        c.shipped_minor := a.amount_minor;
        c.invoiced_minor := a.amount_minor;
        c.billed_minor := a.amount_minor;
    END IF;
    c.state := app.commitment_state(c);
    RETURN c;
END $$;

-- Why a call cannot be asked at all, as a problem; null when it can.
CREATE FUNCTION app.misfit(a app.gate_ask, c commitment, l credit_line, OUT status int, OUT problem text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    gone bigint := greatest(c.shipped_minor, c.invoiced_minor);
BEGIN
    IF c.id IS NULL THEN
        IF a.verb IN ('amend', 'recheck') THEN
            status := 404;
            problem := app.gate_problem(404, 'There is no such order',
                'No order ' || a.order_no || ' is known here: ask for it first.', 'order_no');
        END IF;
    ELSIF c.line_id <> l.id THEN
        status := 409;
        problem := app.gate_problem(409, 'The order is another customer''s',
            'Order ' || a.order_no || ' stands under another customer: move it first.', 'customer');
    ELSIF a.verb = 'recheck' AND (c.held_minor = 0 OR a.version <> c.version) THEN
        status := 409;
        problem := app.gate_problem(409, 'The order is not held as it was',
            'Order ' || a.order_no || ' was settled or changed meanwhile.', 'order_no');
    ELSIF a.verb = 'sale' THEN
        status := 409;
        problem := app.gate_problem(409, 'The sale is known',
            'A sale or order ' || a.order_no || ' is known already.', 'order_no');
    ELSIF a.version <= c.version AND a.verb <> 'recheck' THEN
        status := 409;
        problem := app.gate_problem(409, 'The version is stale',
            'Version ' || c.version || ' of order ' || a.order_no || ' is known: send a later one.', 'version');
    ELSIF a.amount_minor < gone THEN
        status := 422;
        problem := app.gate_problem(422, 'The amount is below what was shipped',
            'Of order ' || a.order_no || ' ' || app.money(gone, c.currency)
            || ' is shipped or invoiced.', 'amount');
    ELSIF c.currency <> a.currency AND gone > 0 THEN
        status := 422;
        problem := app.gate_problem(422, 'The currency cannot change',
            'Something of order ' || a.order_no || ' is shipped: its currency stays.', 'currency');
    END IF;
END $$;

-- The order as it stays when the call is not let go: what was authorised stays, the rest is held.
CREATE FUNCTION app.as_held(w commitment, c commitment, amount bigint) RETURNS commitment
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF c.authorised_minor > c.cancelled_minor THEN
        c.version := w.version;
        c.held_minor := greatest(amount - (c.authorised_minor - c.cancelled_minor), 0);
        c.changed_at := w.changed_at;
        RETURN c;
    END IF;
    w.authorised_minor := w.cancelled_minor;
    w.shipped_minor := 0;
    w.invoiced_minor := 0;
    w.billed_minor := coalesce(c.billed_minor, 0);
    w.held_minor := amount;
    w.state := CASE WHEN amount > 0 THEN 'held' ELSE 'rejected' END;
    w.speaks := coalesce(c.speaks, true);
    w.counted_reserved_minor := coalesce(c.counted_reserved_minor, 0);
    w.counted_later_minor := coalesce(c.counted_later_minor, 0);
    w.counted_shipped_minor := coalesce(c.counted_shipped_minor, 0);
    w.counted_billed_minor := coalesce(c.counted_billed_minor, 0);
    RETURN w;
END $$;

-- A release that people signed and that covers what was hit: its order, amount, time and rules.
CREATE FUNCTION app.release_of(a app.gate_ask, c commitment, r line_rules, hit text[]) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT h.id FROM hold h
        WHERE h.organisation_id = c.organisation_id AND h.commitment_id = c.id
            AND h.state = 'released' AND h.usable_until > now() AND h.currency = a.currency
            AND h.account_id = c.account_id AND a.amount_minor::numeric * 10000
                <= h.released_minor::numeric * (10000 + r.release_deviation_bp)
            AND hit <@ h.codes::text[]);
END $$;

-- The numbers with those of the groups above, as they would be after the call.
CREATE FUNCTION app.with_groups(n app.gate_numbers, first uuid, r line_rules) RETURNS app.gate_numbers
LANGUAGE plpgsql STABLE AS $$
DECLARE
    g record;
BEGIN
    g := app.group_states(app.group_lines(first), n.day, r.rate_age_max_days);
    n.group_codes := g.codes;
    n.group_limit_minor := g.limits;
    n.group_currency := g.currencies;
    n.group_after_minor := ARRAY(
        SELECT e.minor + app.converted(CASE WHEN g.set_off[e.place] THEN n.after_minor - n.before_minor
                ELSE greatest(n.after_minor, 0) - greatest(n.before_minor, 0) END, f.above, f.below)
        FROM unnest(g.exposures) WITH ORDINALITY e (minor, place),
            app.minor_rate(n.currency, g.currencies[e.place], n.day, r.rate_age_max_days) f
        ORDER BY e.place);
    RETURN n;
END $$;

-- A line as of today, with its standing and the rules that hold for it; the caller holds its lock.
-- What is of an earlier day is resolved first, and the line's limit may turn with it.
CREATE FUNCTION app.as_of_today(
    line uuid, today date, OUT l credit_line, OUT s standing, OUT r line_rules
)
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    one record;
BEGIN
    FOR turn IN 1 .. 2 LOOP
        SELECT c AS l, t AS s, u AS r INTO one FROM credit_line c
        JOIN standing t ON t.organisation_id = org AND t.line_id = c.id
        JOIN line_rules u ON u.organisation_id = org AND u.id = t.rules_id
        WHERE c.organisation_id = org AND c.id = line AND t.day >= today;
        EXIT WHEN FOUND;
        PERFORM app.resolve_line(line, today);
    END LOOP;
    l := one.l; s := one.s; r := one.r;
END $$;

-- A line's exposure once its counters have moved, as its rules let them count.
CREATE FUNCTION app.exposure_after(l credit_line, r line_rules, m app.gate_moves) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN l.exposure_minor + r.signs[2] * m.billed + r.signs[3] * m.shipped
        + r.signs[4] * m.orders + r.signs[5] * m.reserved;
END $$;

-- Days since the last file of each feed of a legal entity.
CREATE FUNCTION app.ages_of(entity uuid, today date, OUT ar int, OUT orders int, OUT payments int, OUT limits int)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT today - max(x.as_of) FILTER (WHERE kind = 'ar'),
        today - max(x.as_of) FILTER (WHERE kind = 'orders'),
        today - max(x.as_of) FILTER (WHERE kind = 'payments'),
        today - max(x.as_of) FILTER (WHERE kind = 'limits')
    INTO ar, orders, payments, limits FROM feed x
    WHERE x.organisation_id = app.inside() AND (x.entity_id = entity OR x.entity_id IS NULL);
END $$;

CREATE FUNCTION app.ages_text(f record) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN concat('{"ar":', coalesce(f.ar::text, 'null'), ',"orders":', coalesce(f.orders::text, 'null'),
        ',"payments":', coalesce(f.payments::text, 'null'), ',"limits":', coalesce(f.limits::text, 'null'), '}');
END $$;

-- What the order file counts for an order, while it speaks for it.
CREATE FUNCTION app.file_counts(c commitment, account uuid, number text) RETURNS app.gate_moves
LANGUAGE plpgsql STABLE AS $$
DECLARE
    o app.gate_moves := ROW(0, 0, 0, 0, 0, 0);
BEGIN
    IF c.id IS NULL OR NOT c.speaks THEN
        SELECT coalesce(sum(counted_orders_minor), 0), 0, coalesce(sum(counted_later_minor), 0),
            coalesce(sum(counted_shipped_minor), 0), 0, coalesce(sum(counted_held_minor), 0)
        INTO o FROM order_line x WHERE x.organisation_id = app.inside()
            AND x.account_id = account AND x.order_no = number;
    END IF;
    RETURN o;
END $$;

-- From now on the order file does not count for an order; nothing where it did not.
CREATE FUNCTION app.silence_file(o app.gate_moves, c commitment) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF (o.orders, o.later, o.shipped, o.held) <> (0, 0, 0, 0) THEN
        UPDATE order_line SET counted_orders_minor = 0, counted_later_minor = 0,
            counted_shipped_minor = 0, counted_held_minor = 0
        WHERE organisation_id = c.organisation_id AND account_id = c.account_id
            AND order_no = c.order_no;
    END IF;
END $$;

-- How the counters move from what an order counted, by itself or in the file, to what it will.
CREATE FUNCTION app.moves_to(k record, c commitment, o app.gate_moves) RETURNS app.gate_moves
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN ROW(-o.orders, k.reserved - coalesce(c.counted_reserved_minor, 0),
        k.later - coalesce(c.counted_later_minor, 0) - o.later,
        k.shipped - coalesce(c.counted_shipped_minor, 0) - o.shipped,
        k.billed - coalesce(c.counted_billed_minor, 0),
        k.held - coalesce(c.counted_held_minor, 0) - o.held);
END $$;

-- The numbers that the rules are asked about: of the line, of the order as it would be, and of the
-- groups above the account. `order_minor` is the order's value in the line's currency.
CREATE FUNCTION app.numbers_of(
    l credit_line, r line_rules, w commitment, m app.gate_moves, order_minor bigint, scope text,
    first_group uuid, today date, f record
) RETURNS app.gate_numbers
LANGUAGE plpgsql STABLE AS $$
DECLARE
    after bigint := app.exposure_after(l, r, m);
    n app.gate_numbers := ROW(today, l.currency, l.limit_minor, l.exposure_minor, after,
        after + l.orders_later_minor + m.later, order_minor, w.currency, w.net_days, w.discount_bp,
        w.prepaid, scope, f.ar, f.orders, f.payments, f.limits, NULL, NULL, NULL, NULL);
BEGIN
    IF first_group IS NOT NULL THEN
        n := app.with_groups(n, first_group, r);
    END IF;
    RETURN n;
END $$;

-- Bring a known order up to date.
CREATE FUNCTION app.keep_commitment(c commitment) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE commitment SET version = c.version, state = c.state, currency = c.currency,
        rate_above = c.rate_above, rate_below = c.rate_below,
        authorised_minor = c.authorised_minor, shipped_minor = c.shipped_minor,
        invoiced_minor = c.invoiced_minor, cancelled_minor = c.cancelled_minor,
        billed_minor = c.billed_minor, held_minor = c.held_minor,
        counted_reserved_minor = c.counted_reserved_minor,
        counted_later_minor = c.counted_later_minor,
        counted_shipped_minor = c.counted_shipped_minor,
        counted_billed_minor = c.counted_billed_minor,
        counted_held_minor = c.counted_held_minor, speaks = c.speaks, prepaid = c.prepaid,
        ship_date = c.ship_date, net_days = c.net_days, discount_bp = c.discount_bp,
        priority = c.priority, channel = c.channel, changed_at = c.changed_at,
        expires_at = c.expires_at
    WHERE organisation_id = c.organisation_id AND id = c.id;
END $$;

-- Open, settle or leave the hold of an order.
CREATE FUNCTION app.keep_hold(
    a app.gate_ask, c commitment, r line_rules, e app.gate_effect, decision uuid
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    waiting uuid;  -- found first: an update by the order could read all holds of a young book
BEGIN
    IF e.release_id IS NOT NULL THEN
        RETURN;  -- it covers the order until that ends, or its time is over
    END IF;
    SELECT h.id INTO waiting FROM hold h WHERE h.organisation_id = c.organisation_id
        AND h.commitment_id = c.id AND h.state IN ('open', 'released');
    IF a.verb = 'recheck' AND e.outcome = 'held' THEN
        UPDATE hold SET codes = e.codes
        WHERE organisation_id = c.organisation_id AND id = waiting AND state = 'open';
        RETURN;
    END IF;
    IF waiting IS NOT NULL THEN
        UPDATE hold SET state = CASE state WHEN 'open' THEN 'ended' ELSE 'used' END, settled_at = now()
        WHERE organisation_id = c.organisation_id AND id = waiting;
    END IF;
    IF e.outcome = 'held' THEN
        INSERT INTO hold (organisation_id, id, commitment_id, account_id, line_id, decision_id,
            order_no, version, currency, amount_minor, delta_minor, codes, priority, ship_date,
            state, created_at, expires_at)
        VALUES (c.organisation_id, gen_random_uuid(), c.id, c.account_id, c.line_id, decision,
            c.order_no, c.version, a.currency, a.amount_minor, c.held_minor, e.codes, c.priority,
            a.ship_date, 'open', now(), now() + make_interval(days => r.hold_days));
    END IF;
END $$;

-- The answer to a decision, as it goes out; headroom is what is left after it.
CREATE FUNCTION app.gate_answer(
    decision uuid, a app.gate_ask, c commitment, e app.gate_effect, before_minor bigint,
    l credit_line, ages text, policy text
) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    money text := coalesce(l.currency, a.currency);
BEGIN
    RETURN concat('{"decision":"', e.outcome, '","decision_id":"', decision,
        '","order_no":', to_json(a.order_no)::text, ',"version":', coalesce(c.version::text, 'null'),
        ',"state":', coalesce('"' || c.state || '"', 'null'), ',"reasons":', e.reasons,
        ',"exposure":{"currency":"', money, '","before":', coalesce('"' || app.money(before_minor, money) || '"', 'null'),
        ',"after":', coalesce('"' || app.money(e.after_minor, money) || '"', 'null'),
        ',"limit":', coalesce('"' || app.money(l.limit_minor, money) || '"', 'null'),
        ',"headroom":', coalesce('"' || app.money(l.limit_minor - e.exposure_minor, money) || '"', 'null'),
        ',"utilisation":', coalesce('"' || app.use_text(e.after_minor, l.limit_minor) || '"', 'null'),
        '},"data_age":', ages, ',"policy":"', policy, '","at":"',
        to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}');
END $$;

-- An amendment with what it leaves out taken from the order that it changes.
CREATE FUNCTION app.amendment(a app.gate_ask) RETURNS app.gate_ask
LANGUAGE plpgsql STABLE AS $$
DECLARE
    c commitment := app.order_named(a.order_no, a.entity);
BEGIN
    IF c.id IS NULL THEN
        RETURN a;
    END IF;
    IF a.customer IS NULL THEN
        SELECT n.customer_no, e.code INTO a.customer, a.entity FROM account n JOIN legal_entity e
            ON e.organisation_id = c.organisation_id AND e.id = n.entity_id
        WHERE n.organisation_id = c.organisation_id AND n.id = c.account_id;
    END IF;
    a.amount_minor := coalesce(a.amount_minor, c.authorised_minor - c.cancelled_minor + c.held_minor);
    a.currency := coalesce(a.currency, c.currency);
    a.ship_date := coalesce(a.ship_date, c.ship_date);
    RETURN a;
END $$;

-- Settle a call that asks: authorise, amend, sale, recheck or dry_run. A new order that goes is left
-- for the caller to keep, with others of its batch; `waiting` are the ids of lines, orders and
-- decisions that are still to be kept: a call that looks at one has no status, and is to be settled
-- once they are.
CREATE FUNCTION app.settle_ask(
    a app.gate_ask, waiting uuid[], OUT status int, OUT answer text, OUT facts text,
    OUT kept app.gate_kept
)
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    today date := (now() AT TIME ZONE 'UTC')::date;
    decision uuid := app.call_id(org, a.client, a.key);
    n account;
    l credit_line;
    s standing;
    r line_rules;
    c commitment;
    w commitment;
    o app.gate_moves;  -- what the order file counts for the order
    m app.gate_moves;
    k record;
    v record;
    e app.gate_effect;
    d record;
    f record;
    q record;
    numbers app.gate_numbers;
    above numeric := 1;
    below numeric := 1;
    ages text;
    was_live boolean;
    calm boolean;  -- no more than it was, on the same terms
    order_id uuid;
BEGIN
    IF a.verb = 'amend' THEN
        a := app.amendment(a);
    END IF;
    n := app.account_named(a.customer, a.entity);
    IF n.group_id IS NOT NULL THEN
        PERFORM app.lock_account(ARRAY(SELECT x.id FROM credit_line x
            WHERE x.organisation_id = org AND x.account_id = n.id), n.group_id);
    END IF;
    SELECT * INTO l FROM credit_line x WHERE x.organisation_id = org AND x.account_id = n.id
    FOR NO KEY UPDATE;
    order_id := app.order_id(org, n.entity_id, a.order_no);
    IF waiting <> '{}' AND (n.group_id IS NOT NULL OR ARRAY[l.id, order_id, decision] && waiting) THEN
        RETURN;
    END IF;
    d := app.answered(a, decision);
    IF d.status IS NOT NULL THEN
        status := d.status; answer := d.answer; facts := d.facts;
        RETURN;
    END IF;
    e.status := 201; e.reasons := '[]';
    IF l.id IS NULL THEN
        e.outcome := CASE (SELECT p.document -> 'rules' -> 'reactions' ->> 'DT03' FROM gate_policy p
            WHERE p.organisation_id = org ORDER BY p.active_from DESC LIMIT 1)
            WHEN 'reject' THEN 'rejected' ELSE 'held' END;
        e.codes := ARRAY['DT03'];
        e.reasons := concat('[', app.reason('DT03', CASE e.outcome WHEN 'held' THEN 2 ELSE 3 END, a.customer, NULL, 'No single account has this '
            || 'number: name its legal entity, or bring the customer into the book.', 'accounts'), ']');
        answer := app.gate_answer(decision, a, c, e, NULL, l, '{}', '');
        IF e.outcome = 'held' THEN
            facts := json_build_object('customer', a.customer, 'ways', json_build_object());
        END IF;
        status := 201;
        IF a.verb <> 'dry_run' THEN
            PERFORM app.keep_decision(a, decision, l, c, NULL, e, facts, answer);
        END IF;
        RETURN;
    END IF;
    q := app.as_of_today(l.id, today);
    l := q.l; s := q.s; r := q.r;
    SELECT * INTO c FROM commitment x WHERE x.organisation_id = org AND x.id = order_id;
    SELECT * INTO status, answer FROM app.misfit(a, c, l);
    IF status IS NOT NULL THEN
        e.outcome := 'refused'; e.status := status;
        IF a.verb <> 'dry_run' THEN
            PERFORM app.keep_decision(a, decision, l, c, r.id, e, NULL, answer);
        END IF;
        RETURN;
    END IF;
    IF a.verb = 'recheck' THEN  -- what came back since it was held is not asked for again
        a.amount_minor := least(a.amount_minor, c.authorised_minor - c.cancelled_minor + c.held_minor);
    END IF;
    IF a.currency <> l.currency THEN
        SELECT * INTO above, below FROM app.minor_rate(a.currency, l.currency, today, r.rate_age_max_days);
    END IF;
    w := app.wanted(a, c, l, n.entity_id, order_id, above, below);
    was_live := c.state IN ('authorised', 'part_shipped', 'shipped') AND c.speaks;
    calm := was_live AND w.authorised_minor <= c.authorised_minor
        AND (w.currency, w.ship_date, w.net_days, w.discount_bp, w.prepaid)
            IS NOT DISTINCT FROM (c.currency, c.ship_date, c.net_days, c.discount_bp, c.prepaid);
    IF calm THEN  -- it counts by the rate that it was let go with, until the book is counted anew
        w.rate_above := c.rate_above; w.rate_below := c.rate_below;
    END IF;
    k := app.commitment_counts(w, today + r.horizon_days);
    IF above IS NULL AND NOT calm THEN  -- what it comes to in the line's currency is not known
        k.reserved := 0; k.later := 0; k.shipped := 0; k.billed := 0;
    END IF;
    o := app.file_counts(c, n.id, a.order_no);
    m := app.moves_to(k, c, o);
    f := app.ages_of(n.entity_id, today);
    ages := app.ages_text(f);
    numbers := app.numbers_of(l, r, w, m,
        CASE WHEN above IS NOT NULL THEN app.converted(a.amount_minor, above, below) END,
        CASE WHEN calm THEN 'none' ELSE 'all' END, n.group_id, today, f);
    e.after_minor := numbers.after_minor;
    v := app.verdict(numbers, s, r);
    e.codes := v.codes;
    e.reasons := concat('[', array_to_string(v.reasons, ','), ']');
    IF v.worst = 2 AND c.id IS NOT NULL THEN
        e.release_id := app.release_of(a, c, r, v.codes);
    END IF;
    IF v.worst < 2 OR e.release_id IS NOT NULL THEN
        e.outcome := CASE WHEN v.worst = 0 THEN 'approved' ELSE 'approved_with_warning' END;
        e.kind := 'authorised';
        e.exposure_minor := e.after_minor;
        w.counted_reserved_minor := k.reserved; w.counted_later_minor := k.later;
        w.counted_shipped_minor := k.shipped; w.counted_billed_minor := k.billed;
        w.counted_held_minor := 0;
        w.expires_at := now() + make_interval(days => r.reservation_days);
    ELSE
        e.outcome := CASE v.worst WHEN 2 THEN 'held' ELSE 'rejected' END;
        e.kind := 'held';
        e.exposure_minor := l.exposure_minor;
        w := app.as_held(w, c, CASE v.worst WHEN 2 THEN a.amount_minor ELSE 0 END);
        IF c.id IS NULL THEN
            w.speaks := (o.orders, o.later, o.shipped, o.held) = (0, 0, 0, 0);  -- else the file does
        END IF;
        w.counted_held_minor := app.converted(w.held_minor, w.rate_above, w.rate_below);
        w.expires_at := CASE WHEN was_live THEN c.expires_at
            ELSE now() + make_interval(days => r.hold_days) END;
        m := ROW(0, 0, 0, 0, 0, w.counted_held_minor - coalesce(c.counted_held_minor, 0));
        o := ROW(0, 0, 0, 0, 0, 0);
    END IF;
    answer := app.gate_answer(decision, a, w, e, l.exposure_minor, l, ages, r.policy);
    facts := app.facts(a, w, numbers, s, e);
    status := 201;
    IF a.verb = 'dry_run' THEN
        RETURN;
    END IF;
    IF c.id IS NULL THEN
        kept := ROW(app.move_of(l, r, m, e.exposure_minor, e.kind, decision, today), w,
            app.said_of(a, decision, l, w, r.id, e, facts, answer));
    ELSE
        PERFORM app.move_line(l, r, m, e.exposure_minor, e.kind, decision, today);
        PERFORM app.keep_commitment(w);
        PERFORM app.keep_decision(a, decision, l, w, r.id, e, facts, answer);
    END IF;
    IF e.outcome <> 'held' THEN
        facts := NULL;  -- nothing follows from them
    END IF;
    IF c.id IS NULL THEN
        IF e.outcome <> 'held' AND n.group_id IS NULL AND (o.orders, o.later, o.shipped, o.held) = (0, 0, 0, 0) THEN
            RETURN;
        END IF;
        PERFORM app.keep(ARRAY[kept]);
        kept := NULL;
    END IF;
    PERFORM app.silence_file(o, w);
    IF c.id IS NOT NULL OR e.outcome = 'held' THEN
        PERFORM app.keep_hold(a, w, r, e, decision);
    END IF;
END $$;

-- Of each group above an account: whether its members' balances are set off, the rate from the
-- line's currency, and what its members in that currency owe; null for an affiliate.
CREATE FUNCTION app.group_ways(account uuid, n app.gate_numbers, rate_age int) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (WITH RECURSIVE g AS (
            SELECT c.id, c.set_off, o.currency, o.place
            FROM unnest(n.group_codes, n.group_currency) WITH ORDINALITY o (code, currency, place)
            JOIN customer_group c ON c.organisation_id = app.inside() AND c.code = o.code),
        below AS (
            SELECT g.place, g.set_off, g.id FROM g
            UNION ALL SELECT b.place, b.set_off, c.id FROM customer_group c
            JOIN below b ON c.parent_id = b.id WHERE c.organisation_id = app.inside())
        SELECT json_agg(json_build_array(g.set_off, f.above, f.below, (
            SELECT sum(CASE WHEN b.set_off THEN m.exposure_minor ELSE greatest(m.exposure_minor, 0) END)
            FROM below b JOIN account a ON a.organisation_id = app.inside() AND a.group_id = b.id
            JOIN credit_line m ON m.organisation_id = app.inside() AND m.account_id = a.id
            WHERE b.place = g.place AND NOT a.intercompany AND m.currency = n.currency
                AND NOT EXISTS (SELECT FROM account x WHERE x.organisation_id = app.inside()
                    AND x.id = group_ways.account AND x.intercompany))) ORDER BY g.place)
        FROM g, app.minor_rate(n.currency, g.currency, n.day, rate_age) f);
END $$;

-- What the ways out of a hold follow from besides the facts (engine/unblock.py): the rules, how the
-- line moves with the amount that was asked for, and how its groups move with the line.
CREATE FUNCTION app.ways(a app.gate_ask, w commitment, n app.gate_numbers, s standing) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
    r line_rules;
    rest bigint := greatest(w.shipped_minor - w.invoiced_minor, 0);
    surplus bigint := greatest(w.posted_minor - w.billed_minor, 0);
    f record;
BEGIN
    SELECT * INTO r FROM line_rules x WHERE x.organisation_id = app.inside() AND x.id = s.rules_id;
    f := app.minor_rate(a.currency, n.currency, n.day, r.rate_age_max_days);
    RETURN json_build_object('rules', s.rules_id,
        'sign', CASE WHEN a.verb = 'sale' THEN r.signs[2]
            WHEN a.verb IN ('authorise', 'amend', 'recheck', 'dry_run') THEN r.signs[5] END,
        'dated', a.verb <> 'sale', 'live', w.authorised_minor - w.cancelled_minor,
        'beside', CASE WHEN a.verb = 'sale' THEN 0 ELSE
            greatest(w.shipped_minor, w.invoiced_minor) + surplus - least(rest, surplus) END,
        'above', f.above, 'below', f.below,
        'groups', CASE WHEN n.group_codes IS NOT NULL
            THEN app.group_ways(w.account_id, n, r.rate_age_max_days) END);
END $$;

-- The numbers of the moment, as JSON: with the line's rules they give the reasons again. Those of a
-- held order say as well what its ways out follow from.
CREATE FUNCTION app.facts(
    a app.gate_ask, w commitment, n app.gate_numbers, s standing, e app.gate_effect
) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    told text;
BEGIN
    told := json_build_object('scope', n.scope, 'day', n.day, 'customer', a.customer, 'amount', a.amount_minor,
        'currency', n.currency, 'order_currency', a.currency, 'limit', n.limit_minor,
        'before', n.before_minor, 'after', n.after_minor, 'static_after', n.static_after_minor,
        'order', n.order_minor, 'ship_date', w.ship_date, 'net_days', w.net_days,
        'discount_bp', w.discount_bp, 'prepaid', w.prepaid,
        'ages', ARRAY[n.age_ar, n.age_orders, n.age_payments, n.age_limits],
        'groups', CASE WHEN n.group_codes IS NOT NULL THEN json_build_array(n.group_codes,
            n.group_after_minor, n.group_limit_minor, n.group_currency) END,
        'oldest_due', s.oldest_due, 'overdue', s.overdue_minor,
        'overdue_share', s.overdue_share_minor, 'open', s.open_minor, 'disputed', s.disputed_minor,
        'oldest', s.oldest, 'average', s.average_minor, 'covers', s.covers, 'status', s.status,
        'review_due', s.review_due, 'dunning_level', s.dunning_level, 'flags', s.flags,
        'grace_days', s.grace_days, 'terms_days_max', s.terms_days_max,
        'discount_bp_max', s.discount_bp_max, 'limit_from', s.limit_from,
        'limit_to', s.limit_to);
    IF e.outcome = 'held' THEN
        told := concat(left(told, -1), ',"ways":', app.ways(a, w, n, s), '}');
    END IF;
    RETURN told;
END $$;

-- The facts of a held order together with its line's rules and the levels of those who sign, as they
-- go out; null for others.
CREATE FUNCTION app.facts_told(org uuid, facts text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    ways json := facts::json -> 'ways';
BEGIN
    RETURN CASE WHEN ways IS NOT NULL THEN concat(left(facts, -1), ',"rules":', coalesce((
        SELECT concat(row_to_json(r), ',"levels":', coalesce((SELECT p.document -> 'release' -> 'levels'
            FROM gate_policy p WHERE p.organisation_id = org AND p.policy = r.policy
            ORDER BY p.active_from LIMIT 1)::text, 'null'))
        FROM line_rules r
        WHERE r.organisation_id = org AND r.id = (ways ->> 'rules')::uuid), 'null'), '}') END;
END $$;

-- The answer that a call with this key got before; null for a key that is new.
CREATE FUNCTION app.answered(
    a app.gate_ask, call uuid, OUT status int, OUT answer text, OUT facts text
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    org uuid := app.inside();
    undo uuid;
    d decision;
BEGIN
    SELECT * INTO d FROM decision x WHERE x.organisation_id = org AND x.id = call;
    IF d.id IS NULL THEN
        RETURN;
    END IF;
    undo := app.call_id(org, a.client || ':void', a.key);
    IF d.outcome = 'voided' OR EXISTS (SELECT FROM decision x
            WHERE x.organisation_id = org AND x.id = undo AND x.verb = 'cancel') THEN
        status := 409;
        answer := app.gate_problem(409, 'The call was voided',
            'This call was voided: choose a new key to ask again.', 'Idempotency-Key');
    ELSIF d.body_sha256 <> a.body_sha256 THEN
        status := 422;
        answer := app.gate_problem(422, 'The key was used for another call',
            'This idempotency key came with another body before: choose a new key.', 'Idempotency-Key');
    ELSE
        status := d.status; answer := d.answer;
        facts := CASE d.outcome WHEN 'held' THEN d.facts END;
    END IF;
END $$;
