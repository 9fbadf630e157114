// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/ledger.h"
#include "sources/open.h"
#include "sources/settings.h"
#include "sources/state.h"

namespace outlay::sources {

/// What a sync did with one delivery.
struct SyncedDelivery {
  std::string id;
  std::string state;  ///< "booked", "unchanged", "waiting", "refused"
  std::string reason;
  long long files = 0;
  std::uint64_t bytes = 0;
};

/// What a sync of one source did.
struct SyncReport {
  std::string source;
  std::string url;
  long long files_listed = 0;
  long long files_fetched = 0;
  std::uint64_t bytes_fetched = 0;
  std::vector<SyncedDelivery> deliveries;
  std::vector<ledger::Receipt> receipts;
  /// Files that are no part of a delivery, with the reason.
  std::vector<std::pair<std::string, std::string>> left_out;
  /// Why the source could not be read to its end. What was booked before stays booked.
  std::optional<base::Error> error;
};

struct SyncProgress {
  std::string source;
  std::string stage;     ///< "listing", "fetching", "booking", "done"
  std::string delivery;  ///< of fetching and booking
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes = 0;
};

struct SyncOptions {
  const std::atomic<bool>* stop = nullptr;
  /// Called from several threads.
  std::function<void(const SyncProgress&)> progress;
  /// Called after each delivery that changed the ledger.
  std::function<void(const ledger::Receipt&)> booked;
  /// Plans and says what would be done, and does not fetch or book.
  bool dry_run = false;
};

/// What syncing reaches. Outlives it.
struct SyncWorld {
  StoreWorld stores;
  io::Pause& pause;
  const base::Clock& clock;
  SyncState& state;
  ledger::Ledger& ledger;
  io::Path data;
  /// Downloads at the same time, over all sources.
  std::counting_semaphore<>& connections;
  int connections_max = 8;
};

/// Lists a source, fetches what is new, and books each delivery that is complete. Repeating it, or
/// ending the process at any moment, does no harm: what was fetched is not fetched again, and what
/// was booked is not booked again.
SyncReport sync_source(
    const SourceSettings& settings, const SyncWorld& world, const SyncOptions& options);

}  // namespace outlay::sources
