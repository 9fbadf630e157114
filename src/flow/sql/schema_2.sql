ALTER TABLE flow_definitions ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE flow_triggers ADD COLUMN disabled_by TEXT NOT NULL DEFAULT '';
ALTER TABLE flow_triggers ADD COLUMN backfill TEXT;
ALTER TABLE flow_executions ADD COLUMN labels TEXT NOT NULL DEFAULT '';
CREATE TABLE flow_kv (
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  description TEXT NOT NULL,
  created TEXT NOT NULL,
  updated TEXT NOT NULL,
  expires TEXT,
  deleted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (namespace, key, version)
);
CREATE TABLE flow_files (
  namespace TEXT NOT NULL,
  path TEXT NOT NULL,
  version INTEGER NOT NULL,
  size INTEGER NOT NULL,
  is_folder INTEGER NOT NULL DEFAULT 0,
  created TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (namespace, path, version)
);
CREATE TABLE flow_metrics (
  id INTEGER PRIMARY KEY,
  execution TEXT NOT NULL,
  namespace TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  task TEXT NOT NULL,
  task_run TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  tags TEXT NOT NULL,
  time TEXT NOT NULL
);
CREATE INDEX flow_metrics_of_execution ON flow_metrics (execution, id);
CREATE TABLE flow_task_cache (
  key TEXT NOT NULL PRIMARY KEY,
  outputs TEXT NOT NULL,
  created TEXT NOT NULL
);
CREATE TABLE flow_windows (
  namespace TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  condition_id TEXT NOT NULL,
  starts TEXT NOT NULL,
  ends TEXT NOT NULL,
  met TEXT NOT NULL,
  PRIMARY KEY (namespace, flow_id, trigger_id, condition_id)
);
