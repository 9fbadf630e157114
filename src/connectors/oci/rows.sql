-- From the lines kept to the rows booked: services and regions looked up, overage added where it is not inside the cost.
services(code, table_name, category_of, subcategory_of) AS (VALUES {services}),
regions(region_id, region_label) AS (VALUES {regions}),
read_lines AS NOT MATERIALIZED (
  SELECT *, coalesce(lower(correction_flag) IN ('true', 'y', 'yes'), false) AS is_correction,
    -- A row of nothing but overage states the same amount in both columns.
    CASE WHEN overage_cost IS NULL OR overage_cost = 0 OR (overage_cost = cost AND lower(overage_flag) IN ('true', 'y', 'yes'))
      THEN false ELSE true END AS is_overage_apart
  FROM kept
),
rows AS NOT MATERIALIZED (
  SELECT *,
    CASE WHEN is_overage_apart THEN coalesce(cost, 0) + overage_cost ELSE coalesce(cost, overage_cost) END AS total_cost,
    CASE WHEN is_overage_apart THEN coalesce(quantity, 0) + coalesce(overage_quantity, 0) ELSE coalesce(quantity, overage_quantity) END AS total_quantity,
    NOT is_overage_apart OR overage_price IS NOT DISTINCT FROM unit_price AS has_one_price,
    coalesce(nullif(unit, ''), nullif(unit_readable, '')) AS unit_name
  FROM read_lines
  LEFT JOIN services ON code = upper(service_code)
  LEFT JOIN regions ON region_id = lower(region_code)
)
