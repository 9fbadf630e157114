-- Why charges of one generation differ from another's. Charges are matched by what identifies them to the provider
-- ({key}); tags, quantities, prices and costs are what may change.
WITH sides AS (
  SELECT *, false AS is_after FROM ({before})
  UNION ALL BY NAME
  SELECT *, true AS is_after FROM ({after})
),
matched AS (
  SELECT {key}, BillingCurrency, {dimensions}
    count(*) FILTER (is_after) AS charges_after, count(*) FILTER (NOT is_after) AS charges_before,
    sum(BilledCost) FILTER (is_after) AS billed_after, sum(BilledCost) FILTER (NOT is_after) AS billed_before,
    sum(EffectiveCost) FILTER (is_after) AS effective_after, sum(EffectiveCost) FILTER (NOT is_after) AS effective_before,
    sum(ListCost) FILTER (is_after) AS list_after, sum(ListCost) FILTER (NOT is_after) AS list_before,
    sum(ContractedCost) FILTER (is_after) AS contracted_after,
    sum(ContractedCost) FILTER (NOT is_after) AS contracted_before,
    sum(coalesce(PricingQuantity, ConsumedQuantity)) FILTER (is_after) AS quantity_after,
    sum(coalesce(PricingQuantity, ConsumedQuantity)) FILTER (NOT is_after) AS quantity_before,
    list_sort(list(DISTINCT coalesce(Tags, '')) FILTER (is_after)) AS tags_after,
    list_sort(list(DISTINCT coalesce(Tags, '')) FILTER (NOT is_after)) AS tags_before,
    coalesce(bool_or(ChargeClass = 'Correction') FILTER (is_after), false) AS is_correction
  FROM sides GROUP BY {key}, BillingCurrency
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
  SELECT *, CASE
      WHEN {is_remapped} THEN 'mapping change'
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
  CAST(sum(charges_before) AS BIGINT) AS ChargesBefore, CAST(sum(charges_after) AS BIGINT) AS ChargesAfter,
  sum(billed_before) AS BilledCostBefore, sum(billed_after) AS BilledCostAfter,
  coalesce(sum(billed_after), 0) - coalesce(sum(billed_before), 0) AS BilledCostChange,
  sum(effective_before) AS EffectiveCostBefore, sum(effective_after) AS EffectiveCostAfter,
  coalesce(sum(effective_after), 0) - coalesce(sum(effective_before), 0) AS EffectiveCostChange
FROM explained
GROUP BY {shown}
ORDER BY abs(BilledCostChange) DESC, abs(EffectiveCostChange) DESC, {shown}
