// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "connectors/read_sql.h"
#include "ledger/delivery.h"

namespace outlay::connectors {

/// A column of the provider's file under the name our SQL calls it by.
struct RawColumn {
  std::string name;
  Read read = Read::text;
  /// Spellings in files; case and anything but letters and digits never matter.
  std::vector<std::string> spellings;
};

/// A table beside the bill (FileSet::reference) and the columns our SQL takes from it. Without such
/// a file it is there, and empty.
struct ReferenceTable {
  std::string name;
  std::vector<RawColumn> raw;
};

/// A condition over rows and what to say about them.
struct RowRule {
  std::string when;
  std::string reason;
};

/// A finding as data; see ledger::Finding.
struct FindingRule {
  std::string rule;
  std::string message;
  std::string lines;    ///< condition over the lines of the file, or
  std::string charges;  ///< condition over the charges, or
  std::string
      query;  ///< a whole SELECT of count and first row; {lines} becomes the lines as a table
  /// Raw columns (by our name) that must be in the file for the question to make sense.
  std::vector<std::string> needs;
  bool is_error = false;
};

/// A sum the file itself states.
struct RawTotal {
  std::string cost;
  std::string expression;
  std::string needs;
};

/// One mapping.yaml: how the rows of a file become charges, as data. The SQL speaks of `lines`: the
/// file's rows with the names of `raw`; a column that the file lacks is null there. `kept` is
/// `lines` without drops and rejects, and `rows` is `kept` unless `rows_sql` says otherwise (more
/// common table expressions, the last one named rows).
struct Mapping {
  std::string name;
  std::string version;
  /// `extent: part` for providers that send rows as they come.
  ledger::Extent extent = ledger::Extent::whole;
  /// `dataset:` when the rows are no charges; the checks of charges are left out then.
  std::string dataset = "cost_and_usage";
  /// What `lines` are selected from.
  std::string from = "raw";
  /// Cells may be spelled loosely; see Spelling.
  bool is_loose = false;
  /// See Spelling.
  std::string day_first;
  std::vector<RawColumn> raw;
  std::vector<ReferenceTable> references;
  std::string rows_sql;
  /// What becomes of the charges: more common table expressions over `charged` (the columns below),
  /// the last one named final; empty for nothing.
  std::string after_sql;
  std::vector<std::pair<std::string, std::string>> columns;
  std::vector<RowRule> drops;
  std::vector<RowRule> rejects;
  std::vector<FindingRule> findings;
  std::string currency;  ///< expression over lines, for raw totals
  std::vector<RawTotal> totals;

  /// True when the file has the column `raw_name` reads.
  bool raw_has(std::string_view raw_name, const ledger::RawShape& shape) const;
};

/// Reads an embedded mapping, e.g. "aws_cur/mapping.yaml". Findings of "checks.yaml" are appended.
base::Result<Mapping> load_mapping(std::string_view file);

/// A column of `lines` whose SQL a connector made itself.
using ExtraColumn = std::pair<std::string, std::string>;

/// Builds the SQL for the columns a file really has. `extra` are further columns of `lines`.
ledger::MappingPlan build_plan(
    const Mapping& mapping,
    const ledger::RawShape& shape,
    const std::vector<ExtraColumn>& extra = {});

/// The plan for the files of a reference table: none of their rows is a charge.
ledger::MappingPlan reference_plan(std::string_view connector, std::string_view table);

/// ASCII in lower case, without anything but letters and digits: how raw column names are compared.
std::string squashed(std::string_view name);
/// Index of the column of `names` that spells `raw`, or -1.
int find_raw(const RawColumn& raw, const std::vector<std::string>& names);
/// The findings every charge is checked for, whatever its provider.
base::Result<std::vector<FindingRule>> common_checks();
/// A finding that counts charges by condition.
ledger::Finding charge_finding(std::string rule, std::string message, std::string condition);

}  // namespace outlay::connectors
