-- From the lines kept to the rows booked: names looked up, fees of commitments split into purchase and unused part.
services(code, table_name, category_of, subcategory_of) AS (VALUES {services}),
regions(id, label) AS (VALUES {regions}),
-- A place is found by the region's id or by its name.
places(place, id, label) AS (SELECT id, id, label FROM regions UNION ALL SELECT label, id, label FROM regions),
units(unit_code, focus_unit) AS (VALUES {units}),
covered AS (
  -- What usage took from each plan in each hour, net where the file has net costs.
  SELECT sp_arn AS plan, usage_start AS hour,
    sum(outlay_money(coalesce(net_sp_effective, sp_effective))) AS used
  FROM kept
  WHERE line_type = 'SavingsPlanCoveredUsage'
  GROUP BY ALL
),
unused AS NOT MATERIALIZED (
  SELECT kept.*, CASE
      WHEN line_type = 'RIFee' THEN
        coalesce(net_ri_unused_upfront, ri_unused_upfront, 0)
        + coalesce(net_ri_unused_recurring, ri_unused_recurring, 0)
      -- With net commitments the unused part is what covered usage left of the net commitment.
      WHEN net_sp_recurring IS NOT NULL AND (used IS NOT NULL OR sp_used = 0) THEN
        net_sp_recurring + coalesce(net_sp_upfront, 0) - coalesce(used, 0)
      ELSE outlay_money(sp_total) - sp_used
    END AS unused_cost
  FROM kept LEFT JOIN covered ON plan = sp_arn AND hour = usage_start
  WHERE line_type IN ('RIFee', 'SavingsPlanRecurringFee')
),
parts AS NOT MATERIALIZED (
  SELECT *, CAST(NULL AS DECIMAL(38,22)) AS unused_cost, false AS is_unused FROM kept
  UNION ALL
  SELECT *, true AS is_unused FROM unused
  WHERE unused_cost > 0 OR outlay_quantity(ri_unused_quantity) > 0
),
named AS NOT MATERIALIZED (
  SELECT *,
    coalesce(net_unblended_cost, unblended_cost) AS cost,
    coalesce(usage_start, TRY_CAST(split_part(time_interval, '/', 1) AS TIMESTAMP)) AS charge_start,
    coalesce(contains(reservation_arn, ':capacity-reservation/'), false) AS is_capacity_reservation,
    (sp_arn IS NOT NULL OR coalesce(starts_with(line_type, 'SavingsPlan'), false)) AS is_savings_plan,
    (billing_entity = 'AWS Marketplace') IS TRUE AS is_marketplace,
    CASE
      WHEN line_type IN ('SavingsPlanCoveredUsage', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') THEN sp_arn
      WHEN line_type IN ('DiscountedUsage', 'RIFee') THEN coalesce(reservation_arn, reservation_subscription)
      WHEN line_type IN ('Fee', 'Refund') AND NOT coalesce(contains(reservation_arn, ':capacity-reservation/'), false)
        THEN coalesce(sp_arn, reservation_arn)
    END AS commitment_id,
    -- A public price of 0 beside a cost is no price.
    CASE WHEN line_type = 'Usage' AND TRY_CAST(public_cost AS DOUBLE) = 0
      AND TRY_CAST(unblended_cost AS DOUBLE) <> 0 THEN NULL ELSE public_cost END AS known_public_cost,
    CASE WHEN line_type = 'Usage' AND TRY_CAST(public_rate AS DOUBLE) = 0
      AND TRY_CAST(unblended_cost AS DOUBLE) <> 0 THEN NULL ELSE public_rate END AS known_public_rate,
    coalesce(focus_unit, pricing_unit) AS unit,
    coalesce(table_name, product_name, product ->> '$.product_name', product_code) AS service_name,
    coalesce(category_of, 'Other') AS service_category,
    coalesce(subcategory_of, 'Other (Other)') AS service_subcategory,
    coalesce(id, CASE WHEN region_code NOT IN ('global', 'any') THEN region_code END) AS region,
    label AS region_name
  FROM parts
  LEFT JOIN services ON code = product_code
  LEFT JOIN units ON unit_code = pricing_unit
  LEFT JOIN places ON place = coalesce(region_code, region_text, location, zone[:-2])
),
rows AS NOT MATERIALIZED (
  SELECT *,
    coalesce(line_type IN ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee')
      OR (line_type IN ('Fee', 'Refund') AND commitment_id IS NOT NULL), false) AS is_commitment_purchase,
    CASE
      WHEN is_unused OR line_type IN ('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage', 'FlatRateSubscription') THEN 'Usage'
      WHEN line_type IN ('Fee', 'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') THEN 'Purchase'
      WHEN line_type = 'Tax' THEN 'Tax'
      WHEN line_type = 'Refund' THEN CASE
        WHEN commitment_id IS NOT NULL THEN 'Purchase'
        WHEN bill_type = 'Refund' AND usage_type IS NOT NULL THEN 'Usage'
        ELSE 'Credit' END
      WHEN line_type = 'Credit' OR line_type IN ('EdpDiscount', 'PrivateRateDiscount', 'BundledDiscount',
        'RiVolumeDiscount', 'SppDiscount', 'Discount') THEN 'Credit'
      ELSE 'Adjustment'
    END AS category,
    coalesce(line_type IN ('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage', 'FlatRateSubscription', 'Fee',
      'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee'), false) AS is_priced,
    CASE
      WHEN commitment_id IS NULL THEN NULL
      WHEN line_type = 'SavingsPlanCoveredUsage' THEN sp_effective
      WHEN is_savings_plan AND is_unused THEN CAST(outlay_money(sp_total) - sp_used AS VARCHAR)
      WHEN line_type = 'SavingsPlanRecurringFee' THEN sp_total
      WHEN is_savings_plan THEN unblended_cost
      WHEN is_unused THEN ri_unused_quantity
      WHEN line_type IN ('DiscountedUsage', 'RIFee') THEN usage_amount
      ELSE ri_units
    END AS commitment_quantity
  FROM named
)
