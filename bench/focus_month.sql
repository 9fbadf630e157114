-- One month of a large company's bill in FOCUS 1.2 columns: {rows} charges, the same for the same number. Thread count and
-- machine do not matter: all randomness is md5 of the row and a word.
--   31 days of hours, 300 accounts, 60 services (share falls with rank^1.5), 8,000 SKUs, resources rows/50 with the top 1 %
--   on a fifth of the rows, 5 % of them new each day; 8 regions, 4 zones or none; tags of 5 to 12 keys, 15 % none, 3 % broken;
--   93 % usage, 3 % purchase, 2 % tax, 2 % credit; a quarter of usage committed (purchases are not matched to what they cover).
--   No late and no restated rows.
CREATE OR REPLACE MACRO rnd(i, word) AS (('0x' || left(md5(i || ':' || word), 13))::BIGINT / 4503599627370496.0);
CREATE OR REPLACE TEMP TABLE service_of AS
  WITH weights AS (SELECT s, power(s, -1.5) AS w FROM range(1, 61) t(s))
  SELECT s, sum(w) OVER (ORDER BY s) / sum(w) OVER () AS upper FROM weights;
CREATE OR REPLACE TEMP TABLE drawn AS
SELECT i, rnd(i, 'kind') AS kind, (rnd(i, 'hour') * 744)::INTEGER % 744 AS h,
  -- A fifth of the rows to the top 1 % of resources, the rest with cubic skew.
  CAST(CASE WHEN rnd(i, 'top') < 0.2 THEN rnd(i, 'res') * greatest({rows} / 5000, 1)
    ELSE power(rnd(i, 'res'), 3) * greatest({rows} / 50, 1) END AS BIGINT) AS r,
  rnd(i, 'amount') AS amount
FROM range({rows}) t(i);
-- What is a resource's own: account, service, SKU, region, zone, tags.
CREATE OR REPLACE TEMP TABLE resources AS
SELECT r, 1 + (rnd(r, 'account') * 300)::INTEGER % 300 AS account,
  (SELECT min(s) FROM service_of WHERE upper >= rnd(r, 'service') * 0.9999999) AS service,
  (rnd(r, 'sku') * 8000)::INTEGER % 8000 AS sku,
  (rnd(r, 'region') * 8)::INTEGER % 8 AS region, (rnd(r, 'zone') * 5)::INTEGER % 5 AS zone,
  CASE WHEN rnd(r, 'new') < 0.05 THEN (rnd(r, 'day') * 31)::INTEGER ELSE 0 END AS since,
  CASE WHEN rnd(r, 'tagged') < 0.15 THEN NULL
    WHEN rnd(r, 'tagged') < 0.18 THEN '{"env":"prod","team":'
    ELSE '{"env":"' || ['prod', 'dev', 'test', 'stage'][1 + (rnd(r, 'env') * 4)::INTEGER % 4]
      || '","team":"team-' || (rnd(r, 'team') * 120)::INTEGER % 120
      || '","app":"app-' || (rnd(r, 'app') * 900)::INTEGER % 900
      || '","cost-center":"cc-' || (rnd(r, 'cc') * 45)::INTEGER % 45
      || '","owner":"owner-' || (rnd(r, 'owner') * 2500)::INTEGER % 2500 || '"'
      || array_to_string(list_transform(range((rnd(r, 'keys') * 8)::INTEGER), lambda k: ',"key' || k || '":"v'
        || (rnd(r, 'k' || k) * 9)::INTEGER || '"'), '') || '}' END AS tags
