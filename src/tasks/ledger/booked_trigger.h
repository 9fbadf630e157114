// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "flow/kv.h"
#include "ledger/ledger.h"

namespace outlay::tasks {

/// What a trigger asks for.
struct BookedFilter {
  std::vector<std::string> sources;  ///< empty: all
  std::string period;                ///< empty: all
  std::string dataset = "cost_and_usage";
  bool only_restated = false;  ///< replaced an earlier generation and changed its cost
  bool only_closed = false;    ///< ... of a billing period that was closed
};

/// Where a trigger keeps how far it has looked, and how it knows that its last finding became an
/// execution. A finding is told again until it has, and never after that.
struct BookedMemory {
  flow::KvStore& kv;
  std::string name_space, key;
  std::function<bool(const std::string& execution)> is_known;
};

/// The next generation that fits, as variables of `trigger` for the execution of that id. The first
/// look ever only notes where the ledger stands: what was booked before is not told.
base::Result<std::optional<format::Object>> next_booked(
    ledger::Ledger& book,
    const BookedFilter& filter,
    const BookedMemory& memory,
    const std::string& execution);

}  // namespace outlay::tasks
