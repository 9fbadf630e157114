-- Which deliveries were booked and which generation of each (source, period, dataset) is current.
CREATE TABLE ledger_deliveries (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  label TEXT NOT NULL,
  files_key TEXT NOT NULL,
  shapes TEXT NOT NULL,
  receipt TEXT NOT NULL,
  booked_us BIGINT NOT NULL
);
CREATE INDEX ledger_deliveries_by_content ON ledger_deliveries (source, files_key);

CREATE TABLE ledger_generations (
  source TEXT NOT NULL,
  period TEXT NOT NULL,
  dataset TEXT NOT NULL,
  generation BIGINT NOT NULL,
  delivery_id TEXT NOT NULL,
  label TEXT NOT NULL,
  mapping TEXT NOT NULL,
  row_count BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  booked_us BIGINT NOT NULL,
  superseded_us BIGINT,
  columns TEXT NOT NULL,
  first_us BIGINT,
  last_us BIGINT,
  PRIMARY KEY (source, period, dataset, generation)
);
CREATE UNIQUE INDEX ledger_generations_current
  ON ledger_generations (source, period, dataset) WHERE superseded_us IS NULL;
CREATE INDEX ledger_generations_by_delivery ON ledger_generations (delivery_id);
