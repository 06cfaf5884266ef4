-- An organisation is visible to who acts for it and to its members; the sealer sees that it is there.

ALTER TABLE organisation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON organisation
    USING (id = (SELECT app.organisation())) WITH CHECK (id = (SELECT app.organisation()));
CREATE POLICY also ON organisation FOR SELECT USING (EXISTS (
    SELECT FROM membership m
    WHERE m.organisation_id = organisation.id AND m.user_id = (SELECT app.person())));
CREATE POLICY all_ids ON organisation FOR SELECT TO tradeline_sealer USING (true);
GRANT SELECT, INSERT, UPDATE ON organisation TO tradeline_app;
GRANT SELECT ON organisation TO tradeline_reader, tradeline_auditor;
GRANT SELECT (id) ON organisation TO tradeline_sealer;

-- People belong to no organisation; what they may do in one is in their memberships. Nobody reads
-- the hashes of their passwords: the application writes them, and asks for one person's at a time.
GRANT INSERT, UPDATE ON person TO tradeline_app;
GRANT SELECT (id, username, first_name, last_name, email, last_login, is_superuser, is_staff,
    is_active, date_joined) ON person TO tradeline_app;
GRANT SELECT (id, username, first_name, last_name, email) ON person
    TO tradeline_reader, tradeline_auditor;
GRANT SELECT (id) ON person TO tradeline_sealer;

-- The hash of the person for whom a token is signed, as app.person() checks it: with the key that
-- the application's process has and no statement can read. Listing people therefore gives no hash,
-- nor does a statement that is smuggled in: the token of who acts for an organisation is not taken.
-- Null where there is no such person. Who acts in the transaction goes on acting.
CREATE FUNCTION app.password_of(token text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    acting text := coalesce(current_setting('tradeline.context', true), '');
    asked uuid;
BEGIN
    PERFORM set_config('tradeline.context', token, true);
    IF app.organisation() IS NULL THEN
        asked := app.person();
    END IF;
    PERFORM set_config('tradeline.context', acting, true);
    RETURN (SELECT password FROM person WHERE id = asked);
END $$;
GRANT EXECUTE ON FUNCTION app.password_of(text) TO tradeline_app;

-- The web framework's own tables.
GRANT SELECT ON django_migrations, django_content_type TO tradeline_app, tradeline_reader;
