// SPDX-License-Identifier: Apache-2.0
// Deliveries that add to what is booked (Extent::part): what stays of it, and which of their own
// files and rows are in it already.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/booking.h"
#include "ledger/cells.h"
#include "ledger/embedded.h"
#include "ledger/numbered_files.h"

namespace outlay::ledger {

using base::Done;
using base::Result;
using base::sql_text;

namespace {

std::string month_of(const std::string& period) {
  return period == "all" ? "1970-01-01" : period + "-01";
}

bool has_column(const ColumnTypes& columns, std::string_view name) {
  return std::any_of(
      columns.begin(), columns.end(), [name](const auto& column) { return column.first == name; });
}

bool has_row_key(const ColumnTypes& columns) { return has_column(columns, kRowKey); }

}  // namespace

Result<Done> Booking::load_standing(const std::string& dataset) {
  if (standing_.count(dataset) > 0) return Done{};
  auto& standing = standing_[dataset];
  for (auto& volume : TRY(context_.catalog.current(dataset))) {
    if (volume.generation.source != delivery_.source) continue;
    Standing one;
    one.files = TRY(numbered_files(context_.catalog, volume.generation.delivery_id));
    one.month = month_of(volume.generation.period);
    one.rows = sql_text((context_.settings.folder / volume.folder() / "rows.parquet").string());
    one.volume = std::move(volume);
    standing.push_back(std::move(one));
  }
  return Done{};
}

/// Files whose bytes were booked by this very mapping are left out; all their rows are accounted
/// for.
Result<Done> Booking::leave_known_files(Group& group, std::size_t index) {
  TRY(load_standing(group.plan.dataset));
  std::vector<std::string> known;
  for (const int number : group.staged.files) {
    const auto& own = receipt_.files[static_cast<std::size_t>(number)];
    for (const auto& standing : standing_[group.plan.dataset]) {
      const bool has_file =
          std::any_of(standing.files.begin(), standing.files.end(), [&own](const BillFile& file) {
            return file.sha256 == own.sha256 && file.mapping == own.mapping;
          });
      if (has_file) known_files_.insert(number);
    }
    if (known_files_.count(number) > 0) known.push_back(std::to_string(number));
  }
  if (known.empty()) return Done{};
  const std::string numbers = base::join(known, ", ");
  group.raw = fmt::format("unknown_{}", index);
  return duck_->run(fmt::format(
      "INSERT INTO dropped SELECT x_File, x_Row, 'row of a file that is booked already' FROM {0} "
      "WHERE x_File IN ({1}); "
      "CREATE TEMP VIEW {2} AS SELECT * FROM {0} WHERE x_File NOT IN ({1})",
      group.staged.raw,
      numbers,
      group.raw));
}

/// A file whose rows all say what they replace: its name, the same every month, replaces nothing.
bool Booking::is_ranked(int file) const {
  return std::any_of(groups_.begin(), groups_.end(), [file](const Group& group) {
    const auto& own = group.staged.files;
    return has_column(group.sql.columns, kScopeRank) &&
           std::find(own.begin(), own.end(), file) != own.end();
  });
}

/// A file is replaced by one of the same name, or by the same bytes mapped anew.
bool Booking::is_replaced(const BillFile& standing) const {
  return std::any_of(files_.begin(), files_.end(), [&](const NumberedFile& file) {
    if (!file.reference.empty() || known_files_.count(file.index) > 0) return false;
    return file.file.sha256 == standing.sha256 ||
           (file.file.name == standing.name && !is_ranked(file.index));
  });
}

int Booking::carried_number(const BillFile& file) {
  auto& carried = receipt_.carried_files;
  auto found = std::find_if(carried.begin(), carried.end(), [&file](const BillFile& other) {
    return other.name == file.name && other.sha256 == file.sha256;
  });
  if (found == carried.end()) found = carried.insert(carried.end(), file);
  return static_cast<int>(files_.size() + static_cast<std::size_t>(found - carried.begin()));
}

/// Condition: the standing row's scope is not one that this delivery states whole in that month.
std::string Booking::not_stated_sql(const std::string& dataset, const std::string& month) const {
  std::string sql;
  for (const auto& group : groups_) {
    if (group.plan.dataset != dataset || !has_column(group.sql.columns, kScopeKey)) continue;
    sql += fmt::format(
        " AND (x_ScopeKey IS NULL OR x_ScopeKey NOT IN (SELECT x_ScopeKey FROM {} WHERE "
        "x_ScopeKey IS NOT NULL AND x_outlay_month = DATE '{}'))",
        group.typed,
        month);
  }
  return sql;
}

/// The standing rows that stay, with their files in this delivery's numbering; empty when there are
/// none.
std::string Booking::carried_sql(const std::string& dataset, bool only_known_months) {
  const auto found = standing_.find(dataset);
  if (found == standing_.end()) return {};
  std::vector<std::string> parts;
  for (const auto& standing : found->second) {
    if (only_known_months && months_[dataset].count(standing.month) == 0) continue;
    std::vector<std::string> numbers;
    for (const auto& file : standing.files) {
      numbers.push_back(is_replaced(file) ? "NULL" : std::to_string(carried_number(file)));
    }
    const std::string number =
        fmt::format("([{}]::INTEGER[])[x_File + 1]", base::join(numbers, ", "));
    parts.push_back(fmt::format(
        "SELECT * REPLACE ({0} AS x_File), DATE '{1}' AS x_outlay_month FROM read_parquet({2}) "
        "WHERE {0} IS NOT NULL{3}",
        number,
        standing.month,
        standing.rows,
        has_column(standing.volume.columns, kScopeKey) ? not_stated_sql(dataset, standing.month)
                                                       : std::string()));
  }
  return base::join(parts, " UNION ALL BY NAME ");
}

/// Rows that stand booked from files of other names: of equal rows, as many stay as the fuller side
/// has.
Result<Done> Booking::leave_known_rows(const Group& group, std::size_t index) {
  if (!has_row_key(group.sql.columns)) return Done{};
  const auto& standing = standing_[group.plan.dataset];
  const bool has_keys = std::any_of(standing.begin(), standing.end(), [](const Standing& one) {
    return has_row_key(one.volume.columns);
  });
  if (!has_keys) return Done{};
  std::string known =
      base::replace_all(embedded_file("sql/known_rows.sql"), "{typed}", group.typed);
  known = base::replace_all(known, "{carried}", carried_sql(group.plan.dataset, false));
  const std::string table = fmt::format("known_{}", index);
  TRY(duck_->run(fmt::format("CREATE TEMP TABLE {} AS {}", table, known)));
  return leave_rows(group, table, "the same row is booked from another file");
}

/// Takes the rows listed in `table` out of what the group books, and counts them as left out.
Result<Done> Booking::leave_rows(
    const Group& group, const std::string& table, const std::string& reason) {
  TRY(duck_->run(fmt::format(
      "INSERT INTO dropped SELECT DISTINCT x_File, x_Row, {} FROM {}", sql_text(reason), table)));
  TRY(duck_->run(fmt::format("ALTER VIEW {0} RENAME TO {0}_before_{1}", group.typed, table)));
  TRY(duck_->run(fmt::format(
      "CREATE TEMP VIEW {0} AS FROM {0}_before_{1} ANTI JOIN {1} USING (x_File, x_Row)",
      group.typed,
      table)));
  return Done{};
}

/// Rows of a scope that stands booked with a higher rank.
Result<Done> Booking::yield_rows(const Group& group, std::size_t index) {
  if (!has_column(group.sql.columns, kScopeRank)) return Done{};
  std::vector<std::string> parts;
  for (const auto& standing : standing_[group.plan.dataset]) {
    if (!has_column(standing.volume.columns, kScopeRank)) continue;
    std::vector<std::string> stays;
    for (const auto& file : standing.files) stays.push_back(is_replaced(file) ? "false" : "true");
    parts.push_back(fmt::format(
        "SELECT DATE '{}' AS x_outlay_month, x_ScopeKey, max(x_ScopeRank) AS rank FROM "
        "read_parquet({}) WHERE [{}][x_File + 1] GROUP BY ALL",
        standing.month,
        standing.rows,
        base::join(stays, ", ")));
  }
  if (parts.empty()) return Done{};
  const std::string table = fmt::format("yielding_{}", index);
  TRY(duck_->run(fmt::format(
      "CREATE TEMP TABLE {} AS SELECT x_File, x_Row FROM {} JOIN ({}) USING (x_outlay_month, "
      "x_ScopeKey) WHERE x_ScopeRank < rank",
      table,
      group.typed,
      base::join(parts, " UNION ALL "))));
  return leave_rows(
      group, table, "charge of a month and scope that stands booked from a fuller statement");
}

Result<Done> Booking::count_months_again(const std::string& dataset) {
  auto& months = months_[dataset];
  months.clear();
  for (const auto& group : groups_) {
    if (group.plan.dataset != dataset) continue;
    const auto table = TRY(duck_->query(
        fmt::format("SELECT x_outlay_month, count(*) FROM {} GROUP BY 1", group.typed)));
    for (const auto& row : table.rows) months[text(row[0])] += whole(row[1]);
  }
  // Months that only lose rows are written again too.
  for (const auto& standing : standing_[dataset]) {
    const bool loses =
        std::any_of(standing.files.begin(), standing.files.end(), [this](const BillFile& file) {
          return is_replaced(file);
        });
    if (loses) months[standing.month] += 0;
  }
  return Done{};
}

Result<Done> Booking::carry() {
  if (standing_.empty()) return Done{};
  bool is_new = false;
  for (const auto& [dataset, standing] : standing_) {
    if (!standing.empty()) {
      for (std::size_t i = 0; i < groups_.size(); ++i) {
        if (groups_[i].plan.dataset != dataset) continue;
        TRY(leave_known_rows(groups_[i], i));
        TRY(yield_rows(groups_[i], i));
      }
      receipt_.carried_files.clear();
      TRY(count_months_again(dataset));
    }
    is_new = is_new || !months_[dataset].empty();
  }
  const auto kept = whole(TRY(duck_->query("SELECT count(*) FROM quarantined")).rows[0][0]);
  receipt_.already_booked = !is_new && kept == 0;
  return Done{};
}

/// A receipt for files whose rows all stand booked.
Result<Done> Booking::tell_standing() {
  std::vector<std::string> rollups;
  for (const auto& [dataset, standing] : standing_) {
    for (const auto& one : standing) {
      BookedPeriod period;
      period.period = one.volume.generation.period;
      period.dataset = dataset;
      period.generation = one.volume.generation.generation;
      period.rows = one.volume.generation.rows;
      period.was_there = true;
      receipt_.periods.push_back(std::move(period));
      if (dataset != "cost_and_usage") continue;
      rollups.push_back(
          sql_text((context_.settings.folder / one.volume.folder() / "rollup.parquet").string()));
    }
  }
  for (const auto& group : groups_) {
    const auto table = TRY(duck_->query(fmt::format("SELECT count(*) FROM {}", group.staged.raw)));
    receipt_.rows_read += whole(table.rows.at(0).at(0));
  }
  TRY(tell_reasons());
  if (!rollups.empty()) {
    const std::string files = base::join(rollups, ", ");
    receipt_.booked_totals = TRY(totals_of(fmt::format("read_parquet([{}])", files)));
    TRY(tell_invoices(files));
  }
  receipt_.seconds = static_cast<double>((context_.clock.now() - begun_).count()) / 1e6;
  return Done{};
}

}  // namespace outlay::ledger
