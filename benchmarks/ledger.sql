-- The master completed from open items and payments: balance, age of the oldest open item, DSO,
-- last payment, dispute, start and track record per account. Day numbers count from {as_of}.

CREATE TEMP TABLE items AS
SELECT entity, customer_no, document_no, kind, document_date - {as_of} AS document_day,
  due_date - {as_of} AS due_day, (amount * 100)::BIGINT AS amount,
  (open_amount * 100)::BIGINT AS still_open, coalesce(disputed, false) AS disputed
FROM read_parquet('{items}');

CREATE TEMP TABLE payments AS
SELECT entity, customer_no, document_no, kind, date - {as_of} AS paid_day,
  (amount * 100)::BIGINT AS paid
FROM read_parquet('{payments}')
WHERE date <= {as_of};

CREATE TEMP TABLE balances AS
SELECT entity, customer_no,
  coalesce(sum(still_open) FILTER (kind IN ('invoice', 'debit_note', 'interest')), 0)
    - coalesce(sum(still_open) FILTER (kind NOT IN ('invoice', 'debit_note', 'interest')), 0)
    AS balance,
  coalesce(sum(amount) FILTER (document_day > -90 AND kind IN ('invoice', 'debit_note')), 0)
    - coalesce(sum(amount) FILTER (document_day > -90 AND kind = 'credit_note'), 0) AS sales,
  min(coalesce(due_day, document_day))
    FILTER (kind IN ('invoice', 'debit_note', 'interest') AND still_open > 0) AS oldest_day,
  coalesce(bool_or(disputed)
    FILTER (kind IN ('invoice', 'debit_note', 'interest') AND still_open > 0), false) AS disputed,
  min(document_day) AS first_day
FROM items
WHERE coalesce(document_day <= 0, true)
GROUP BY ALL;

CREATE TEMP TABLE documents AS
SELECT entity, customer_no, document_no, min(coalesce(due_day, document_day)) AS due_day,
  min(document_day) AS document_day, sum(amount)::BIGINT AS amount,
  sum(still_open)::BIGINT AS still_open, bool_or(still_open > 0 AND disputed) AS disputed
FROM items
WHERE kind IN ('invoice', 'debit_note') AND document_no IS NOT NULL
  AND coalesce(due_day, document_day) BETWEEN -364 AND 0
GROUP BY ALL;

-- Points times 84, the common denominator of the curve's slopes: whole for every whole day.
CREATE MACRO points(late) AS CASE
  WHEN late <= -30 THEN 8400
  WHEN late <= -20 THEN 8400 - (late + 30) * 84
  WHEN late <= 0 THEN 7560 - (late + 20) * 42
  WHEN late <= 15 THEN 6720 - late * 56
  WHEN late <= 22 THEN 5880 - (late - 15) * 120
  WHEN late <= 30 THEN 5040 - (late - 22) * 105
  WHEN late <= 60 THEN 4200 - (late - 30) * 28
  WHEN late <= 90 THEN 3360 - (late - 60) * 28
  WHEN late <= 120 THEN 2520 - (late - 90) * 28
  WHEN late <= 180 THEN 1680 - (late - 120) * 28
  ELSE 0 END::BIGINT;

CREATE TEMP TABLE lines AS
WITH line AS (
  SELECT d.entity, d.customer_no, paid AS amount, paid_day - due_day AS late,
    least(greatest(paid_day - document_day, 0), 9999) AS taken, paid_day
  FROM documents d JOIN payments p USING (entity, customer_no, document_no)
  WHERE p.kind = 'payment' AND NOT d.disputed
  UNION ALL
  SELECT entity, customer_no, still_open, -due_day, NULL, NULL
  FROM documents
  WHERE NOT disputed AND still_open > 0 AND due_day < 0
)
SELECT entity, customer_no, sum(amount) AS weight, sum(amount * points(late)) AS weighted,
  coalesce(sum(amount) FILTER (late <= 0), 0) AS prompt,
  sum(amount) FILTER (paid_day > -90) AS recent_weight,
  sum(amount * taken) FILTER (paid_day > -90) AS recent_taken,
  sum(amount) FILTER (paid_day BETWEEN -364 AND -90) AS prior_weight,
  sum(amount * taken) FILTER (paid_day BETWEEN -364 AND -90) AS prior_taken
