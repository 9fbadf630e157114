// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/cells.h"
#include "ledger/conformance_check.h"

namespace outlay::ledger {
namespace {

using base::Result;
using base::sql_name;
using base::sql_text;

constexpr std::string_view kDatasets[] = {
    "cost_and_usage", "contract_commitment", "billing_period", "invoice_detail"};

/// A file's columns as it names them, with DuckDB's types.
struct OpenFile {
  io::Path path;
  bool is_csv = false;
  std::vector<std::pair<std::string, std::string>> columns;
  std::string dataset;

  std::map<std::string, std::size_t> by_lower_name;

  /// The file's own name and type of a FOCUS column, whatever its casing; null when not there.
  const std::pair<std::string, std::string>* find(const std::string& name) const {
    const auto found = by_lower_name.find(base::lower(name));
    return found == by_lower_name.end() ? nullptr : &columns[found->second];
  }
};

bool ends_with(const std::string& name, std::string_view end) {
  return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
}

std::string reader(const OpenFile& file) {
  const std::string path = sql_text(file.path.string());
  if (!file.is_csv) return fmt::format("read_parquet({}, file_row_number = true)", path);
  return fmt::format(
      "read_csv({}, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', "
      "nullstr = ['', 'NULL', 'null'])",
      path);
}

/// How far a file's columns are from a version's: mandatory ones it lacks, and FOCUS columns that
/// the version does not have.
long long distance(const OpenFile& file, std::string_view version) {
  long long count = 0;
  for (const auto& column : focus_columns()) {
    if (column.dataset != file.dataset) continue;
    const bool is_known =
        column.since <= version && (column.until.empty() || version <= column.until);
    const bool is_there = file.find(column.name) != nullptr;
    if (is_known ? column.level == 'M' && !is_there : is_there) ++count;
  }
  return count;
}

/// The data set most of whose columns are there; empty when no columns are of FOCUS.
std::string dataset_of(const OpenFile& file) {
  std::map<std::string, long long> found;
  for (const auto& column : focus_columns()) {
    if (file.find(column.name) != nullptr) ++found[column.dataset];
  }
  std::string best;
  for (const auto dataset : kDatasets) {
    const auto known = found.find(std::string(dataset));
    if (known != found.end() && (best.empty() || known->second > found[best])) best = dataset;
  }
  return best;
}

Result<OpenFile> open_file(store::Duck& duck, const io::Path& path) {
  OpenFile file;
  file.path = std::filesystem::absolute(path);
  const std::string name = base::lower(path.filename().string());
  file.is_csv = ends_with(name, ".csv") || ends_with(name, ".csv.gz");
  if (!file.is_csv && !ends_with(name, ".parquet")) {
    return base::invalid_input(fmt::format(
        "{} ends in none of .csv, .csv.gz and .parquet; FOCUS files are checked in these forms",
        path.string()));
  }
  std::error_code error;
  if (!std::filesystem::is_regular_file(file.path, error)) {
    return base::not_found(fmt::format("there is no file {}", path.string()));
  }
  const auto table = TRY(duck.query("DESCRIBE SELECT * FROM " + reader(file)));
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string column = text(table.at(row, "column_name"));
    if (column != "file_row_number") {
      file.by_lower_name.emplace(base::lower(column), file.columns.size());
      file.columns.emplace_back(column, text(table.at(row, "column_type")));
    }
  }
  file.dataset = dataset_of(file);
  if (file.dataset.empty()) {
    return base::invalid_input(fmt::format(
        "no column of {} is a FOCUS column; provider bills are booked with `outlay ingest` and "
        "then "
        "checked with `outlay conformance --source NAME`",
        path.string()));
  }
  return file;
}

/// The version whose columns the file has; of several the newest.
std::string version_of(const OpenFile& file) {
  std::string best;
  long long least = 0;
  for (const auto& version : conformance_versions()) {
    if (focus_columns_of(file.dataset, version).empty()) continue;
    const long long far = distance(file, version);
    if (best.empty() || far <= least) {
      best = version;
      least = far;
    }
  }
  return best;
}

/// Whether a column of this type can hold FOCUS values of the kind. Text may hold any: its content
/// is looked at.
bool is_fit(Kind kind, const std::string& type) {
  if (type == "VARCHAR") return true;
  switch (kind) {
    case Kind::money:
    case Kind::quantity:
      return type.find("INT") != std::string::npos || type.rfind("DECIMAL", 0) == 0 ||
             type == "DOUBLE" || type == "FLOAT";
    case Kind::timestamp:
      return type.rfind("TIMESTAMP", 0) == 0;
    case Kind::json:
      return type == "JSON" || type.rfind("MAP", 0) == 0 || type.rfind("STRUCT", 0) == 0;
    case Kind::text:
      break;
  }
  return type.rfind("ENUM", 0) == 0;
}

/// A column of every type from what the file has.
void add_column(std::vector<std::string>& list, const FocusColumn& column, const OpenFile& file) {
  const auto* found = file.find(column.name);
  const std::string name = sql_name(column.name);
  const std::string type = sql_type(column.kind);
  const bool is_typed = column.kind != Kind::text && column.kind != Kind::json;
  const std::string raw = sql_name("raw:" + column.name);
  if (found == nullptr || !is_fit(column.kind, found->second)) {
    const bool is_text = found != nullptr && !is_typed;
    const std::string value = is_text ? sql_name(found->first) : "NULL";
    list.push_back(fmt::format("CAST({} AS {}) AS {}", value, type, name));
    if (!is_typed) return;
    const std::string given = found == nullptr ? "NULL" : sql_name(found->first);
    list.push_back(fmt::format("CAST({} AS VARCHAR) AS {}", given, raw));
    return;
  }
  const std::string given = sql_name(found->first);
  if (column.kind == Kind::json && found->second != "VARCHAR") {
    list.push_back(fmt::format("CAST(to_json({}) AS VARCHAR) AS {}", given, name));
  } else if (column.kind == Kind::text || column.kind == Kind::json) {
    list.push_back(fmt::format("CAST({} AS VARCHAR) AS {}", given, name));
  } else if (found->second != "VARCHAR") {
    list.push_back(fmt::format("TRY_CAST({} AS {}) AS {}", given, type, name));
    list.push_back(fmt::format("CAST(NULL AS VARCHAR) AS {}", raw));
  } else {
    const std::string read = column.kind == Kind::money      ? "outlay_money({})"
                             : column.kind == Kind::quantity ? "outlay_quantity({})"
                                                             : "TRY_CAST({} AS TIMESTAMP)";
    list.push_back(fmt::format("{} AS {}", base::replace_all(read, "{}", given), name));
    list.push_back(fmt::format("{} AS {}", given, raw));
  }
}

std::string part_sql(const OpenFile& file, std::size_t number) {
  const char* const row = file.is_csv ? "row_number() OVER ()" : "file_row_number + 1";
  std::vector<std::string> list;
  for (const auto& column : focus_columns()) {
    if (column.dataset == file.dataset) add_column(list, column, file);
  }
  list.push_back(fmt::format("printf('%06d|%012d', {}, {}) AS x_At", number, row));
  return fmt::format("SELECT {} FROM {}", base::join(list, ", "), reader(file));
}

RuleOutcome about_columns(
    const OpenFile& file,
    const char* name,
    const char* keyword,
    const char* statement,
    const std::vector<std::string>& faults) {
  RuleOutcome outcome;
  outcome.rule.id = column_rule_id(file.dataset, "columns", name);
  outcome.rule.dataset = file.dataset;
  outcome.rule.kind = "format";
  outcome.rule.keyword = keyword;
  outcome.rule.statement = statement;
  outcome.checked = static_cast<long long>(file.columns.size());
  outcome.violations = static_cast<long long>(faults.size());
  outcome.status = faults.empty() ? RuleStatus::passed : RuleStatus::failed;
  if (!faults.empty()) outcome.first_file = file.path.filename().string();
  outcome.note = base::join(faults, ", ");
  return outcome;
}

/// Spelling, x_ prefix and order of the columns.
std::vector<RuleOutcome> structure_of(const OpenFile& file, const std::string& version) {
  std::vector<std::string> misspelled;
  std::vector<std::string> alien;
  std::vector<std::string> late;
  std::map<std::string, std::string> spellings;
  for (const auto& column : focus_columns_of(file.dataset, version)) {
    spellings[base::lower(column.name)] = column.name;
  }
  bool is_custom_seen = false;
  for (const auto& [name, type] : file.columns) {
    const auto known = spellings.find(base::lower(name));
    if (known != spellings.end()) {
      if (known->second != name) misspelled.push_back(name);
      if (is_custom_seen) late.push_back(name);
    } else {
      is_custom_seen = true;
      if (name.rfind("x_", 0) != 0) alien.push_back(name);
    }
  }
  return {
      about_columns(
          file, "spelling", "MUST", "FOCUS columns are spelled as FOCUS spells them", misspelled),
      about_columns(
          file,
          "prefix",
          "MUST",
          "a column that this version of FOCUS does not define begins with x_",
          alien),
      about_columns(file, "order", "SHOULD", "FOCUS columns come before custom columns", late),
  };
}

std::set<std::string> columns_of(const std::vector<const OpenFile*>& files) {
  std::set<std::string> there;
  for (const auto& column : focus_columns()) {
    const bool is_there = std::all_of(files.begin(), files.end(), [&](const OpenFile* file) {
      return column.dataset == file->dataset && file->find(column.name) != nullptr;
    });
    if (is_there) there.insert(column.name);
  }
  return there;
}

Result<CheckedData> make_data(
    store::Duck& duck,
    const std::vector<const OpenFile*>& files,
    std::size_t first_number,
    const std::string& version) {
  CheckedData data;
  data.dataset = files.front()->dataset;
  data.present = columns_of(files);
  std::vector<std::string> parts;
  std::map<std::size_t, std::string> names;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const OpenFile& file = *files[i];
    names[first_number + i] = file.path.filename().string();
    parts.push_back(part_sql(file, first_number + i));
    for (auto& outcome : structure_of(file, version)) data.structure.push_back(std::move(outcome));
    for (const auto& column : focus_columns_of(data.dataset, version)) {
      const auto* found = file.find(column.name);
      if (found != nullptr && !is_fit(column.kind, found->second)) {
        data.wrong_types[column.name] = found->second;
      }
    }
  }
  TRY(duck.run(
      fmt::format("CREATE TEMP VIEW {} AS {}", data.dataset, base::join(parts, "\nUNION ALL "))));
  data.place_of = [names](const std::string& at) -> Result<std::pair<std::string, long long>> {
    const auto parts_of = base::split(at, '|');
    const auto number = static_cast<std::size_t>(std::stoll(parts_of.at(0)));
    return std::pair{names.at(number), std::stoll(parts_of.at(1))};
  };
  return data;
}

