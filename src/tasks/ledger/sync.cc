// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/report_json.h"
#include "tasks/ledger/ledger_tasks.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

class LedgerSyncTask final : public SpecTask {
 public:
  explicit LedgerSyncTask(std::function<base::Result<sources::Sources*>()> open)
      : SpecTask("ledger/sync.yaml"), open_(std::move(open)) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    if (!open_) return base::not_found("there are no sources here: this engine has no data folder");
    std::vector<std::string> names = TRY(texts_property(context, properties, "sources"));
    for (std::string& name : TRY(texts_property(context, properties, "source"))) {
      names.push_back(std::move(name));
    }
    sources::Sources* all = TRY(open_());
    sources::SyncOptions options;
    options.stop = &context.stop();
    return ended(context, TRY(all->sync(names, options)));
  }

 private:
  static flow::TaskEnd ended(
      flow::TaskContext& context, const std::vector<sources::SyncReport>& reports) {
    flow::TaskEnd out;
    format::Array told;
    long long booked = 0;
    long long waiting = 0;
    std::uint64_t bytes = 0;
    for (const sources::SyncReport& report : reports) {
      context.log(base::LogLevel::info, base::trim(sources::report_text(report)));
      told.push_back(sources::report_json(report));
      bytes += report.bytes_fetched;
      for (const sources::SyncedDelivery& delivery : report.deliveries) {
        booked += delivery.state == "booked" ? 1 : 0;
        waiting += delivery.state == "waiting" ? 1 : 0;
        out.is_warning = out.is_warning || delivery.state == "refused";
      }
      if (report.error && !out.failure) out.failure = report.error->within(report.source);
    }
    out.outputs.set("deliveriesBooked", static_cast<std::int64_t>(booked));
    out.outputs.set("deliveriesWaiting", static_cast<std::int64_t>(waiting));
    out.outputs.set("bytesFetched", static_cast<std::int64_t>(bytes));
    out.outputs.set("sources", std::move(told));
    return out;
  }

  std::function<base::Result<sources::Sources*>()> open_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_ledger_sync(
    std::function<base::Result<sources::Sources*>()> open) {
  return std::make_unique<LedgerSyncTask>(std::move(open));
}

}  // namespace outlay::tasks
