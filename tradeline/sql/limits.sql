-- Current versions of one kind never overlap in valid time on one line. At the commit a version may
-- be superseded that was current when it was written: it is looked up as it stands then.

CREATE FUNCTION app.refuse_limit_overlap() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM limit_version v
        JOIN limit_version n ON n.organisation_id = NEW.organisation_id AND n.id = NEW.id
            AND n.superseded_at IS NULL
        WHERE v.organisation_id = NEW.organisation_id AND v.line_id = NEW.line_id
            AND v.kind = NEW.kind AND v.superseded_at IS NULL AND v.id <> NEW.id
            AND daterange(v.valid_from, v.valid_to, '[]')
                && daterange(NEW.valid_from, NEW.valid_to, '[]')
    ) AND EXISTS (  -- at the commit: a version may have come and gone within the transaction
        SELECT FROM limit_version n
        WHERE n.organisation_id = NEW.organisation_id AND n.id = NEW.id AND n.superseded_at IS NULL
    ) THEN
        RAISE EXCEPTION 'two % limits would hold on one day', NEW.kind
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'limit_version_no_overlap';
    END IF;
    RETURN NULL;
END $$;

-- Deferred to the commit: an action may supersede the old version after it wrote the new one.
CREATE CONSTRAINT TRIGGER limit_version_no_overlap AFTER INSERT OR UPDATE ON limit_version
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.superseded_at IS NULL) EXECUTE FUNCTION app.refuse_limit_overlap();
