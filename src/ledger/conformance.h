// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "ledger/conformance_rules.h"
#include "money/decimal.h"
#include "store/duck.h"

namespace outlay::ledger {

struct ConformanceSettings {
  /// FOCUS version whose rules are asked. Empty: 1.2 for what is booked; for files the
  /// version whose columns they have.
  std::string version;
  std::string source;              ///< empty for all
  std::string period;              ///< "2026-01"; empty for all
  long long violations_shown = 0;  ///< examples per rule that fails
};

enum class RuleStatus { passed, failed, not_checked };

/// What one rule found. Rules about groups count groups, all others rows.
struct RuleOutcome {
  ConformanceRule rule;
  RuleStatus status = RuleStatus::not_checked;
  long long checked = 0;     ///< rows (groups) the rule speaks of and could decide
  long long violations = 0;  ///< those of them that break it
  /// Currency and money concerned: by how much the rule is missed where it is about money, else
  /// what the charges cost (the larger of BilledCost and EffectiveCost, without sign).
  std::vector<std::pair<std::string, money::Decimal>> amounts;
  std::string first_file;   ///< of the first violation, as `trace` names it
  long long first_row = 0;  ///< its data row, 1 is the first; 0 when none
  std::string note;         ///< why it was not checked, or what was found
  store::Table examples;    ///< File, Row and the columns that the rule reads
};

/// How one data set of a source, or of the files given, keeps the rules.
struct ConformanceReport {
  std::string subject;  ///< the source's name, or the file's
  std::string dataset;
  std::string version;
  long long rows = 0;
  std::vector<RuleOutcome> outcomes;

  long long count(RuleStatus status, std::string_view keyword) const;
  /// Share of the MUST rules which were checked that hold, in percent with one decimal; rounded
  /// down, so that 100.0 means all. "-" when none was checked.
  std::string score() const;

  /// No MUST rule fails.
  bool conforms() const { return count(RuleStatus::failed, "MUST") == 0; }
};

/// Checks FOCUS files (.csv, .csv.gz, .parquet) as they are; files of one data set count as one
/// delivery, files of several are checked against each other too. Fails on a file that is no FOCUS
/// data set.
base::Result<std::vector<ConformanceReport>> check_focus_files(
    const std::vector<io::Path>& files,
    const ConformanceSettings& settings,
    const store::DuckSettings& engine);

}  // namespace outlay::ledger
