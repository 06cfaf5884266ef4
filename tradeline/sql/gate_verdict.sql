-- The rules of the check: numbers in, every reason out, the hardest reaction decides.

CREATE TYPE app.gate_numbers AS (
    day date,
    currency text,          -- of the line
    limit_minor bigint,
    before_minor bigint,    -- exposure inside the horizon
    after_minor bigint,
    static_after_minor bigint,  -- with orders beyond the horizon
    order_minor bigint,     -- the whole order, in the line's currency; null without a rate
    order_currency text,
    net_days int,
    discount_bp int,
    prepaid boolean,
    scope text,             -- all, delivery (standing only), none (less of the same: nothing to ask)
    age_ar int, age_orders int, age_payments int, age_limits int,  -- days since the last file
    group_codes text[],
    group_after_minor bigint[],  -- null: an exposure of the group cannot be converted
    group_limit_minor bigint[],
    group_currency text[]
);

-- One reason as JSON text; measured and threshold are texts or null, the message is ours.
CREATE FUNCTION app.reason(
    code text, reaction int, measured text, threshold text, message text, evidence text
) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN concat('{"code":"', code, '","reaction":"',
    CASE reaction WHEN 1 THEN 'warn' WHEN 2 THEN 'hold' ELSE 'reject' END,
    '","measured":', coalesce(to_json(measured)::text, 'null'),
    ',"threshold":', coalesce(to_json(threshold)::text, 'null'),
    ',"message":', to_json(message)::text, ',"evidence":', coalesce(to_json(evidence)::text, 'null'),
    '}');

