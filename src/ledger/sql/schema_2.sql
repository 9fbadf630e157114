-- Dated exchange rates: one unit of base costs rate units of quote.
CREATE TABLE ledger_fx_rates (
  day TEXT NOT NULL,
  base TEXT NOT NULL,
  quote TEXT NOT NULL,
  rate TEXT NOT NULL,
  origin TEXT NOT NULL,
  PRIMARY KEY (base, quote, day)
);
