// SPDX-License-Identifier: Apache-2.0
// Writing the generations' files, and what the receipt tells about them.
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/booking.h"
#include "ledger/cells.h"
#include "ledger/embedded.h"

namespace outlay::ledger {

using base::Done;
using base::Result;
using base::sql_name;
using base::sql_text;

namespace {

constexpr std::string_view kParquet = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)";
/// With more months than this, charges are mapped once into a file by month, not once per month.
constexpr std::size_t kMonthsMappedEach = 2;

std::string month_name(const std::string& month) {
  return month == "1970-01-01" ? "all" : month.substr(0, 7);
}

}  // namespace

Result<Done> Booking::write_all() {
  reporter_->begin("writing");
  for (const auto& [dataset, months] : months_) TRY(write_dataset(dataset));
  if (!drafts_.empty() || staged_.broken.empty()) {
    const auto kept = whole(TRY(duck_->query("SELECT count(*) FROM quarantined")).rows[0][0]);
    if (!drafts_.empty() || kept == 0) return Done{};
  }
  TRY(tell_reasons());
  const auto& first = receipt_.quarantined.front();
  return base::invalid_input(
      fmt::format(
          "none of the rows can be booked: {} ({} rows); nothing was changed",
          first.reason,
          first.rows),
      base::Place{first.first_file, 0, 0, static_cast<long>(first.first_row)});
}

Result<Done> Booking::write_dataset(const std::string& dataset) {
  std::vector<std::string> parts;
  for (const auto& group : groups_) {
    if (group.plan.dataset == dataset) parts.push_back("SELECT * FROM " + group.typed);
  }
  if (const auto carried = carried_sql(dataset, true); !carried.empty()) parts.push_back(carried);
  std::string relation = "(" + base::join(parts, " UNION ALL BY NAME ") + ")";
  const auto& months = months_[dataset];
  if (months.size() > kMonthsMappedEach) {
    const std::string all = sql_text((scratch_->path() / (dataset + ".parquet")).string());
    TRY(duck_->run(fmt::format(
        "COPY (FROM {} ORDER BY x_outlay_month) TO {} (FORMAT parquet, COMPRESSION lz4_raw)",
        relation,
        all)));
    relation = fmt::format("read_parquet({})", all);
  }
  for (const auto& [month, rows] : months) {
    Draft draft;
    draft.dataset = dataset;
    draft.month = month;
    draft.period = month_name(month);
    TRY(write_draft(draft, relation));
    drafts_.push_back(std::move(draft));
  }
  return Done{};
}

Result<Done> Booking::write_draft(Draft& draft, const std::string& relation) {
  auto& generation = draft.volume.generation;
  generation.source = delivery_.source;
  generation.period = draft.period;
  generation.dataset = draft.dataset;
  generation.label = delivery_.label;
  generation.delivery_id = receipt_.delivery_id;
  generation.mapping = base::join(receipt_.mappings, ", ");
  generation.generation =
      TRY(context_.catalog.next_generation(delivery_.source, draft.period, draft.dataset));
  for (auto& volume : TRY(context_.catalog.all(delivery_.source, draft.period, draft.dataset))) {
    if (volume.generation.is_current) draft.replaces = std::move(volume);
  }
  draft.folder = scratch_->path() / "out" / draft.volume.folder();
  TRY(io::make_folders(draft.folder));
  const std::string rows = sql_text((draft.folder / "rows.parquet").string());
  const std::string filter = months_[draft.dataset].size() > 1
                                 ? fmt::format("WHERE x_outlay_month = DATE '{}'", draft.month)
                                 : std::string();
  // Charges stay in the order of the bill: sorting them costs a third of the time, twice the
  // memory, and saves nothing.
  TRY(duck_->run(fmt::format(
      "COPY (SELECT * EXCLUDE (x_outlay_month) FROM {} {}) TO {} {}",
      relation,
      filter,
      rows,
      kParquet)));
  if (draft.dataset == "cost_and_usage") {
    const std::string rollup = base::replace_all(
        embedded_file("sql/rollup.sql"), "{rows}", fmt::format("read_parquet({})", rows));
    TRY(duck_->run(fmt::format(
        "COPY ({}) TO {} {}",
        rollup,
        sql_text((draft.folder / "rollup.parquet").string()),
        kParquet)));
  }
  return describe_draft(draft);
}

