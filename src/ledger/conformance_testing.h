// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "ledger/conformance.h"
#include "ledger/testing.h"

namespace outlay::ledger {
using Row = std::map<std::string, std::string>;

/// A usage row of FOCUS 1.3 that keeps every rule.
inline Row usage() {
  return {
      {"AllocatedMethodDetails", ""},
      {"AllocatedMethodId", ""},
      {"AllocatedResourceId", ""},
      {"AllocatedResourceName", ""},
      {"AllocatedTags", ""},
      {"AvailabilityZone", ""},
      {"BilledCost", "2"},
      {"BillingAccountId", "100"},
      {"BillingAccountName", "main"},
      {"BillingAccountType", "Account"},
      {"BillingCurrency", "USD"},
      {"BillingPeriodEnd", "2026-02-01T00:00:00Z"},
      {"BillingPeriodStart", "2026-01-01T00:00:00Z"},
      {"CapacityReservationId", ""},
      {"CapacityReservationStatus", ""},
      {"ChargeCategory", "Usage"},
      {"ChargeClass", ""},
      {"ChargeDescription", "an hour of m5.large"},
      {"ChargeFrequency", "Usage-Based"},
      {"ChargePeriodEnd", "2026-01-02T01:00:00Z"},
      {"ChargePeriodStart", "2026-01-02T00:00:00Z"},
      {"CommitmentDiscountCategory", ""},
      {"CommitmentDiscountId", ""},
      {"CommitmentDiscountName", ""},
      {"CommitmentDiscountQuantity", ""},
      {"CommitmentDiscountStatus", ""},
      {"CommitmentDiscountType", ""},
      {"CommitmentDiscountUnit", ""},
      {"ConsumedQuantity", "4"},
      {"ConsumedUnit", "Hours"},
      {"ContractApplied", ""},
      {"ContractedCost", "2"},
      {"ContractedUnitPrice", "0.5"},
      {"EffectiveCost", "2"},
      {"HostProviderName", "Cloud"},
      {"InvoiceId", "INV-1"},
      {"InvoiceIssuerName", "Cloud"},
      {"ListCost", "3"},
      {"ListUnitPrice", "0.75"},
      {"PricingCategory", "Standard"},
      {"PricingCurrency", "USD"},
      {"PricingCurrencyContractedUnitPrice", "0.5"},
      {"PricingCurrencyEffectiveCost", "2"},
      {"PricingCurrencyListUnitPrice", "0.75"},
      {"PricingQuantity", "4"},
      {"PricingUnit", "Hours"},
      {"ProviderName", "Cloud"},
      {"PublisherName", "Cloud"},
      {"RegionId", "eu-1"},
      {"RegionName", "Europe"},
      {"ResourceId", "vm-1"},
      {"ResourceName", "web"},
      {"ResourceType", "Machine"},
      {"ServiceCategory", "Compute"},
      {"ServiceName", "Machines"},
      {"ServiceProviderName", "Cloud"},
      {"ServiceSubcategory", "Virtual Machines"},
      {"SkuId", "SKU-1"},
      {"SkuMeter", "Machine hours"},
      {"SkuPriceDetails", R"({"CoreCount": 2, "x_Tenancy": "shared"})"},
      {"SkuPriceId", "SKU-1.A"},
      {"SubAccountId", "200"},
      {"SubAccountName", "shop"},
      {"SubAccountType", "Account"},
      {"Tags", R"({"team": "web", "spot": true})"},
  };
}

inline Row with(Row row, const Row& changes) {
  for (const auto& [name, value] : changes) row[name] = value;
  return row;
}

/// What a commitment covers in one hour, what it leaves unused, and what was paid for the hour.
inline std::vector<Row> commitment() {
  const Row id = {
      {"CommitmentDiscountCategory", "Usage"},
      {"CommitmentDiscountId", "ri-1"},
      {"CommitmentDiscountName", "one year"},
      {"CommitmentDiscountQuantity", "2"},
      {"CommitmentDiscountType", "Reservation"},
      {"CommitmentDiscountUnit", "Hours"},
      {"ServiceName", "Reserved"},
      {"SkuId", "SKU-R"},
      {"SkuPriceId", "SKU-R.A"}};
  const Row used = with(
      with(usage(), id),
      {{"BilledCost", "0"},
       {"EffectiveCost", "1"},
       {"PricingCurrencyEffectiveCost", "1"},
       {"CommitmentDiscountStatus", "Used"},
       {"PricingCategory", "Committed"}});
  const Row unused = with(
      used,
      {{"CommitmentDiscountStatus", "Unused"},
       {"ResourceId", "ri-1"},
       {"ConsumedQuantity", ""},
       {"ConsumedUnit", ""}});
  const Row purchase = with(
      with(usage(), id),
      {{"ChargeCategory", "Purchase"},
       {"ChargeFrequency", "Recurring"},
       {"BilledCost", "2"},
       {"EffectiveCost", "0"},
       {"PricingCurrencyEffectiveCost", "0"},
       {"ConsumedQuantity", ""},
       {"ConsumedUnit", ""},
       {"ResourceId", "ri-1"}});
  return {used, unused, purchase};
}

inline Row credit() {
  return {
      {"ChargeCategory", "Credit"},
      {"BilledCost", "-5"},
      {"EffectiveCost", "-5"},
      {"PricingCurrencyEffectiveCost", "-5"},
      {"ListCost", "-5"},
      {"ContractedCost", "-5"},
      {"ListUnitPrice", ""},
      {"ContractedUnitPrice", ""},
      {"ConsumedQuantity", ""},
      {"ConsumedUnit", ""}};
}

class Conformance : public LedgerTest {
 protected:
  io::Path csv(const std::string& name, const std::vector<Row>& rows) const {
    std::vector<std::string> heads;
    for (const auto& [column, value] : rows.front()) heads.push_back(column);
    std::string text = base::join(heads, ",") + "\n";
    for (const auto& row : rows) {
      std::vector<std::string> cells;
      for (const auto& [column, value] : row) {
        const std::string quoted = base::replace_all(value, "\"", "\"\"");
        cells.push_back(value.empty() ? "" : "\"" + quoted + "\"");
      }
      text += base::join(cells, ",") + "\n";
    }
    return file(name, text);
  }

