-- The foreign key of the bulk tables (documents, order lines, payments) to their account: one check
-- per statement over all rows it wrote, where a foreign key would look up each row by itself.
-- Accounts are never deleted and never change their key: nobody is granted to, and a trigger
-- refuses it to the owner too.

CREATE FUNCTION app.require_accounts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT organisation_id, account_id FROM written) w
        WHERE NOT EXISTS (
            SELECT FROM account a
            WHERE a.organisation_id = w.organisation_id AND a.id = w.account_id
        )
    ) THEN
        RAISE EXCEPTION 'a row of % names an account that is not there', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION app.refuse_change_of_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a row of % never changes its key; an account is never deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
