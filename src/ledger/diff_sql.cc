// SPDX-License-Identifier: Apache-2.0
#include "ledger/diff_sql.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/embedded.h"
#include "ledger/tags.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Result;
using base::sql_name;

/// The dimension that is no column: why a charge changed.
constexpr std::string_view kCause = "Cause";

/// What identifies a charge to its provider, from one delivery of a month to the next.
const std::vector<std::string> kIdentity{
    "x_Source",
    "x_Period",
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

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string filled(
    std::string sql, const std::vector<std::pair<std::string_view, std::string>>& parts) {
  for (const auto& [name, text] : parts) sql = base::replace_all(sql, name, text);
  return sql;
}

/// ", expression AS "tag:KEY"" for each tag among the keys.
std::string tag_columns(const std::vector<std::string>& keys) {
  std::string out;
  for (const auto& key : keys) {
    if (is_tag(key)) out += fmt::format(", {} AS {}", tag_sql(tag_key(key)), sql_name(key));
  }
  return out;
}

std::string one_of(const std::vector<ComparedPeriod>& periods) {
  if (periods.empty()) return "false";
  std::vector<std::string> names;
  for (const auto& one : periods) {
    names.push_back(base::sql_text(one.source + "/" + one.period));
  }
  return fmt::format("x_Source || '/' || x_Period IN ({})", base::join(names, ", "));
}

}  // namespace

Result<DiffKeys> DiffKeys::read(
    const std::vector<std::string>& by, const std::vector<Volume>& volumes) {
  auto names = rows_columns("cost_and_usage", volumes);
  DiffKeys out;
  for (const auto& wanted : by) {
    if (base::equal_ignoring_case(wanted, kCause)) {
      out.keys_.emplace_back(kCause);
      out.has_cause_ = true;
      continue;
    }
    if (is_tag(wanted)) {
      out.keys_.push_back(wanted);
      continue;
    }
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
      return base::equal_ignoring_case(name, wanted);
    });
    if (found == names.end()) {
      names.emplace_back(kCause);
      return base::invalid_input(fmt::format(
          "there is no column \"{}\" in the ledger.{}", wanted, base::did_you_mean(wanted, names)));
    }
    out.keys_.push_back(*found);
  }
  if (!contains(out.keys_, "BillingCurrency")) out.keys_.emplace_back("BillingCurrency");
  return out;
}

bool DiffKeys::fit_rollup() const {
  return !has_cause_ && std::all_of(keys_.begin(), keys_.end(), [](const std::string& key) {
    return contains(rollup_dimensions(), key);
  });
}

std::string DiffKeys::sql(const std::string& before, const std::string& after) const {
  std::vector<std::string> names, same, shown;
  for (const auto& key : keys_) {
    const auto name = sql_name(key);
    names.push_back(name);
    same.push_back(fmt::format("a.{0} IS NOT DISTINCT FROM b.{0}", name));
    shown.push_back(fmt::format("coalesce(a.{0}, b.{0}) AS {0}", name));
  }
  const auto side = [&](const std::string& relation) {
    return fmt::format(
        "(SELECT {}, sum(BilledCost) AS billed, sum(EffectiveCost) AS effective "
        "FROM (SELECT *{} FROM ({})) GROUP BY ALL)",
        base::join(names, ", "),
        tag_columns(keys_),
        relation);
  };
  return filled(
      std::string(embedded_file("sql/diff.sql")),
      {{"{shown}", base::join(shown, ", ")},
       {"{after}", side(after)},
       {"{before}", side(before)},
       {"{same}", base::join(same, " AND ")},
       {"{order}", base::join(names, ", ")}});
}

std::string DiffKeys::causes_sql(
    const std::string& before,
    const std::string& after,
    const std::vector<ComparedPeriod>& remapped,
    const std::vector<ComparedPeriod>& begun) const {
  std::vector<std::string> shown, order, same;
  std::string dimensions;
  for (const auto& key : keys_) {
    const auto name = sql_name(key);
    const bool is_matched = key == "BillingCurrency" || contains(kIdentity, key);
    if (key != kCause && !is_matched) dimensions += name + ", ";
    const std::string from = (key == kCause ? "e." : "g.") + name;
    shown.push_back(from);
    order.push_back(from);
  }
  for (const auto& name : kIdentity) {
    same.push_back(fmt::format("g.{0} IS NOT DISTINCT FROM e.{0}", name));
  }
  same.emplace_back("g.BillingCurrency IS NOT DISTINCT FROM e.BillingCurrency");
  return filled(
      std::string(embedded_file("sql/diff_causes.sql")),
      {{"{key}", base::join(kIdentity, ", ")},
       {"{dimensions}", dimensions},
       {"{tags}", tag_columns(keys_)},
       {"{before}", before},
       {"{after}", after},
       {"{is_remapped}", one_of(remapped)},
       {"{is_new}", one_of(begun)},
       {"{same}", base::join(same, " AND ")},
       {"{order}", base::join(order, ", ")},
       {"{shown}", base::join(shown, ", ")}});
}

}  // namespace outlay::ledger
