-- The desk's sessions: a person's, of no organisation. What one holds is who signed in, and for which
-- organisation that person sits down; rows of it are read as anywhere, by the signed context.
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO tradeline_app;
