// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/random.h"
#include "base/text.h"
#include "ledger/cells.h"
#include "ledger/columns.h"
#include "ledger/exported_value.h"
#include "ledger/state.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Result;
using base::sql_name;
using base::sql_text;

const std::vector<std::string> kVersions{"1.0", "1.2", "1.3", "1.4"};

enum class Format { csv, csv_gzip, parquet };

Result<Format> format_of(const io::Path& out) {
  const std::string name = base::lower(out.filename().string());
  const auto ends = [&](std::string_view end) {
    return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
  };
  if (ends(".csv")) return Format::csv;
  if (ends(".csv.gz")) return Format::csv_gzip;
  if (ends(".parquet")) return Format::parquet;
  return base::invalid_input(fmt::format(
      "an export is written to a file that ends in .csv, .csv.gz or .parquet, not {}",
      out.string()));
}

/// Plain digits without trailing zeros, times with Z: as the standard writes them in text files.
std::string csv_value(const std::string& value, const std::string& type) {
  if (type.rfind("DECIMAL", 0) == 0) {
    const std::string digits = fmt::format("CAST({} AS VARCHAR)", value);
    return fmt::format(
        "CASE WHEN contains({0}, '.') THEN rtrim(rtrim({0}, '0'), '.') ELSE {0} END", digits);
  }
  if (type == "TIMESTAMP") return fmt::format("strftime({}, '%Y-%m-%dT%H:%M:%SZ')", value);
  return value;
}

std::vector<Volume> chosen(std::vector<Volume> volumes, const ExportSettings& settings) {
  std::vector<Volume> out;
  for (auto& volume : volumes) {
    const bool is_wanted =
        (settings.period.empty() || volume.generation.period == settings.period) &&
        (settings.source.empty() || volume.generation.source == settings.source);
    if (is_wanted) out.push_back(std::move(volume));
  }
  return out;
}

/// Columns of the mappings that are no FOCUS columns, with their types.
ColumnTypes own_columns(const std::vector<Volume>& volumes) {
  ColumnTypes out;
  for (const auto& volume : volumes) {
    for (const auto& column : volume.columns) {
      const auto& name = column.first;
      if (name.rfind("x_", 0) != 0 || name == "x_File" || name == "x_Row") continue;
      const bool is_there = std::any_of(
          out.begin(), out.end(), [&](const auto& other) { return other.first == name; });
      if (!is_there) out.push_back(column);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string select_sql(
    const std::vector<FocusColumn>& columns,
    const ColumnTypes& own,
    bool is_csv,
    const std::string& relation) {
  std::vector<std::string> list;
  const auto add = [&](const std::string& name, const std::string& value, const std::string& type) {
    list.push_back(
        fmt::format("{} AS {}", is_csv ? csv_value(value, type) : value, sql_name(name)));
  };
  for (const auto& column : columns)
    add(column.name, exported_value(column), sql_type(column.kind));
  for (const auto& [name, type] : own) add(name, sql_name(name), type);
  return fmt::format("SELECT {} FROM ({}) AS focus", base::join(list, ", "), relation);
}

std::string copy_options(Format format) {
  switch (format) {
    case Format::csv:
      return "(FORMAT csv, HEADER true)";
    case Format::csv_gzip:
      return "(FORMAT csv, HEADER true, COMPRESSION gzip)";
    case Format::parquet:
      break;
  }
  return "(FORMAT parquet, COMPRESSION zstd)";
}

/// Mandatory columns that may not be null and are, and how often.
Result<std::vector<std::pair<std::string, long long>>> gaps_of(
    store::Duck& duck, const std::vector<FocusColumn>& columns, const std::string& relation) {
  std::vector<std::string> names;
  std::vector<std::string> list;
  for (const auto& column : columns) {
    if (column.level != 'M' || column.is_nullable) continue;
    names.push_back(column.name);
    list.push_back(fmt::format("count(*) - count({})", exported_value(column)));
  }
  std::vector<std::pair<std::string, long long>> gaps;
  const auto table = TRY(
      duck.query(fmt::format("SELECT {} FROM ({}) AS focus", base::join(list, ", "), relation)));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto rows = whole(table.rows[0][i]);
    if (rows > 0) gaps.emplace_back(names[i], rows);
  }
  return gaps;
}

Result<std::vector<CostTotals>> totals_of(store::Duck& duck, const std::string& relation) {
  const auto table = TRY(duck.query(fmt::format(
      "SELECT BillingCurrency, sum(BilledCost), sum(EffectiveCost), sum(ListCost), "
      "sum(ContractedCost), count(*) FROM ({}) GROUP BY 1 ORDER BY 1",
      relation)));
  std::vector<CostTotals> totals;
  for (const auto& row : table.rows) {
    totals.push_back(
        {text(row[0]),
         amount(row[1]),
         amount(row[2]),
         amount(row[3]),
         amount(row[4]),
         whole(row[5])});
  }
  return totals;
}

base::Error nothing_to_export(const ExportSettings& settings) {
  return base::not_found(fmt::format(
      "nothing is booked for {} of {}; `outlay ingest` books bills, the Sources page and `outlay "
      "query` show what is there",
      settings.period.empty() ? "any period" : settings.period,
      settings.source.empty() ? "any source" : "source " + settings.source));
}

}  // namespace

Result<ExportReport> Ledger::export_focus(const ExportSettings& settings) {
  const Format format = TRY(format_of(settings.out));
  if (std::find(kVersions.begin(), kVersions.end(), settings.version) == kVersions.end()) {
    return base::invalid_input(fmt::format(
        "FOCUS {} cannot be exported; the versions are {}",
        settings.version,
        base::join(kVersions, ", ")));
  }
  const auto volumes = chosen(TRY(state_->catalog.current("cost_and_usage")), settings);
  if (volumes.empty()) return nothing_to_export(settings);
  const auto columns = focus_columns_of("cost_and_usage", settings.version);
  const std::string relation = rows_sql("cost_and_usage", volumes, state_->settings.folder);
  const io::Path out = std::filesystem::absolute(settings.out);
  if (out.has_parent_path()) TRY(io::make_folders(out.parent_path()));
  const auto scratch = TRY(io::ScratchFolder::create(out.parent_path()));
  store::DuckSettings duck_settings;
  duck_settings.threads = state_->settings.threads;
  duck_settings.memory_bytes = state_->settings.memory_bytes;
  duck_settings.temp_folder = scratch.path().string();
  auto database = TRY(store::DuckDatabase::open(duck_settings));
  auto duck = TRY(database->connect());
  const io::Path written = scratch.path() / out.filename();
  TRY(duck.run(fmt::format(
      "COPY ({}) TO {} {}",
      select_sql(columns, own_columns(volumes), format != Format::parquet, relation),
      sql_text(written.string()),
      copy_options(format))));
  ExportReport report;
  report.totals = TRY(totals_of(duck, relation));
  for (const auto& totals : report.totals) report.rows += totals.rows;
  report.gaps = TRY(gaps_of(duck, columns, relation));
  TRY(io::sync_path(written));
  TRY(io::move_path(written, out));
  return report;
}

}  // namespace outlay::ledger
