-- A row becomes a charge per group; without groups its total is the charge.
grouped AS NOT MATERIALIZED (
  SELECT * EXCLUDE (g), g ->> '$.Keys' AS keys_upper, coalesce(g -> '$.Keys', g -> '$.keys') AS keys_text, coalesce(g -> '$.Metrics', g -> '$.metrics') AS metrics
  FROM (
    SELECT *, unnest(CASE WHEN json_valid(groups_json) AND json_array_length(groups_json) > 0 THEN from_json(groups_json, '["JSON"]')
      ELSE [to_json({'Metrics': CASE WHEN json_valid(total_json) THEN CAST(total_json AS JSON) END})] END) AS g
    FROM kept)
),
keyed AS NOT MATERIALIZED (
  SELECT *, from_json(keys_text, '["VARCHAR"]') AS keys,
    list_transform(from_json(CASE WHEN json_valid(input_text) THEN coalesce(input_text -> '$.GroupBy', input_text -> '$.group_by') END, '["JSON"]'),
      d -> struct_pack(kind := upper(coalesce(d ->> '$.Type', d ->> '$.type', 'DIMENSION')), name := coalesce(d ->> '$.Key', d ->> '$.key'))) AS asked
  FROM grouped
),
-- What each key is of: as the question says, else by its looks.
told AS NOT MATERIALIZED (
  SELECT *, list_transform(keys, (k, i) -> struct_pack(value := k, dimension := CASE
    WHEN asked[i].kind = 'TAG' THEN 'TAG' WHEN asked[i].name IS NOT NULL THEN upper(asked[i].name)
    WHEN contains(k, '$') THEN 'TAG' WHEN regexp_full_match(k, '[0-9]{12}') THEN 'LINKED_ACCOUNT'
    WHEN regexp_full_match(k, '(us|eu|ap|sa|ca|me|af|il|mx|cn)(-gov)?-[a-z]+-[0-9]|global') THEN 'REGION'
    WHEN i = 1 THEN 'SERVICE' ELSE 'OTHER' END)) AS dims
  FROM keyed
),
rows AS NOT MATERIALIZED (
  SELECT *,
    list_filter(dims, d -> d.dimension = 'SERVICE')[1].value AS service_key,
    list_filter(dims, d -> d.dimension = 'REGION')[1].value AS region,
    list_filter(dims, d -> d.dimension = 'LINKED_ACCOUNT')[1].value AS linked_account,
    list_filter(dims, d -> d.dimension = 'USAGE_TYPE')[1].value AS usage_type,
    list_filter(dims, d -> d.dimension = 'RECORD_TYPE')[1].value AS record_type,
    list_aggregate(list_transform(list_filter(dims, d -> d.dimension NOT IN ('SERVICE', 'REGION', 'LINKED_ACCOUNT', 'USAGE_TYPE', 'RECORD_TYPE')), d -> d.value), 'string_agg', ', ') AS other_keys,
    nullif('{' || coalesce(list_aggregate(list_transform(list_filter(dims, d -> d.dimension = 'TAG' AND split_part(d.value, '$', 2) <> ''),
      d -> CAST(to_json(split_part(d.value, '$', 1)) AS VARCHAR) || ':' || CAST(to_json(substr(d.value, strpos(d.value, '$') + 1)) AS VARCHAR)), 'string_agg', ','), '') || '}', '{}') AS tag_object,
    coalesce(metrics -> '$.NetUnblendedCost', metrics -> '$.UnblendedCost', metrics -> '$.BlendedCost', metrics -> '$.NetAmortizedCost', metrics -> '$.AmortizedCost') AS billed_metric,
    coalesce(metrics -> '$.NetAmortizedCost', metrics -> '$.AmortizedCost', metrics -> '$.NetUnblendedCost', metrics -> '$.UnblendedCost', metrics -> '$.BlendedCost') AS effective_metric,
    TRY_CAST(coalesce(billed_metric ->> '$.Amount', billed_metric ->> '$.amount') AS DECIMAL(38,22)) AS billed,
    TRY_CAST(coalesce(effective_metric ->> '$.Amount', effective_metric ->> '$.amount') AS DECIMAL(38,22)) AS effective,
    coalesce(billed_metric ->> '$.Unit', billed_metric ->> '$.unit') AS unit
  FROM told
)