std::string subject_of(const std::vector<const OpenFile*>& files) {
  const std::string first = files.front()->path.filename().string();
  if (files.size() == 1) return first;
  return fmt::format("{} and {} more", first, files.size() - 1);
}

}  // namespace

Result<std::vector<ConformanceReport>> check_focus_files(
    const std::vector<io::Path>& paths,
    const ConformanceSettings& settings,
    const store::DuckSettings& engine) {
  auto database = TRY(store::DuckDatabase::open(engine));
  auto duck = TRY(database->connect());
  std::vector<OpenFile> files;
  for (const auto& path : paths) files.push_back(TRY(open_file(duck, path)));
  std::map<std::string, std::vector<const OpenFile*>> groups;
  for (const auto& file : files) groups[file.dataset].push_back(&file);
  std::vector<CheckedData> data;
  std::vector<ConformanceSettings> asked;
  std::size_t number = 0;
  for (const auto& [dataset, members] : groups) {
    ConformanceSettings one = settings;
    if (one.version.empty()) one.version = version_of(*members.front());
    TRY(known_version(one.version, dataset));
    data.push_back(TRY(make_data(duck, members, number, one.version)));
    asked.push_back(one);
    number += members.size();
  }
  std::vector<ConformanceReport> reports;
  for (std::size_t i = 0; i < data.size(); ++i) {
    auto report = TRY(check_data(duck, data, i, asked[i]));
    report.subject = subject_of(groups.at(data[i].dataset));
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace outlay::ledger
