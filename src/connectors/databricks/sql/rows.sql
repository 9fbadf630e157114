-- Usage with the prices that held when it began. A price of the account stands before the list's own.
services(product_code, table_name, category_of, subcategory_of) AS (VALUES {services}),
price_list AS MATERIALIZED (
  SELECT price_sku, price_cloud, price_unit, price_currency, price_start, price_end,
    coalesce(pricing -> '$.effective_list', to_json(flat_effective)) IS NULL AS is_account,
    TRY_CAST(coalesce(pricing ->> '$.default', flat_default) AS DECIMAL(38,16)) AS default_price,
    TRY_CAST(coalesce(pricing ->> '$.effective_list.default', flat_effective, pricing ->> '$.promotional.default',
      flat_promotional, pricing ->> '$.default', flat_default) AS DECIMAL(38,16)) AS effective_price
  FROM prices
  WHERE {currency} IS NULL OR price_currency = {currency}
),
usage_keys AS (
  SELECT DISTINCT sku_name, cloud, usage_unit, coalesce(usage_start, usage_date) AS began FROM kept
),
-- The newest of overlapping prices counts.
matched AS (
  SELECT sku_name AS m_sku, cloud AS m_cloud, usage_unit AS m_unit, began AS m_began,
    max_by(price_currency, price_start) AS price_currency,
    max_by(default_price, price_start) FILTER (NOT is_account) AS list_price,
    coalesce(max_by(effective_price, price_start) FILTER (is_account),
      max_by(effective_price, price_start) FILTER (NOT is_account)) AS contracted_price
  FROM usage_keys JOIN price_list ON price_sku = sku_name
    AND (price_cloud = cloud OR price_cloud IS NULL) AND (price_unit = usage_unit OR price_unit IS NULL)
    AND began >= price_start AND (price_end IS NULL OR began < price_end)
  GROUP BY ALL
),
resources AS NOT MATERIALIZED (
  SELECT *, coalesce(usage_start, usage_date) AS began, upper(cloud) AS cloud_upper,
    [{'t': 'Serving Endpoint', 'i': metadata ->> '$.endpoint_id'}, {'t': 'SQL Warehouse', 'i': metadata ->> '$.warehouse_id'},
      {'t': 'Pipeline', 'i': metadata ->> '$.dlt_pipeline_id'}, {'t': 'Job', 'i': metadata ->> '$.job_id'},
      {'t': 'App', 'i': metadata ->> '$.app_id'}, {'t': 'Database Instance', 'i': metadata ->> '$.database_instance_id'},
      {'t': 'Cluster', 'i': metadata ->> '$.cluster_id'}, {'t': 'Notebook', 'i': metadata ->> '$.notebook_id'},
      {'t': 'Instance Pool', 'i': metadata ->> '$.instance_pool_id'}] AS all_ids
  FROM kept
),
named AS NOT MATERIALIZED (
  SELECT *, list_filter(all_ids, lambda x: x.i IS NOT NULL)[1].i AS resource_id,
    list_filter(all_ids, lambda x: x.i IS NOT NULL)[1].t AS resource_type
  FROM resources
),
rows AS NOT MATERIALIZED (
  SELECT named.*, table_name, category_of, subcategory_of, price_currency, list_price, contracted_price,
    TRY(CAST(quantity AS DECIMAL(38,18)) * CAST(contracted_price AS DECIMAL(38,16))) AS cost,
    TRY(CAST(quantity AS DECIMAL(38,18)) * CAST(list_price AS DECIMAL(38,16))) AS list_cost
  FROM named
  LEFT JOIN matched ON m_sku = sku_name AND m_cloud IS NOT DISTINCT FROM cloud
    AND m_unit IS NOT DISTINCT FROM usage_unit AND m_began = began
  LEFT JOIN services ON product_code = product
)
