-- Booked BilledCost per invoice against the provider's invoice details and against amounts given by the user.
WITH booked AS (
  SELECT InvoiceIssuerName, InvoiceId, BillingCurrency,
    sum(BilledCost) AS BilledCost,
    sum(BilledCost) FILTER (ChargeCategory = 'Usage') AS Usage,
    sum(BilledCost) FILTER (ChargeCategory = 'Purchase') AS Purchase,
    sum(BilledCost) FILTER (ChargeCategory = 'Tax') AS Tax,
    sum(BilledCost) FILTER (ChargeCategory = 'Credit') AS Credit,
    sum(BilledCost) FILTER (ChargeCategory = 'Adjustment') AS Adjustment,
    sum(x_Rows) AS Charges
  FROM ({charges})
  GROUP BY ALL
),
detailed AS (
  SELECT InvoiceIssuerName, InvoiceId, BillingCurrency, sum(BilledCost) AS BilledCost
  FROM ({details})
  GROUP BY ALL
),
expected AS ({expected}),
joined AS (
  SELECT
    coalesce(b.InvoiceIssuerName, d.InvoiceIssuerName) AS InvoiceIssuerName,
    coalesce(b.InvoiceId, d.InvoiceId) AS InvoiceId,
    coalesce(b.BillingCurrency, d.BillingCurrency) AS BillingCurrency,
    b.* EXCLUDE (InvoiceIssuerName, InvoiceId, BillingCurrency),
    d.BilledCost AS InvoiceDetailCost
  FROM booked b
  FULL JOIN detailed d
    ON b.InvoiceIssuerName IS NOT DISTINCT FROM d.InvoiceIssuerName
    AND b.InvoiceId IS NOT DISTINCT FROM d.InvoiceId
    AND b.BillingCurrency IS NOT DISTINCT FROM d.BillingCurrency
)
SELECT
  j.InvoiceIssuerName,
  coalesce(j.InvoiceId, e.InvoiceId) AS InvoiceId,
  j.BillingCurrency,
  j.BilledCost,
  j.InvoiceDetailCost,
  e.amount AS ExpectedCost,
  coalesce(j.BilledCost, 0) - coalesce(e.amount, j.InvoiceDetailCost) AS Difference,
  CASE
    WHEN e.amount IS NULL AND j.InvoiceDetailCost IS NULL THEN 'nothing to compare with'
    WHEN abs(coalesce(j.BilledCost, 0) - coalesce(e.amount, j.InvoiceDetailCost)) <= {tolerance} THEN 'matches'
    WHEN j.BilledCost IS NULL THEN 'not booked'
    ELSE 'differs'
  END AS Status,
  j.Usage, j.Purchase, j.Tax, j.Credit, j.Adjustment, j.Charges
FROM joined j
FULL JOIN expected e ON j.InvoiceId = e.InvoiceId
ORDER BY ALL
