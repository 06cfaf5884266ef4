-- What the API's own connections ask. Each is one statement outside any transaction block: what is
-- set in it ends with it, and the answer comes after the commit.

-- Returns the key that is presented, if it is good now by the database's clock: no row else.
CREATE FUNCTION app.api_key_of(presented text)
RETURNS TABLE (key_id uuid, organisation uuid, person uuid, scopes text[], rate_per_second int)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('tradeline.key', presented, true);
    RETURN QUERY SELECT k.id, k.organisation_id, k.user_id, k.scopes::text[], k.rate_per_second
        FROM api_key k JOIN person p ON p.id = k.user_id
        WHERE k.prefix = split_part(presented, '_', 2) AND k.hash = app.presented()
            AND k.revoked_at IS NULL AND k.expires_at > now() AND p.is_active;
END $$;

-- Returns the roles of who acts by the token, in the organisation of the token.
CREATE FUNCTION app.roles_told(token text) RETURNS text[]
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('tradeline.context', token, true);
    RETURN (SELECT coalesce(array_agg(m.role::text), '{}') FROM membership m
        WHERE m.organisation_id = app.organisation() AND m.user_id = app.person());
END $$;

-- Settles requests for who acts by the token; see app.check_orders.
CREATE FUNCTION app.check_orders_told(token text, asked jsonb)
RETURNS TABLE (turn int, status int, answer text, facts text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('tradeline.context', token, true);
    RETURN QUERY SELECT c.turn, c.status, c.answer, c.facts FROM app.check_orders(asked) c;
END $$;

GRANT EXECUTE ON FUNCTION app.api_key_of(text), app.roles_told(text),
    app.check_orders_told(text, jsonb) TO tradeline_app;