Result<Done> Booking::describe_draft(Draft& draft) {
  const io::Path path = draft.folder / "rows.parquet";
  const std::string rows = fmt::format("read_parquet({})", sql_text(path.string()));
  for (const auto& row : TRY(duck_->query("DESCRIBE FROM " + rows)).rows) {
    draft.volume.columns.emplace_back(text(row[0]), text(row[1]));
  }
  const std::string when =
      draft.dataset == "cost_and_usage" ? "ChargePeriodStart" : "NULL::TIMESTAMP";
  const auto table = TRY(duck_->query(fmt::format(
      "SELECT count(*) AS n, epoch_us(min({0})) AS first, epoch_us(max({0})) AS last FROM {1}",
      when,
      rows)));
  auto& volume = draft.volume;
  volume.generation.rows = whole(table.at(0, "n"));
  if (const auto& cell = table.at(0, "first")) volume.first_instant = whole(cell);
  if (const auto& cell = table.at(0, "last")) volume.last_instant = whole(cell);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(draft.folder, error)) {
    volume.generation.bytes += static_cast<long long>(entry.file_size(error));
  }
  return Done{};
}

std::string Booking::rows_files(const std::string& dataset) const {
  std::vector<std::string> files;
  for (const auto& draft : drafts_) {
    if (draft.dataset == dataset)
      files.push_back(sql_text((draft.folder / "rows.parquet").string()));
  }
  return base::join(files, ", ");
}

std::string Booking::rollup_files() const {
  std::vector<std::string> files;
  for (const auto& draft : drafts_) {
    if (draft.dataset == "cost_and_usage") {
      files.push_back(sql_text((draft.folder / "rollup.parquet").string()));
    }
  }
  return base::join(files, ", ");
}

Result<Done> Booking::tell_findings(const Group& group) {
  const std::string files = rows_files(group.plan.dataset);
  if (group.plan.findings.empty() || files.empty()) return Done{};
  std::vector<std::string> own;
  for (const int file : group.staged.files) own.push_back(std::to_string(file));
  const std::string charges = fmt::format(
      "(SELECT * FROM read_parquet([{}], union_by_name = true) WHERE x_File IN ({}))",
      files,
      base::join(own, ", "));
  // Conditions over the charges are asked in one scan, the other questions one by one.
  std::vector<std::string> counts;
  for (const auto& finding : group.plan.findings) {
    if (finding.charges_condition.empty()) continue;
    counts.push_back(fmt::format(
        "count(*) FILTER (WHERE {0}), min(x_Row) FILTER (WHERE {0})", finding.charges_condition));
  }
  store::Table counted;
  if (!counts.empty()) {
    const std::string sql = "SELECT " + base::join(counts, ", ") + " FROM charges";
    counted = TRY(duck_->query(over_raw_and_charges(sql, group.raw, charges)));
  }
  std::vector<base::Error> errors;
  std::size_t next = 0;
  for (const auto& finding : group.plan.findings) {
    if (!finding.charges_condition.empty()) {
      const auto& row = counted.rows.at(0);
      tell(group, finding, whole(row.at(next)), whole(row.at(next + 1)), errors);
      next += 2;
      continue;
    }
    const auto table =
        TRY(duck_->query(over_raw_and_charges(finding.count_sql, group.raw, charges)));
    if (table.empty()) continue;
    const long long first = table.columns.size() > 1 ? whole(table.rows[0][1]) : 0;
    tell(group, finding, whole(table.rows[0].at(0)), first, errors);
  }
  if (!errors.empty()) return base::join_errors(errors);
  return Done{};
}

void Booking::tell(
    const Group& group,
    const Finding& finding,
    long long rows,
    long long first,
    std::vector<base::Error>& errors) {
  if (rows == 0) return;
  const std::string message = base::replace_all(finding.message, "{n}", base::with_thousands(rows));
  receipt_.findings.push_back({finding.rule, message, rows, first});
  if (finding.is_error) {
    errors.push_back(base::invalid_input(
        fmt::format("{}: {}", finding.rule, message),
        base::Place{name_of(group.staged.files.front()), 0, 0, static_cast<long>(first)}));
  }
}

Result<Done> Booking::tell_raw_totals(const Group& group) {
  if (group.plan.raw_totals_sql.empty()) return Done{};
  const auto table = TRY(duck_->query(over_raw(group.plan.raw_totals_sql, group.raw)));
  for (const auto& row : table.rows) {
    const auto sum = amount(row.at(2));
    if (!sum) continue;
    bool is_added = false;
    for (auto& total : receipt_.raw_totals) {
      if (total.currency != text(row[0]) || total.cost != text(row[1])) continue;
      total.sum += *sum;
      is_added = true;
    }
    if (!is_added) receipt_.raw_totals.push_back({text(row[0]), text(row[1]), *sum});
  }
  return Done{};
}

