// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>

#include "base/mutex.h"
#include "flow/live.h"

namespace outlay::flow {

/// Attempts that wait for a worker, first come first served. Safe from any thread.
class ReadyQueue {
 public:
  /// `caller_takes_next`: the calling thread is a worker about to take an item, so one needs no
  /// waking.
  void push(WorkItem item, bool caller_takes_next);
  /// Waits for an item; nothing after stop().
  std::optional<WorkItem> pop();
  std::optional<WorkItem> try_pop();
  /// Wakes one worker without an item for it: pop() answers an item without execution.
  void nudge();
  void stop();

 private:
  base::Mutex mutex_;
  base::Condition changed_;
  std::deque<WorkItem> items_ GUARDED_BY(mutex_);
  int idle_ GUARDED_BY(mutex_) = 0;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace outlay::flow
