-- The hash of the key that was presented in this transaction; null where none was. A random key of
-- 256 bits needs no slow hash: nobody can try that many.
CREATE FUNCTION app.presented() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN encode(sha256(convert_to(nullif(current_setting('tradeline.key', true), ''), 'UTF8')), 'hex');

GRANT EXECUTE ON FUNCTION app.presented()
    TO tradeline_app, tradeline_reader, tradeline_auditor, tradeline_sealer;
