-- From the lines kept to the rows booked: credits read, tags merged, fees of commitments shared among what they cover.
services(service_text, table_name, category_of, subcategory_of) AS (VALUES {services}),
regions(region_code, region_label) AS (VALUES {regions}),
units(unit_code, focus_unit) AS (VALUES {units}),
-- Credits as JSON or as Python prints them: names in either quotes, with quotes and braces inside.
credited AS NOT MATERIALIZED (
  SELECT *,
    list_transform(regexp_extract_all(coalesce(credits, ''), '\{(?:[^{}''"]|''(?:[^''\\]|\\.)*''|"(?:[^"\\]|\\.)*")*\}'), o -> struct_pack(
      amount := TRY_CAST(regexp_extract(o, '[''"]amount[''"]\s*:\s*(?:Decimal\()?[''"]?(-?[0-9][0-9.eE+-]*)', 1) AS DECIMAL(38,22)),
      kind := coalesce(nullif(upper(regexp_extract(o, '[''"]type[''"]\s*:\s*[''"]([A-Za-z_]+)[''"]', 1)), ''),
        CASE WHEN contains(lower(o), 'committed') THEN 'COMMITTED_USAGE_DISCOUNT' WHEN contains(lower(o), 'sustained') THEN 'SUSTAINED_USAGE_DISCOUNT' ELSE 'DISCOUNT' END),
      name := coalesce(
        nullif(regexp_extract(o, '[''"]full_name[''"]\s*:\s*"((?:[^"\\]|\\.)*)"', 1), ''), nullif(regexp_extract(o, '[''"]full_name[''"]\s*:\s*''((?:[^''\\]|\\.)*)''', 1), ''),
        nullif(regexp_extract(o, '[''"]name[''"]\s*:\s*"((?:[^"\\]|\\.)*)"', 1), ''), nullif(regexp_extract(o, '[''"]name[''"]\s*:\s*''((?:[^''\\]|\\.)*)''', 1), '')),
      id := nullif(regexp_extract(o, '[''"]id[''"]\s*:\s*[''"]([^''"]*)[''"]', 1), ''))) AS credit_list,
    TRY_CAST(cost_text AS DECIMAL(38,22)) AS cost,
    timezone('America/Los_Angeles', timezone('UTC', usage_start)) AS local_start,
    coalesce(regexp_matches(sku_description, '^Commitment\b|\bCommitment (v[0-9]+|- dollar based)'), false) AND coalesce(lower(cost_type), 'regular') = 'regular' AS is_fee,
    coalesce(nullif(region_given, ''), nullif(location_code, ''), 'global') AS place,
    -- What a commitment is made of: cores, memory and so on of one machine family; a spend commitment covers a service.
    CASE WHEN regexp_matches(sku_description, '(?i)dollar based|flexible') THEN '$'
      WHEN regexp_matches(sku_description, '(?i)\b(gpu|tesla|nvidia)\b') THEN 'gpu'
      WHEN regexp_matches(sku_description, '(?i)\b(core|cpu|vcpu)s?\b') THEN 'cpu'
      WHEN regexp_matches(sku_description, '(?i)\b(ram|memory)\b') THEN 'ram'
      WHEN regexp_matches(sku_description, '(?i)\blocal ssd\b') THEN 'ssd' ELSE '$' END AS sku_kind,
    coalesce(nullif(lower(regexp_extract(sku_description, '(?i)\bnvidia (?:tesla )?([a-z0-9 ]+?) gpu\b', 1)), ''),
      CASE WHEN regexp_matches(sku_description, '(?i)\bcompute[- ]optimized\b') THEN 'c2' WHEN regexp_matches(sku_description, '(?i)\bmemory[- ]optimized\b') THEN 'm1' END,
      nullif(lower(regexp_extract(sku_description, '(?i)^(?:Commitment v[0-9]+: )?(?:Spot Preemptible )?([a-z][0-9]{1,2}[a-z]{0,2})\b', 1)), ''), 'n1') AS sku_family
  FROM kept
),
summed AS NOT MATERIALIZED (
  SELECT *,
    coalesce(list_sum(list_transform(list_filter(credit_list, c -> c.kind <> 'PROMOTION'), c -> c.amount)), 0) AS in_row,
    coalesce(list_sum(list_transform(list_filter(credit_list, c -> c.kind = 'PROMOTION'), c -> c.amount)), 0) AS promotion,
    coalesce(-list_sum(list_transform(list_filter(credit_list, c -> c.kind = 'COMMITTED_USAGE_DISCOUNT'), c -> c.amount)), 0) AS usage_cud,
    coalesce(-list_sum(list_transform(list_filter(credit_list, c -> c.kind = 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE'), c -> c.amount)), 0) AS spend_cud,
    coalesce(list_sum(list_transform(list_filter(credit_list, c -> c.kind = 'FEE_UTILIZATION_OFFSET'), c -> c.amount)), 0) AS fee_offset,
    list_filter(credit_list, c -> starts_with(c.kind, 'COMMITTED_USAGE_DISCOUNT'))[1] AS cud_credit,
    list_filter(credit_list, c -> c.kind = 'PROMOTION')[1].name AS promotion_name
  FROM credited
),
-- Fees are by the hour, or by Google's day or month where the export sums them.
grain AS (
  SELECT CASE WHEN bool_or(usage_end > usage_start + INTERVAL 26 HOUR) THEN 'month' WHEN bool_or(usage_end > usage_start + INTERVAL 61 MINUTE) THEN 'day' ELSE 'hour' END AS slot_grain
  FROM summed WHERE is_fee
),
slotted AS NOT MATERIALIZED (
  SELECT summed.*, CASE WHEN slot_grain = 'hour' THEN date_trunc('hour', usage_start) ELSE date_trunc(slot_grain, local_start) END AS slot,
    NOT is_fee AND usage_cud + spend_cud > 0 AS is_covered,
    CASE WHEN is_fee OR usage_cud <= 0 THEN 0 WHEN cost > usage_cud THEN CAST(usage_cud / cost AS DECIMAL(14,12)) ELSE 1 END AS usage_ratio,
    CASE WHEN is_fee OR spend_cud <= 0 THEN 0 WHEN cost > spend_cud THEN CAST(spend_cud / cost AS DECIMAL(14,12)) ELSE 1 END AS spend_ratio
  FROM summed CROSS JOIN grain
),
fees AS (
  SELECT account_id, slot, instance_id AS fee_instance, sku_kind AS fee_kind, sku_family AS fee_family, service_description AS fee_service, place AS fee_place,
    project_id AS fee_project, sku_id AS fee_sku, coalesce(bool_or(regexp_matches(sku_description, '(?i)flexible')), false) AS is_flexible,
    coalesce(instance_id, concat('commitment ', sku_id, ' in ', place)) AS fee_id,
    sum(cost + in_row) AS fee, sum(quantity) AS committed, min(x_File * 10000000000 + x_Row) AS fee_row
  FROM slotted WHERE is_fee GROUP BY ALL
),
-- What wants a share: the part of a row that a commitment of use covers, and the part that one of spend covers.
demands AS (
  SELECT x_File * 10000000000 + x_Row AS demand_row, 'usage' AS demand, account_id, slot, instance_id, sku_kind, sku_family, service_description, place, project_id,
    usage_cud AS cud, CAST(CAST(quantity AS DECIMAL(24,10)) * CAST(usage_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) AS units
  FROM slotted WHERE NOT is_fee AND usage_cud > 0
  UNION ALL SELECT x_File * 10000000000 + x_Row, 'spend', account_id, slot, instance_id, '$', sku_family, service_description, place, project_id, spend_cud, NULL
  FROM slotted WHERE NOT is_fee AND spend_cud > 0
),
-- A demand is met by the subscription it names; where one of the two names none, by a fee of the same place, machine
-- family and kind, of its own project before others'. Spend commitments cover their service, flexible ones all computing.
candidates AS (
  SELECT demand_row, demand, fee_row, coalesce(committed, 0) AS room, CASE WHEN fee_kind = '$' THEN cud ELSE units END AS claimed
  FROM demands d JOIN fees f ON f.account_id = d.account_id AND f.slot = d.slot AND (
    f.fee_instance = d.instance_id
    OR ((f.fee_instance IS NULL OR d.instance_id IS NULL) AND CASE WHEN f.fee_kind = '$'
      THEN (f.fee_service IS NOT DISTINCT FROM d.service_description AND f.fee_place IN (d.place, 'global') AND NOT is_flexible)
        OR (is_flexible AND regexp_matches(d.service_description, '(?i)^(compute engine|kubernetes engine|google kubernetes engine|cloud run.*)$'))
      ELSE f.fee_kind = d.sku_kind AND f.fee_family = d.sku_family AND f.fee_place = d.place END))
  QUALIFY rank() OVER (PARTITION BY demand_row, demand ORDER BY f.fee_instance IS DISTINCT FROM d.instance_id OR f.fee_instance IS NULL,
    fee_kind = '$' AND demand = 'usage', is_flexible, fee_place = 'global', fee_project IS DISTINCT FROM d.project_id) = 1
),
-- Several fees for one demand: they are used up one after the other.
pooled AS (
  SELECT *, coalesce(sum(room) OVER (PARTITION BY demand_row, demand ORDER BY fee_row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS room_before,
    string_agg(fee_row, ',') OVER (PARTITION BY demand_row, demand ORDER BY fee_row ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS pool
  FROM candidates
),
claims AS (
  SELECT demand_row, demand, fee_row, claimed FROM (
    SELECT *, coalesce(sum(claimed) OVER (PARTITION BY pool, fee_row ORDER BY demand_row, demand ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS claimed_before FROM pooled)
  QUALIFY row_number() OVER (PARTITION BY demand_row, demand ORDER BY room_before <= claimed_before DESC, room_before DESC, fee_row) = 1
),
shares AS (
  SELECT demand_row, demand, c.fee_row, fee_id,
    CAST(CAST(fee AS DECIMAL(24,12)) * CAST(CAST(claimed AS DECIMAL(28,10)) / nullif(greatest(committed, sum(claimed) OVER (PARTITION BY c.fee_row)), 0) AS DECIMAL(14,12)) AS DECIMAL(38,22)) AS rough_share,
    fee, committed, sum(claimed) OVER (PARTITION BY c.fee_row) AS all_claimed,
    row_number() OVER (PARTITION BY c.fee_row ORDER BY demand_row DESC, demand DESC) AS from_last
  FROM claims c JOIN fees f ON f.fee_row = c.fee_row
),
-- The last of the covered rows takes what rounding left when everything is used.
exact_shares AS (
  SELECT demand_row, demand, fee_row, fee_id,
    CASE WHEN from_last = 1 AND all_claimed >= coalesce(committed, 0)
      THEN fee - coalesce(sum(rough_share) OVER (PARTITION BY fee_row) - coalesce(rough_share, 0), 0) ELSE rough_share END AS share
  FROM shares
),
rests AS (
  SELECT f.fee_row AS rest_row, fee - coalesce(sum(share), 0) AS rest, greatest(any_value(committed) - coalesce(any_value(claimed_all), 0), 0) AS rest_quantity
  FROM fees f LEFT JOIN exact_shares s ON s.fee_row = f.fee_row
  LEFT JOIN (SELECT fee_row AS claimed_row, any_value(all_claimed) AS claimed_all FROM shares GROUP BY ALL) ON claimed_row = f.fee_row
  GROUP BY f.fee_row, fee
),
shared AS NOT MATERIALIZED (
  SELECT slotted.*, u.share AS usage_share, u.fee_id AS usage_fee_id, s.share AS spend_share, s.fee_id AS spend_fee_id, rest,
    -- What Google itself took off a fee as used is no part of the rest.
    CASE WHEN fee_offset <> 0 AND cost > 0 THEN CAST(CAST(rest_quantity AS DECIMAL(24,10)) * CAST((cost + in_row) / cost AS DECIMAL(14,12)) AS DECIMAL(38,16)) ELSE rest_quantity END AS rest_quantity,
    coalesce(is_covered AND (cost > usage_cud + spend_cud OR (usage_cud > 0 AND spend_cud > 0)), false) AS is_split
  FROM slotted
  LEFT JOIN exact_shares u ON usage_cud > 0 AND NOT is_fee AND u.demand = 'usage' AND u.demand_row = x_File * 10000000000 + x_Row
  LEFT JOIN exact_shares s ON spend_cud > 0 AND NOT is_fee AND s.demand = 'spend' AND s.demand_row = x_File * 10000000000 + x_Row
  LEFT JOIN rests ON is_fee AND rest_row = x_File * 10000000000 + x_Row
),
parts AS NOT MATERIALIZED (
  SELECT *, CASE WHEN NOT is_split THEN 'whole' WHEN usage_cud > 0 THEN 'covered' ELSE 'spent' END AS part FROM shared
  UNION ALL SELECT *, 'spent' FROM shared WHERE is_split AND usage_cud > 0 AND spend_cud > 0
  UNION ALL SELECT *, 'open' FROM shared WHERE is_split AND (cost > usage_cud + spend_cud OR cost + in_row <> 0)
  UNION ALL SELECT *, 'promotion' FROM shared WHERE promotion <> 0
  UNION ALL SELECT *, 'unused' FROM shared WHERE is_fee AND rest <> 0
),
measured AS NOT MATERIALIZED (
  SELECT *,
    CASE part WHEN 'covered' THEN usage_cud WHEN 'spent' THEN spend_cud WHEN 'open' THEN cost - usage_cud - spend_cud ELSE cost END AS part_cost,
    CASE part WHEN 'covered' THEN CAST(CAST(list_cost AS DECIMAL(24,12)) * CAST(usage_ratio AS DECIMAL(14,12)) AS DECIMAL(38,22)) WHEN 'spent' THEN CAST(CAST(list_cost AS DECIMAL(24,12)) * CAST(spend_ratio AS DECIMAL(14,12)) AS DECIMAL(38,22)) WHEN 'open' THEN list_cost - CAST(CAST(list_cost AS DECIMAL(24,12)) * CAST(usage_ratio AS DECIMAL(14,12)) AS DECIMAL(38,22)) - CAST(CAST(list_cost AS DECIMAL(24,12)) * CAST(spend_ratio AS DECIMAL(14,12)) AS DECIMAL(38,22)) ELSE list_cost END AS part_list,
    CASE part WHEN 'covered' THEN CAST(CAST(quantity AS DECIMAL(24,10)) * CAST(usage_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) WHEN 'spent' THEN CAST(CAST(quantity AS DECIMAL(24,10)) * CAST(spend_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) WHEN 'open' THEN quantity - CAST(CAST(quantity AS DECIMAL(24,10)) * CAST(usage_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) - CAST(CAST(quantity AS DECIMAL(24,10)) * CAST(spend_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) ELSE quantity END AS part_quantity,
    CASE part WHEN 'covered' THEN CAST(CAST(usage_amount AS DECIMAL(24,10)) * CAST(usage_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) WHEN 'spent' THEN CAST(CAST(usage_amount AS DECIMAL(24,10)) * CAST(spend_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) WHEN 'open' THEN usage_amount - CAST(CAST(usage_amount AS DECIMAL(24,10)) * CAST(usage_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) - CAST(CAST(usage_amount AS DECIMAL(24,10)) * CAST(spend_ratio AS DECIMAL(14,12)) AS DECIMAL(38,16)) ELSE usage_amount END AS part_usage,
    is_covered AND part IN ('whole', 'covered', 'spent') AS is_used,
    spend_cud > 0 AND part IN ('whole', 'spent') AS is_dollar_based,
    coalesce(consumption_model NOT IN ('', '7754-699E-0EBF') AND lower(coalesce(consumption_description, '')) <> 'default', false) AND NOT is_fee AS is_model_priced
  FROM parts
),
labelled AS NOT MATERIALIZED (
  SELECT *, list_concat(
      coalesce({labels}, []), coalesce({tags}, []), coalesce({project_labels}, []),
      coalesce(list_transform({system_labels}, e -> struct_pack(key := 'system:' || e.key, value := e.value)), [])) AS all_labels
  FROM measured
),
rows AS NOT MATERIALIZED (
  SELECT *,
    CASE
      WHEN part = 'promotion' THEN 'Credit' WHEN part = 'unused' THEN 'Usage' WHEN is_fee THEN 'Purchase'
      WHEN lower(cost_type) = 'tax' THEN 'Tax'
      WHEN lower(cost_type) = 'adjustment' THEN CASE WHEN adjustment_type IN ('GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION') THEN 'Credit' ELSE 'Adjustment' END
      WHEN lower(cost_type) IN ('rounding_error', 'rounding') THEN 'Adjustment'
      ELSE 'Usage' END AS category,
    CASE WHEN part = 'promotion' THEN promotion WHEN part IN ('unused', 'covered', 'spent') THEN 0 ELSE cost + in_row END AS billed,
    CASE WHEN part = 'promotion' THEN promotion WHEN part = 'unused' THEN rest WHEN is_fee THEN 0
      WHEN part = 'covered' THEN coalesce(usage_share, 0) WHEN part = 'spent' THEN coalesce(spend_share, 0)
      ELSE cost + in_row + CASE WHEN is_used THEN coalesce(usage_share, 0) + coalesce(spend_share, 0) ELSE 0 END END AS effective,
    CASE WHEN is_fee THEN coalesce(instance_id, concat('commitment ', sku_id, ' in ', place))
      WHEN is_used THEN coalesce(CASE WHEN part <> 'spent' THEN usage_fee_id END, CASE WHEN part <> 'covered' THEN spend_fee_id END, instance_id, cud_credit.id, 'commitment ' || coalesce(cud_credit.name, sku_id)) END AS commitment_id,
    coalesce(focus_unit, pricing_unit) AS price_unit,
    CASE WHEN invoice_month IS NULL THEN date_trunc('month', local_start) ELSE make_timestamp(TRY_CAST(invoice_month[:4] AS BIGINT), TRY_CAST(invoice_month[5:6] AS BIGINT), 1, 0, 0, 0) END AS month_start,
    timezone('UTC', timezone('America/Los_Angeles', month_start)) AS period_start,
    'THIRD_PARTY' = left(coalesce(transaction_type, ''), 11) OR coalesce(publisher_type, '') = 'PARTNER' AS is_marketplace,
    coalesce(table_name, service_description, 'Google Cloud') AS service_name,
    coalesce(category_of, 'Other') AS service_category, coalesce(subcategory_of, 'Other (Other)') AS service_subcategory,
    -- What two extracts of one table agree on, whatever their format.
    md5(concat_ws('|', account_id, service_id, sku_id, sku_description, project_id, usage_start, usage_end, cost, list_cost, usage_amount, quantity, currency, invoice_month,
      lower(cost_type), location_code, zone, resource_name, resource_global, instance_id, consumption_model, transaction_type, seller_name, adjustment_id, adjustment_type,
      TRY_CAST(tier_start AS DECIMAL(38,10)), coalesce(CAST(exported AS VARCHAR), export_time), list_sort(credit_list), list_sort(all_labels))) AS row_key,
    nullif('{' || coalesce(list_aggregate(list_transform(list_filter(all_labels,
      (e, i) -> list_position(list_transform(all_labels, k -> k.key), e.key) = i),
      e -> CAST(to_json(e.key) AS VARCHAR) || ':' || coalesce(CAST(to_json(e.value) AS VARCHAR), 'true')), 'string_agg', ','), '') || '}', '{}') AS all_tags
  FROM labelled
  LEFT JOIN services ON service_text = lower(service_description)
  LEFT JOIN regions ON region_code = coalesce(nullif(region_given, ''), nullif(location_code, ''))
  LEFT JOIN units ON unit_code = lower(pricing_unit)
)
