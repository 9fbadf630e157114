// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "ledger/receipt.h"
#include "tasks/ledger/ledger_tasks.h"
#include "tasks/ledger/rows.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

void tell(flow::TaskContext& context, const ledger::Receipt& receipt) {
  if (receipt.already_booked) {
    context.log(
        base::LogLevel::info, fmt::format("{}: already booked, nothing changed", receipt.label));
    return;
  }
  context.log(
      base::LogLevel::info,
      fmt::format(
          "{}: {} rows read, {} booked for source {}",
          receipt.label,
          base::with_thousands(receipt.rows_read),
          base::with_thousands(receipt.rows_booked),
          receipt.source));
  for (const ledger::ReasonCount& reason : receipt.quarantined) {
    context.log(
        base::LogLevel::warn,
        fmt::format(
            "{}: {} rows put aside: {} (first: {}, row {})",
            receipt.label,
            base::with_thousands(reason.rows),
            reason.reason,
            reason.first_file,
            reason.first_row));
  }
}

class LedgerIngestTask final : public SpecTask {
 public:
  LedgerIngestTask(CostBook book, FindDeliveries find)
      : SpecTask("ledger/ingest.yaml"), book_(std::move(book)), find_(std::move(find)) {}

  void check(const format::Node& task, std::vector<flow::Problem>& problems) const override {
    if (task.find("path") != nullptr || task.find("paths") != nullptr) return;
    problems.push_back(
        {flow::Problem::Level::error, "give path (a file or folder) or paths", task.place});
  }

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    ledger::Ledger* book = TRY(cost_book(book_));
    connectors::FindSettings settings;
    settings.source = TRY(flow::text_property(context, properties, "source"));
    const std::string format = TRY(flow::text_property(context, properties, "format"));
    if (!format.empty()) settings.format = format;
    format::Array receipts;
    Totals totals;
    for (const std::string& path : TRY(paths(context, properties))) {
      const io::Path local = TRY(local_path(context, path));
      for (const ledger::Delivery& delivery : TRY(find_(local, settings))) {
        if (context.stop())
          return base::Error{base::Code::cancelled, "stopped between two deliveries", {}, nullptr};
        const ledger::Receipt receipt = TRY(book->book(delivery));
        tell(context, receipt);
        totals.add(receipt);
        receipts.push_back(ledger::receipt_json(receipt));
      }
    }
    return totals.end(std::move(receipts));
  }

 private:
  struct Totals {
    long long read = 0;
    long long booked = 0;
    long long quarantined = 0;
    bool all_were_there = true;

    void add(const ledger::Receipt& receipt) {
      read += receipt.rows_read;
      booked += receipt.already_booked ? 0 : receipt.rows_booked;
      for (const ledger::ReasonCount& reason : receipt.quarantined) quarantined += reason.rows;
      all_were_there = all_were_there && receipt.already_booked;
    }

    flow::TaskEnd end(format::Array receipts) const {
      flow::TaskEnd out;
      out.outputs.set("rowsRead", static_cast<std::int64_t>(read));
      out.outputs.set("rowsBooked", static_cast<std::int64_t>(booked));
      out.outputs.set("rowsQuarantined", static_cast<std::int64_t>(quarantined));
      out.outputs.set("alreadyBooked", all_were_there);
      out.outputs.set("receipts", std::move(receipts));
      out.is_warning = quarantined > 0;
      return out;
    }
  };

  static base::Result<std::vector<std::string>> paths(
      flow::TaskContext& context, const Value& properties) {
    std::vector<std::string> out = TRY(texts_property(context, properties, "paths"));
    for (std::string& path : TRY(texts_property(context, properties, "path"))) {
      out.push_back(std::move(path));
    }
    if (out.empty()) return base::invalid_input("give path (a file or folder) or paths");
    return out;
  }

  /// Storage URIs are opened, relative names are those of the working folder when they are there.
  static base::Result<io::Path> local_path(flow::TaskContext& context, const std::string& path) {
    if (path.find("://") != std::string::npos) return context.open_uri(path);
    if (!io::Path(path).is_absolute()) {
      const io::Path inner = TRY(context.working_folder()) / path;
      std::error_code unknown;
      if (std::filesystem::exists(inner, unknown)) return inner;
    }
    return io::Path(path);
  }

  CostBook book_;
  FindDeliveries find_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_ledger_ingest(CostBook book, FindDeliveries find) {
  return std::make_unique<LedgerIngestTask>(std::move(book), std::move(find));
}

}  // namespace outlay::tasks
