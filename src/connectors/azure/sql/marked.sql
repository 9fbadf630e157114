-- The file's rows with what must be known of a whole file or month before a row can be read: what kind of cost its
-- file holds, and whether the other half of the pair is here. {...} are the file's own columns.
(WITH plain AS NOT MATERIALIZED (
  SELECT *,
    regexp_replace(lower(coalesce({charge_type}, 'usage')), '[^a-z]', '', 'g') AS o_type,
    TRY_CAST({cost} AS DECIMAL(38,22)) AS o_cost,
    coalesce({billing_account}, '') AS o_account,
    o_is_day_first AS o_day_first,
    CASE
      WHEN regexp_replace(lower({pricing_model}), '[^a-z]', '', 'g') = 'reservation' THEN 'Reservation'
      WHEN regexp_replace(lower({pricing_model}), '[^a-z]', '', 'g') = 'savingsplan' THEN 'SavingsPlan'
      WHEN lower({pricing_model}) = 'spot' THEN 'Spot'
      WHEN {pricing_model} IS NOT NULL AND lower(coalesce({charge_type}, 'usage')) NOT IN ('purchase', 'refund') THEN 'OnDemand'
      WHEN contains(lower({benefit_id}), 'microsoft.billingbenefits') THEN 'SavingsPlan'
      WHEN contains(lower({benefit_id}), 'microsoft.capacity') OR {reservation_id} IS NOT NULL THEN 'Reservation'
      ELSE 'OnDemand'
    END AS o_model
  FROM {raw}
),
typed AS NOT MATERIALIZED (
  SELECT *, date_trunc('month', coalesce({period_start}, {date})) AS o_month,
    o_model IN ('Reservation', 'SavingsPlan') AND o_type IN ('purchase', 'refund') AS o_is_purchase,
    o_type IN ('unusedreservation', 'unusedsavingsplan')
      OR (o_model IN ('Reservation', 'SavingsPlan') AND o_type = 'usage') AS o_is_covered
  FROM plain
),
named_files(o_file, o_named) AS ({roles}),
signs AS (
  SELECT x_File AS o_file,
    coalesce(bool_or(o_type IN ('unusedreservation', 'unusedsavingsplan') OR (o_is_covered AND o_cost <> 0)), false) AS o_shares,
    coalesce(bool_or(o_is_purchase AND o_cost <> 0), false) AS o_purchases,
    coalesce(bool_or(o_is_covered AND o_cost = 0), false) AS o_free
  FROM typed GROUP BY x_File
),
roles AS (
  SELECT o_file, coalesce(o_named, CASE WHEN o_shares AND o_purchases THEN 'both' WHEN o_shares THEN 'amortized'
    WHEN o_purchases OR o_free THEN 'actual' ELSE 'either' END) AS o_role
  FROM signs LEFT JOIN named_files USING (o_file)
),
halves AS (
  SELECT o_account, o_month, bool_or(o_role = 'amortized') AS o_has_amortized, bool_or(o_role IN ('actual', 'both')) AS o_has_actual
  FROM typed JOIN roles ON o_file = x_File GROUP BY ALL
)
SELECT typed.*, o_role,
  coalesce(o_has_amortized, false) OR ({is_amortized_elsewhere} AND NOT coalesce(o_has_amortized, false)) AS o_has_amortized,
  coalesce(o_has_actual, false) OR ({is_actual_elsewhere} AND NOT coalesce(o_has_actual, false)) AS o_has_actual
FROM typed JOIN roles ON o_file = x_File
LEFT JOIN halves ON halves.o_account = typed.o_account AND halves.o_month IS NOT DISTINCT FROM typed.o_month) AS marked
