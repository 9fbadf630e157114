// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/mutex.h"
#include "flow/execution.h"
#include "flow/timers.h"

namespace outlay::flow {

/// An attempt that waits for a worker or runs.
struct AttemptControl {
  std::atomic<bool> stop{false};
  std::atomic<bool> is_timed_out{false};
  std::atomic<std::int64_t> started{0};   ///< microseconds; 0 while it waits
  std::optional<Timers::Handle> timeout;  ///< of the thread that makes it
};

/// An execution that is not finished, in memory. All below `mutex` is used under it, except that
/// what is finished changes no more. (Not annotated: the lock is taken in one function and the work
/// done in others.)
struct Live {
  std::shared_ptr<const Flow> flow;
  std::vector<std::shared_ptr<const Flow>> earlier_flows;  ///< of what it was replayed from
  std::int64_t number = 0;

  bool holds_slot = false;  ///< counts for the flow's concurrency; guarded by the slots' lock

  base::Mutex mutex;
  Execution execution;
  std::int64_t step = 0;                ///< journal entries so far
  State stored_state = State::created;  ///< as the store knows it
  std::uint64_t ticket = 0;             ///< of the newest journal entry
  bool is_done = false;                 ///< finished, and durably so
  bool is_kept_finished = false;        ///< the store knows it as finished
  base::Condition done;
  bool is_promised =
      true;  ///< begun by the engine itself: its creation is written however long it takes
  std::optional<base::Error> dropped;  ///< could not be accepted
  std::map<std::pair<int, int>, std::shared_ptr<AttemptControl>> attempts;
};

/// What workers are at, for execution_json(); under the mutex.
inline Beginnings beginnings_of(const Live& live) {
  Beginnings out;
  for (const auto& [place, control] : live.attempts)
    if (control->started != 0)
      out.emplace(place.first, base::Instant(base::Duration(control->started.load())));
  return out;
}

/// Workers, timers and the journal hold an execution together.
using LiveRef = std::shared_ptr<Live>;  // tidy: shared: guarded by its own mutex

/// An attempt for a worker to make.
struct WorkItem {
  LiveRef live;
  int run = 0;
  int attempt = 0;
  std::function<void()> job;  ///< work of the engine's own instead of an attempt
};

}  // namespace outlay::flow
