-- A gate to try the API against where the real one is not there: it reserves on the line and keeps
-- answers by key; it knows one rule, the limit.
CREATE TABLE decision (
    organisation_id uuid NOT NULL, id uuid NOT NULL, verb text NOT NULL, status smallint NOT NULL,
    outcome text NOT NULL, line_id uuid, order_no text NOT NULL, version bigint, answer text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (organisation_id, id));
CREATE TABLE gate_request (
    organisation_id uuid NOT NULL, client text NOT NULL, key text NOT NULL, body_sha256 text NOT NULL,
    decision_id uuid, PRIMARY KEY (organisation_id, client, key));
ALTER TABLE decision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE gate_request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON decision USING (organisation_id = (SELECT app.organisation()))
    WITH CHECK (organisation_id = (SELECT app.organisation()));
CREATE POLICY mine ON gate_request USING (organisation_id = (SELECT app.organisation()))
    WITH CHECK (organisation_id = (SELECT app.organisation()));
GRANT SELECT, INSERT, UPDATE ON decision, gate_request TO tradeline_app;

CREATE FUNCTION app.standin_problem(status int, detail text, field text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN concat('{"type":"about:blank","title":', to_json(detail)::text, ',"status":', status,
    ',"detail":', to_json(detail)::text, ',"errors":[{"field":"', field, '","message":', to_json(detail)::text, '}]}');

CREATE FUNCTION app.standin_one(a jsonb, OUT status int, OUT answer text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    org uuid := app.organisation();
    dry boolean := a ->> 'verb' = 'dry_run';
    new uuid := gen_random_uuid();
    q gate_request;
    l credit_line;
    said text;
BEGIN
    IF a ->> 'order_no' = 'POISON' THEN
        PERFORM 1 / 0;
    ELSIF a ->> 'order_no' LIKE 'SLOW%' THEN
        PERFORM pg_sleep(substr(a ->> 'order_no', 5)::float);
    END IF;
    IF a ->> 'verb' = 'void' THEN
        INSERT INTO gate_request VALUES (org, a ->> 'client', a ->> 'key', '', NULL) ON CONFLICT DO NOTHING;
        status := 200;
        answer := '{"decision":"done","decision_id":"' || new || '","order_no":null,"version":null,'
            '"state":null,"reasons":[],"policy":"standin","at":"2026-06-30T00:00:00Z"}';
        RETURN;
    END IF;
    IF NOT dry THEN
        INSERT INTO gate_request VALUES (org, a ->> 'client', a ->> 'key', a ->> 'body_sha256', new)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT * INTO q FROM gate_request g WHERE g.organisation_id = org
                AND g.client = a ->> 'client' AND g.key = a ->> 'key';
            SELECT d.status, d.answer INTO status, answer FROM decision d
                WHERE d.organisation_id = org AND d.id = q.decision_id;
            IF q.decision_id IS NULL THEN
                status := 409;
                answer := app.standin_problem(409, 'This call was voided before it came.', 'Idempotency-Key');
            ELSIF q.body_sha256 <> a ->> 'body_sha256' THEN
                status := 422;
                answer := app.standin_problem(422, 'The key came with another body before.', 'Idempotency-Key');
            END IF;
            RETURN;
        END IF;
    END IF;
    IF a ->> 'verb' IN ('authorise', 'sale', 'dry_run') THEN
        SELECT c.* INTO l FROM credit_line c JOIN account x ON x.organisation_id = org AND x.id = c.account_id
            WHERE c.organisation_id = org AND x.customer_no = a ->> 'customer';
        IF l.id IS NULL THEN
            status := 404;
            answer := app.standin_problem(404, 'There is no such customer.', 'customer');
        ELSE
            IF dry THEN
                said := CASE WHEN l.limit_minor - l.exposure_minor >= (a ->> 'amount_minor')::bigint
                    THEN 'approved' ELSE 'held' END;
            ELSE
                UPDATE credit_line c SET reserved_minor = c.reserved_minor + (a ->> 'amount_minor')::bigint,
                    exposure_minor = c.exposure_minor + (a ->> 'amount_minor')::bigint, version = c.version + 1
                WHERE c.organisation_id = org AND c.id = l.id
                    AND c.limit_minor - c.exposure_minor >= (a ->> 'amount_minor')::bigint;
                said := CASE WHEN FOUND THEN 'approved' ELSE 'held' END;
            END IF;
            status := CASE WHEN dry THEN 200 ELSE 201 END;
        END IF;
    ELSE
        status := 200;
        said := 'done';
    END IF;
    answer := coalesce(answer, concat('{"decision":"', said, '","decision_id":"', new, '","order_no":',
        coalesce(to_json(a ->> 'order_no')::text, 'null'), ',"version":', coalesce(a ->> 'version', '1'),
        ',"state":"authorised","reasons":[],"exposure":null,"unblock":[],"data_age":{},"policy":"standin","at":"',
        to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}'));
    IF NOT dry THEN
        INSERT INTO decision VALUES (org, new, a ->> 'verb', status, coalesce(said, 'refused'), l.id,
            coalesce(a ->> 'order_no', ''), (a ->> 'version')::bigint, answer);
    END IF;
END $$;

CREATE FUNCTION app.check_orders(asked jsonb) RETURNS TABLE (turn int, status int, answer text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    a jsonb;
BEGIN
    IF app.organisation() IS NULL THEN
        RAISE EXCEPTION 'nobody is acting' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR a IN SELECT e FROM jsonb_array_elements(asked) e ORDER BY e ->> 'customer', (e ->> 'turn')::int LOOP
        turn := (a ->> 'turn')::int;
        SELECT o.status, o.answer INTO status, answer FROM app.standin_one(a) o;
        RETURN NEXT;
    END LOOP;
END $$;

GRANT EXECUTE ON FUNCTION app.standin_problem(int, text, text), app.standin_one(jsonb),
    app.check_orders(jsonb) TO tradeline_app;
