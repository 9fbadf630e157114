// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ledger/ledger.h"
#include "money/decimal.h"
#include "store/database.h"
#include "store/table.h"

namespace outlay::ledger {

/// A dated exchange rate: one unit of `base` costs `rate` units of `quote`.
struct FxRate {
  std::string day;  ///< "2026-01-31"
  std::string base, quote;
  money::Decimal rate;
};

/// Reads rates from CSV in one of two shapes: the European Central Bank's (Date, then one column
/// per currency, in units per euro, N/A where there is none), or a list with the columns date,
/// base, quote and rate. Fails with the row and what is wrong with it.
base::Result<std::vector<FxRate>> parse_rates(std::string_view csv, std::string_view file);

/// A cost times `over` / `under` is the cost in another currency; kept apart so that nothing is
/// rounded twice.
struct FxRatio {
  money::Decimal over, under;
};

/// Rates for conversions: those of a day, or of the last day before it that has one (a weekend, a
/// holiday), at most a week back. A pair that is not listed is found through a third currency.
class FxRates {
 public:
  static base::Result<FxRates> load(store::Database& state);
  static base::Result<base::Done> save(
      store::Database& state, const std::vector<FxRate>& rates, std::string_view origin);
  /// Pairs with their first and last day, and how many days there are.
  static base::Result<store::Table> list(store::Database& state);

  /// Units of `quote` for one of `base`; nothing when no rate is known.
  std::optional<FxRatio> find(
      const std::string& base, const std::string& quote, base::Date day) const;

 private:
  using Pair = std::pair<std::string, std::string>;
  std::optional<money::Decimal> listed(const Pair& pair, base::Date day) const;

  std::map<Pair, std::map<std::string, money::Decimal>> rates_;
};

/// Turns the answer of a question by day and BillingCurrency into one currency: costs of a day at
/// that day's rate, or all at the rate of `fixed_day` (constant currency). Then days are put
/// together as `query` asks. Fails when a rate is missing, with the pair and the days.
base::Result<store::Table> in_currency(
    const store::Table& by_day,
    const CostQuery& query,
    const std::string& currency,
    std::optional<base::Date> fixed_day,
    const FxRates& rates);

}  // namespace outlay::ledger
