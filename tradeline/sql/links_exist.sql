-- The foreign key of the tables that files fill (accounts, lines, events, documents, order lines,
-- payments): one check per statement over all rows it wrote, where a foreign key would look up each
-- row by itself. What they link to is never deleted and never changes its key: nobody is granted to,
-- and a trigger refuses it to the owner too.

-- The check itself is made for each link by models/tenancy.py. OFFSET 0 there keeps the look-up one
-- by key for each row: as a join it is planned by statistics, which a table that this very
-- transaction fills does not have yet, and can take time that grows with the square.

-- The same for a row that comes to link elsewhere, within its organisation.
CREATE FUNCTION app.require_link() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    there boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE organisation_id = $1 AND id = $2)', TG_ARGV[1])
    INTO there USING NEW.organisation_id, (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    IF NOT there OR NEW.organisation_id <> OLD.organisation_id THEN
        RAISE EXCEPTION 'a row of % links to a row of % that is not there', TG_TABLE_NAME, TG_ARGV[1]
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION app.refuse_change_of_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a row of % never changes its key, and is not deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
