-- Sources that were added by hand, beside those of the configuration file.
CREATE TABLE source_settings (
  name TEXT PRIMARY KEY,
  settings TEXT NOT NULL,
  added_at TEXT NOT NULL
);
-- What was fetched: which version of an object has which bytes.
CREATE TABLE source_objects (
  source TEXT NOT NULL,
  object_key TEXT NOT NULL,
  version TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  fetched_at TEXT NOT NULL,
  PRIMARY KEY (source, object_key)
);
-- What is known of a delivery: booked, waiting or refused.
CREATE TABLE source_deliveries (
  source TEXT NOT NULL,
  delivery TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  content TEXT NOT NULL,
  folder TEXT NOT NULL,
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  changed_at TEXT NOT NULL,
  PRIMARY KEY (source, delivery)
);
-- Under which name the ledger knows a report of a source.
CREATE TABLE source_reports (
  source TEXT NOT NULL,
  report TEXT NOT NULL,
  ledger_source TEXT NOT NULL,
  PRIMARY KEY (source, report)
);
-- How the last sync of a source went.
CREATE TABLE source_runs (
  source TEXT PRIMARY KEY,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  state TEXT NOT NULL,
  message TEXT NOT NULL
);
