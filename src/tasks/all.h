// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "flow/task.h"
#include "io/http.h"
#include "ledger/ledger.h"
#include "sources/sources.h"

namespace outlay::tasks {

/// What tasks reach besides their context. Everything outlives the registry.
struct TaskWorld {
  io::Http* http = nullptr;
  /// Null where there is no cost book; the ledger tasks then say so.
  ledger::Ledger* ledger = nullptr;
  /// Opens the cost book when a task first needs it, so that flows without one never pay for it;
  /// used where `ledger` is null.
  std::function<base::Result<ledger::Ledger*>()> open_ledger;
  /// Opens the places that bills are fetched from; empty where there are none.
  std::function<base::Result<sources::Sources*>()> open_sources;
  std::function<base::Result<std::vector<ledger::Delivery>>(
      const io::Path& path, const connectors::FindSettings& settings)>
      find_deliveries = connectors::find_deliveries;
};

/// Adds every task type of the product to the registry.
void add_all_tasks(flow::TaskRegistry& registry, const TaskWorld& world);

}  // namespace outlay::tasks