-- The bound that a limit may be passed up to, by the policy's tolerance.
CREATE FUNCTION app.with_tolerance(limit_minor bigint, tolerance_bp int, most_minor bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN limit_minor + least(div(limit_minor::numeric * tolerance_bp, 10000)::bigint,
    coalesce(most_minor, limit_minor));

-- What of an exposure is not covered.
CREATE FUNCTION app.unsecured(exposure_minor bigint, covers jsonb) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    rest bigint := greatest(exposure_minor, 0);
    cover jsonb;
BEGIN
    FOR cover IN SELECT jsonb_array_elements(covers) LOOP
        rest := rest - least((cover ->> 0)::bigint, rest) * (cover ->> 1)::bigint / 10000;
    END LOOP;
    RETURN rest;
END $$;

-- Returns the hardest reaction (0 none, 1 warn, 2 hold, 3 reject) and all reasons, in the order of
-- policy.gate.CODES. A reaction's place in `r.reactions` is the code's place in that order.
CREATE FUNCTION app.verdict(
    n app.gate_numbers, s standing, r line_rules, OUT worst int, OUT reasons text[], OUT codes text[]
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    re smallint[] := r.reactions;
    hit int;
    bound bigint;
    dpd int;
    feed text;
    age int;
    i int;
    credit boolean := n.scope = 'all' AND NOT n.prepaid;
BEGIN
    worst := 0;
    reasons := '{}';
    codes := '{}';
    IF n.scope = 'none' THEN
        RETURN;
    END IF;
    IF credit AND n.limit_minor IS NOT NULL THEN
        bound := app.with_tolerance(n.limit_minor, r.tolerance_bp, r.tolerance_max_minor);
        IF re[1] > 0 AND n.static_after_minor > bound THEN
            worst := greatest(worst, re[1]);
            codes := array_append(codes, 'CL01');
            reasons := reasons || app.reason('CL01', re[1], app.money(n.static_after_minor, n.currency),
                app.money(bound, n.currency), 'Exposure with all orders would pass the limit.', 'line of credit');
        END IF;
        IF re[2] > 0 AND n.after_minor > bound THEN
            worst := greatest(worst, re[2]);
            codes := array_append(codes, 'CL02');
            reasons := reasons || app.reason('CL02', re[2], app.money(n.after_minor, n.currency),
                app.money(bound, n.currency), 'Exposure would pass the limit.', 'line of credit');
        END IF;
    END IF;
    IF credit AND re[3] > 0 THEN
        FOR i IN 1 .. coalesce(cardinality(n.group_codes), 0) LOOP
            bound := app.with_tolerance(n.group_limit_minor[i], r.tolerance_bp, NULL);
            IF n.group_after_minor[i] IS NULL OR n.group_after_minor[i] > bound THEN
                worst := greatest(worst, re[3]);
                codes := array_append(codes, 'CL03');
                reasons := reasons || app.reason('CL03', re[3],
                    app.money(n.group_after_minor[i], n.group_currency[i]),
                    app.money(bound, n.group_currency[i]),
                    CASE WHEN n.group_after_minor[i] IS NULL
                        THEN 'The group''s exposure cannot be converted: a rate is missing.'
                        ELSE 'The group''s exposure would pass its limit.' END,
                    'group ' || n.group_codes[i]);
            END IF;
        END LOOP;
    END IF;
    IF credit AND re[4] > 0 AND n.limit_minor IS NOT NULL
        AND s.average_minor::numeric * 10000 > n.limit_minor::numeric * r.average_bp THEN
        worst := greatest(worst, re[4]);
        codes := array_append(codes, 'CL04');
        reasons := reasons || app.reason('CL04', re[4], app.money(s.average_minor, n.currency),
            app.money(div(n.limit_minor::numeric * r.average_bp, 10000)::bigint, n.currency),
            'The average exposure of 90 days is high.', 'positions');
    END IF;
    IF credit AND re[5] > 0 AND (coalesce(n.limit_minor, 0) = 0 OR s.limit_to < n.day OR s.limit_from > n.day) THEN
        worst := greatest(worst, re[5]);
        codes := array_append(codes, 'CL05');
        reasons := reasons || app.reason('CL05', re[5], app.money(n.limit_minor, n.currency), NULL,
            CASE WHEN s.limit_to < n.day THEN 'The limit ended on ' || s.limit_to || ': prepay.'
                WHEN s.limit_from > n.day THEN 'The limit begins on ' || s.limit_from || ': prepay.'
                WHEN n.limit_minor IS NULL THEN 'There is no limit: prepay.'
                ELSE 'The limit is nothing: prepay.' END, 'limit');
    END IF;
    IF credit AND re[6] > 0 AND n.limit_minor > 0
        AND greatest(n.after_minor, 0)::numeric * 10000 > n.limit_minor::numeric * r.used_bp THEN
        worst := greatest(worst, re[6]);
        codes := array_append(codes, 'CL06');
        reasons := reasons || app.reason('CL06', re[6], app.use_text(n.after_minor, n.limit_minor),
            app.use_text(r.used_bp, 10000), 'Much of the limit would be used (percent).', 'line of credit');
    END IF;
    IF NOT n.prepaid THEN
        dpd := n.day - s.oldest_due;
        IF re[7] > 0 AND dpd > greatest(r.overdue_days_max, s.grace_days) THEN
            worst := greatest(worst, re[7]);
            codes := array_append(codes, 'OV01');
            reasons := reasons || app.reason('OV01', re[7], dpd::text, greatest(r.overdue_days_max, s.grace_days)::text,
                'The oldest open item is too long past due (days).',
                'document ' || (s.oldest -> 0 ->> 0) || ' due on ' || s.oldest_due);
        END IF;
        IF re[8] > 0 AND s.open_minor > 0
            AND s.overdue_share_minor::numeric * 10000 > s.open_minor::numeric * r.overdue_share_bp THEN
            worst := greatest(worst, re[8]);
            codes := array_append(codes, 'OV02');
            reasons := reasons || app.reason('OV02', re[8], app.use_text(s.overdue_share_minor, s.open_minor),
                app.use_text(r.overdue_share_bp, 10000),
                'Too much of what is open is past due by more than ' || r.overdue_share_days || ' days (percent).',
                'open items' || CASE WHEN s.disputed_minor > 0 THEN ', disputed '
                    || app.money(s.disputed_minor, n.currency) || ' left out' ELSE '' END);
        END IF;
        IF re[9] > 0 AND s.overdue_minor > r.overdue_max_minor THEN
            worst := greatest(worst, re[9]);
            codes := array_append(codes, 'OV03');
            reasons := reasons || app.reason('OV03', re[9], app.money(s.overdue_minor, n.currency),
                app.money(r.overdue_max_minor, n.currency), 'Too much is past due.', 'open items');
        END IF;
    END IF;
    IF credit AND re[10] > 0 AND s.dunning_level >= r.dunning_level_max THEN
        worst := greatest(worst, re[10]);
        codes := array_append(codes, 'DU01');
        reasons := reasons || app.reason('DU01', re[10], s.dunning_level::text, r.dunning_level_max::text,
            'The dunning level is too high.', 'account');
    END IF;
    IF credit AND re[11] > 0 AND n.order_minor > r.document_max_minor THEN
        worst := greatest(worst, re[11]);
        codes := array_append(codes, 'DV01');
        reasons := reasons || app.reason('DV01', re[11], app.money(n.order_minor, n.currency),
            app.money(r.document_max_minor, n.currency), 'One order is worth too much.', 'order');
    END IF;
    IF re[12] > 0 AND s.status <> 'active' AND NOT (s.status = 'cash_only' AND n.prepaid) THEN
        hit := CASE WHEN s.status = ANY (r.rejected_statuses) THEN 3 ELSE re[12] END;
        worst := greatest(worst, hit);
        codes := array_append(codes, 'ST01');
        reasons := reasons || app.reason('ST01', hit, s.status, 'active', 'The account may not buy on terms: '
            || replace(s.status, '_', ' ') || '.', 'account');
    END IF;
    IF credit AND re[13] > 0 AND s.review_due < n.day THEN
        hit := CASE WHEN n.day - s.review_due > r.review_grace_days THEN re[13] ELSE 1 END;
        worst := greatest(worst, hit);
        codes := array_append(codes, 'RV01');
        reasons := reasons || app.reason('RV01', hit, s.review_due::text, n.day::text,
            'The review of the limit is late.', 'account');
    END IF;
    IF credit AND re[14] > 0 AND (n.net_days > s.terms_days_max OR n.discount_bp > coalesce(s.discount_bp_max, 0)
        AND s.terms_days_max IS NOT NULL) THEN
        worst := greatest(worst, re[14]);
        codes := array_append(codes, 'TM01');
        reasons := reasons || app.reason('TM01', re[14],
            concat(n.net_days || ' days, ', app.use_text(coalesce(n.discount_bp, 0), 10000), ' % discount'),
            concat(s.terms_days_max, ' days, ', app.use_text(coalesce(s.discount_bp_max, 0), 10000), ' % discount'),
            'The order''s terms are better than those granted.', 'terms');
    END IF;
    IF re[15] > 0 AND cardinality(s.flags) > 0 THEN
        hit := CASE WHEN s.flags && r.rejected_flags THEN 3 ELSE re[15] END;
        worst := greatest(worst, hit);
        codes := array_append(codes, 'EX01');
        reasons := reasons || app.reason('EX01', hit, array_to_string(s.flags, ', '), NULL,
            'A signal from outside stops new orders.', 'external flags');
    END IF;
    IF credit AND re[16] > 0 AND r.unsecured_max_minor IS NOT NULL THEN
        bound := app.unsecured(n.after_minor, s.covers);
        IF bound > r.unsecured_max_minor THEN
            worst := greatest(worst, re[16]);
            codes := array_append(codes, 'IN01');
            reasons := reasons || app.reason('IN01', re[16], app.money(bound, n.currency),
                app.money(r.unsecured_max_minor, n.currency), 'Too much would be unsecured.', 'cover');
        END IF;
    END IF;
    FOREACH feed IN ARRAY ARRAY['ar', 'orders', 'payments', 'limits'] LOOP
        age := CASE feed WHEN 'ar' THEN n.age_ar WHEN 'orders' THEN n.age_orders
            WHEN 'payments' THEN n.age_payments ELSE n.age_limits END;
        CONTINUE WHEN CASE WHEN age IS NULL THEN feed <> ALL (r.feeds_required)
            ELSE coalesce(age <= (r.feed_ages_max ->> feed)::int, true) END;
        hit := CASE WHEN n.order_minor <= r.stand_in_max_minor THEN 1 ELSE re[17] END;
        worst := greatest(worst, hit);
        codes := array_append(codes, 'DT01');
        reasons := reasons || app.reason('DT01', hit, age::text, r.feed_ages_max ->> feed,
            CASE WHEN age IS NULL THEN 'The feed ' || feed || ' has never come.'
                ELSE 'The feed ' || feed || ' is late (days).' END, 'feed ' || feed);
    END LOOP;
    IF n.order_minor IS NULL THEN
        worst := greatest(worst, re[18]);
        codes := array_append(codes, 'DT02');
        reasons := reasons || app.reason('DT02', re[18], NULL, NULL, 'There is no rate from '
            || n.order_currency || ' to ' || n.currency || ' of the last ' || r.rate_age_max_days
            || ' days.', 'exchange rates');
    END IF;
END $$;


