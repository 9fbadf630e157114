// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/columns.h"
#include "ledger/conformance.h"

namespace outlay::ledger {

/// A data set that is ready to be checked: a view of the data set's name with every FOCUS column of
/// every version in the ledger's types (null where it is not there), "raw:COLUMN" with the text
/// that a file has for a typed column (null when it has none), and x_At, a text that orders the
/// rows.
struct CheckedData {
  std::string dataset;
  std::set<std::string> present;  ///< columns that count as there
  /// Columns of a wrong type by the file's own schema, with the type found.
  std::map<std::string, std::string> wrong_types;
  /// Rules about the columns themselves, decided when the file was opened.
  std::vector<RuleOutcome> structure;
  /// x_At -> file name and data row.
  std::function<base::Result<std::pair<std::string, long long>>(const std::string&)> place_of;
};

/// Runs every rule of `version` over data[index]: a scan for every eighty rules about rows, one for
/// each rule about groups, one more for what failed.
base::Result<ConformanceReport> check_data(
    store::Duck& duck,
    const std::vector<CheckedData>& data,
    std::size_t index,
    const ConformanceSettings& settings);

/// Fails when a version has no rules for the data set, and says which have.
base::Result<base::Done> known_version(std::string_view version, std::string_view dataset);

}  // namespace outlay::ledger
