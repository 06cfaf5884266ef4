-- Lines of credit are updated often and in place: room on the page, and no index on a counter but
-- the ranking's.

ALTER TABLE credit_line SET (fillfactor = 70);

-- The ranked list: by use of the limit, the highest first. A line without limit ranks by what is
-- owed, above all others with a limit of nothing.
CREATE FUNCTION app.utilisation(exposure_minor bigint, limit_minor bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN limit_minor IS NULL THEN NULL
    WHEN exposure_minor <= 0 THEN 0
    WHEN limit_minor = 0 THEN 'Infinity'
    ELSE round(exposure_minor::numeric * 100 / limit_minor, 6)
END;
GRANT EXECUTE ON FUNCTION app.utilisation(bigint, bigint)
    TO tradeline_app, tradeline_reader, tradeline_auditor;

CREATE INDEX credit_line_ranked ON credit_line
    (organisation_id, app.utilisation(exposure_minor, limit_minor) DESC NULLS LAST, id);

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
