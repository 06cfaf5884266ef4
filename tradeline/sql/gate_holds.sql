-- The end of a hold: rejected by people who signed, or over by time. What was held is freed; what had
-- been authorised before it stays.

-- A call about the order of a hold.
CREATE FUNCTION app.hold_ask(h hold, verb text, client text, key text, door text) RETURNS app.gate_ask
LANGUAGE plpgsql STABLE AS $$
DECLARE
    a app.gate_ask;
BEGIN
    SELECT n.customer_no, e.code INTO a.customer, a.entity
    FROM account n JOIN legal_entity e ON e.organisation_id = h.organisation_id AND e.id = n.entity_id
    WHERE n.organisation_id = h.organisation_id AND n.id = h.account_id;
    a.verb := verb; a.client := client; a.key := key; a.door := door; a.body_sha256 := '';
    a.order_no := h.order_no; a.amount_minor := h.amount_minor; a.currency := h.currency;
    a.ship_date := h.ship_date;
    RETURN a;
END $$;

-- Settle `reject` (its key names the proposal) or `lapse`.
CREATE FUNCTION app.settle_hold(a app.gate_ask, OUT status int, OUT answer text, OUT facts text)
LANGUAGE plpgsql AS $$
DECLARE
    org uuid := app.inside();
    today date := (now() AT TIME ZONE 'UTC')::date;
    decision uuid := app.call_id(org, a.client, a.key);
    c commitment := app.order_named(a.order_no, a.entity);
    d record;
    q record;
    h hold;
    l credit_line;
    r line_rules;
    m app.gate_moves;
    e app.gate_effect;
BEGIN
    PERFORM app.lock_account(ARRAY[c.line_id], NULL);
    d := app.answered(a, decision);
    IF d.status IS NOT NULL THEN
        status := d.status; answer := d.answer;
        RETURN;
    END IF;
    SELECT * INTO c FROM commitment x WHERE x.organisation_id = org AND x.id = c.id;
    SELECT * INTO h FROM hold x WHERE x.organisation_id = org AND x.commitment_id = c.id AND x.state = 'open';
    IF h.id IS NULL OR a.verb = 'lapse' AND h.expires_at > now() THEN
        status := 409;
        answer := app.gate_problem(409, 'Nothing is to be settled', 'Order ' || a.order_no
            || ' is not held, or its time is not over.', 'order_no');
        RETURN;
    END IF;
    UPDATE hold SET state = CASE a.verb WHEN 'reject' THEN 'rejected' ELSE 'expired' END,
        proposal_id = CASE a.verb WHEN 'reject' THEN a.key::uuid END, settled_at = now()
    WHERE organisation_id = org AND id = h.id;
    q := app.as_of_today(c.line_id, today);
    l := q.l; r := q.r;
    m := ROW(0, 0, 0, 0, 0, -c.counted_held_minor);
    c.held_minor := 0;
    c.counted_held_minor := 0;
    c.changed_at := now();
    c.state := CASE WHEN c.authorised_minor > c.cancelled_minor THEN app.commitment_state(c)
        WHEN a.verb = 'reject' THEN 'rejected' ELSE 'expired' END;
    e.status := 200; e.outcome := CASE a.verb WHEN 'reject' THEN 'rejected' ELSE 'done' END;
    e.after_minor := l.exposure_minor; e.exposure_minor := l.exposure_minor;
    e.reasons := CASE WHEN a.verb = 'reject' THEN concat('[', app.reason('RJ01', 3, NULL, NULL,
        'People rejected the held order.', 'proposal ' || a.key), ']') ELSE '[]' END;
    status := 200;
    answer := app.gate_answer(decision, a, c, e, l.exposure_minor, l,
        app.ages_text(app.ages_of(c.entity_id, today)), r.policy);
    PERFORM app.move_line(l, r, m, l.exposure_minor, 'freed', decision, today);
    PERFORM app.keep_commitment(c);
    PERFORM app.keep_decision(a, decision, l, c, r.id, e, NULL, answer);
END $$;

