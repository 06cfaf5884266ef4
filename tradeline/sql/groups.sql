-- A group's parents never lead back to it. The tree is changed by one transaction at a time.

CREATE FUNCTION app.refuse_group_cycle() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('customer_group ' || NEW.organisation_id, 0));
    IF EXISTS (
        WITH RECURSIVE above (id, parent_id) AS (
            SELECT id, parent_id FROM customer_group
            WHERE organisation_id = NEW.organisation_id AND id = NEW.parent_id
            UNION
            SELECT g.id, g.parent_id FROM customer_group g JOIN above a
                ON g.organisation_id = NEW.organisation_id AND g.id = a.parent_id
        ) SELECT FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'customer group % would be its own ancestor', NEW.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'customer_group_no_cycle';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER customer_group_no_cycle BEFORE INSERT OR UPDATE OF parent_id ON customer_group
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION app.refuse_group_cycle();

-- The accounts of a group; most accounts are in none.
CREATE INDEX account_of_group ON account (organisation_id, group_id) WHERE group_id IS NOT NULL;
