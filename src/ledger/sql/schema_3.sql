-- Generations in the order they were booked, and which of them are no longer on disk.
ALTER TABLE ledger_generations ADD COLUMN sequence BIGINT;
ALTER TABLE ledger_generations ADD COLUMN purged_us BIGINT;
UPDATE ledger_generations SET sequence = rowid;
CREATE UNIQUE INDEX ledger_generations_by_sequence ON ledger_generations (sequence);
