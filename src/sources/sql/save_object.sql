INSERT INTO source_objects (source, object_key, version, sha256, bytes, fetched_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (source, object_key) DO UPDATE SET
  version = excluded.version, sha256 = excluded.sha256, bytes = excluded.bytes,
  fetched_at = excluded.fetched_at
