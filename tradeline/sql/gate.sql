-- The gate: may these orders go? Each is decided, and what is approved is reserved, in one step.
--
-- The lines that calls touch are locked in the order of their ids; then each call is settled in its
-- turn, on the book as the calls before it left it: numbers are read under the lock, the rules are
-- asked, and order, line, event, decision, messages and trail are written.

CREATE TYPE app.gate_ask AS (
    turn int, verb text, client text, key text, body_sha256 text, door text,
    customer text, entity text, order_no text, version bigint,
    amount_minor bigint, currency text, ship_date date, net_days int, discount_bp int,
    channel text, prepaid boolean, priority int, order_value_minor bigint, reason text, lines jsonb
);

-- How an order moves the counters of its line, in the line's currency.
CREATE TYPE app.gate_moves AS (
    orders bigint, reserved bigint, later bigint, shipped bigint, billed bigint, held bigint
);

-- What is decided about a call, before it is written.
CREATE TYPE app.gate_effect AS (
    outcome text, status int, kind text, exposure_minor bigint, after_minor bigint,
    release_id uuid, codes text[], reasons text
);

-- The id of a call's decision and of an order. What they must be unique by is found by the primary
-- key, which is the one index of their tables that a check has to look in. A client's name has its
-- length before it, so that no other client and key run together to the same text.
-- Not in plain SQL: a constraint that names such a function would be written out and planned anew by
-- each statement that writes.
CREATE FUNCTION app.call_id(organisation uuid, client text, key text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN encode(substring(sha256(convert_to(
        concat(organisation, ' ', length(client), ' ', client, ' ', key), 'UTF8')) FOR 16), 'hex')::uuid;
END $$;

CREATE FUNCTION app.order_id(organisation uuid, entity uuid, number text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN encode(substring(sha256(convert_to(concat(organisation, ' ', entity, ' ', number), 'UTF8'))
        FOR 16), 'hex')::uuid;
END $$;

ALTER TABLE decision ADD CONSTRAINT decision_call
    CHECK (id = app.call_id(organisation_id, client, key));
ALTER TABLE commitment ADD CONSTRAINT commitment_order
    CHECK (id = app.order_id(organisation_id, entity_id, order_no));
GRANT EXECUTE ON FUNCTION app.call_id(uuid, text, text), app.order_id(uuid, uuid, text)
    TO tradeline_app;

-- What a commitment counts on its line, in the line's currency; see models/commitments.py.
CREATE FUNCTION app.commitment_counts(
    c commitment, horizon date,
    OUT reserved bigint, OUT later bigint, OUT shipped bigint, OUT billed bigint, OUT held bigint
)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    surplus bigint := greatest(c.posted_minor - c.billed_minor, 0);  -- invoices told by the ledger only
    rest bigint := greatest(c.shipped_minor - c.invoiced_minor, 0);
    ahead bigint := c.authorised_minor - c.cancelled_minor - greatest(c.shipped_minor, c.invoiced_minor);
BEGIN
    reserved := 0; later := 0; shipped := 0; billed := 0;
    held := app.converted(c.held_minor, c.rate_above, c.rate_below);
    billed := app.converted(greatest(c.billed_minor - c.posted_minor, 0), c.rate_above, c.rate_below);
    IF NOT c.speaks THEN
        RETURN;
    END IF;
    shipped := app.converted(rest - least(rest, surplus), c.rate_above, c.rate_below);
    IF c.prepaid THEN
        RETURN;  -- what is paid in advance is no credit before it ships
    END IF;
    ahead := app.converted(ahead - least(ahead, surplus - least(rest, surplus)), c.rate_above, c.rate_below);
    IF c.ship_date IS NULL OR c.ship_date <= horizon THEN
        reserved := ahead;
    ELSE
        later := ahead;
    END IF;
END $$;

-- Where an order stands, by its amounts.
CREATE FUNCTION app.commitment_state(c commitment) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN c.authorised_minor = c.cancelled_minor THEN
        CASE WHEN c.held_minor > 0 THEN 'held' WHEN c.state = 'rejected' THEN 'rejected' ELSE 'cancelled' END
    WHEN c.invoiced_minor >= c.authorised_minor - c.cancelled_minor THEN 'closed'
    WHEN c.shipped_minor >= c.authorised_minor - c.cancelled_minor THEN 'shipped'
    WHEN c.shipped_minor > 0 OR c.invoiced_minor > 0 THEN 'part_shipped'
    ELSE 'authorised'
END;

-- Exposure of each of these groups' lines, in the group's currency: members' exposures above zero,
-- subgroups' too, affiliates left out. A member that cannot be converted makes it null.
CREATE FUNCTION app.group_states(
    lines uuid[], today date, rate_age int,
    OUT codes text[], OUT exposures bigint[], OUT limits bigint[], OUT currencies text[],
    OUT set_off boolean[]
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    org uuid := app.inside();
    g record;
    total numeric;
BEGIN
    FOR g IN SELECT l.id, l.currency, l.limit_minor, c.id AS group_id, c.code, c.set_off
        FROM credit_line l JOIN customer_group c ON c.organisation_id = org AND c.id = l.group_id
        WHERE l.organisation_id = org AND l.id = ANY (lines) ORDER BY l.id
    LOOP
        WITH RECURSIVE below AS (
            SELECT g.group_id AS id
            UNION ALL SELECT c.id FROM customer_group c JOIN below b ON c.parent_id = b.id
            WHERE c.organisation_id = org),
        member AS (
            SELECT m.currency, sum(CASE WHEN g.set_off THEN m.exposure_minor
                ELSE greatest(m.exposure_minor, 0) END)::bigint AS minor
            FROM account a JOIN credit_line m ON m.organisation_id = org AND m.account_id = a.id
            WHERE a.organisation_id = org AND a.group_id IN (SELECT id FROM below)
                AND NOT a.intercompany
            GROUP BY m.currency)
        SELECT CASE WHEN bool_and(r.above IS NOT NULL)
            THEN sum(app.converted(m.minor, r.above, r.below)) END INTO total
        FROM member m, app.minor_rate(m.currency, g.currency, today, rate_age) r;
        codes := array_append(codes, g.code::text);
        exposures := array_append(exposures, total::bigint);
        limits := array_append(limits, g.limit_minor);
        currencies := array_append(currencies, g.currency::text);
        set_off := array_append(set_off, g.set_off);
    END LOOP;
END $$;

-- An answer that is none of ours to give: a problem of RFC 9457, without an effect.
CREATE FUNCTION app.gate_problem(status int, title text, detail text, field text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN concat('{"type":"about:blank","title":', to_json(title)::text, ',"status":', status,
    ',"detail":', to_json(detail)::text, ',"errors":[{"field":"', field, '","message":',
    to_json(detail)::text, '}]}');

