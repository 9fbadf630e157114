// SPDX-License-Identifier: Apache-2.0
// Which rows are booked, left out on purpose, or put into quarantine.
#include <fmt/format.h>

#include "base/text.h"
#include "ledger/booking.h"
#include "ledger/cells.h"

namespace outlay::ledger {

using base::Done;
using base::Result;
using base::sql_text;

Result<Done> Booking::take_broken() {
  std::vector<std::string> values;
  for (const auto& row : staged_.broken) {
    values.push_back(fmt::format(
        "({}, {}, {}, {})", row.file, row.row, sql_text(row.reason), sql_text(row.content)));
  }
  if (values.empty()) return Done{};
  return duck_->run("INSERT INTO quarantined VALUES " + base::join(values, ", "));
}

Result<Done> Booking::take_drops(const Group& group) {
  if (group.plan.drops_sql.empty()) return Done{};
  return duck_->run(fmt::format(
      "INSERT INTO dropped SELECT x_File, x_Row, reason FROM ({})",
      over_raw(group.plan.drops_sql, group.raw)));
}

Result<Done> Booking::take_rejects(const Group& group, std::size_t index) {
  if (group.plan.rejects_sql.empty()) return Done{};
  const std::string name = fmt::format("rejected_{}", index);
  TRY(duck_->run(fmt::format(
      "CREATE TEMP TABLE {} AS SELECT x_File, x_Row, min(reason) AS reason FROM ({}) GROUP BY ALL",
      name,
      over_raw(group.plan.rejects_sql, group.raw))));
  if (whole(TRY(duck_->query("SELECT count(*) FROM " + name)).rows[0][0]) == 0) return Done{};
  return duck_->run(fmt::format(
      "INSERT INTO quarantined SELECT q.x_File, q.x_Row, q.reason, CAST(to_json(r) AS VARCHAR) "
      "FROM {} q JOIN {} r USING (x_File, x_Row)",
      name,
      group.staged.raw));
}

/// One scan over the money, quantity and time columns: which months there are, what cannot be read,
/// what is rounded.
Result<Done> Booking::check_rows(Group& group, std::size_t index) {
  const auto checks = TRY(duck_->query(fmt::format(
      "SELECT {} AS month, {} AS reason, count(*) AS n, sum({}) AS costs, sum({}) AS amount, "
      "sum({}) AS others FROM {} GROUP BY ALL",
      group.sql.month,
      group.sql.reason,
      group.sql.rounded_costs,
      group.sql.rounded_amount,
      group.sql.rounded_others,
      group.mapped)));
  bool has_unreadable = false;
  for (std::size_t row = 0; row < checks.rows.size(); ++row) {
    if (checks.at(row, "reason")) {
      has_unreadable = true;
    } else {
      months_[group.plan.dataset][text(checks.at(row, "month"))] += whole(checks.at(row, "n"));
    }
  }
  tell_rounding(checks);
  if (has_unreadable) TRY(quarantine_unreadable(group, index));
  TRY(tell_outside_manifest(group));
  const std::string from =
      has_unreadable
          ? fmt::format("{} m ANTI JOIN unreadable_{} u USING (x_File, x_Row)", group.mapped, index)
          : group.mapped;
  return duck_->run(fmt::format(
      "CREATE TEMP VIEW {} AS SELECT {},\n  {} AS x_outlay_month FROM {}",
      group.typed,
      group.sql.typed,
      group.sql.month,
      from));
}

/// A row of the file with one unreadable cell is not booked in part: all its charges go.
Result<Done> Booking::quarantine_unreadable(const Group& group, std::size_t index) {
  TRY(duck_->run(fmt::format(
      "CREATE TEMP TABLE unreadable_{} AS SELECT x_File, x_Row, min(reason) AS reason "
      "FROM (SELECT x_File, x_Row, {} AS reason FROM {}) WHERE reason IS NOT NULL GROUP BY ALL",
      index,
      group.sql.reason,
      group.mapped)));
  return duck_->run(fmt::format(
      "INSERT INTO quarantined SELECT q.x_File, q.x_Row, q.reason, CAST(to_json(r) AS VARCHAR) "
      "FROM unreadable_{} q JOIN {} r USING (x_File, x_Row)",
      index,
      group.staged.raw));
}

void Booking::tell_rounding(const store::Table& checks) {
  for (std::size_t row = 0; row < checks.rows.size(); ++row) {
    if (checks.at(row, "reason")) continue;
    rounded_costs_ += whole(checks.at(row, "costs"));
    rounded_others_ += whole(checks.at(row, "others"));
    const auto units = amount(checks.at(row, "amount"));
    if (!units || units->is_zero()) continue;
    // The amount is in units of the 22nd decimal; 16 more digits are all a decimal can hold.
    const auto small = units->rounded(16, money::Rounding::half_even);
    const money::Decimal in_money(small.coefficient(), 38);
    rounded_amount_ = rounded_amount_.value_or(money::Decimal()) + in_money;
  }
}

Result<Done> Booking::tell_outside_manifest(const Group& group) {
  if (!delivery_.manifest_period || group.plan.dataset != "cost_and_usage") return Done{};
  const auto [start, end] = *delivery_.manifest_period;
  const auto table = TRY(duck_->query(fmt::format(
      "SELECT count(*) AS n, min(x_Row) AS first FROM {0} "
      "WHERE {1} < TIMESTAMP '{2}' OR {1} >= TIMESTAMP '{3}'",
      group.mapped,
      group.sql.period_start,
      base::print_date(start),
      base::print_date(end))));
  const long long rows = whole(table.at(0, "n"));
  if (rows == 0) return Done{};
  receipt_.findings.push_back(
      {"delivery.period.outside",
       fmt::format(
           "{} rows have a BillingPeriodStart outside the manifest's period {} to {}; they are "
           "booked in the period they name",
           rows,
           base::print_date(start),
           base::print_date(end)),
       rows,
       whole(table.at(0, "first"))});
  return Done{};
}

Result<Done> Booking::tell_reasons() {
  const auto read = [this](const std::string& relation) -> Result<std::vector<ReasonCount>> {
    std::vector<ReasonCount> reasons;
    const auto table = TRY(duck_->query(fmt::format(
        "SELECT reason, count(*) AS n, min({{f: x_File, r: x_Row}}).f AS file, "
        "min({{f: x_File, r: x_Row}}).r AS row FROM {} GROUP BY reason ORDER BY n DESC, reason",
        relation)));
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      reasons.push_back(
          {text(table.at(i, "reason")),
           whole(table.at(i, "n")),
           name_of(whole(table.at(i, "file"))),
           whole(table.at(i, "row"))});
    }
    return reasons;
  };
  receipt_.quarantined = TRY(read("quarantined"));
  receipt_.dropped = TRY(read("dropped"));
  if (rounded_costs_ > 0) {
    receipt_.notes.push_back(fmt::format(
        "{} cost cells had more than 22 decimals and were rounded half up; together that took {}",
        rounded_costs_,
        rounded_amount_.value_or(money::Decimal()).short_text()));
  }
  if (rounded_others_ > 0) {
    receipt_.notes.push_back(fmt::format(
        "{} price or quantity cells had more decimals than the ledger keeps and were rounded half "
        "up",
        rounded_others_));
  }
  return Done{};
}

