// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::ledger {

enum class Kind { text, money, quantity, timestamp, json };

/// A FOCUS column: facts from spec/ledger/focus_columns.yaml.
struct FocusColumn {
  std::string name;     ///< FOCUS spelling, e.g. "BilledCost"
  std::string dataset;  ///< cost_and_usage, contract_commitment, billing_period, invoice_detail
  Kind kind = Kind::text;
  char level =
      'C';  ///< M mandatory, C conditional, R recommended (of the newest version that has it)
  bool is_nullable = true;
  std::string since;                 ///< "0.5" ... "1.4"
  std::string until;                 ///< last version that has it, or empty
  std::vector<std::string> values;   ///< allowed values, or none
  std::vector<std::string> aliases;  ///< other names met in the field ("Provider", "Region" ...)
};

/// All columns, every version: the ledger's canonical superset. Alphabetical within a dataset.
const std::vector<FocusColumn>& focus_columns();
/// The columns of one dataset in one version ("1.0", "1.2", "1.3", "1.4").
std::vector<FocusColumn> focus_columns_of(std::string_view dataset, std::string_view version);
/// By exact name, then ignoring case and underscores, then by alias; null when there is none.
const FocusColumn* find_focus_column(std::string_view dataset, std::string_view name);
/// The type the ledger stores: VARCHAR, DECIMAL(38,22), DECIMAL(38,16), TIMESTAMP.
std::string sql_type(Kind kind);

}  // namespace outlay::ledger
