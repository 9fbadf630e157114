// SPDX-License-Identifier: Apache-2.0
#include "ledger/conformance.h"

#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/cells.h"
#include "ledger/conformance_check.h"
#include "ledger/exported_value.h"
#include "ledger/numbered_files.h"
#include "ledger/state.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Result;
using base::sql_name;

constexpr std::string_view kDatasets[] = {
    "cost_and_usage", "contract_commitment", "billing_period", "invoice_detail"};

/// Finds the file of a booked row by its generation.
class Places {
 public:
  Places(Catalog& catalog, const std::vector<Volume>& volumes) : catalog_(catalog) {
    for (const auto& volume : volumes) {
      deliveries_[{volume.generation.period, volume.generation.generation}] =
          volume.generation.delivery_id;
    }
  }

  /// `at` is period|generation|file|row.
  Result<std::pair<std::string, long long>> find(const std::string& at) {
    const auto parts = base::split(at, '|');
    const auto found = deliveries_.find({parts.at(0), std::stoll(parts.at(1))});
    if (found == deliveries_.end()) return std::pair<std::string, long long>{};
    const std::string& delivery = found->second;
    auto known = files_.find(delivery);
    if (known == files_.end()) {
      auto files = TRY(numbered_files(catalog_, delivery));
      known = files_.emplace(delivery, std::move(files)).first;
    }
    const auto index = static_cast<std::size_t>(std::stoll(parts.at(2)));
    std::pair<std::string, long long> out{"", std::stoll(parts.at(3))};
    if (index < known->second.size()) out.first = known->second[index].name;
    return out;
  }

 private:
  Catalog& catalog_;
  std::map<std::pair<std::string, long long>, std::string> deliveries_;
  std::map<std::string, std::vector<BillFile>> files_;
};

/// Select list of a booked data set with what the standard derives; what is typed has no text of a
/// file.
std::string booked_list(std::string_view dataset) {
  std::vector<std::string> list;
  for (const auto& column : focus_columns()) {
    if (column.dataset != dataset) continue;
    const std::string name = sql_name(column.name);
    list.push_back(fmt::format("{} AS {}", derived_value(column), name));
    if (column.kind == Kind::text || column.kind == Kind::json) continue;
    list.push_back(fmt::format("CAST(NULL AS VARCHAR) AS {}", sql_name("raw:" + column.name)));
  }
  list.emplace_back("printf('%s|%06d|%06d|%012d', x_Period, x_Generation, x_File, x_Row) AS x_At");
  return base::join(list, ", ");
}

/// Columns that say something on some row, and those an export always has.
Result<std::set<std::string>> columns_there(
    store::Duck& duck, const std::string& dataset, const std::string& version) {
  std::set<std::string> there;
  std::vector<std::string> counts;
  const auto columns = focus_columns_of(dataset, version);
  for (const auto& column : columns)
    counts.push_back(fmt::format("count({})", sql_name(column.name)));
  const auto table =
      TRY(duck.query(fmt::format("SELECT {} FROM {}", base::join(counts, ", "), dataset)));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].level == 'M' || whole(table.rows[0][i]) > 0) there.insert(columns[i].name);
  }
  return there;
}

/// Every current generation of one source, per data set; a period narrows what has periods.
struct Booked {
  std::string source;
  std::map<std::string, std::vector<Volume>> volumes;
};

Result<std::vector<Booked>> booked_of(Catalog& catalog, const ConformanceSettings& settings) {
  std::map<std::string, Booked> sources;
  for (const auto dataset : kDatasets) {
    if (focus_columns_of(dataset, settings.version).empty()) continue;
    for (auto& volume : TRY(catalog.current(dataset))) {
      const auto& generation = volume.generation;
      const bool is_wanted = (settings.source.empty() || settings.source == generation.source) &&
                             (settings.period.empty() || generation.period == settings.period ||
                              generation.period == "all");
      if (!is_wanted) continue;
      auto& booked = sources[generation.source];
      booked.source = generation.source;
      booked.volumes[std::string(dataset)].push_back(std::move(volume));
    }
  }
  std::vector<Booked> out;
  for (auto& [source, booked] : sources) {
    if (booked.volumes.count("cost_and_usage") != 0 || settings.period.empty()) {
      out.push_back(std::move(booked));
    }
  }
  return out;
}

Result<std::vector<ConformanceReport>> check_booked(
    store::Duck& duck,
    Catalog& catalog,
    const io::Path& folder,
    const Booked& booked,
    const ConformanceSettings& settings) {
  std::vector<CheckedData> data;
  for (const auto& [dataset, volumes] : booked.volumes) {
    TRY(duck.run(fmt::format(
        "CREATE OR REPLACE TEMP VIEW {} AS SELECT {} FROM ({})",
        dataset,
        booked_list(dataset),
        rows_sql(dataset, volumes, folder))));
    CheckedData one;
    one.dataset = dataset;
    one.present = TRY(columns_there(duck, dataset, settings.version));
    const auto places = std::make_shared<Places>(catalog, volumes);
    one.place_of = [places](const std::string& at) { return places->find(at); };
    data.push_back(std::move(one));
  }
  std::vector<ConformanceReport> reports;
  for (std::size_t i = 0; i < data.size(); ++i) {
    auto report = TRY(check_data(duck, data, i, settings));
    report.subject = booked.source;
    reports.push_back(std::move(report));
  }
  return reports;
}

base::Error nothing_booked(const ConformanceSettings& settings) {
  return base::not_found(fmt::format(
      "nothing is booked for {} of {}; `outlay ingest` books bills, `outlay sources` shows what is "
      "there, and `outlay conformance FILE` checks a file that is not booked",
      settings.period.empty() ? "any period" : settings.period,
      settings.source.empty() ? "any source" : "source " + settings.source));
}

}  // namespace

long long ConformanceReport::count(RuleStatus status, std::string_view keyword) const {
  return std::count_if(outcomes.begin(), outcomes.end(), [&](const RuleOutcome& outcome) {
    return outcome.status == status && outcome.rule.keyword == keyword;
  });
}

std::string ConformanceReport::score() const {
  const long long passed = count(RuleStatus::passed, "MUST");
  const long long checked = passed + count(RuleStatus::failed, "MUST");
  if (checked == 0) return "-";
  const long long permille = passed * 1000 / checked;
  return fmt::format("{}.{}", permille / 10, permille % 10);
}

Result<std::vector<ConformanceReport>> Ledger::conformance(const ConformanceSettings& given) {
  ConformanceSettings settings = given;
  if (settings.version.empty()) settings.version = "1.2";
  TRY(known_version(settings.version, "cost_and_usage"));
  const auto sources = TRY(booked_of(state_->catalog, settings));
  if (sources.empty()) return nothing_booked(settings);
  std::vector<ConformanceReport> reports;
  for (const auto& booked : sources) {
    auto duck = TRY(state_->connect());
    for (auto& report :
         TRY(check_booked(duck, state_->catalog, state_->settings.folder, booked, settings))) {
      reports.push_back(std::move(report));
    }
  }
  return reports;
}

}  // namespace outlay::ledger
