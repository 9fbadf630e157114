-- Every charge once, with what is known of its resource. A charge names it by its whole id, by its short id, or by its
-- name in its own account; what fits several resources fits none.
WITH keys AS (
  SELECT lower(ResourceId) AS key, 0 AS vagueness, ServiceProviderName AS key_provider, SubAccountId AS key_account, ResourceId AS asset
  FROM resources
  UNION ALL
  SELECT key, CASE WHEN regexp_full_match(key, '[a-z]{1,12}-[0-9a-f]{8,}|[0-9]{6,}') OR regexp_matches(key, '[/:]') THEN 1 ELSE 2 END,
    ServiceProviderName, SubAccountId, ResourceId
  FROM (SELECT unnest(from_json(MatchKeys, '["VARCHAR"]')) AS key, * FROM resources)
),
named AS (
  SELECT DISTINCT ResourceId AS charged, SubAccountId AS account, ServiceProviderName AS provider FROM focus WHERE ResourceId IS NOT NULL
),
tries AS (
  SELECT *, lower(charged) AS attempt, false AS is_end FROM named
  UNION ALL
  SELECT *, lower(regexp_extract(charged, '[^/:]+$')), true FROM named
  WHERE regexp_full_match(lower(regexp_extract(charged, '[/:]([^/:]+)$', 1)), '[a-z]{1,12}-[0-9a-f]{8,}|[0-9]{6,}')
),
fits AS (
  SELECT charged, account, provider, asset, key_provider, 2 * vagueness + CAST(is_end AS INTEGER) AS distance
  FROM tries JOIN keys ON key = attempt AND (key_provider IS NOT DISTINCT FROM provider OR key_provider IS NULL OR provider IS NULL)
    AND (vagueness = 0 OR key_account = account OR (vagueness = 1 AND (key_account IS NULL OR account IS NULL)))
),
matched AS (
  SELECT charged, account, provider, any_value(asset) AS asset, any_value(key_provider) AS asset_provider
  FROM (FROM fits QUALIFY distance = min(distance) OVER (PARTITION BY charged, account, provider))
  GROUP BY ALL HAVING count(DISTINCT (asset, key_provider)) = 1
)
SELECT focus.*, resources.ResourceId AS AssetId, resources.ResourceName AS AssetName, resources.ResourceType AS AssetType,
  resources.Owner AS AssetOwner, resources.State AS AssetState, resources.Tags AS AssetTags, resources.RegionId AS AssetRegionId,
  resources.SyncTime AS AssetSyncTime, resources.AssetTable
FROM focus
LEFT JOIN matched ON charged = focus.ResourceId AND account IS NOT DISTINCT FROM focus.SubAccountId
  AND provider IS NOT DISTINCT FROM focus.ServiceProviderName
LEFT JOIN resources ON resources.ResourceId = asset AND resources.ServiceProviderName IS NOT DISTINCT FROM asset_provider
