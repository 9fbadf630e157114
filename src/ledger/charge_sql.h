// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/catalog.h"
#include "ledger/delivery.h"

namespace outlay::ledger {

/// A query of a mapping over the view it calls `raw` (and `charges`), made to read the relations
/// given.
std::string over_raw(std::string_view sql, std::string_view raw);
std::string over_raw_and_charges(
    std::string_view sql, std::string_view raw, std::string_view charges);

/// The SQL that turns a mapping's rows into the ledger's typed columns and says what cannot be.
struct ChargeSql {
  /// Every column of the data set, then the x_ columns, x_File and x_Row; types included.
  ColumnTypes columns;
  /// Select list for `columns`, over the mapping's own columns.
  std::string typed;
  /// Why a row cannot be booked (text), or null. Over the mapping's own columns.
  std::string reason;
  /// First day of the billing month (DATE); null where there is none. Over the mapping's own
  /// columns.
  std::string month;
  /// BillingPeriodStart as TIMESTAMP, or a null.
  std::string period_start;
  /// Cost cells with more than 22 decimals: how many in this row, and what rounding took, in units
  /// of 1e-22.
  std::string rounded_costs, rounded_amount;
  /// Other cells (prices, quantities) with more decimals than fit: how many in this row.
  std::string rounded_others;
};

/// Makes it for the columns a mapping gives. Fails on a name that is neither FOCUS nor x_.
base::Result<ChargeSql> charge_sql(const MappingPlan& plan, const ColumnTypes& mapped);

/// The period name of a month given as DATE in SQL.
std::string period_name_sql(std::string_view month);

}  // namespace outlay::ledger