-- A hold moves along its table; people's moves need their signed proposal, and a release stays as it
-- was signed: its amount, its time.
CREATE FUNCTION app.guard_hold() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    stays text[] := ARRAY['state', 'settled_at', 'reminded_at', 'codes', 'proposal_id', 'released_minor', 'usable_until'];
    signed boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' OR NEW.proposal_id IS NOT NULL OR NEW.released_minor IS NOT NULL THEN
            PERFORM app.refuse('a hold begins as open');
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - stays <> to_jsonb(OLD) - stays
        OR OLD.state <> NEW.state AND NOT app.may_move('hold', OLD.state, NEW.state)
        OR OLD.state <> 'open' AND (OLD.proposal_id, OLD.released_minor, OLD.usable_until, OLD.codes)
            IS DISTINCT FROM (NEW.proposal_id, NEW.released_minor, NEW.usable_until, NEW.codes) THEN
        PERFORM app.refuse('a hold that is ' || OLD.state || ' does not become ' || NEW.state
            || ', and what it says stays');
    END IF;
    signed := EXISTS (SELECT FROM proposal p WHERE p.organisation_id = NEW.organisation_id
        AND p.id = NEW.proposal_id AND p.hold_id = NEW.id AND p.state = 'approved'
        AND p.payload::jsonb ->> 'action' = CASE NEW.state WHEN 'released' THEN 'release' ELSE 'reject' END
        AND (NEW.released_minor IS NULL OR NEW.released_minor = app.payload_minor(p.payload::jsonb)));
    IF OLD.state <> NEW.state AND NOT (CASE NEW.state
        WHEN 'released' THEN signed AND NEW.released_minor IS NOT NULL
        WHEN 'rejected' THEN signed
        WHEN 'expired' THEN coalesce(OLD.usable_until, OLD.expires_at) <= now()
        ELSE NEW.proposal_id IS NOT DISTINCT FROM OLD.proposal_id END)
        OR OLD.state = NEW.state AND (NEW.proposal_id, NEW.released_minor, NEW.usable_until)
            IS DISTINCT FROM (OLD.proposal_id, OLD.released_minor, OLD.usable_until) THEN
        PERFORM app.refuse('the hold is not ' || NEW.state || ': what that needs is not there');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_guarded BEFORE INSERT OR UPDATE OF organisation_id, id, commitment_id, account_id,
        line_id, decision_id, order_no, version, currency, amount_minor, delta_minor, codes, priority,
        ship_date, state, created_at, expires_at, released_minor, usable_until, settled_at, proposal_id
    ON hold FOR EACH ROW EXECUTE FUNCTION app.guard_hold();

-- Only the gate, signed proposals and time settle holds: each by a function with the owner's rights.
REVOKE INSERT, UPDATE ON hold FROM tradeline_app;
GRANT UPDATE (reminded_at) ON hold TO tradeline_app;
ALTER TABLE hold ADD CONSTRAINT hold_proposal_id FOREIGN KEY (organisation_id, proposal_id)
    REFERENCES proposal (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

-- End releases whose time is over. Returns how many.
CREATE FUNCTION app.end_releases() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    h hold;
    count int := 0;
BEGIN
    PERFORM app.act_inside();
    FOR h IN SELECT * FROM hold x WHERE x.organisation_id = app.inside() AND x.state = 'released'
            AND x.usable_until <= now() ORDER BY x.line_id, x.id
    LOOP
        PERFORM app.lock_account(ARRAY[h.line_id], NULL);
        UPDATE hold SET state = 'expired' WHERE organisation_id = h.organisation_id
            AND id = h.id AND state = 'released';
        count := count + CASE WHEN FOUND THEN 1 ELSE 0 END;
    END LOOP;
    RETURN count;
END $$;
GRANT EXECUTE ON FUNCTION app.end_releases() TO tradeline_app;

-- Held orders that the rules may let go by themselves, in their turn.
CREATE INDEX hold_queue ON hold (organisation_id, priority, ship_date, created_at) WHERE state = 'open';
CREATE INDEX hold_of_account ON hold (organisation_id, account_id) WHERE proposal_id IS NOT NULL;
CREATE INDEX commitment_over ON commitment (organisation_id, expires_at)
    WHERE state IN ('authorised', 'part_shipped');