/// Every row of every file is booked, left out on purpose or in quarantine, and only one of them.
Result<Done> Booking::account() {
  std::vector<std::string> counted;
  long long rows_max = 1;
  std::map<long long, long long> rows_of_file;
  for (const auto& group : groups_) {
    const auto table = TRY(duck_->query(
        fmt::format("SELECT x_File, max(x_Row), count(*) FROM {} GROUP BY 1", group.staged.raw)));
    for (const auto& row : table.rows) {
      rows_max = std::max(rows_max, whole(row[1]));
      rows_of_file[whole(row[0])] += whole(row[2]);
    }
  }
  for (const auto& row : staged_.broken) {
    rows_max = std::max(rows_max, row.row);
    ++rows_of_file[row.file];
  }
  for (const auto& [file, rows] : rows_of_file) receipt_.rows_read += rows;
  std::string charges =
      "SELECT NULL::INTEGER AS x_File, NULL::BIGINT AS x_Row, 1 AS kind WHERE false";
  for (const auto& [dataset, months] : months_) {
    const std::string files = rows_files(dataset);
    if (files.empty()) continue;
    charges = fmt::format(
        "{} UNION ALL SELECT x_File, x_Row, 1 FROM read_parquet([{}]) WHERE x_File < {}",
        charges,
        files,
        files_.size());
  }
  const auto bits = [&](const std::string& filter) {
    return fmt::format("coalesce(bit_count(bitstring_agg(x_Row, 1, {}) {}), 0)", rows_max, filter);
  };
  const auto table = TRY(duck_->query(fmt::format(
      "SELECT x_File, count(*) FILTER (kind = 1) AS charges, {} AS booked, "
      "count(*) FILTER (kind > 1) AS left_out, {} AS seen FROM ({} "
      "UNION ALL SELECT x_File, x_Row, 2 FROM dropped UNION ALL SELECT x_File, x_Row, 3 FROM "
      "quarantined) GROUP BY x_File",
      bits("FILTER (kind = 1)"),
      bits(""),
      charges)));
  long long seen = 0;
  long long booked_once = 0;
  long long left_out = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    seen += whole(table.at(i, "seen"));
    booked_once += whole(table.at(i, "booked"));
    left_out += whole(table.at(i, "left_out"));
    receipt_.rows_booked += whole(table.at(i, "charges"));
  }
  receipt_.rows_added = receipt_.rows_booked - booked_once;
  if (seen != receipt_.rows_read || booked_once + left_out != receipt_.rows_read) {
    return base::internal_error(fmt::format(
        "the mapping {} lost or doubled rows: {} were read, {} are booked and {} left out, {} of "
        "them different ones; nothing was booked; please report this",
        base::join(receipt_.mappings, ", "),
        receipt_.rows_read,
        booked_once,
        left_out,
        seen));
  }
  return Done{};
}

}  // namespace outlay::ledger
