// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "ledger/cells.h"
#include "ledger/numbered_files.h"
#include "ledger/sql_guard.h"
#include "ledger/state.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Result;

/// Generations by (source, period, number), with the files of their deliveries.
struct Origins {
  std::map<std::string, Volume> volumes;
  std::map<std::string, std::vector<BillFile>> files;

  static std::string key(std::string_view source, std::string_view period, long long generation) {
    return fmt::format("{}\n{}\n{}", source, period, generation);
  }
};

Result<TraceLine> line_of(
    const store::Table& table, std::size_t row, Origins& origins, Catalog& catalog) {
  TraceLine line;
  line.source = text(table.at(row, "x_Source"));
  line.period = text(table.at(row, "x_Period"));
  line.generation = whole(table.at(row, "x_Generation"));
  line.row = whole(table.at(row, "x_Row"));
  const auto& generation =
      origins.volumes.at(Origins::key(line.source, line.period, line.generation)).generation;
  line.mapping = generation.mapping;
  line.delivery_id = generation.delivery_id;
  line.booked_at = generation.booked_at;
  auto found = origins.files.find(line.delivery_id);
  if (found == origins.files.end()) {
    auto files = TRY(numbered_files(catalog, line.delivery_id));
    found = origins.files.emplace(line.delivery_id, std::move(files)).first;
  }
  const auto index = static_cast<std::size_t>(whole(table.at(row, "x_File")));
  if (index < found->second.size()) {
    line.file = found->second[index].name;
    line.sha256 = found->second[index].sha256;
  }
  line.charge.columns = table.columns;
  line.charge.rows.push_back(table.rows[row]);
  return line;
}

}  // namespace

Result<std::vector<TraceLine>> Ledger::trace(
    std::string_view where, long long limit, std::optional<base::Instant> as_of) {
  auto duck = TRY(state_->connect());
  Origins origins;
  const auto volumes = TRY(state_->catalog.current("cost_and_usage", as_of));
  for (const auto& volume : volumes) {
    const auto& generation = volume.generation;
    origins.volumes[Origins::key(generation.source, generation.period, generation.generation)] =
        volume;
  }
  std::string filter;
  if (!base::trim(where).empty()) {
    TRY(check_condition(duck, where, rows_columns("cost_and_usage", volumes)));
    filter = fmt::format("WHERE (\n{}\n)", where);
  }
  const auto table = TRY(duck.query(fmt::format(
      "SELECT * FROM ({}) AS focus {} ORDER BY x_Source, x_Period, x_File, x_Row LIMIT {}",
      rows_sql("cost_and_usage", volumes, state_->settings.folder),
      filter,
      std::max(limit, 0LL))));
  std::vector<TraceLine> lines;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    lines.push_back(TRY(line_of(table, row, origins, state_->catalog)));
  }
  return lines;
}

}  // namespace outlay::ledger
