-- From the lines kept to the rows booked: blocks of units, regions and services looked up.
units(unit_text, block_text, unit_name) AS (VALUES {units}),
regions(region_text, region_id, region_label) AS (VALUES {regions}),
services(service, category_of, subcategory_of) AS (VALUES {services}),
types(type_code, type_service, type_label) AS (VALUES {types}),
consumed(consumed_code, consumed_name) AS (VALUES {consumed}),
families(family, family_category, family_subcategory) AS (VALUES {families}),
read_lines AS NOT MATERIALIZED (
  SELECT *,
    -- "Microsoft.Compute/virtualMachines/vm1/extensions/x" is a microsoft.compute/virtualmachines/extensions.
    regexp_replace(nullif(regexp_extract(lower(resource_path), '^.*/providers/(.*?)/?$', 1), ''), '/([^/]+)/[^/]+', '/\1', 'g') AS type_path,
    charge_type IN ('unusedreservation', 'unusedsavingsplan') AS is_unused,
    is_covered AS is_committed,
    CASE WHEN charge_type IN ('unusedreservation', 'unusedsavingsplan', 'usage') THEN 'Usage'
      WHEN charge_type IN ('purchase', 'refund') THEN 'Purchase'
      WHEN charge_type = 'tax' THEN 'Tax'
      WHEN charge_type IN ('credit', 'creditapplied', 'azurecredit') THEN 'Credit'
      ELSE 'Adjustment' END AS category,
    coalesce(lower(publisher_type) IN ('marketplace', 'azuremarketplace'), false) AS is_marketplace,
    CASE WHEN model IN ('Reservation', 'SavingsPlan') THEN
      CASE WHEN benefit_id IS NOT NULL THEN rtrim(benefit_id, '/')
        WHEN contains(lower(resource_path), '/reservationorders/') OR contains(lower(resource_path), '/savingsplanorders/')
          THEN rtrim(resource_path, '/')
        ELSE reservation_id END END AS commitment_id,
    TRY_CAST(rate_text AS DECIMAL(18,12)) AS rate
  FROM kept
),
measured AS NOT MATERIALIZED (
  SELECT read_lines.*,
    coalesce(TRY_CAST(block_text AS DECIMAL(18,4)),
      TRY_CAST(replace(nullif(regexp_extract(unit_of_measure, '^\s*([0-9][0-9,]*(\.[0-9]+)?)', 1), ''), ',', '') AS DECIMAL(18,4))
        * CASE upper(regexp_extract(unit_of_measure, '^\s*[0-9.,]+\s*([KM])\b', 1)) WHEN 'K' THEN 1000 WHEN 'M' THEN 1000000 ELSE 1 END) AS block,
    CASE WHEN unit_of_measure IS NULL THEN NULL ELSE coalesce(unit_name,
      nullif(trim(regexp_replace(unit_of_measure, '^\s*[0-9.,]+\s*[KM]?\b\s*', '')), ''), 'Units') END AS unit
  FROM read_lines LEFT JOIN units ON unit_text = lower(regexp_replace(trim(unit_of_measure), '\s+', ' ', 'g'))
),
blocked AS NOT MATERIALIZED (
  SELECT *,
    -- Some exports count quantities in blocks already: then the price of a unit is the price of a block, and the cost
    -- is nearer to price x quantity than to price x quantity / block.
    CASE WHEN block > 1 AND effective_price = unit_price AND cost <> 0
      AND abs(CAST(unit_price AS DOUBLE) * coalesce(rate, 1) * CAST(quantity AS DOUBLE) - cost)
        <= abs(CAST(unit_price AS DOUBLE) * coalesce(rate, 1) * CAST(quantity AS DOUBLE) / block - cost)
      THEN 1 ELSE coalesce(nullif(block, 0), 1) END AS divisor
  FROM measured
),
priced AS NOT MATERIALIZED (
  SELECT *,
    CASE WHEN divisor = 1 THEN CAST(quantity AS DECIMAL(38,16))
      ELSE CAST(CAST(quantity AS DECIMAL(26,14)) * CAST(1 / divisor AS DECIMAL(12,10)) AS DECIMAL(38,16)) END AS blocks,
    CASE WHEN divisor = 1 THEN quantity * coalesce(nullif(block, 0), 1) ELSE quantity END AS consumed_quantity,
    CASE WHEN block > 1 THEN printf('%s %s', regexp_replace(CAST(block AS VARCHAR), '\.?0+$', ''), unit) ELSE unit END AS price_unit,
    -- A price of 0 beside a cost, on a Marketplace charge or on usage that a reservation covers is no price.
    CASE WHEN unit_price = 0 AND (cost <> 0 OR is_marketplace OR is_committed) THEN NULL ELSE CASE WHEN rate IS NULL OR rate = 1 THEN unit_price ELSE CAST(unit_price AS DECIMAL(24,12)) * CAST(rate AS DECIMAL(14,8)) END END AS contract_price,
    CASE WHEN payg_price = 0 AND (cost <> 0 OR is_marketplace OR is_committed) THEN NULL ELSE CASE WHEN rate IS NULL OR rate = 1 THEN payg_price ELSE CAST(payg_price AS DECIMAL(24,12)) * CAST(rate AS DECIMAL(14,8)) END END AS list_price,
    CASE WHEN payg_cost = 0 AND (cost <> 0 OR is_marketplace OR is_committed) THEN NULL ELSE payg_cost END AS known_payg_cost
  FROM blocked
),
multiplied AS NOT MATERIALIZED (
  SELECT *,
    CAST(contract_price AS DECIMAL(28,12)) * CAST(blocks AS DECIMAL(28,10)) AS contract_product,
    CAST(list_price AS DECIMAL(28,12)) * CAST(blocks AS DECIMAL(28,10)) AS list_product,
    CASE WHEN is_committed OR is_commitment_purchase THEN NULL ELSE cost END AS plain_cost
  FROM priced
),
rows AS NOT MATERIALIZED (
  SELECT multiplied.*,
    coalesce(region_id, lower(replace(nullif(lower(location), 'unassigned'), ' ', ''))) AS region, region_label,
    type_label, category = 'Purchase' AND charge_type = 'refund' AS is_refund,
    CASE
      WHEN is_commitment_purchase AND coalesce(file_role, '') <> 'amortized' THEN cost
      WHEN is_committed THEN 0
      ELSE cost
    END AS billed,
    CASE
      WHEN is_commitment_purchase THEN 0
      WHEN is_committed AND file_role = 'actual' THEN NULL
      ELSE cost
    END AS effective,
    -- What the contract price says, unless it is only the rounded form of the cost itself.
    CASE WHEN is_committed THEN contract_product
      WHEN is_commitment_purchase OR contract_product IS NULL THEN cost
      WHEN abs(CAST(contract_product AS DOUBLE) - CAST(plain_cost AS DOUBLE)) <= greatest(0.0000001, abs(CAST(plain_cost AS DOUBLE)) * 0.000001) THEN plain_cost
      ELSE contract_product END AS contracted,
    CASE WHEN is_commitment_purchase THEN cost WHEN category NOT IN ('Usage', 'Purchase') THEN cost
      WHEN known_payg_cost IS NOT NULL THEN known_payg_cost
      WHEN abs(CAST(list_product AS DOUBLE) - CAST(plain_cost AS DOUBLE)) <= greatest(0.0000001, abs(CAST(plain_cost AS DOUBLE)) * 0.000001) THEN plain_cost
      ELSE list_product END AS listed,
    name_of.service AS service_name,
    coalesce(services.category_of, CASE WHEN is_marketplace THEN NULL ELSE family_category END, 'Other') AS service_category,
    coalesce(services.subcategory_of, CASE WHEN is_marketplace THEN NULL ELSE family_subcategory END, 'Other (Other)') AS service_subcategory
  FROM multiplied
  LEFT JOIN regions ON region_text = lower(coalesce(nullif(lower(location), 'unassigned'), meter_region))
  LEFT JOIN types ON type_code = type_path
  LEFT JOIN consumed ON consumed_code = lower(consumed_service)
  LEFT JOIN families ON family = lower(service_family)
  CROSS JOIN LATERAL (SELECT CASE
    WHEN is_marketplace THEN coalesce(product, plan_name, publisher, 'Azure Marketplace')
    ELSE coalesce(CASE WHEN NOT is_unused AND NOT is_commitment_purchase THEN type_service END,
      CASE WHEN lower(meter_category) <> 'unassigned' THEN meter_category END, service_name_given, consumed_name, product, CASE WHEN category = 'Purchase' THEN 'Azure purchases' ELSE 'Azure' END) END AS service)
    AS name_of
  LEFT JOIN services ON services.service = name_of.service
)
