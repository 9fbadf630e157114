INSERT INTO source_deliveries
  (source, delivery, state, reason, fingerprint, content, folder, files, bytes, changed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, delivery) DO UPDATE SET
  state = excluded.state, reason = excluded.reason, fingerprint = excluded.fingerprint,
  content = excluded.content, folder = excluded.folder, files = excluded.files,
  bytes = excluded.bytes, changed_at = excluded.changed_at
