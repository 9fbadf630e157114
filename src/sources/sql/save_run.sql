INSERT INTO source_runs (source, started_at, ended_at, state, message)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (source) DO UPDATE SET
  started_at = excluded.started_at, ended_at = excluded.ended_at, state = excluded.state,
  message = excluded.message
