// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace outlay::ledger {

/// A rule of FOCUS, as data: from spec/ledger/conformance*.yaml, or made of a column's line in
/// focus_columns.yaml (presence, type, format, not null, allowed values).
struct ConformanceRule {
  std::string id;  ///< stable: "CU.ListUnitPrice.null_on_tax"; CU, CC, BP, ID name the data set
  std::string dataset;  ///< cost_and_usage, contract_commitment, billing_period, invoice_detail
  std::string column;   ///< FOCUS spelling
  /// presence, type, format, nullability, values, relation or money.
  std::string kind;
  std::string keyword;    ///< MUST or SHOULD
  std::string statement;  ///< what must hold, in words
  std::string since;  ///< first FOCUS version with the rule; empty: as long as the column is there
  std::string until;  ///< last one, or empty

  /// SQL over the data set's columns: the rows (groups: before grouping) the rule speaks of; empty
  /// for all.
  std::string where;
  /// SQL that is true where the rule holds, false where it does not, null where it says nothing.
  std::string holds;
  /// By how much money a row or group is off; empty: what the charge costs.
  std::string amount;
  /// Columns that group the rows; `holds` is then an aggregate.
  std::vector<std::string> group;
  /// A statement that answers holds, amount, currency, at and subject per group; instead of
  /// `holds`.
  std::string query;
  std::string with;  ///< another data set that must be there
  /// Presence rules: the column is needed when this one is there; empty: always.
  std::string presence;

  bool is_about_groups() const { return !group.empty() || !query.empty(); }
};

/// The FOCUS versions that have rules, oldest first.
const std::vector<std::string>& conformance_versions();
/// The rules of one data set in one version, in the order of their ids' columns.
std::vector<ConformanceRule> conformance_rules_of(
    std::string_view dataset, std::string_view version);

/// The id of a rule that is made of a column's line: "CU.BilledCost.type".
std::string column_rule_id(
    std::string_view dataset, std::string_view column, std::string_view name);

}  // namespace outlay::ledger