FROM (SELECT DISTINCT r FROM drawn);
CREATE OR REPLACE TEMP TABLE charges AS
WITH base AS (
  SELECT d.i, d.kind, d.amount, s.*,
    TIMESTAMP '2026-01-01' + to_hours(greatest(d.h, s.since * 24)) AS begun,
    CASE WHEN d.kind < 0.93 THEN 'Usage' WHEN d.kind < 0.96 THEN 'Purchase' WHEN d.kind < 0.98 THEN 'Tax' ELSE 'Credit' END
      AS category,
    CASE WHEN d.kind < 0.93 * 0.25 THEN 1 + d.i % 40 END AS commitment,
    CAST(0.0001 + d.amount * d.amount * 4 AS DECIMAL(18,10)) AS list
  FROM drawn d JOIN resources s USING (r)
),
costs AS (
  SELECT *, CAST(list * 0.92 AS DECIMAL(18,10)) AS contracted,
    CAST(CASE WHEN commitment IS NOT NULL THEN list * 0.70 WHEN category = 'Credit' THEN -list * 0.1 ELSE list * 0.9 END
      AS DECIMAL(18,10)) AS effective
  FROM base
)
SELECT
  CASE WHEN commitment IS NOT NULL THEN CAST(0 AS DECIMAL(18,10)) ELSE effective END AS BilledCost,
  'payer-1' AS BillingAccountId, 'Payer' AS BillingAccountName, 'USD' AS BillingCurrency,
  '2026-02-01T00:00:00Z' AS BillingPeriodEnd, '2026-01-01T00:00:00Z' AS BillingPeriodStart,
  category AS ChargeCategory, NULL::VARCHAR AS ChargeClass, 'Charge of SKU ' || sku || ' in region ' || region AS ChargeDescription,
  CASE WHEN category = 'Usage' THEN 'Usage-Based' WHEN category = 'Purchase' THEN 'Recurring' ELSE 'One-Time' END AS ChargeFrequency,
  strftime(begun + INTERVAL 1 HOUR, '%Y-%m-%dT%H:00:00Z') AS ChargePeriodEnd, strftime(begun, '%Y-%m-%dT%H:00:00Z') AS ChargePeriodStart,
  CASE WHEN commitment IS NOT NULL THEN 'Spend' END AS CommitmentDiscountCategory,
  'arn:aws:savingsplans::1:savingsplan/' || commitment AS CommitmentDiscountId,
  'plan ' || commitment AS CommitmentDiscountName,
  CASE WHEN commitment IS NOT NULL THEN CASE WHEN i % 20 = 0 THEN 'Unused' ELSE 'Used' END END AS CommitmentDiscountStatus,
  CASE WHEN commitment IS NOT NULL THEN 'Savings Plan' END AS CommitmentDiscountType,
  CASE WHEN category = 'Usage' THEN CAST(1 + amount * 10 AS DECIMAL(18,6)) END AS ConsumedQuantity,
  CASE WHEN category = 'Usage' THEN 'Hours' END AS ConsumedUnit,
  CASE WHEN category IN ('Tax', 'Credit') THEN effective ELSE contracted END AS ContractedCost,
  CASE WHEN category = 'Usage' THEN contracted END AS ContractedUnitPrice,
  effective AS EffectiveCost, 'Amazon Web Services' AS InvoiceIssuerName, 'INV-' || (1 + account % 3) AS InvoiceId,
  CASE WHEN category IN ('Tax', 'Credit') THEN effective ELSE list END AS ListCost,
  CASE WHEN category = 'Usage' THEN list END AS ListUnitPrice,
  CASE WHEN category = 'Tax' THEN NULL WHEN commitment IS NOT NULL THEN 'Committed' ELSE 'Standard' END AS PricingCategory,
  CASE WHEN category <> 'Tax' THEN CAST(1 + amount * 10 AS DECIMAL(18,6)) END AS PricingQuantity,
  CASE WHEN category <> 'Tax' THEN 'Hours' END AS PricingUnit,
  'Amazon Web Services' AS ProviderName, 'Amazon Web Services' AS PublisherName,
  'region-' || region AS RegionId, 'Region ' || region AS RegionName,
  'arn:aws:ec2:region-' || region || ':' || (100000000000 + account) || ':instance/i-' || left(md5('r' || r), 17) AS ResourceId,
  NULL::VARCHAR AS ResourceName, 'Instance' AS ResourceType,
  CASE WHEN service % 4 = 0 THEN 'Storage' WHEN service % 4 = 1 THEN 'Compute' WHEN service % 4 = 2 THEN 'Databases' ELSE 'Networking' END
    AS ServiceCategory,
  'Service ' || lpad(service::VARCHAR, 2, '0') AS ServiceName,
  'sku-' || sku AS SkuId, 'sku-' || sku || '.hour' AS SkuPriceId,
  (100000000000 + account)::VARCHAR AS SubAccountId, 'Account ' || account AS SubAccountName,
  tags AS Tags,
  CASE WHEN zone < 4 THEN 'region-' || region || chr(97 + zone) END AS AvailabilityZone
FROM costs ORDER BY i;
