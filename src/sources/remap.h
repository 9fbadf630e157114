// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sources/sync.h"

namespace outlay::sources {

struct RemapOptions {
  std::string period;    ///< only deliveries that stand booked in it; empty: all
  bool is_trial = true;  ///< says what would change and books nothing
  const std::atomic<bool>* stop = nullptr;
  /// Called after each delivery that changed the ledger.
  std::function<void(const ledger::Receipt&)> booked;
};

/// What reading a source's kept files with the mappings of today did, or would do.
struct RemapReport {
  std::string source;
  /// Of deliveries that another mapping read before; the others did not change.
  std::vector<ledger::Receipt> receipts;
  long long unchanged = 0;
  /// Deliveries that stand booked and whose files are no longer kept.
  std::vector<std::string> not_kept;
};

/// Books the kept files of a source again where a mapping has changed since. Only files that
/// current generations are made of are read, so that what was superseded does not come back.
base::Result<RemapReport> remap_source(
    const SourceSettings& settings, const SyncWorld& world, const RemapOptions& options);

}  // namespace outlay::sources
