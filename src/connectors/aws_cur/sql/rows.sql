-- From the lines kept to the rows booked: names looked up, fees of commitments split into purchase and unused part.
services(code, table_name, category_of, subcategory_of) AS (VALUES {services}),
regions(id, label) AS (VALUES {regions}),
-- A place is found by the region's id or by its name.
places(place, id, label) AS (SELECT id, id, label FROM regions UNION ALL SELECT label, id, label FROM regions
  -- Reports before 2021 spell Europe so.
  UNION ALL SELECT 'EU' || label[7:], id, label FROM regions WHERE starts_with(label, 'Europe ')),
units(unit_code, focus_unit) AS (VALUES {units}),
-- Fees and refunds of commitments name the commitment in its own column, or only as the resource they are for.
owned AS NOT MATERIALIZED (
  SELECT * REPLACE (
    CASE WHEN sp_arn IS NULL AND line_type IN ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'Fee', 'Refund')
      AND contains(resource_id, ':savingsplan/') THEN resource_id ELSE sp_arn END AS sp_arn,
    CASE WHEN reservation_arn IS NULL AND line_type IN ('RIFee', 'Fee', 'Refund')
      AND regexp_matches(resource_id, '^arn:.*:(reserved-[a-z]+|reservednodes?|ri)[:/]') THEN resource_id
      ELSE reservation_arn END AS reservation_arn)
  FROM kept
),
covered AS (
  -- What usage took from each plan in each hour, and what of it is paid net of discounts.
  SELECT sp_arn AS plan, usage_start AS hour, sum(outlay_money(sp_effective)) AS gross,
    sum(outlay_money(coalesce(net_sp_effective, sp_effective))) AS used
  FROM kept
  WHERE line_type = 'SavingsPlanCoveredUsage'
  GROUP BY ALL
),
plan_fees AS NOT MATERIALIZED (
  SELECT *, coalesce(outlay_money(sp_total), sp_recurring + coalesce(sp_upfront, 0)) AS committed,
    coalesce(net_sp_recurring, 0) + coalesce(net_sp_upfront, 0) AS net_committed
  FROM owned WHERE line_type IN ('RIFee', 'SavingsPlanRecurringFee')
),
unused AS NOT MATERIALIZED (
  SELECT plan_fees.* EXCLUDE (committed, net_committed), CASE
      WHEN line_type = 'RIFee' THEN
        coalesce(net_ri_unused_upfront, ri_unused_upfront, 0)
        + coalesce(net_ri_unused_recurring, ri_unused_recurring, 0)
      WHEN committed <= sp_used OR net_committed <= 0 THEN committed - sp_used
      -- Net, the unused part is what the covered usage left of the net commitment; where that usage is on other
      -- bills, the part of the net commitment that is unused of the gross one.
      WHEN abs(gross - sp_used) < 0.000001 AND used <= net_committed THEN net_committed - used
      ELSE CAST(net_committed AS DECIMAL(19,10)) * CAST((committed - sp_used) / committed AS DECIMAL(18,12))
    END AS unused_cost
  FROM plan_fees LEFT JOIN covered ON plan = sp_arn AND hour = usage_start
),
parts AS NOT MATERIALIZED (
  SELECT *, CAST(NULL AS DECIMAL(38,22)) AS unused_cost, false AS is_unused FROM owned
  UNION ALL
  SELECT *, true AS is_unused FROM unused
  WHERE unused_cost > 0 OR outlay_quantity(ri_unused_quantity) > 0
),
named AS NOT MATERIALIZED (
  SELECT *,
    -- A discount that is kept is the discount itself, also where its net cost says that it is inside other rows.
    CASE WHEN {is_discount} AND outlay_money(net_unblended_cost) = 0 THEN unblended_cost
      ELSE coalesce(net_unblended_cost, unblended_cost) END AS cost,
    coalesce(usage_start, TRY_CAST(split_part(time_interval, '/', 1) AS TIMESTAMP)) AS charge_start,
    coalesce(contains(reservation_arn, ':capacity-reservation/'), false) AS is_capacity_reservation,
    (sp_arn IS NOT NULL OR coalesce(starts_with(line_type, 'SavingsPlan'), false)
      OR (line_type IN ('Fee', 'Refund') AND ends_with(product_code, 'SavingsPlans')) IS TRUE) AS is_savings_plan,
    (billing_entity = 'AWS Marketplace') IS TRUE AS is_marketplace,
    (contains(product_code, 'Support') AND billing_entity <> 'AWS Marketplace') IS TRUE AS is_support,
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
    -- What CUR 2.0 keeps in a map, the legacy report in columns of their own.
    CASE WHEN product IS NOT NULL THEN
      json_extract_string(product, ['$.instance_type', '$.vcpu', '$.memory', '$.gpu', '$.operating_system', '$.storage_class'])
    END AS in_map,
    coalesce(table_name, product_name, product ->> '$.product_name', product_code) AS service_name,
    coalesce(category_of, CASE WHEN is_support THEN 'Management and Governance' END, 'Other') AS service_category,
    coalesce(subcategory_of, CASE WHEN is_support THEN 'Support' END, 'Other (Other)') AS service_subcategory,
    coalesce(id, CASE WHEN region_code NOT IN ('global', 'any') THEN region_code END) AS region,
    label AS region_name
  FROM parts
  LEFT JOIN services ON code = product_code
  LEFT JOIN units ON unit_code = pricing_unit
  LEFT JOIN places ON place = coalesce(region_code, region_text, location, regexp_replace(zone, '(\d)[a-z]$', '\1'))
),
rows AS NOT MATERIALIZED (
  SELECT *,
    coalesce(line_type IN ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee')
      OR (line_type IN ('Fee', 'Refund') AND (commitment_id IS NOT NULL OR is_savings_plan)), false) AS is_commitment_purchase,
    CASE
      WHEN is_unused OR line_type IN ('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage', 'FlatRateSubscription') THEN 'Usage'
      WHEN line_type IN ('Fee', 'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') THEN 'Purchase'
      WHEN line_type = 'Tax' THEN 'Tax'
      WHEN line_type = 'Refund' THEN CASE
        WHEN is_commitment_purchase THEN 'Purchase'
        WHEN bill_type = 'Refund' AND usage_type IS NOT NULL THEN 'Usage'
        ELSE 'Credit' END
      WHEN line_type = 'Credit' OR {is_discount} THEN 'Credit'
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
