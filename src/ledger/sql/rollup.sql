-- One row per day and dimension: what most questions about cost need, hundreds of times fewer than charges.
SELECT
  CAST(ChargePeriodStart AS DATE) AS x_Day,
  BillingCurrency, ServiceProviderName, ProviderName, PublisherName, HostProviderName, InvoiceIssuerName,
  BillingAccountId, BillingAccountName, SubAccountId, SubAccountName,
  ServiceCategory, ServiceSubcategory, ServiceName, RegionId, RegionName,
  ChargeCategory, ChargeClass, ChargeFrequency, PricingCategory,
  CommitmentDiscountCategory, CommitmentDiscountType, CommitmentDiscountStatus, CommitmentDiscountId,
  CommitmentDiscountName, InvoiceId, BillingPeriodStart, BillingPeriodEnd,
  sum(BilledCost) AS BilledCost,
  sum(EffectiveCost) AS EffectiveCost,
  sum(ListCost) AS ListCost,
  sum(ContractedCost) AS ContractedCost,
  count(BilledCost) AS x_BilledCostRows,
  count(EffectiveCost) AS x_EffectiveCostRows,
  count(ListCost) AS x_ListCostRows,
  count(ContractedCost) AS x_ContractedCostRows,
  count(*) AS x_Rows
FROM {rows}
GROUP BY ALL
ORDER BY x_Day, ServiceName, SubAccountId
