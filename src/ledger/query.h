// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ledger/catalog.h"
#include "ledger/ledger.h"

namespace outlay::ledger {

/// The SQL of a CostQuery.
///
/// metrics      sums of BilledCost, EffectiveCost, ListCost, ContractedCost; ConsumedQuantity and
/// PricingQuantity (with
///              their unit as a column); PricingCurrencyEffectiveCost (with PricingCurrency)
/// by           columns of the view, or "tag:KEY"
/// granularity  adds ChargePeriod, the first day of each day or month, as the first column
/// The answer always has BillingCurrency. Sums of nothing known are null.
struct CostSql {
  std::string sql;
  /// Which currencies the selection holds: to refuse an answer that mixes them unasked.
  std::string currencies_sql;
  bool is_by_currency = false;
  std::string answered_by;  ///< "rollup" or "rows"
};

/// Writes it. `condition_columns` are those that query.where names; `volumes` are the generations
/// asked.
base::Result<CostSql> cost_sql(
    const CostQuery& query,
    const std::set<std::string>& condition_columns,
    const std::vector<Volume>& volumes,
    const io::Path& folder);

}  // namespace outlay::ledger
