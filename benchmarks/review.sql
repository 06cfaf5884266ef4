-- The review by hand, as one would write it for DuckDB and one policy (preset india, in INR).
--
-- In: a view `source` with the master's columns (amounts in decimals), `file_row_number` included.
-- Out: {out}/accounts.parquet and {out}/checks.parquet, rows and order as `tradeline review` writes.
-- {as_of} is the review date. Typed columns cannot be unreadable, so no column of faults is kept.

CREATE MACRO minor(amount) AS (amount * 100)::BIGINT;
CREATE MACRO grouped(n) AS CASE
  WHEN n < 1000 THEN n::VARCHAR
  WHEN n < 100000 THEN (n // 1000) || ',' || right((n % 1000 + 1000)::VARCHAR, 3)
  WHEN n < 10000000 THEN (n // 100000) || ',' || right((n // 1000 % 100 + 100)::VARCHAR, 2)
    || ',' || right((n % 1000 + 1000)::VARCHAR, 3)
  WHEN n < 1000000000 THEN (n // 10000000) || ',' || right((n // 100000 % 100 + 100)::VARCHAR, 2)
    || ',' || right((n // 1000 % 100 + 100)::VARCHAR, 2)
    || ',' || right((n % 1000 + 1000)::VARCHAR, 3)
  ELSE (n // 1000000000) || ',' || right((n // 10000000 % 100 + 100)::VARCHAR, 2)
    || ',' || right((n // 100000 % 100 + 100)::VARCHAR, 2)
    || ',' || right((n // 1000 % 100 + 100)::VARCHAR, 2)
    || ',' || right((n % 1000 + 1000)::VARCHAR, 3)
  END;
CREATE MACRO inr(m) AS 'INR ' || grouped(m // 100)
  || CASE WHEN m % 100 = 0 THEN '' ELSE '.' || right((m % 100 + 100)::VARCHAR, 2) END;
CREATE MACRO hundredths(n) AS CASE WHEN n < 0 THEN '-' ELSE '' END
  || (abs(n) // 100) || '.' || right((abs(n) % 100 + 100)::VARCHAR, 2);
CREATE MACRO digit(t, i) AS ascii(t[i]) - CASE WHEN t[i] < 'A' THEN 48 ELSE 55 END;
CREATE MACRO odd(t, i) AS digit(t, i);
CREATE MACRO twice(t, i) AS 2 * digit(t, i) // 36 + 2 * digit(t, i) % 36;
CREATE MACRO check_value(t) AS (36 - (
  odd(t, 1) + twice(t, 2) + odd(t, 3) + twice(t, 4) + odd(t, 5) + twice(t, 6) + odd(t, 7)
  + twice(t, 8) + odd(t, 9) + twice(t, 10) + odd(t, 11) + twice(t, 12) + odd(t, 13) + twice(t, 14)
  ) % 36) % 36;

CREATE TEMP TABLE rows AS
WITH clean AS (
  SELECT file_row_number AS seq, coalesce(entity, 'MAIN') AS entity, customer_no, customer_name,
    nullif(upper(regexp_replace(tax_id, '\s+', '', 'g')), '') AS tax_id,
    coalesce(country, 'IN') AS country, currency,
    minor(credit_limit) AS credit, minor(outstanding) AS balance, ageing_bucket AS bucket,
    round(dso_days * 100)::BIGINT AS dso_x100, last_payment_date AS paid_on,
    round(track_record * 100)::BIGINT AS record, coalesce(disputed, false) AS disputed, risk_class,
    onboarded_date, last_increase_date, disputed AS dispute_flag
  FROM source
), keyed AS (
  SELECT *, coalesce(customer_no, 'tax id:' || tax_id, 'name:' || lower(customer_name)) AS account_key
  FROM clean
), twins AS (
  SELECT entity, account_key, min(seq) AS first_seq,
    count(DISTINCT (customer_no, customer_name, tax_id, country, currency, credit, balance, bucket,
      dso_x100, paid_on, record, dispute_flag, risk_class, onboarded_date, last_increase_date)) > 1
      AS conflict
  FROM keyed
  SEMI JOIN (SELECT entity, account_key FROM keyed GROUP BY ALL HAVING count(*) > 1)
    USING (entity, account_key)
  GROUP BY ALL
)
SELECT keyed.*, conflict
FROM keyed LEFT JOIN twins USING (entity, account_key)
WHERE coalesce(conflict OR seq = first_seq, true);

-- Whether nothing is to be remarked on a well-formed GSTIN: check digit (Luhn modulo 36, factors 1
-- and 2 by turns), state, kind of holder.
CREATE MACRO letter(text, place) AS
  strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr(text, place, 1)) - 1;
CREATE MACRO sound(text) AS
  (36 - list_sum(list_transform(range(1, 15), lambda p: letter(text, p) * (2 - p % 2) // 36
    + letter(text, p) * (2 - p % 2) % 36)) % 36) % 36 = letter(text, 15)
  AND (substr(text, 1, 2)::INT BETWEEN 1 AND 38 OR substr(text, 1, 2) IN ('97', '99'))
  AND contains('ABCFGHJLPT', substr(text, 6, 1));

CREATE TEMP TABLE reviewed AS
WITH measured AS (
  SELECT *,
    CASE WHEN balance > 0 THEN balance WHEN balance IS NOT NULL THEN 0 END AS owed,
    coalesce(paid_on > {as_of}, false) AS future,
    CASE WHEN coalesce(paid_on > {as_of}, false) THEN NULL
      WHEN paid_on IS NOT NULL THEN {as_of} - paid_on
      WHEN onboarded_date <= {as_of} THEN {as_of} - onboarded_date END AS gap,
    CASE WHEN record BETWEEN 0 AND 10000 THEN record END AS score,
    CASE WHEN dso_x100 >= 0 THEN dso_x100 END AS dso,
    coalesce(credit >= 0, false) AND balance IS NOT NULL AS usable,
    coalesce(regexp_matches(tax_id, '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$'), false)
      AS fits
  FROM rows
), checked AS (
  SELECT *,
    coalesce(gap > 180, false) AS dormant,
    coalesce(score < 5000, false) AS weak,
    coalesce(owed = 0, false) AS owes_nothing,
    CASE WHEN country <> 'IN' THEN 'NOT_APPLICABLE' WHEN fits THEN 'PASS' ELSE 'FAIL' END AS tax,
    CASE WHEN NOT usable THEN 'NOT_EVALUATED' WHEN owed = 0 THEN 'PASS' WHEN credit = 0 THEN 'FAIL'
      WHEN owed > credit THEN 'FAIL' WHEN owed * 10 > credit * 9 THEN 'WARNING' ELSE 'PASS' END
      AS util,
    CASE bucket WHEN '0-30' THEN 'PASS' WHEN '31-60' THEN 'PASS' WHEN '61-90' THEN 'WARNING'
      WHEN '90+' THEN 'FAIL'
      ELSE CASE WHEN owed = 0 THEN 'PASS' ELSE 'NOT_EVALUATED' END END AS age,
    CASE WHEN gap <= 120 THEN 'PASS' ELSE 'WARNING' END AS recency,
    CASE WHEN score IS NULL THEN 'NOT_EVALUATED' WHEN score < 5000 THEN 'WARNING' ELSE 'PASS' END
      AS track,
    CASE WHEN disputed THEN 'WARNING' ELSE 'PASS' END AS dispute
  FROM measured
), ranked AS (
  SELECT *,
    CASE WHEN tax = 'FAIL' OR coalesce(conflict, false) THEN 'quarantined' WHEN usable THEN 'assessed'
      ELSE 'not_assessed' END AS status,
    greatest(
      CASE bucket WHEN '0-30' THEN 0 WHEN '31-60' THEN 0 WHEN '61-90' THEN 1 WHEN '90+' THEN 2
        ELSE CASE WHEN owed = 0 THEN 0 ELSE 1 END END,
      CASE WHEN gap IS NULL THEN 1 WHEN dormant AND NOT owes_nothing THEN 2 WHEN gap > 120 THEN 1
        ELSE 0 END,
      CASE WHEN score IS NULL THEN 1 ELSE 0 END,
      CASE WHEN disputed THEN 1 ELSE 0 END
    ) AS other_tier,
    CASE WHEN util IN ('FAIL', 'WARNING') THEN 2 ELSE 0 END AS util_tier,
    CASE WHEN disputed AND (coalesce(bucket IN ('61-90', '90+'), false) OR coalesce(dso > 9000, false))
      THEN 1 ELSE 0 END + CASE WHEN weak THEN 1 ELSE 0 END AS levels
  FROM checked
), banded AS (
  SELECT *, least(3, greatest(other_tier, util_tier) + levels) AS rank,
    least(3, other_tier + levels) AS rank_apart,
    CASE WHEN NOT usable OR (credit = 0 AND owed > 0) THEN NULL WHEN credit = 0 THEN 0
      ELSE sign(balance)::BIGINT * ((abs(balance) * 10000 + credit // 2) // credit) END AS used,
    coalesce(bucket = '90+', false) AS severe,
    credit * 5 // 4 - credit * 5 // 4 % 1000000 AS raised
  FROM ranked
), acted AS (
  SELECT *,
    CASE WHEN status <> 'assessed' THEN NULL WHEN dormant THEN 'CUT_TO_ZERO'
      WHEN rank = 3 THEN 'SUSPEND' WHEN severe OR rank_apart = 2 THEN 'REDUCE'
      WHEN rank = 0 AND NOT future AND util = 'PASS' AND age = 'PASS' AND recency = 'PASS'
        AND track = 'PASS' AND dispute = 'PASS' AND credit > 0 AND owed * 10 >= credit * 7
        AND owed * 10 <= credit * 9 AND score >= 8000 AND bucket = '0-30' AND dso <= 6000
        AND gap <= 60 AND coalesce(onboarded_date <= {as_of} - INTERVAL 6 MONTH, true)
        AND coalesce(last_increase_date <= {as_of} - 90, true) AND conflict IS NULL
        AND raised > credit AND (tax <> 'PASS' OR sound(tax_id)) THEN 'INCREASE'
      ELSE 'RETAIN' END AS action,
    CASE WHEN severe THEN credit // 2 ELSE credit * 3 // 4 END AS kept,
    CASE WHEN used = 9000 AND owed * 10 > credit * 9 OR used = 10000 AND owed > credit
      THEN (owed * 10000 % credit * 100 + credit - 1) // credit END AS beyond,
    -- Shares in units of 9,000,000, in which thirds and 180ths are whole.
    CASE WHEN NOT usable THEN 9000000 WHEN owed = 0 THEN 0 WHEN credit = 0 THEN 9000000
      WHEN owed * 2 <= credit THEN 0 WHEN owed >= credit THEN 9000000
      ELSE floor((owed * 100 - credit * 50) / (credit * 50) * 9000000 + 0.5)::BIGINT END AS s_util,
    CASE bucket WHEN '0-30' THEN 0 WHEN '31-60' THEN 3000000 WHEN '61-90' THEN 6000000
      WHEN '90+' THEN 9000000
      ELSE CASE WHEN age = 'PASS' THEN 0 ELSE 9000000 END END AS s_age,
    CASE WHEN gap IS NULL THEN 9000000 ELSE least(gap, 180) * 50000 END AS s_gap,
    coalesce((10000 - score) * 900, 4500000) AS s_track,
    CASE WHEN dso IS NULL THEN 4500000
      ELSE least(greatest(dso - 3000, 0), 9000) * 1000 END AS s_dso
  FROM banded
), priced AS (
  SELECT *,
    CASE action WHEN 'CUT_TO_ZERO' THEN 0 WHEN 'INCREASE' THEN raised
      WHEN 'REDUCE' THEN CASE WHEN kept >= 1000000 THEN kept - kept % 1000000
        ELSE greatest(kept, least(credit, 1)) END
      WHEN 'SUSPEND' THEN credit WHEN 'RETAIN' THEN credit END AS recommended,
    3 * s_util + 3 * s_age + (3 * s_gap + 1) // 2 + (3 * s_track + 1) // 2 + s_dso AS base,
    (greatest(s_age, s_dso)::BIGINT * 2500 + 5000) // 10000 AS uplift
  FROM acted
)
SELECT * EXCLUDE (owes_nothing, other_tier, util_tier, levels, rank_apart, kept, raised,
    s_util, s_age, s_gap, s_track, s_dso, base, uplift, country, risk_class, onboarded_date,
    last_increase_date),
  country,
  CASE WHEN status <> 'not_assessed' THEN least(10000, (
    CASE WHEN disputed THEN base + (base * uplift + 4500000) // 9000000 ELSE base END + 4500
    ) // 9000) END AS composite
FROM priced
ORDER BY
  CASE status WHEN 'assessed' THEN 0 WHEN 'not_assessed' THEN 1 ELSE 2 END,
  CASE WHEN status <> 'not_assessed' THEN rank END DESC,
  CASE WHEN 'FAIL' IN (tax, util, age, recency, track, dispute) THEN 0
    WHEN 'NOT_EVALUATED' IN (tax, util, age, recency, track, dispute) THEN 1
    WHEN 'WARNING' IN (tax, util, age, recency, track, dispute) THEN 2
    WHEN 'PASS' IN (tax, util, age, recency, track, dispute) THEN 3 ELSE 4 END,
  composite DESC NULLS LAST, balance DESC NULLS LAST, entity, account_key, seq;

SET VARIABLE accounts = (SELECT count(*) FROM reviewed);

CREATE VIEW figured AS
SELECT *, rowid = 0 AS first,
  CASE WHEN status <> 'not_assessed'
    THEN ['Low', 'Medium', 'High', 'Critical'][rank + 1] END AS band,
  CASE WHEN status = 'assessed' THEN concat_ws(';',
    CASE WHEN util = 'FAIL' OR age IN ('WARNING', 'FAIL') THEN 'COLLECTIONS' END,
    CASE WHEN rank = 3 THEN 'COMMITTEE_REVIEW' END,
    CASE WHEN util = 'FAIL' OR age = 'FAIL'
      OR (action IN ('REDUCE', 'CUT_TO_ZERO') AND recommended < owed) THEN 'CREDIT_HOLD' END,
    CASE WHEN future OR age = 'NOT_EVALUATED' OR (record IS NOT NULL AND score IS NULL)
      THEN 'DATA_CORRECTION' END,
    CASE WHEN disputed THEN 'DISPUTE_RESOLUTION' END,
    CASE WHEN age = 'FAIL' THEN 'ESCALATE' END,
    CASE WHEN util = 'FAIL' THEN 'LIMIT_CHANGE_BLOCKED' END,
    CASE WHEN weak OR score IS NULL THEN 'MANDATORY_REVIEW' END,
    CASE WHEN dormant THEN 'REACTIVATION_REQUIRED' END,
    CASE WHEN util = 'WARNING' OR age = 'WARNING' OR (gap > 120 AND NOT dormant)
      OR (gap IS NULL AND NOT future) THEN 'WATCHLIST' END
  ) END AS actions,
  CASE WHEN status = 'not_assessed' THEN NULL WHEN severe OR (disputed AND rank = 3) THEN 3
    WHEN coalesce(bucket = '61-90', false) OR weak THEN 2 ELSE 1 END AS stage,
  CASE WHEN NOT future THEN {as_of} - paid_on END AS days_since_payment,
  hundredths(used) || CASE WHEN beyond IS NULL THEN ''
      ELSE right((beyond + 100)::VARCHAR, 2) END AS used_text
FROM reviewed;

CREATE VIEW worded AS
WITH figures AS (
  SELECT *,
    inr(owed) AS owed_text, inr(credit) AS credit_text, hundredths(record) AS record_text,
    CASE WHEN bucket = '0-30' THEN 'not more than 30 days past due'
      WHEN bucket = '90+' THEN 'more than 90 days past due' ELSE bucket || ' days past due' END
      AS spoken,
    CASE WHEN paid_on IS NULL THEN 'No payment since the account opened ' || gap || ' days ago'
      ELSE 'The last payment was on ' || paid_on || ', ' || gap || ' days before the review' END
      AS event
  FROM figured
)
SELECT *,
  CASE WHEN tax = 'NOT_APPLICABLE'
      THEN 'The customer''s country is ' || country || ': the GSTIN check does not apply.'
    WHEN tax_id IS NULL THEN 'No GSTIN is given: the row is set aside until it is verified.'
    WHEN NOT fits THEN 'GSTIN ' || tax_id || ' does not have the 15-character form: the row is set '
      || 'aside until it is verified.'
    ELSE 'GSTIN ' || tax_id || ' has the right form.'
      || CASE WHEN check_value(tax_id) <> digit(tax_id, 15)
        THEN ' Its check digit does not agree.' ELSE '' END
      || CASE WHEN left(tax_id, 2)::INT BETWEEN 1 AND 38 OR left(tax_id, 2) IN ('97', '99')
        THEN '' ELSE ' Its state code is unknown.' END
      || CASE WHEN contains('ABCFGHJLPT', tax_id[6])
        THEN '' ELSE ' Its holder letter is unknown.' END
    END AS tax_comment,
  CASE WHEN credit IS NULL THEN 'The limit is blank: the account is not assessed.'
    WHEN credit < 0 THEN 'The limit is negative: the account is not assessed.'
    WHEN balance IS NULL THEN 'The balance is blank: the account is not assessed.'
    WHEN balance < 0 THEN 'Holds a credit balance of ' || inr(-balance)
      || ': nothing of the limit of ' || credit_text || ' is used.'
    WHEN owed = 0 THEN 'Owes nothing of a limit of ' || credit_text || '.'
    WHEN credit = 0 THEN 'Owes ' || owed_text || ' with no limit: terms are cash only.'
    ELSE 'Owes ' || owed_text || ' of a limit of ' || credit_text || ': ' || used_text || ' % used, '
      || CASE util WHEN 'FAIL' THEN 'above 100 %: over by ' || inr(owed - credit) || '.'
        WHEN 'WARNING' THEN 'above the watch line of 90 %.' ELSE 'within 90 %.' END
    END AS util_comment,
  CASE WHEN bucket IS NULL AND owed = 0 THEN 'Nothing is owed, so nothing is overdue.'
    WHEN bucket IS NULL THEN 'The balance has no ageing: age the open items.'
      || coalesce(' Balance ' || owed_text || '.', '')
    WHEN age = 'FAIL' THEN 'The oldest open item is ' || spoken
      || ': hold, collect and escalate.' || coalesce(' Balance ' || owed_text || '.', '')
    WHEN age = 'WARNING' THEN 'The oldest open item is ' || spoken || ': collect and watch.'
      || coalesce(' Balance ' || owed_text || '.', '')
    ELSE 'The oldest open item is ' || spoken || ', within terms.' END AS age_comment,
  CASE WHEN future THEN 'The last payment is dated ' || paid_on || ', after the review date '
      || {as_of} || ': correct it.'
    WHEN gap IS NULL THEN 'No payment is on record.'
    WHEN dormant THEN event || ', beyond 180: the account is dormant.'
    WHEN recency = 'WARNING' THEN event || ', beyond 120.'
    ELSE event || ', within 120.' END AS recency_comment,
  CASE WHEN record IS NULL THEN 'No track record is known: review by hand.'
    WHEN score IS NULL THEN 'The track record reads ' || record_text || ', outside 0 to 100: correct it.'
    WHEN weak THEN 'The track record scores ' || record_text || ', below 50: review by hand.'
    ELSE 'The track record scores ' || record_text || ', at least 50.' END AS track_comment,
  CASE WHEN disputed THEN 'A dispute is open: resolve it.' ELSE 'No dispute is open.' END
    AS dispute_comment,
  CASE WHEN tax <> 'NOT_APPLICABLE' THEN 'GSTIN structure' END AS tax_threshold,
  CASE WHEN util = 'FAIL' THEN '100' ELSE '90' END AS util_threshold,
  CASE WHEN dormant THEN '180' ELSE '120' END AS recency_threshold
FROM figures;

COPY (
  SELECT entity, customer_no, customer_name, tax_id, currency,
    (credit::DECIMAL(18, 0) / 100)::DECIMAL(18, 2) AS credit_limit,
    (balance::DECIMAL(18, 0) / 100)::DECIMAL(18, 2) AS outstanding,
    used_text AS ar_utilisation_pct, bucket AS ageing_bucket,
    (dso_x100::DECIMAL(18, 0) / 100)::DECIMAL(18, 2) AS dso_days,
    days_since_payment::BIGINT AS days_since_payment,
    (record::DECIMAL(18, 0) / 100)::DECIMAL(18, 2) AS track_record, dispute_flag AS disputed,
    status, band, action AS limit_action,
    (recommended::DECIMAL(18, 0) / 100)::DECIMAL(18, 2) AS recommended_limit,
    actions AS account_actions, stage::BIGINT AS stage,
    (composite::DECIMAL(18, 0) / 100)::DECIMAL(18, 2) AS composite
  FROM figured
) TO '{out}/accounts.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);

-- Row 0 of the first account is the check on the run as a whole.
COPY (
  SELECT
    CASE WHEN k > 0 THEN entity END AS entity,
    CASE WHEN k > 0 THEN customer_no END AS customer_no,
    CASE WHEN k > 0 THEN customer_name END AS customer_name,
    ['entries_non_empty', 'tax_id_structure', 'utilisation_within_limit', 'ageing_within_terms',
      'recent_payment_activity', 'track_record_threshold', 'no_active_dispute'][k + 1] AS "check",
    CASE k WHEN 0 THEN 'PASS' WHEN 1 THEN tax WHEN 2 THEN util WHEN 3 THEN age WHEN 4 THEN recency
      WHEN 5 THEN track ELSE dispute END AS status,
    CASE k WHEN 0 THEN getvariable('accounts')::VARCHAR WHEN 1 THEN tax_id WHEN 2 THEN used_text
      WHEN 3 THEN bucket WHEN 4 THEN gap::VARCHAR WHEN 5 THEN record_text
      ELSE CASE WHEN disputed THEN 'yes' ELSE 'no' END END AS measured,
    CASE k WHEN 0 THEN '1' WHEN 1 THEN tax_threshold WHEN 2 THEN util_threshold WHEN 3 THEN '31-60'
      WHEN 4 THEN recency_threshold WHEN 5 THEN '50' ELSE 'no' END AS threshold,
    CASE k WHEN 0 THEN 'The portfolio has ' || getvariable('accounts') || ' accounts.'
      WHEN 1 THEN tax_comment WHEN 2 THEN util_comment WHEN 3 THEN age_comment
      WHEN 4 THEN recency_comment WHEN 5 THEN track_comment ELSE dispute_comment END AS comment
  FROM (
    SELECT *,
      unnest(CASE WHEN first THEN [0, 1, 2, 3, 4, 5, 6] ELSE [1, 2, 3, 4, 5, 6] END) AS k
    FROM worded
  )
) TO '{out}/checks.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);
