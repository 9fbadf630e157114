-- What of an invoice ({charges}) adds up to {gap}, or to minus that: a charge category, a service, or single charges.
SELECT what FROM (
  SELECT 1 AS rank, 'the ' || ChargeCategory || ' charges of this invoice' AS what, sum(BilledCost) AS cost
  FROM ({charges}) GROUP BY ChargeCategory
  UNION ALL
  SELECT 2, 'all charges of service ' || ServiceName, sum(BilledCost) FROM ({charges}) GROUP BY ServiceName
  UNION ALL
  SELECT 3, 'the charges of issuer ' || InvoiceIssuerName, sum(BilledCost) FROM ({charges}) GROUP BY InvoiceIssuerName
  UNION ALL
  SELECT 4, 'the charges without a resource', sum(BilledCost) FROM ({charges}) WHERE ResourceId IS NULL
  UNION ALL
  SELECT 5, 'the charge "' || coalesce(ChargeDescription, ServiceName, '') || '" (source ' || x_Source || ', row '
    || x_Row || ')', BilledCost FROM ({charges})
)
WHERE cost = {gap} OR cost = -({gap})
ORDER BY rank, what
LIMIT 3
