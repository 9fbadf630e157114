// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "flow/task.h"
#include "ledger/ledger.h"
#include "sources/sources.h"

namespace outlay::tasks {

using FindDeliveries = std::function<base::Result<std::vector<ledger::Delivery>>(
    const io::Path& path, const connectors::FindSettings& settings)>;

/// The cost book that tasks use: one that is open, or how to open it when a task first needs it.
struct CostBook {
  CostBook(ledger::Ledger* book) : opened(book) {}  // NOLINT(google-explicit-constructor)

  CostBook(
      std::function<base::Result<ledger::Ledger*>()> opener)  // NOLINT(google-explicit-constructor)
      : open(std::move(opener)) {}

  ledger::Ledger* opened = nullptr;
  std::function<base::Result<ledger::Ledger*>()> open;
};

// Tasks over the cost book. `book` may be empty: they fail then and say so.
std::unique_ptr<flow::TaskType> make_ledger_ingest(CostBook book, FindDeliveries find);
std::unique_ptr<flow::TaskType> make_ledger_sync(
    std::function<base::Result<sources::Sources*>()> open);
std::unique_ptr<flow::TaskType> make_ledger_query(CostBook book);
std::unique_ptr<flow::TaskType> make_ledger_export(CostBook book);
std::unique_ptr<flow::TaskType> make_ledger_reconcile(CostBook book);
std::unique_ptr<flow::TaskType> make_ledger_diff(CostBook book);

/// Triggers that look for generations booked since they last looked: any of them, or only a billing
/// period that changed after it had been closed.
std::unique_ptr<flow::PollingType> make_ledger_booked_trigger(CostBook book);
std::unique_ptr<flow::PollingType> make_ledger_period_changed_trigger(CostBook book);

}  // namespace outlay::tasks
