-- Ids, state, tags and owner from the columns of very different tables.
told AS NOT MATERIALIZED (
  SELECT *, coalesce(synced, TIMESTAMP '2000-01-01') AS seen,
    split_part(asset_table, '_', 1) AS prefix,
    regexp_replace(link_text, '^https://www\.googleapis\.com/', '') AS link,
    CASE WHEN split_part(asset_table, '_', 1) = 'gcp' THEN coalesce(labels_json, CASE WHEN NOT contains(tags_json, '"items"') THEN tags_json END)
      ELSE coalesce(tags_json, labels_json) END AS tag_text,
    CASE WHEN json_valid(state_json) AND starts_with(state_json, '{')
      THEN coalesce(state_json ->> '$.Name', state_json ->> '$.name', state_json ->> '$.Code', state_json ->> '$.code', state_json ->> '$.state') ELSE trim(state_json, '"') END AS plain_state
  FROM kept
),
tagged AS NOT MATERIALIZED (
  SELECT *,
    CASE WHEN tag_text IS NULL OR NOT json_valid(tag_text) THEN NULL
      WHEN starts_with(tag_text, '{') THEN nullif(tag_text, '{}')
      WHEN starts_with(tag_text, '[') THEN nullif('{' || coalesce(list_aggregate(list_transform(list_filter(from_json(tag_text, '["JSON"]'),
          t -> coalesce(t ->> '$.Key', t ->> '$.key', t ->> '$.TagKey') IS NOT NULL),
        t -> CAST(to_json(coalesce(t ->> '$.Key', t ->> '$.key', t ->> '$.TagKey')) AS VARCHAR) || ':' ||
          coalesce(CAST(to_json(coalesce(t ->> '$.Value', t ->> '$.value', t ->> '$.TagValue')) AS VARCHAR), 'null')), 'string_agg', ','), '') || '}', '{}') END AS tags_object,
    coalesce(arn_text, CASE WHEN prefix = 'azure' THEN own_id END, link, own_id, short_id) AS resource_id,
    CASE WHEN contains(coalesce(arn_text, link, own_id, ''), '/') OR contains(coalesce(arn_text, ''), ':')
      THEN regexp_extract(coalesce(arn_text, link, own_id), '[^/:]+$') END AS last_part
  FROM told
),
owned AS NOT MATERIALIZED (
  SELECT *,
    coalesce(
      tags_object ->> ('$."' || list_filter(json_keys(tags_object), k -> lower(k) = 'owner')[1] || '"'),
      tags_object ->> ('$."' || list_filter(json_keys(tags_object), k -> regexp_full_match(lower(k), '([a-z0-9]+[:/_-])?owner([_-]?(e?mail|name|id))?'))[1] || '"'),
      tags_object ->> ('$."' || list_filter(json_keys(tags_object), k -> lower(k) IN ('team', 'squad', 'contact'))[1] || '"'),
      tags_object ->> ('$."' || list_filter(json_keys(tags_object), k -> regexp_full_match(lower(k), 'created[_-]?by|creator'))[1] || '"')) AS owner
  FROM tagged
),
rows AS NOT MATERIALIZED (
  SELECT *,
    CASE prefix WHEN 'aws' THEN 'AWS' WHEN 'awscost' THEN 'AWS' WHEN 'azure' THEN 'Microsoft' WHEN 'azuread' THEN 'Microsoft' WHEN 'gcp' THEN 'Google Cloud'
      WHEN 'alicloud' THEN 'Alibaba Cloud' WHEN 'oracle' THEN 'Oracle' WHEN 'oci' THEN 'Oracle' WHEN 'snowflake' THEN 'Snowflake' WHEN 'datadog' THEN 'Datadog'
      WHEN 'github' THEN 'GitHub' ELSE CASE WHEN starts_with(arn_text, 'arn:') THEN 'AWS' WHEN starts_with(lower(own_id), '/subscriptions/') THEN 'Microsoft'
      WHEN starts_with(link_text, 'https://www.googleapis.com/') THEN 'Google Cloud' ELSE prefix END END AS provider,
    coalesce(nullif(name_text, ''), tags_object ->> '$.Name', last_part) AS resource_name,
    coalesce(kind_text, asset_table) AS resource_type,
    lower(coalesce(nullif(plain_state, ''), state_text, nullif(regexp_extract(view_json, 'PowerState/([a-zA-Z]+)', 1), ''), properties_json ->> '$.provisioningState')) AS state_word,
    coalesce(nullif(region_text, ''), regexp_replace(nullif(regexp_extract(zone_text, '[^/]+$'), ''), CASE WHEN prefix = 'gcp' THEN '-[a-z]$' ELSE '[a-z]$' END, '')) AS region_id,
    CAST(to_json(list_distinct(list_filter([lower(arn_text), lower(own_id), lower(link_text), lower(link), lower(short_id), lower(last_part), lower(name_text),
      -- Bills of Google Cloud name an instance by its number, with two slashes and the service in front.
      CASE WHEN prefix = 'gcp' THEN lower('//' || regexp_replace(replace(link, 'compute/v1/', 'compute.googleapis.com/'), '[^/]+$', own_id)) END,
      CASE WHEN prefix = 'gcp' THEN lower('//' || replace(link, 'compute/v1/', 'compute.googleapis.com/')) END], k -> k <> ''))) AS VARCHAR) AS match_keys
  FROM owned
)
