// SPDX-License-Identifier: Apache-2.0
// A booking that ends before its commit: what another mapping of the same files would change.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/booking.h"
#include "ledger/cells.h"
#include "ledger/numbered_files.h"

namespace outlay::ledger {

using base::Done;
using base::Result;
using base::sql_name;
using base::sql_text;

namespace {

bool has(const ColumnTypes& columns, const std::string& name) {
  return std::any_of(
      columns.begin(), columns.end(), [&](const auto& column) { return column.first == name; });
}

/// How often each column of two joined sides, `a` after and `b` before, differs, and the first
/// case.
class Comparison {
 public:
  Comparison(const ColumnTypes& after, const ColumnTypes& before) : after_(after), before_(before) {
    for (const auto& [name, type] : after) add(name);
    for (const auto& [name, type] : before) {
      if (!has(after, name)) add(name);
    }
  }

  std::string sql(const std::string& from) const {
    std::vector<std::string> heads, shown;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      heads.push_back(fmt::format("n{0}, b{0}, a{0}", i));
      shown.push_back(fmt::format("n{0}, b{0}.v, a{0}.v", i));
    }
    return fmt::format(
        "SELECT {} FROM (SELECT {} {}) AS t({})",
        base::join(shown, ", "),
        base::join(counts_, ", "),
        from,
        base::join(heads, ", "));
  }

  std::vector<ColumnChange> read(const store::Table& table) const {
    std::vector<ColumnChange> changes;
    const auto& row = table.rows.at(0);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const long long charges = whole(row[i * 3]);
      if (charges == 0) continue;
      changes.push_back({names_[i], charges, text(row[i * 3 + 1]), text(row[i * 3 + 2])});
    }
    return changes;
  }

 private:
  static std::string side(
      const std::string& alias, const ColumnTypes& columns, const std::string& name) {
    if (!has(columns, name)) return "CAST(NULL AS VARCHAR)";
    return fmt::format("CAST({}.{} AS VARCHAR)", alias, sql_name(name));
  }

  void add(const std::string& name) {
    // Where a charge lies is no part of what it says.
    for (const char* place : {"x_File", "x_Row", "source", "period", "gen"}) {
      if (name == place) return;
    }
    const auto after = side("a", after_, name);
    const auto before = side("b", before_, name);
    names_.push_back(name);
    counts_.push_back(fmt::format(
        "count(*) {2}, arg_min({{v: {1}}}, x_Row) {2}, arg_min({{v: {0}}}, x_Row) {2}",
        after,
        before,
        fmt::format("FILTER ({} IS DISTINCT FROM {})", after, before)));
  }

  const ColumnTypes& after_;
  const ColumnTypes& before_;
  std::vector<std::string> names_, counts_;
};

}  // namespace

Result<Done> Booking::compare_columns() {
  receipt_.is_trial = true;
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    if (drafts_[i].replaces) receipt_.periods[i].column_changes = TRY(column_changes(drafts_[i]));
  }
  receipt_.seconds = static_cast<double>((context_.clock.now() - begun_).count()) / 1e6;
  return Done{};
}

/// Charges are matched by file content and row; where a row makes several, by their order.
Result<std::vector<ColumnChange>> Booking::column_changes(const Draft& draft) {
  std::map<std::string, int> mine;
  for (const auto& file : receipt_.files) mine.emplace(file.sha256, static_cast<int>(mine.size()));
  for (const auto& file : receipt_.carried_files) {
    mine.emplace(file.sha256, static_cast<int>(mine.size()));
  }
  const auto numbers = [&mine](const std::vector<BillFile>& files) {
    std::vector<std::string> out;
    for (const auto& file : files) {
      const auto found = mine.find(file.sha256);
      out.push_back(found == mine.end() ? "NULL" : std::to_string(found->second));
    }
    return fmt::format("([{}]::INTEGER[])[x_File + 1]", base::join(out, ", "));
  };
  auto files = receipt_.files;
  files.insert(files.end(), receipt_.carried_files.begin(), receipt_.carried_files.end());
  const auto side = [](const std::string& number, const io::Path& path) {
    return fmt::format(
        "(SELECT *, {0} AS x_outlay_file, row_number() OVER (PARTITION BY {0}, x_Row "
        "ORDER BY file_row_number) AS x_outlay_turn "
        "FROM read_parquet({1}, file_row_number = true, hive_partitioning = false) WHERE {0} IS "
        "NOT NULL)",
        number,
        sql_text(path.string()));
  };
  const auto& replaced = *draft.replaces;
  const auto standing = TRY(numbered_files(context_.catalog, replaced.generation.delivery_id));
  const std::string from = fmt::format(
      "FROM {} a JOIN {} b USING (x_outlay_file, x_Row, x_outlay_turn)",
      side(numbers(files), draft.folder / "rows.parquet"),
      side(numbers(standing), context_.settings.folder / replaced.folder() / "rows.parquet"));
  const Comparison comparison(draft.volume.columns, replaced.columns);
  return comparison.read(TRY(duck_->query(comparison.sql(from))));
}

}  // namespace outlay::ledger
