-- Money in the gate: minor units of ISO 4217, exact conversion, and amounts as text for answers.

CREATE FUNCTION app.exponent(currency text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX',
        'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    WHEN currency IN ('CLF', 'UYW') THEN 4
    ELSE 2
END;

-- 2500000 USD is '25000.00'.
CREATE FUNCTION app.money(minor bigint, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE app.exponent(currency)
    WHEN 2 THEN (minor * 0.01)::numeric(30, 2)::text
    WHEN 0 THEN minor::text
    WHEN 3 THEN (minor * 0.001)::numeric(30, 3)::text
    ELSE (minor * 0.0001)::numeric(30, 4)::text
END;

-- An amount of the policy in minor units of a currency; null where the policy names none.
CREATE FUNCTION app.minor(amounts jsonb, currency text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((amounts ->> currency)::numeric * 10 ^ app.exponent(currency)::numeric)::bigint;

-- Half-up, ties away from zero, and exact: above and below are whole numbers.
CREATE FUNCTION app.converted(minor bigint, above numeric, below numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN above = below THEN minor
    ELSE (sign(minor)::numeric * div(2 * abs(minor) * above + below, 2 * below))::bigint END;

-- Use of a limit in percent as text with two digits; four where two would hide a breach.
CREATE FUNCTION app.use_text(exposure_minor bigint, limit_minor bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN limit_minor IS NULL OR (limit_minor = 0 AND exposure_minor > 0) THEN NULL
    WHEN exposure_minor <= 0 OR limit_minor = 0 THEN '0.00'
    WHEN exposure_minor > limit_minor
        AND round(exposure_minor * 100::numeric / limit_minor, 2) <= 100
        THEN greatest(round(exposure_minor * 100::numeric / limit_minor, 4), 100.0001)::text
    ELSE round(exposure_minor * 100::numeric / limit_minor, 2)::text
END;

-- The rate of a pair on a day as a fraction: the latest direct one, else the latest inverse.
CREATE FUNCTION app.rate_of_pair(
    source text, target text, on_day date, age_max int,
    OUT day date, OUT above numeric, OUT below numeric
)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT r.day, r.rate * 1e12, 1e12 INTO day, above, below FROM fx_rate r
    WHERE r.organisation_id = app.inside() AND r.base = source AND r.quote = target
        AND r.day BETWEEN on_day - age_max AND on_day
    ORDER BY r.day DESC LIMIT 1;
    IF day IS NULL THEN
        SELECT r.day, 1e12, r.rate * 1e12 INTO day, above, below FROM fx_rate r
        WHERE r.organisation_id = app.inside() AND r.base = target AND r.quote = source
            AND r.day BETWEEN on_day - age_max AND on_day
        ORDER BY r.day DESC LIMIT 1;
    END IF;
END $$;

-- Minor units of one currency in another, as a fraction: direct, inverse, or the freshest cross
-- (then by the alphabet), as files/rates.py has it. Null without a rate that is recent enough.
CREATE FUNCTION app.minor_rate(
    source text, target text, on_day date, age_max int, OUT above numeric, OUT below numeric
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    shift int := app.exponent(target) - app.exponent(source);
    factor numeric;
BEGIN
    IF source = target THEN
        above := 1; below := 1;
        RETURN;
    END IF;
    SELECT p.above, p.below INTO above, below
    FROM app.rate_of_pair(source, target, on_day, age_max) p;
    IF above IS NULL THEN
        SELECT one.above * two.above, one.below * two.below INTO above, below
        FROM (SELECT base AS code FROM fx_rate WHERE organisation_id = app.inside()
                AND day BETWEEN on_day - age_max AND on_day
            UNION SELECT quote FROM fx_rate WHERE organisation_id = app.inside()
                AND day BETWEEN on_day - age_max AND on_day) third,
            app.rate_of_pair(source, third.code, on_day, age_max) one,
            app.rate_of_pair(third.code, target, on_day, age_max) two
        WHERE third.code NOT IN (source, target) AND one.day IS NOT NULL AND two.day IS NOT NULL
        ORDER BY least(one.day, two.day) DESC, third.code COLLATE "C" LIMIT 1;
    END IF;
    above := trunc(above * 10 ^ greatest(shift, 0)::numeric);
    below := trunc(below * 10 ^ greatest(-shift, 0)::numeric);
    factor := gcd(above, below);
    above := div(above, factor);
    below := div(below, factor);
END $$;