Result<std::vector<CostTotals>> Booking::totals_of(const std::string& charges) {
  std::vector<CostTotals> totals;
  const auto table = TRY(duck_->query(fmt::format(
      "SELECT BillingCurrency, sum(BilledCost) AS billed, sum(EffectiveCost) AS effective, "
      "sum(ListCost) AS list, sum(ContractedCost) AS contracted, sum(x_Rows) AS n "
      "FROM {} GROUP BY 1 ORDER BY 1",
      charges)));
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    totals.push_back(
        {text(table.at(i, "BillingCurrency")),
         amount(table.at(i, "billed")),
         amount(table.at(i, "effective")),
         amount(table.at(i, "list")),
         amount(table.at(i, "contracted")),
         whole(table.at(i, "n"))});
  }
  return totals;
}

Result<Done> Booking::tell_invoices(const std::string& rollups) {
  const auto table = TRY(duck_->query(fmt::format(
      "SELECT InvoiceId, InvoiceIssuerName, BillingCurrency, sum(BilledCost) AS billed "
      "FROM read_parquet([{}]) GROUP BY 1, 2, 3 HAVING sum(BilledCost) IS NOT NULL ORDER BY ALL",
      rollups)));
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    receipt_.invoices.push_back(
        {text(table.at(i, "InvoiceId")),
         text(table.at(i, "InvoiceIssuerName")),
         text(table.at(i, "BillingCurrency")),
         *amount(table.at(i, "billed"))});
  }
  return Done{};
}

Result<Done> Booking::tell_totals() {
  for (const auto& group : groups_) TRY(tell_raw_totals(group));
  const std::string rollups = rollup_files();
  if (!rollups.empty()) {
    receipt_.booked_totals = TRY(totals_of(
        receipt_.carried_files.empty()
            ? fmt::format("read_parquet([{}])", rollups)
            : fmt::format(
                  "(SELECT *, 1 AS x_Rows FROM read_parquet([{}]) WHERE x_File < {})",
                  rows_files("cost_and_usage"),
                  files_.size())));
    TRY(tell_invoices(rollups));
  }
  for (const auto& draft : drafts_) TRY(tell_period(draft));
  return Done{};
}

Result<Done> Booking::tell_period(const Draft& draft) {
  BookedPeriod period;
  period.period = draft.period;
  period.dataset = draft.dataset;
  period.generation = draft.volume.generation.generation;
  period.rows = draft.volume.generation.rows;
  if (draft.replaces) period.replaced = draft.replaces->generation.generation;
  if (draft.dataset == "cost_and_usage") {
    period.totals = TRY(totals_of(
        fmt::format("read_parquet({})", sql_text((draft.folder / "rollup.parquet").string()))));
    if (draft.replaces) period.changes = TRY(changes_of(draft));
  }
  receipt_.periods.push_back(std::move(period));
  return Done{};
}

Result<std::vector<Change>> Booking::changes_of(const Draft& draft) {
  const io::Path before = context_.settings.folder / draft.replaces->folder() / "rollup.parquet";
  const auto side = [](const io::Path& path) {
    return fmt::format(
        "SELECT ServiceName, BillingCurrency, sum(BilledCost) AS billed, sum(EffectiveCost) AS "
        "effective FROM read_parquet({}) GROUP BY 1, 2",
        sql_text(path.string()));
  };
  const auto table = TRY(duck_->query(fmt::format(
      "SELECT coalesce(a.ServiceName, b.ServiceName) AS service, "
      "coalesce(a.BillingCurrency, b.BillingCurrency) AS currency, b.billed AS billed_before, "
      "a.billed AS billed_after, b.effective AS effective_before, a.effective AS effective_after "
      "FROM ({}) a FULL JOIN ({}) b ON a.ServiceName IS NOT DISTINCT FROM b.ServiceName "
      "AND a.BillingCurrency IS NOT DISTINCT FROM b.BillingCurrency "
      "WHERE a.billed IS DISTINCT FROM b.billed OR a.effective IS DISTINCT FROM b.effective "
      "ORDER BY abs(coalesce(a.billed, 0) - coalesce(b.billed, 0)) DESC, service",
      side(draft.folder / "rollup.parquet"),
      side(before))));
  std::vector<Change> changes;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    changes.push_back(
        {text(table.at(i, "service")),
         text(table.at(i, "currency")),
         amount(table.at(i, "billed_before")),
         amount(table.at(i, "billed_after")),
         amount(table.at(i, "effective_before")),
         amount(table.at(i, "effective_after"))});
  }
  return changes;
}

}  // namespace outlay::ledger
