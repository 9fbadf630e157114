-- From the lines kept to the rows booked: days and months of UTC+8, products and regions looked up.
services(code, table_name, category_of, subcategory_of) AS (VALUES {services}),
regions(region_name, region_id, region_label) AS (VALUES {regions}),
units(unit_code, focus_unit) AS (VALUES {units}),
dated AS NOT MATERIALIZED (
  SELECT *,
    -- The console writes these words in the language of whoever asks.
    CASE WHEN regexp_matches(item, '退款|退订') THEN 'refund' WHEN regexp_matches(item, '调账|调整') THEN 'adjustment'
      WHEN regexp_matches(item, '订单|新购|续费|升级|降级|预付|包年|包月') THEN 'subscriptionorder' WHEN regexp_matches(item, '税') THEN 'tax'
      WHEN regexp_matches(item, '按量|后付|消费|正常账单') THEN CASE WHEN regexp_matches(subscription_type, '预付|包年|包月') THEN 'subscriptionorder' ELSE 'payasyougobill' END
      ELSE lower(coalesce(item, 'PayAsYouGoBill')) END AS item_code,
    CASE WHEN regexp_matches(subscription_type, '预付|包年|包月') THEN 'Subscription' WHEN regexp_matches(subscription_type, '后付|按量') THEN 'PayAsYouGo'
      ELSE subscription_type END AS paid_by,
    coalesce(date_trunc('month', CAST(coalesce(TRY_CAST(left(cycle, 7) || '-01' AS DATE), CAST(try_strptime(left(cycle, 6), '%Y%m') AS DATE)) AS TIMESTAMP)),
      date_trunc('month', billing_date)) AS month_start,
    coalesce(package_usage > 0, false) AS has_package,
    regexp_matches(lower(concat_ws(' ', product_code, commodity_code, product_detail)), 'savingplan|savingsplan|savings plan|\bspn\b|节省计划') AS is_plan,
    regexp_matches(lower(concat_ws(' ', commodity_code, product_detail)), '资源包|流量包|resource ?pack|package|_bag\b|bag_|fpkg|\bscu\b') AS is_package
  FROM kept
),
rows AS NOT MATERIALIZED (
  SELECT *,
    coalesce(billing_date, month_start) AS day_start,
    CASE WHEN billing_date IS NULL THEN month_start + INTERVAL 1 MONTH ELSE date_trunc('day', billing_date) + INTERVAL 1 DAY END AS day_end,
    CASE
      WHEN item_code IN ('subscriptionorder') THEN 'Purchase'
      WHEN item_code = 'refund' THEN CASE WHEN paid_by = 'Subscription' THEN 'Purchase' ELSE 'Usage' END
      WHEN item_code IN ('adjustment', 'billadjustment') THEN 'Adjustment'
      WHEN item_code IN ('payasyougobill', 'postpaid') THEN 'Usage'
      WHEN contains(item_code, 'tax') THEN 'Tax'
      WHEN paid_by = 'Subscription' THEN 'Purchase' ELSE 'Usage' END AS category,
    (is_plan OR is_package) AND item_code IN ('subscriptionorder', 'refund') AS is_commitment_purchase,
    CASE WHEN (is_plan OR is_package) AND item_code IN ('subscriptionorder', 'refund') THEN instance_id END AS commitment_id,
    has_package AND coalesce(payable, 0) = 0 AS is_packaged,
    abs(CAST(list_price AS DOUBLE) * CAST(usage AS DOUBLE) - CAST(gross AS DOUBLE)) <= greatest(0.000001, abs(CAST(gross AS DOUBLE)) * 0.0001) AS ties,
    nullif('{' || coalesce(list_aggregate(list_transform(
      regexp_extract_all(tag_text, 'key:\s*\S.*?\s+value:\s*.*?\s*(?:;|$)'),
      t -> CAST(to_json(trim(regexp_extract(t, 'key:\s*(\S.*?)\s+value:', 1))) AS VARCHAR) || ':'
        || CAST(to_json(trim(regexp_extract(t, 'value:\s*(.*?)\s*;?\s*$', 1))) AS VARCHAR)), 'string_agg', ','), '') || '}', '{}') AS tags
  FROM dated
  LEFT JOIN services ON code = lower(product_code)
  LEFT JOIN regions ON region_name = lower(region_text)
  LEFT JOIN units ON unit_code = lower(usage_unit)
)
