// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "tasks/ledger/ledger_tasks.h"
#include "tasks/ledger/rows.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

class LedgerExportTask final : public SpecTask {
 public:
  explicit LedgerExportTask(CostBook book)
      : SpecTask("ledger/export.yaml"), book_(std::move(book)) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    ledger::Ledger* book = TRY(cost_book(book_));
    ledger::ExportSettings settings;
    if (const std::string version = TRY(flow::text_property(context, properties, "version"));
        !version.empty()) {
      settings.version = version;
    }
    settings.period = TRY(flow::text_property(context, properties, "period"));
    settings.source = TRY(flow::text_property(context, properties, "source"));
    std::string name = TRY(flow::text_property(context, properties, "name"));
    if (name.empty()) name = "focus.parquet";
    if (name.find('/') != std::string::npos || name.starts_with('.')) {
      return base::invalid_input(
          fmt::format("property name must be a plain file name, found \"{}\"", name));
    }
    settings.out = TRY(context.working_folder()) / name;
    const ledger::ExportReport report = TRY(book->export_focus(settings));

    flow::TaskEnd end;
    end.outputs.set("uri", TRY(context.store_file(settings.out, name)));
    end.outputs.set("rows", static_cast<std::int64_t>(report.rows));
    format::Object gaps;
    for (const auto& [column, rows] : report.gaps) {
      gaps.set(column, static_cast<std::int64_t>(rows));
      context.log(
          base::LogLevel::warn,
          fmt::format(
              "{} is mandatory in FOCUS {} and unknown on {} rows",
              column,
              settings.version,
              base::with_thousands(rows)));
    }
    end.outputs.set("gaps", std::move(gaps));
    return end;
  }

 private:
  CostBook book_;
};

class LedgerReconcileTask final : public SpecTask {
 public:
  explicit LedgerReconcileTask(CostBook book)
      : SpecTask("ledger/reconcile.yaml"), book_(std::move(book)) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    ledger::Ledger* book = TRY(cost_book(book_));
    std::map<std::string, money::Decimal> expected;
    for (const auto& [invoice, amount] : TRY(map_property(context, properties, "expected"))) {
      auto parsed = money::Decimal::parse(text_of(amount));
      if (!parsed) return parsed.error().within("property expected, invoice " + invoice);
      expected.emplace(invoice, *parsed);
    }
    const std::string period = TRY(flow::text_property(context, properties, "period"));
    flow::TaskEnd end;
    const store::Table table = TRY(book->reconcile(period, expected));
    TRY(put_table(context, properties, table, end.outputs));
    return end;
  }

 private:
  CostBook book_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_ledger_export(CostBook book) {
  return std::make_unique<LedgerExportTask>(std::move(book));
}

std::unique_ptr<flow::TaskType> make_ledger_reconcile(CostBook book) {
  return std::make_unique<LedgerReconcileTask>(std::move(book));
}

}  // namespace outlay::tasks
