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

-- People belong to no organisation; what they may do in one is in their memberships. Their
-- passwords are read by the application alone.
GRANT SELECT, INSERT, UPDATE ON person TO tradeline_app;
GRANT SELECT (id, username, first_name, last_name, email) ON person
    TO tradeline_reader, tradeline_auditor;
GRANT SELECT (id) ON person TO tradeline_sealer;

-- The web framework's own tables.
GRANT SELECT ON django_migrations, django_content_type TO tradeline_app, tradeline_reader;
