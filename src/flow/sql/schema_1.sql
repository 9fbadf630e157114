CREATE TABLE flow_definitions (
  namespace TEXT NOT NULL,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  source TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0,
  updated TEXT NOT NULL,
  PRIMARY KEY (namespace, id, revision)
);
CREATE TABLE flow_executions (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  namespace TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  state TEXT NOT NULL,
  created TEXT NOT NULL,
  finished INTEGER NOT NULL DEFAULT 0,
  body TEXT
);
CREATE INDEX flow_executions_unfinished ON flow_executions (number) WHERE finished = 0;
CREATE TABLE flow_events (
  execution INTEGER NOT NULL,
  step INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (execution, step)
);
CREATE TABLE flow_logs (
  id INTEGER PRIMARY KEY,
  execution TEXT NOT NULL,
  task TEXT NOT NULL,
  task_run TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  level TEXT NOT NULL,
  time TEXT NOT NULL,
  message TEXT NOT NULL
);
CREATE INDEX flow_logs_of_execution ON flow_logs (execution, id);
CREATE TABLE flow_triggers (
  namespace TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  date TEXT,
  execution TEXT,
  disabled INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (namespace, flow_id, trigger_id)
);