  std::vector<ConformanceReport> check(
      const std::vector<io::Path>& files, const std::string& version, long long shown = 0) const {
    store::DuckSettings engine;
    engine.threads = 1;
    engine.temp_folder = folder_.string();
    auto reports =
        check_focus_files(files, {.version = version, .violations_shown = shown}, engine);
    EXPECT_TRUE(reports) << reports.error().text();
    return reports ? std::move(*reports) : std::vector<ConformanceReport>{};
  }

  ConformanceReport check(const std::vector<Row>& rows, const std::string& version = "1.3") const {
    auto reports = check({csv("rows.csv", rows)}, version, 2);
    return reports.empty() ? ConformanceReport{} : std::move(reports.front());
  }

  /// The ids of the rules that fail.
  static std::vector<std::string> failed(const ConformanceReport& report) {
    std::vector<std::string> ids;
    for (const auto& outcome : report.outcomes) {
      if (outcome.status == RuleStatus::failed) ids.push_back(outcome.rule.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  static const RuleOutcome& outcome(const ConformanceReport& report, const std::string& id) {
    static const RuleOutcome none;
    for (const auto& one : report.outcomes) {
      if (one.rule.id == id) return one;
    }
    ADD_FAILURE() << "no rule " << id;
    return none;
  }

  /// The ids that fail in a file of one good row and one changed row each.
  std::vector<std::string> failed_with(const std::vector<Row>& changes) const {
    std::vector<Row> rows{usage()};
    for (const auto& change : changes) rows.push_back(with(usage(), change));
    return failed(check(rows));
  }
};

using Ids = std::vector<std::string>;

}  // namespace outlay::ledger
