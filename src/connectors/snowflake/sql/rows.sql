-- What pays for a row decides what is billed; what it is decides its category.
services(product_code, table_name, category_of, subcategory_of) AS (VALUES {services}),
rate_of AS MATERIALIZED (
  SELECT CAST(rate_date AS DATE) AS r_day, rate_account AS r_account, lower(rate_usage_type) AS r_usage_type,
    upper(rate_service_type) AS r_service_type, rate_currency AS r_currency,
    CASE WHEN min(rate) = max(rate) THEN min(rate) END AS price
  FROM rates GROUP BY ALL
),
marked AS NOT MATERIALIZED (
  SELECT *, replace(lower(trim(coalesce(balance_source, ''))), '_', ' ') AS balance,
    replace(lower(trim(coalesce(billing_type, ''))), '_', ' ') AS billing,
    lower(trim(coalesce(rating_type, ''))) AS rating, upper(region) AS upper_region,
    coalesce(lower(is_adjustment) IN ('true', 't', '1', 'yes'), false) AS is_correction,
    coalesce(TRY_CAST(amount AS DOUBLE), 0) AS sign
  FROM kept
),
rows AS NOT MATERIALIZED (
  SELECT marked.*, table_name, category_of, subcategory_of, price,
    CASE
      WHEN (billing = 'rebate' OR balance = 'rebate') AND sign < 0 THEN 'Credit'
      WHEN billing = 'support credit' THEN 'Credit'
      WHEN is_correction THEN 'Adjustment'
      WHEN billing IN ('priority support', 'vps deployment fee') THEN 'Purchase'
      ELSE 'Usage'
    END AS category,
    -- Credits granted stand on the bill themselves; what they and prepaid balances pay for does not.
    balance IN ('capacity', 'rollover', 'free usage') OR (balance = 'rebate' AND sign > 0) AS is_prepaid,
    CASE WHEN rating = 'compute' OR contains(lower(usage_type), 'compute') THEN 'Credits'
      WHEN rating IN ('storage', 'data transfer') OR lower(usage_type) IN ('storage', 'data transfer') THEN 'TB' END AS unit
  FROM marked
  LEFT JOIN services ON product_code = CASE
    WHEN billing IN ('priority support', 'support credit') THEN 'PRIORITY_SUPPORT' ELSE upper(service_type) END
  LEFT JOIN rate_of ON r_day = CAST(usage_date AS DATE) AND r_account IS NOT DISTINCT FROM account_locator
    AND r_usage_type = lower(usage_type) AND r_service_type IS NOT DISTINCT FROM upper(service_type)
    AND (r_currency = currency OR r_currency IS NULL)
)
