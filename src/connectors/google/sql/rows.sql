-- From the lines kept to the rows booked: credits read, tags merged, fees of commitments shared among what they cover.
services(service_text, table_name, category_of, subcategory_of) AS (VALUES {services}),
regions(region_code, region_label) AS (VALUES {regions}),
units(unit_code, focus_unit) AS (VALUES {units}),
credited AS NOT MATERIALIZED (
  SELECT *,
    list_transform(regexp_extract_all(coalesce(credits, ''), '\{[^{}]*\}'), o -> struct_pack(
      amount := TRY_CAST(regexp_extract(o, '[''"]amount[''"]\s*:\s*(?:Decimal\()?[''"]?(-?[0-9][0-9.eE+-]*)', 1) AS DECIMAL(38,22)),
      kind := coalesce(nullif(upper(regexp_extract(o, '[''"]type[''"]\s*:\s*[''"]([A-Za-z_]+)[''"]', 1)), ''),
        CASE WHEN contains(lower(o), 'committed') THEN 'COMMITTED_USAGE_DISCOUNT' WHEN contains(lower(o), 'sustained') THEN 'SUSTAINED_USAGE_DISCOUNT' ELSE 'DISCOUNT' END),
      name := coalesce(nullif(regexp_extract(o, '[''"]full_name[''"]\s*:\s*[''"]([^''"]+)[''"]', 1), ''),
        nullif(regexp_extract(o, '[''"]name[''"]\s*:\s*[''"]([^''"]+)[''"]', 1), '')),
      id := nullif(regexp_extract(o, '[''"]id[''"]\s*:\s*[''"]([^''"]*)[''"]', 1), ''))) AS credit_list,
    TRY_CAST(cost_text AS DECIMAL(38,22)) AS cost,
    coalesce(regexp_matches(sku_description, '^Commitment\b|\bCommitment (v[0-9]+|- dollar based)'), false) AND coalesce(lower(cost_type), 'regular') = 'regular' AS is_fee,
    coalesce(nullif(region_given, ''), nullif(location, ''), 'global') AS place,
    -- What a commitment is made of: cores, memory and so on of one machine family; a spend commitment covers a service.
    CASE WHEN regexp_matches(sku_description, '(?i)dollar based|flexible') THEN '$'
      WHEN regexp_matches(sku_description, '(?i)\b(core|cpu|vcpu)s?\b') THEN 'cpu'
      WHEN regexp_matches(sku_description, '(?i)\b(ram|memory)\b') THEN 'ram'
      WHEN regexp_matches(sku_description, '(?i)\b(gpu|tesla|nvidia)\b') THEN 'gpu'
      WHEN regexp_matches(sku_description, '(?i)\blocal ssd\b') THEN 'ssd' ELSE '$' END AS sku_kind,
    coalesce(nullif(upper(regexp_extract(sku_description, '(?i)^(?:Commitment v[0-9]+: )?([acehmntxz][0-9]{1,2}[a-z]{0,2})\b', 1)), 'N1'), '') AS sku_family
  FROM kept
),
summed AS NOT MATERIALIZED (
  SELECT *,
    coalesce(list_sum(list_transform(list_filter(credit_list, c -> c.kind <> 'PROMOTION'), c -> c.amount)), 0) AS in_row,
    coalesce(list_sum(list_transform(list_filter(credit_list, c -> c.kind = 'PROMOTION'), c -> c.amount)), 0) AS promotion,
    -list_sum(list_transform(list_filter(credit_list, c -> c.kind IN ('COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE')), c -> c.amount)) AS cud,
    len(list_filter(credit_list, c -> c.kind = 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE')) > 0 AS is_dollar_based,
    list_filter(credit_list, c -> starts_with(c.kind, 'COMMITTED_USAGE_DISCOUNT'))[1] AS cud_credit,
    list_filter(credit_list, c -> c.kind = 'PROMOTION')[1].name AS promotion_name
  FROM credited
),
-- Fees are by the hour, or by the day where the export sums days.
grain AS (SELECT CASE WHEN bool_or(is_fee AND usage_end > usage_start + INTERVAL 61 MINUTE) THEN 'day' ELSE 'hour' END AS slot_grain FROM summed),
slotted AS NOT MATERIALIZED (
  SELECT summed.*, date_trunc(slot_grain, usage_start) AS slot,
    NOT is_fee AND cud > 0 AS is_covered,
    CASE WHEN NOT is_fee AND cud > 0 THEN CASE WHEN cost > 0 THEN least(cud / cost, 1) ELSE 1 END END AS covered_ratio
  FROM summed CROSS JOIN grain
),
fees AS (
  SELECT account_id, slot, instance_id AS fee_instance, sku_kind AS fee_kind, sku_family AS fee_family, service_description AS fee_service, place AS fee_place,
    sum(cost + in_row) AS fee, sum(quantity) AS committed, count(DISTINCT x_File * 10000000000 + x_Row) AS n,
    min(x_File * 10000000000 + x_Row) AS fee_row
  FROM slotted WHERE is_fee GROUP BY ALL
),
-- Every covered row finds its commitment: by the subscription both name, else by region, machine family and kind.
claims AS (
  SELECT * FROM (
    SELECT u.x_File AS claim_file, u.x_Row AS claim_row, f.*,
      CASE WHEN f.fee_kind = '$' THEN u.cud ELSE CAST(CAST(u.quantity AS DECIMAL(28,10)) * CAST(u.covered_ratio AS DECIMAL(10,8)) AS DECIMAL(38,16)) END AS claimed
    FROM slotted u JOIN fees f ON u.is_covered AND f.account_id = u.account_id AND f.slot = u.slot
      AND (f.fee_instance = u.instance_id OR f.fee_instance IS NULL OR u.instance_id IS NULL)
      AND CASE WHEN u.is_dollar_based OR f.fee_kind = '$' THEN f.fee_kind = '$' AND f.fee_service IS NOT DISTINCT FROM u.service_description
        AND (f.fee_place = u.place OR f.fee_place = 'global')
        ELSE f.fee_kind = u.sku_kind AND (f.fee_family = u.sku_family OR f.fee_instance = u.instance_id)
        AND (f.fee_place = u.place OR f.fee_instance = u.instance_id) END)
  QUALIFY row_number() OVER (PARTITION BY claim_file, claim_row
    ORDER BY fee_instance IS NULL, fee_place = 'global', fee_row) = 1
),
shares AS (
  SELECT claim_file, claim_row, fee_row, fee_instance,
    CAST(fee AS DECIMAL(28,14)) * CAST(CAST(claimed AS DECIMAL(28,10)) / greatest(committed, sum(claimed) OVER (PARTITION BY fee_row)) AS DECIMAL(10,8)) AS rough_share,
    fee, claimed, committed, sum(claimed) OVER (PARTITION BY fee_row) AS all_claimed,
    row_number() OVER (PARTITION BY fee_row ORDER BY claim_file DESC, claim_row DESC) AS from_last
  FROM claims
),
-- The last of the covered rows takes what rounding left when everything is used.
exact_shares AS (
  SELECT claim_file, claim_row, fee_row, fee_instance,
    CASE WHEN from_last = 1 AND all_claimed >= committed
      THEN fee - coalesce(sum(rough_share) OVER (PARTITION BY fee_row) - rough_share, 0) ELSE rough_share END AS share
  FROM shares
),
rests AS (
  SELECT f.fee_row AS rest_row, fee - coalesce(sum(share), 0) AS rest, greatest(any_value(committed) - coalesce(any_value(claimed_all), 0), 0) AS rest_quantity
  FROM fees f LEFT JOIN exact_shares s ON s.fee_row = f.fee_row
  LEFT JOIN (SELECT fee_row AS claimed_row, any_value(all_claimed) AS claimed_all FROM shares GROUP BY ALL) ON claimed_row = f.fee_row
  GROUP BY f.fee_row, fee
),
shared AS NOT MATERIALIZED (
  SELECT slotted.*, share, rest, rest_quantity, coalesce(fee_instance, instance_id) AS commitment_instance,
    is_covered AND covered_ratio < 1 AS is_partly_covered
  FROM slotted
  LEFT JOIN exact_shares ON is_covered AND claim_file = x_File AND claim_row = x_Row
  LEFT JOIN rests ON is_fee AND rest_row = x_File * 10000000000 + x_Row
),
parts AS NOT MATERIALIZED (
  SELECT *, CASE WHEN is_partly_covered THEN 'covered' ELSE 'whole' END AS part FROM shared
  UNION ALL SELECT *, 'open' FROM shared WHERE is_partly_covered
  UNION ALL SELECT *, 'promotion' FROM shared WHERE promotion <> 0
  UNION ALL SELECT *, 'unused' FROM shared WHERE is_fee AND rest <> 0
),
measured AS NOT MATERIALIZED (
  SELECT *,
    CASE part WHEN 'covered' THEN cud WHEN 'open' THEN cost - cud ELSE cost END AS part_cost,
    CASE part WHEN 'covered' THEN CAST(CAST(list_cost AS DECIMAL(28,14)) * CAST(covered_ratio AS DECIMAL(10,8)) AS DECIMAL(38,22))
      WHEN 'open' THEN list_cost - CAST(CAST(list_cost AS DECIMAL(28,14)) * CAST(covered_ratio AS DECIMAL(10,8)) AS DECIMAL(38,22)) ELSE list_cost END AS part_list,
    CASE part WHEN 'covered' THEN CAST(CAST(quantity AS DECIMAL(28,10)) * CAST(covered_ratio AS DECIMAL(10,8)) AS DECIMAL(38,16))
      WHEN 'open' THEN quantity - CAST(CAST(quantity AS DECIMAL(28,10)) * CAST(covered_ratio AS DECIMAL(10,8)) AS DECIMAL(38,16)) ELSE quantity END AS part_quantity,
    CASE part WHEN 'covered' THEN CAST(CAST(usage_amount AS DECIMAL(30,8)) * CAST(covered_ratio AS DECIMAL(10,8)) AS DECIMAL(38,16))
      WHEN 'open' THEN usage_amount - CAST(CAST(usage_amount AS DECIMAL(30,8)) * CAST(covered_ratio AS DECIMAL(10,8)) AS DECIMAL(38,16)) ELSE usage_amount END AS part_usage,
    is_covered AND part IN ('whole', 'covered') AS is_used,
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
    CASE WHEN part = 'promotion' THEN promotion WHEN part IN ('unused', 'covered') THEN 0 WHEN part = 'open' THEN cost + in_row ELSE cost + in_row END AS billed,
    CASE WHEN part = 'promotion' THEN promotion WHEN part = 'unused' THEN rest WHEN is_fee THEN 0
      WHEN part = 'covered' THEN coalesce(share, 0) WHEN is_used THEN cost + in_row + coalesce(share, 0) ELSE cost + in_row END AS effective,
    CASE WHEN is_fee OR is_used THEN coalesce(commitment_instance, cud_credit.id, 'commitment ' || coalesce(cud_credit.name, sku_id)) END AS commitment_id,
    coalesce(focus_unit, pricing_unit) AS price_unit,
    CASE WHEN invoice_month IS NULL THEN date_trunc('month', usage_start - INTERVAL 8 HOUR) ELSE make_timestamp(TRY_CAST(invoice_month[:4] AS BIGINT), TRY_CAST(invoice_month[5:6] AS BIGINT), 1, 0, 0, 0) END AS month_start,
    'THIRD_PARTY' = left(coalesce(transaction_type, ''), 11) OR coalesce(publisher_type, '') = 'PARTNER' AS is_marketplace,
    coalesce(table_name, service_description, 'Google Cloud') AS service_name,
    coalesce(category_of, 'Other') AS service_category, coalesce(subcategory_of, 'Other (Other)') AS service_subcategory,
    nullif('{' || coalesce(list_aggregate(list_transform(list_filter(all_labels,
      (e, i) -> list_position(list_transform(all_labels, k -> k.key), e.key) = i),
      e -> CAST(to_json(e.key) AS VARCHAR) || ':' || coalesce(CAST(to_json(e.value) AS VARCHAR), 'true')), 'string_agg', ','), '') || '}', '{}') AS all_tags
  FROM labelled
  LEFT JOIN services ON service_text = lower(service_description)
  LEFT JOIN regions ON region_code = coalesce(nullif(region_given, ''), nullif(location, ''))
  LEFT JOIN units ON unit_code = lower(pricing_unit)
)
