-- A query's answer becomes a charge per row of it; cells are told by the names of its columns.
answers AS NOT MATERIALIZED (
  SELECT *, from_json(coalesce(columns_json, properties_json -> '$.columns'), '["JSON"]') AS head,
    unnest(from_json(coalesce(rows_json, properties_json -> '$.rows'), '["JSON"]')) AS cells
  FROM kept
),
named AS NOT MATERIALIZED (
  SELECT *, list_transform(head, (c, i) -> struct_pack(name := lower(c ->> '$.name'), value := cells ->> CAST(i - 1 AS BIGINT))) AS pairs
  FROM answers
),
rows AS NOT MATERIALIZED (
  SELECT *,
    list_filter(pairs, p -> p.name IN ('cost', 'pretaxcost', 'totalcost'))[1].value AS cost_text,
    list_filter(pairs, p -> p.name IN ('currency', 'billingcurrency'))[1].value AS currency,
    list_filter(pairs, p -> p.name IN ('servicename', 'metercategory', 'consumedservice'))[1].value AS service,
    list_filter(pairs, p -> p.name IN ('resourcelocation', 'location'))[1].value AS region,
    list_filter(pairs, p -> p.name = 'resourceid')[1].value AS resource_id,
    list_filter(pairs, p -> p.name IN ('subscriptionid', 'subscriptionguid'))[1].value AS subscription_cell,
    list_filter(pairs, p -> p.name = 'chargetype')[1].value AS charge_type,
    list_aggregate(list_transform(list_filter(pairs, p -> p.name NOT IN ('cost', 'pretaxcost', 'totalcost', 'costusd', 'currency', 'usagedate', 'billingmonth')), p -> p.value), 'string_agg', ', ') AS grouping_text,
    list_filter(pairs, p -> p.name IN ('usagedate', 'billingmonth', 'date'))[1].value AS day_text,
    coalesce(try_strptime(day_text, '%Y%m%d'), TRY_CAST(day_text AS TIMESTAMP), date_trunc('month', synced)) AS day
  FROM named
)
