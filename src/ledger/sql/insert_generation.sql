-- A generation that becomes the current one; sequence counts all generations of the ledger.
INSERT INTO ledger_generations(source, period, dataset, generation, delivery_id, label, mapping, row_count, bytes, booked_us,
  superseded_us, columns, first_us, last_us, sequence)
SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, coalesce(max(sequence), 0) + 1 FROM ledger_generations