FROM line
GROUP BY ALL;

CREATE TEMP TABLE invoices AS
SELECT entity, customer_no, count(*) FILTER (NOT disputed) AS invoices, sum(amount) AS invoiced,
  sum(still_open) FILTER (disputed) AS in_dispute, min(document_day) AS first_day
FROM documents
GROUP BY ALL;

CREATE TEMP TABLE paid AS
SELECT entity, customer_no, max(paid_day) FILTER (kind = 'payment') AS last_day,
  count(*) FILTER (kind <> 'payment' AND paid_day > -365) AS failures
FROM payments
GROUP BY ALL;

-- Millionths, rounded down.
CREATE MACRO ratio(total, weight) AS
  CASE WHEN weight > 0 THEN (total::HUGEINT * 1000000 // weight)::BIGINT END;

CREATE TEMP TABLE facts AS
WITH joined AS (
  SELECT b.*, l.* EXCLUDE (entity, customer_no), i.* EXCLUDE (entity, customer_no, first_day),
    i.first_day AS first_due_day, p.last_day, p.failures
  FROM balances b
  LEFT JOIN lines l USING (entity, customer_no)
  LEFT JOIN invoices i USING (entity, customer_no)
  LEFT JOIN paid p USING (entity, customer_no)
), parts AS (
  SELECT *,
    invoices >= 3 AND first_due_day <= -60 AND weight > 0 AS enough,
    ratio(weighted, weight * 84) AS promptness,
    ratio(recent_taken, recent_weight) - ratio(prior_taken, prior_weight) AS slower,
    ratio(in_dispute, invoiced) AS rate
  FROM joined
)
SELECT entity, customer_no, balance::BIGINT AS balance,
  CASE WHEN -oldest_day <= 30 THEN '0-30' WHEN -oldest_day <= 60 THEN '31-60'
    WHEN -oldest_day <= 90 THEN '61-90' WHEN oldest_day IS NOT NULL THEN '90+' END AS bucket,
  CASE WHEN sales > 0 AND greatest(balance, 0) // sales < 100000
    THEN (greatest(balance, 0)::HUGEINT * 9000 + sales // 2) // sales END::BIGINT AS dso_x100,
  disputed, {as_of} + last_day::INTEGER AS paid_on,
  CASE WHEN enough THEN (least(greatest(
      promptness
      - least((greatest(coalesce(slower, 0) - 5000000, 0) * 5000 + 5000) // 10000, 15000000)
      - least(greatest(coalesce(rate, 0) - 20000, 0) * 50, 10000000)
      - least(coalesce(failures, 0) * 3000000, 9000000)
      + CASE WHEN prompt * 20 >= weight * 19 AND invoices >= 12 THEN 5000000 ELSE 0 END,
    0), 100000000) + 5000) // 10000 END::BIGINT AS record
FROM parts;

CREATE VIEW source AS
SELECT m.file_row_number, m.entity, m.customer_no, customer_name, tax_id, country, currency,
  credit_limit, CASE WHEN f.entity IS NULL THEN 0 ELSE f.balance END::DECIMAL(18, 0) / 100
    AS outstanding,
  bucket AS ageing_bucket, dso_x100 / 100 AS dso_days, paid_on AS last_payment_date,
  record / 100 AS track_record, disputed, risk_class, onboarded_date,
  last_increase_date
FROM read_parquet('{master}', file_row_number = true) m
LEFT JOIN facts f USING (entity, customer_no);
