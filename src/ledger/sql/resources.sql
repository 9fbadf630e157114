-- The newest look at each resource.
SELECT ServiceProviderName, SubAccountId, RegionId, ResourceType, ResourceId, ResourceName, State, Owner, Tags, AssetTable,
  CreatedTime, SyncTime, MatchKeys, x_Source, x_Period, x_Generation, x_File, x_Row
FROM inventory
WHERE ResourceId IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY ServiceProviderName, lower(ResourceId) ORDER BY SyncTime DESC NULLS LAST, x_Period DESC, x_Generation DESC,
  x_Source, x_File, x_Row DESC) = 1
