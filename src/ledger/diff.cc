// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/embedded.h"
#include "ledger/numbered_files.h"
#include "ledger/sql_guard.h"
#include "ledger/state.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Result;
using base::sql_name;

/// The dimension that is no column: why a charge changed.
constexpr std::string_view kCause = "Cause";

/// What identifies a charge to its provider, from one delivery of a month to the next.
constexpr std::string_view kIdentity[]{
    "InvoiceIssuerName",
    "BillingAccountId",
    "SubAccountId",
    "ServiceName",
    "RegionId",
    "ResourceId",
    "SkuId",
    "SkuPriceId",
    "SkuMeter",
    "ChargeCategory",
    "ChargeFrequency",
    "ChargeDescription",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "PricingCategory",
    "AllocatedResourceId"};

std::string numbers_of(const std::vector<Volume>& volumes) {
  std::vector<std::string> out;
  for (const auto& volume : volumes) out.push_back(std::to_string(volume.generation.generation));
  return base::join(out, ", ");
}

/// The generation with this number; 0 is the newest, or the one before `newer_than` it.
Result<Volume> pick(
    const std::vector<Volume>& volumes,
    long long number,
    std::string_view source,
    std::string_view period) {
  for (const auto& volume : volumes) {
    if (volume.generation.generation == number) return volume;
  }
  return base::not_found(fmt::format(
      "there is no generation {} of source \"{}\" for {}; there are: {}",
      number,
      source,
      period,
      volumes.empty() ? "none" : numbers_of(volumes)));
}

bool fits_rollup(const std::vector<std::string>& keys) {
  const auto& dimensions = rollup_dimensions();
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return std::find(dimensions.begin(), dimensions.end(), key) != dimensions.end();
  });
}

Result<std::vector<std::string>> keys_of(
    const std::vector<std::string>& by, const std::vector<Volume>& volumes) {
  const auto names = rows_columns("cost_and_usage", volumes);
  std::vector<std::string> keys;
  for (const auto& wanted : by) {
    if (base::equal_ignoring_case(wanted, kCause)) {
      keys.emplace_back(kCause);
      continue;
    }
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
      return base::equal_ignoring_case(name, wanted);
    });
    if (found == names.end()) {
      return base::invalid_input(fmt::format(
          "there is no column \"{}\" in the ledger.{}", wanted, base::did_you_mean(wanted, names)));
    }
    keys.push_back(*found);
  }
  if (std::find(keys.begin(), keys.end(), "BillingCurrency") == keys.end()) {
    keys.emplace_back("BillingCurrency");
  }
  return keys;
}

std::string diff_sql(
    const std::vector<std::string>& keys, const std::string& before, const std::string& after) {
  std::vector<std::string> names, same, shown, order;
  for (const auto& key : keys) {
    const auto name = sql_name(key);
    names.push_back(name);
    same.push_back(fmt::format("a.{0} IS NOT DISTINCT FROM b.{0}", name));
    shown.push_back(fmt::format("coalesce(a.{0}, b.{0}) AS {0}", name));
    order.push_back(name);
  }
  const auto side = [&](const std::string& relation) {
    return fmt::format(
        "(SELECT {}, sum(BilledCost) AS billed, sum(EffectiveCost) AS effective FROM ({}) "
        "GROUP BY ALL)",
        base::join(names, ", "),
        relation);
  };
  std::string sql(embedded_file("sql/diff.sql"));
  const std::pair<std::string_view, std::string> parts[] = {
      {"{shown}", base::join(shown, ", ")},
      {"{after}", side(after)},
      {"{before}", side(before)},
      {"{same}", base::join(same, " AND ")},
      {"{order}", base::join(order, ", ")}};
  for (const auto& [name, text] : parts) sql = base::replace_all(sql, name, text);
  return sql;
}

std::string causes_sql(
    const std::vector<std::string>& keys,
    const std::string& before,
    const std::string& after,
    bool is_remapped) {
  std::vector<std::string> identity(std::begin(kIdentity), std::end(kIdentity));
  std::vector<std::string> shown;
  std::string dimensions;
  for (const auto& key : keys) {
    const auto name = sql_name(key);
    shown.push_back(name);
    const bool is_grouped = key == kCause || key == "BillingCurrency" ||
                            std::find(identity.begin(), identity.end(), key) != identity.end();
    if (!is_grouped) dimensions += fmt::format("arg_max({0}, is_after) AS {0}, ", name);
  }
  std::string sql(embedded_file("sql/diff_causes.sql"));
  const std::pair<std::string_view, std::string> parts[] = {
      {"{key}", base::join(identity, ", ")},
      {"{dimensions}", dimensions},
      {"{before}", before},
      {"{after}", after},
      {"{is_remapped}", is_remapped ? "true" : "false"},
      {"{shown}", base::join(shown, ", ")}};
  for (const auto& [name, text] : parts) sql = base::replace_all(sql, name, text);
  return sql;
}

/// Whether two generations hold the same files, read by mappings of different versions.
Result<bool> is_remapped(Catalog& catalog, const Volume& before, const Volume& after) {
  if (before.generation.mapping == after.generation.mapping) return false;
  const auto hashes = [&](const Volume& volume) -> Result<std::set<std::string>> {
    std::set<std::string> out;
    for (const auto& file : TRY(numbered_files(catalog, volume.generation.delivery_id))) {
      out.insert(file.sha256);
    }
    return out;
  };
  return TRY(hashes(before)) == TRY(hashes(after));
}

}  // namespace

Result<store::Table> Ledger::diff(
    std::string_view source,
    std::string_view period,
    long long from_generation,
    long long to_generation,
    const std::vector<std::string>& by) {
  const auto volumes = TRY(state_->catalog.all(source, period, "cost_and_usage"));
  if (to_generation == 0 && !volumes.empty()) {
    to_generation = volumes.back().generation.generation;
  }
  if (from_generation == 0) {
    for (const auto& volume : volumes) {
      if (volume.generation.generation < to_generation) {
        from_generation = volume.generation.generation;
      }
    }
  }
  const auto before = TRY(pick(volumes, from_generation, source, period));
  const auto after = TRY(pick(volumes, to_generation, source, period));
  const auto keys =
      TRY(keys_of(by.empty() ? std::vector<std::string>{"ServiceName"} : by, volumes));
  const bool has_cause = std::find(keys.begin(), keys.end(), kCause) != keys.end();
  const auto relation = [&](const Volume& volume) {
    return !has_cause && fits_rollup(keys)
               ? rollup_sql({volume}, state_->settings.folder)
               : rows_sql("cost_and_usage", {volume}, state_->settings.folder);
  };
  auto duck = TRY(state_->connect());
  if (has_cause) {
    const bool remapped = TRY(is_remapped(state_->catalog, before, after));
    return duck.query(causes_sql(keys, relation(before), relation(after), remapped));
  }
  return duck.query(diff_sql(keys, relation(before), relation(after)));
}

}  // namespace outlay::ledger
