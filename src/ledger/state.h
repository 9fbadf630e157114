// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "ledger/catalog.h"
#include "ledger/ledger.h"

namespace outlay::ledger {

/// The parts that every question to the ledger shares.
struct Ledger::State {
  LedgerSettings settings;
  const base::Clock& clock;
  store::Database& database;
  Catalog catalog;
  base::Mutex booking;  ///< held while a delivery is booked
  base::Mutex engine_mutex;
  /// Locked: reads the ledger's folder only. Opened at the first question.
  std::unique_ptr<store::DuckDatabase> engine GUARDED_BY(engine_mutex);

  State(const LedgerSettings& a_settings, store::Database& state, const base::Clock& a_clock)
      : settings(a_settings), clock(a_clock), database(state), catalog(state) {}

  /// A connection for one question.
  base::Result<store::Duck> connect();
  /// Ledger::purge for those who hold the locks.
  base::Result<PurgeReport> purge(const PurgeRule& rule);
  base::Result<bool> was_closed(const Generation& generation);
};

/// Holds the folder's lock file, so that no other process books or cleans meanwhile; released by
/// the destructor.
class FolderLock {
 public:
  /// Waits for the lock, or gives nothing when it is taken and `waits` is false.
  static base::Result<std::optional<FolderLock>> take(const io::Path& folder, bool waits);

  FolderLock(FolderLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }

  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int file) : file_(file) {}

  int file_;
};

/// Deletes what a killed booking left: scratch folders, generations and quarantine files no row
/// knows.
base::Result<base::Done> remove_orphans(const io::Path& folder, Catalog& catalog);

}  // namespace outlay::ledger
