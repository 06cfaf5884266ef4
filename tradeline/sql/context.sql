-- Who is acting: a token set once per transaction, checked here with a key that only the owner reads.

-- Whoever may run a function is named beside it. Every search path of a function ends in pg_temp:
-- where it is not named, temporary tables and types come first, and anyone can make those.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO tradeline_app, tradeline_reader, tradeline_auditor, tradeline_sealer;

-- The key padded for HMAC-SHA-256 (RFC 2104), so that no extension is needed.
CREATE TABLE app.context_key (
    only_one smallint PRIMARY KEY DEFAULT 1 CHECK (only_one = 1),
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64)
);

-- The organisation whose rows exist in this transaction, from the signed context; null where none
-- is set. Policies call it for each table of a statement, so that it is one function and not two.
-- Raises insufficient_privilege on a token that is forged, too old, or another connection's.
CREATE FUNCTION app.organisation() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    token text := nullif(current_setting('tradeline.context', true), '');
    key app.context_key;
BEGIN
    IF token IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO STRICT key FROM app.context_key;
    IF right(token, 64) <> encode(sha256(key.outer_pad || sha256(key.inner_pad
            || convert_to(left(token, -65), 'UTF8'))), 'hex')
        OR split_part(token, ':', 4)::int <> pg_backend_pid()
        OR split_part(token, ':', 3)::float8 < date_part('epoch', clock_timestamp())
    THEN
        RAISE EXCEPTION 'the acting context is forged, too old or of another connection'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN nullif(split_part(token, ':', 1), '')::uuid;
END $$;

-- The person who acts; the context is checked as for the organisation.
CREATE FUNCTION app.person() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM app.organisation();
    RETURN split_part(nullif(current_setting('tradeline.context', true), ''), ':', 2)::uuid;
END $$;

-- Functions that run with the owner's rights act for one organisation too: the one that they took
-- from the signed context at their start and said here. Only the owner's rows go by this (the policy
-- `within` of every table), and only those functions run as the owner: whoever sets it elsewhere
-- gains nothing. It costs a tenth of checking the signature for every table of every statement.
CREATE FUNCTION app.inside() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('tradeline.inside', true), '')::uuid;

CREATE FUNCTION app.insider() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('tradeline.insider', true), '')::uuid;

-- Say for whom a function with the owner's rights acts from here to the end of the transaction.
CREATE FUNCTION app.act_inside() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    org uuid := app.organisation();
BEGIN
    IF org IS NULL THEN
        RAISE EXCEPTION 'nobody is acting' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('tradeline.inside', org::text, true),
        set_config('tradeline.insider', split_part(current_setting('tradeline.context'), ':', 2), true);
END $$;

GRANT EXECUTE ON FUNCTION app.inside(), app.insider()
    TO tradeline_app, tradeline_reader, tradeline_auditor, tradeline_sealer;

GRANT EXECUTE ON FUNCTION app.organisation(), app.person()
    TO tradeline_app, tradeline_reader, tradeline_auditor, tradeline_sealer;
