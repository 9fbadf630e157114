// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "store/database.h"

namespace outlay::flow {

/// What may pass by itself: the store or the outside did not answer, or the disk is full.
bool is_passing(const base::Error& error);

/// Writes entries to the state store in the order they were given, many in one durable transaction
/// (group commit), and runs what follows from an entry only after it is durable. Whoever finds no
/// writer at work becomes the writer for all that wait: a lone step costs no change of thread, and
/// under load the batches grow by themselves. Safe from any thread.
class Journal {
 public:
  struct Statement {
    std::string_view sql;  ///< lives as long as the program
    store::Params params;
  };

  struct Entry {
    std::vector<Statement> statements;
    /// Runs once the entry is durable.
    std::function<void()> then;
    /// When set, a failed write drops the entry and tells it here; else the entry is kept and tried
    /// again.
    std::function<void(const base::Error&)> failed;
    /// May wait for the next commit; needs none of its own.
    bool is_lazy = false;
  };

  explicit Journal(store::Database& state) : state_(state) {}

  /// Appends; nothing is written before the next pump(). Answers a ticket for wait().
  std::uint64_t enqueue(Entry entry);
  /// Writes what waits, unless another thread is at it. `until`: stop after that ticket and leave
  /// the rest. False when something is left to write.
  bool pump(std::uint64_t until = 0);
  /// Writes lazy entries too.
  void flush();
  /// Waits until the ticket's entry is durable or was dropped.
  void wait(std::uint64_t ticket);
  /// Lazy entries wait for somebody to flush().
  bool has_lazy() const;
  /// Durable transactions so far.
  std::uint64_t commits() const;
  /// Writing failed and waits to be tried again.
  bool is_stuck() const;

 private:
  bool lead(std::uint64_t until);
  base::Result<base::Done> write(const Entry* entries, std::size_t count);
  /// False when writing failed, and the caller leads no more.
  bool settle(std::vector<Entry> batch, std::uint64_t last);

  store::Database& state_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  std::vector<Entry> queue_ GUARDED_BY(mutex_);
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;     ///< ticket of the newest entry
  std::uint64_t settled_ GUARDED_BY(mutex_) = 0;  ///< all tickets up to here are done
  std::uint64_t failed_ GUARDED_BY(mutex_) = 0;   ///< newest ticket of the last failed write
  std::uint64_t commits_ GUARDED_BY(mutex_) = 0;
  bool is_leading_ GUARDED_BY(mutex_) = false;
  bool is_stuck_ GUARDED_BY(mutex_) = false;
  int eager_ GUARDED_BY(mutex_) = 0;  ///< entries in the queue that are not lazy
};

}  // namespace outlay::flow
