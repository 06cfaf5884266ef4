-- The foreign key of the tables that files fill (accounts, lines, events, documents, order lines,
-- payments): one check per statement over all rows it wrote, where a foreign key would look up each
-- row by itself. What they link to is never deleted and never changes its key: nobody is granted to,
-- and a trigger refuses it to the owner too.

-- Arguments: the linking column and the table it links to. A null links to nothing. OFFSET 0 keeps
-- the look-up one by key for each row: as a join it is planned by statistics, which a table that
-- this very transaction fills does not have yet, and can take time that grows with the square.
CREATE FUNCTION app.require_links() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    missing boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (
            SELECT FROM (SELECT DISTINCT organisation_id, %1$I AS link FROM written) w
            WHERE w.link IS NOT NULL AND NOT EXISTS (
                SELECT FROM %2$I t
                WHERE t.organisation_id = w.organisation_id AND t.id = w.link OFFSET 0))',
        TG_ARGV[0], TG_ARGV[1]) INTO missing;
    IF missing THEN
        RAISE EXCEPTION 'a row of % links to a row of % that is not there', TG_TABLE_NAME, TG_ARGV[1]
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION app.refuse_change_of_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a row of % never changes its key, and is not deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
