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

-- Returns organisation and person of the signed context; null where none is set.
-- Raises insufficient_privilege on a token that is forged, too old, or another connection's.
CREATE FUNCTION app.context(OUT organisation uuid, OUT person uuid)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text[] := string_to_array(nullif(current_setting('tradeline.context', true), ''), ':');
    key app.context_key;
BEGIN
    IF part IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO STRICT key FROM app.context_key;
    IF cardinality(part) <> 5
        OR encode(sha256(key.outer_pad || sha256(key.inner_pad
            || convert_to(array_to_string(part[1:4], ':'), 'UTF8'))), 'hex') <> part[5]
        OR part[4]::bigint <> pg_backend_pid()
        OR part[3]::bigint < extract(epoch FROM clock_timestamp())
    THEN
        RAISE EXCEPTION 'the acting context is forged, too old or of another connection'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    organisation := nullif(part[1], '')::uuid;
    person := part[2]::uuid;
END $$;

-- The organisation whose rows exist in this transaction.
CREATE FUNCTION app.organisation() RETURNS uuid
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (app.context()).organisation;

-- The person who acts.
CREATE FUNCTION app.person() RETURNS uuid
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (app.context()).person;

GRANT EXECUTE ON FUNCTION app.context(), app.organisation(), app.person()
    TO tradeline_app, tradeline_reader, tradeline_auditor, tradeline_sealer;
