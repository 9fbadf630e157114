// SPDX-License-Identifier: Apache-2.0
#include "ledger/exported_value.h"

#include <map>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::ledger {
namespace {

constexpr std::string_view kPriced = "ChargeCategory IS DISTINCT FROM 'Tax'";
constexpr std::string_view kCommitted =
    "CommitmentDiscountId IS NOT NULL AND ChargeCategory IN ('Usage', 'Purchase')";
constexpr std::string_view kConsumed =
    "ChargeCategory = 'Usage' AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused'";

/// Columns that FOCUS forbids to have a value unless the condition holds.
const std::map<std::string_view, std::string_view>& conditions() {
  static const std::map<std::string_view, std::string_view> known{
      {"CommitmentDiscountQuantity", kCommitted},
      {"CommitmentDiscountUnit", kCommitted},
      {"ConsumedQuantity", kConsumed},
      {"ConsumedUnit", kConsumed},
      {"ContractedUnitPrice", kPriced},
      {"ListUnitPrice", kPriced},
      {"PricingCategory", kPriced},
      {"PricingCurrencyContractedUnitPrice", kPriced},
      {"PricingCurrencyListUnitPrice", kPriced},
      {"PricingQuantity", kPriced},
      {"PricingUnit", kPriced},
      {"RegionName", "RegionId IS NOT NULL"},
      {"ResourceName", "ResourceId IS NOT NULL"},
      {"ResourceType", "ResourceId IS NOT NULL"},
      {"SkuId", kPriced},
      {"SkuMeter", "SkuId IS NOT NULL AND ChargeCategory IS DISTINCT FROM 'Tax'"},
      {"SkuPriceDetails", "SkuPriceId IS NOT NULL AND ChargeCategory IS DISTINCT FROM 'Tax'"},
      {"SkuPriceId", kPriced},
      {"SubAccountName", "SubAccountId IS NOT NULL"},
      {"SubAccountType", "SubAccountId IS NOT NULL"},
  };
  return known;
}

/// What is priced in the billing currency costs the same in the pricing currency.
std::string in_same_currency(std::string_view column, std::string_view same) {
  return fmt::format(
      "coalesce({0}, CASE WHEN PricingCurrency = BillingCurrency THEN {1} END)", column, same);
}

}  // namespace

std::string derived_value(const FocusColumn& column) {
  const std::string name = base::sql_name(column.name);
  if (column.dataset != "cost_and_usage") return name;
  // Who hosts is who serves when nothing else is known; taxes are hosted nowhere (1.3).
  if (column.name == "HostProviderName") {
    return "coalesce(HostProviderName, CASE WHEN ChargeCategory = 'Tax' THEN 'Not Applicable' "
           "ELSE ServiceProviderName END)";
  }
  if (column.name == "PricingCurrencyEffectiveCost") {
    return in_same_currency(name, "EffectiveCost");
  }
  if (column.name == "PricingCurrencyListUnitPrice") return in_same_currency(name, "ListUnitPrice");
  if (column.name == "PricingCurrencyContractedUnitPrice") {
    return in_same_currency(name, "ContractedUnitPrice");
  }
  return name;
}

std::string exported_value(const FocusColumn& column) {
  const std::string value = derived_value(column);
  if (column.dataset != "cost_and_usage") return value;
  // 1.3 first wrote ContractID and ContractCommitmentID; its erratum and 1.4 end them in Id.
  if (column.name == "ContractApplied") {
    return R"(regexp_replace(ContractApplied, '"(Contract|ContractCommitment)ID"\s*:', '"\1Id":', 'g'))";
  }
  const auto found = conditions().find(column.name);
  if (found == conditions().end()) return value;
  return fmt::format("CASE WHEN {} THEN {} END", found->second, value);
}

}  // namespace outlay::ledger
