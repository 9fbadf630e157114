-- Why charges of one side differ from the other's. Charges are matched by what identifies them to the provider
-- ({key}); tags, quantities, prices and costs are what may change. {dimensions} are those of the question beyond these.
WITH sides AS (
  SELECT *{tags}, false AS is_after FROM ({before})
  UNION ALL BY NAME
  SELECT *{tags}, true AS is_after FROM ({after})
),
grouped AS (
  SELECT {key}, BillingCurrency, {dimensions} is_after,
    count(*) AS charges, sum(BilledCost) AS billed, sum(EffectiveCost) AS effective, sum(ListCost) AS list,
    sum(ContractedCost) AS contracted, sum(coalesce(PricingQuantity, ConsumedQuantity)) AS quantity,
    list(DISTINCT coalesce(Tags, '')) AS tags, coalesce(bool_or(ChargeClass = 'Correction'), false) AS is_correction
  FROM sides GROUP BY {key}, BillingCurrency, {dimensions} is_after
),
matched AS (
  SELECT {key}, BillingCurrency,
    coalesce(sum(charges) FILTER (is_after), 0) AS charges_after,
    coalesce(sum(charges) FILTER (NOT is_after), 0) AS charges_before,
    sum(billed) FILTER (is_after) AS billed_after, sum(billed) FILTER (NOT is_after) AS billed_before,
    sum(effective) FILTER (is_after) AS effective_after, sum(effective) FILTER (NOT is_after) AS effective_before,
    sum(list) FILTER (is_after) AS list_after, sum(list) FILTER (NOT is_after) AS list_before,
    sum(contracted) FILTER (is_after) AS contracted_after, sum(contracted) FILTER (NOT is_after) AS contracted_before,
    sum(quantity) FILTER (is_after) AS quantity_after, sum(quantity) FILTER (NOT is_after) AS quantity_before,
    list_sort(list_distinct(flatten(list(tags) FILTER (is_after)))) AS tags_after,
    list_sort(list_distinct(flatten(list(tags) FILTER (NOT is_after)))) AS tags_before,
    coalesce(bool_or(is_correction) FILTER (is_after), false) AS is_correction
  FROM grouped GROUP BY {key}, BillingCurrency
),
-- A charge that only one side has, and the other side has in another currency.
priced AS (
  SELECT *, (charges_after = 0 OR charges_before = 0)
      AND min(BillingCurrency) OVER same_charge IS DISTINCT FROM max(BillingCurrency) OVER same_charge
      AND min(charges_after) OVER same_charge = 0 AND min(charges_before) OVER same_charge = 0 AS changed_currency,
    (billed_after, effective_after, list_after, contracted_after)
      IS DISTINCT FROM (billed_before, effective_before, list_before, contracted_before) AS changed_cost,
    quantity_after IS DISTINCT FROM quantity_before AS changed_quantity,
    tags_after IS DISTINCT FROM tags_before AS changed_tags
  FROM matched WINDOW same_charge AS (PARTITION BY {key})
),
explained AS (
  SELECT {key}, BillingCurrency, CASE
      WHEN {is_remapped} THEN 'mapping change'
      WHEN {is_new} THEN 'new period'
      WHEN changed_currency THEN 'currency'
      WHEN charges_before = 0 AND (ChargeCategory = 'Credit' OR is_correction
        OR (ChargeCategory = 'Adjustment' AND billed_after < 0)) THEN 'credit or refund'
      WHEN charges_before = 0 THEN 'late usage'
      WHEN charges_after = 0 THEN 'deletion'
      WHEN changed_cost AND ChargeCategory = 'Credit' THEN 'credit or refund'
      WHEN changed_quantity OR (changed_cost AND charges_after <> charges_before) THEN 'late usage'
      WHEN changed_cost THEN 're-rating'
      ELSE 're-tagging'
    END AS Cause
  FROM priced
  WHERE changed_cost OR changed_quantity OR changed_tags OR charges_before = 0 OR charges_after = 0
)
SELECT {shown},
  CAST(coalesce(sum(charges) FILTER (NOT is_after), 0) AS BIGINT) AS ChargesBefore,
  CAST(coalesce(sum(charges) FILTER (is_after), 0) AS BIGINT) AS ChargesAfter,
  sum(billed) FILTER (NOT is_after) AS BilledCostBefore, sum(billed) FILTER (is_after) AS BilledCostAfter,
  coalesce(sum(billed) FILTER (is_after), 0) - coalesce(sum(billed) FILTER (NOT is_after), 0) AS BilledCostChange,
  sum(effective) FILTER (NOT is_after) AS EffectiveCostBefore, sum(effective) FILTER (is_after) AS EffectiveCostAfter,
  coalesce(sum(effective) FILTER (is_after), 0) - coalesce(sum(effective) FILTER (NOT is_after), 0)
    AS EffectiveCostChange
FROM grouped g JOIN explained e ON {same}
GROUP BY {order}
ORDER BY abs(BilledCostChange) DESC, abs(EffectiveCostChange) DESC, {order}
