-- Lines of credit are updated often and in place: there is room on the page for the next version, and
-- no index on what moves with each order.

ALTER TABLE credit_line SET (fillfactor = 50);

-- Use of the limit in percent: unknown without a limit, and beyond all others with a limit of nothing.
CREATE FUNCTION app.utilisation(exposure_minor bigint, limit_minor bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN limit_minor IS NULL THEN NULL
    WHEN exposure_minor <= 0 THEN 0
    WHEN limit_minor = 0 THEN 'Infinity'
    ELSE round(exposure_minor::numeric * 100 / limit_minor, 6)
END;

-- The ranked list goes by use of the limit, the highest first, then by id. Its index holds the whole
-- percent: an update that leaves it as it is writes no index at all. Within one percent the list is
-- sorted as it is read; so that this is never a sort of very many, lines of the same use (infinite,
-- none, unknown) stand by the first 30 bits of their ids, and each of the three apart. None is also
-- what rounds to none: less than 1 in 200,000,000. Not in plain SQL, which each update of a line would
-- plan anew.
CREATE FUNCTION app.use_rank(id uuid, exposure_minor bigint, limit_minor bigint) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF limit_minor > 0 AND exposure_minor > (limit_minor - 1) / 200000000 THEN
        RETURN least(floor(app.utilisation(exposure_minor, limit_minor)), 1073741823)::integer;
    END IF;
    RETURN CASE WHEN limit_minor IS NULL THEN -1073741825
        WHEN limit_minor > 0 OR exposure_minor <= 0 THEN -1
        ELSE 2147483647 END - ('x' || left(id::text, 8))::bit(30)::integer;
END $$;
GRANT EXECUTE ON FUNCTION app.utilisation(bigint, bigint), app.use_rank(uuid, bigint, bigint)
    TO tradeline_app, tradeline_reader, tradeline_auditor;

ALTER TABLE credit_line ADD COLUMN use_rank integer NOT NULL
    GENERATED ALWAYS AS (app.use_rank(id, exposure_minor, limit_minor)) STORED;
CREATE INDEX credit_line_ranked ON credit_line (organisation_id, use_rank DESC);

-- An order by its number, whoever ordered it: it may move from one customer to another.
CREATE INDEX order_line_number ON order_line (organisation_id, order_no);
CREATE INDEX quarantined_row_open ON quarantined_row (organisation_id, kind, customer_no)
    WHERE state = 'open';

-- After a large import the program brings the planner's statistics up to date itself.
DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        GRANT MAINTAIN ON account, credit_line, line_event, document, order_line, payment,
            limit_version, fx_rate
            TO tradeline_app;
    END IF;
END $$;
