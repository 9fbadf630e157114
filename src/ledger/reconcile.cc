// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "ledger/embedded.h"
#include "ledger/state.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Result;
using base::sql_text;

std::vector<Volume> of_period(std::vector<Volume> volumes, std::string_view period) {
  std::vector<Volume> out;
  for (auto& volume : volumes) {
    if (period.empty() || volume.generation.period == period) out.push_back(std::move(volume));
  }
  return out;
}

std::string expected_sql(const std::map<std::string, money::Decimal>& expected) {
  std::vector<std::string> values;
  for (const auto& [invoice, amount] : expected) {
    values.push_back(
        fmt::format("({}, CAST('{}' AS DECIMAL(38,22)))", sql_text(invoice), amount.text()));
  }
  if (values.empty()) {
    return "SELECT CAST(NULL AS VARCHAR) AS InvoiceId, CAST(NULL AS DECIMAL(38,22)) AS amount "
           "WHERE false";
  }
  return fmt::format(
      "SELECT InvoiceId, amount FROM (VALUES {}) t(InvoiceId, amount)", base::join(values, ", "));
}

std::string condition_of(std::string_view column, const store::Cell& cell) {
  return fmt::format("{} IS NOT DISTINCT FROM {}", column, cell ? sql_text(*cell) : "NULL");
}

/// What accounts for the difference of one invoice, in words; nothing when nothing does alone.
Result<store::Cell> explained(
    store::Duck& duck, const store::Table& table, std::size_t row, const std::string& rows) {
  const std::string charges = fmt::format(
      "SELECT * FROM ({}) WHERE {} AND {}",
      rows,
      condition_of("InvoiceId", table.at(row, "InvoiceId")),
      condition_of("BillingCurrency", table.at(row, "BillingCurrency")));
  std::string sql(embedded_file("sql/explain_gap.sql"));
  sql = base::replace_all(sql, "{charges}", charges);
  sql = base::replace_all(
      sql,
      "{gap}",
      fmt::format("CAST('{}' AS DECIMAL(38,22))", table.at(row, "Difference").value_or("0")));
  std::vector<std::string> reasons;
  for (const auto& found : TRY(duck.query(sql)).rows) reasons.push_back(found[0].value_or(""));
  if (reasons.empty()) return store::Cell();
  return store::Cell("as much as " + base::join(reasons, ", or as "));
}

}  // namespace

Result<store::Table> Ledger::reconcile(
    std::string_view period,
    const std::map<std::string, money::Decimal>& expected,
    money::Decimal tolerance) {
  const auto& folder = state_->settings.folder;
  const auto charges = of_period(TRY(state_->catalog.current("cost_and_usage")), period);
  const auto details = of_period(TRY(state_->catalog.current("invoice_detail")), period);
  std::string sql(embedded_file("sql/reconcile.sql"));
  sql = base::replace_all(sql, "{charges}", rollup_sql(charges, folder));
  sql = base::replace_all(sql, "{details}", rows_sql("invoice_detail", details, folder));
  sql = base::replace_all(sql, "{expected}", expected_sql(expected));
  sql = base::replace_all(
      sql, "{tolerance}", fmt::format("CAST('{}' AS DECIMAL(38,22))", tolerance.abs().text()));
  auto duck = TRY(state_->connect());
  auto table = TRY(duck.query(sql));
  const std::string rows = rows_sql("cost_and_usage", charges, folder);
  table.columns.push_back({"Explanation", store::Type::text});
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const bool differs = table.at(row, "Status") == "differs";
    table.rows[row].push_back(differs ? TRY(explained(duck, table, row, rows)) : store::Cell());
  }
  return table;
}

}  // namespace outlay::ledger
