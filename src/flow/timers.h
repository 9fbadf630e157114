// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace outlay::flow {

/// What is to be done at a moment to come. Safe from any thread. Sleeps in wait() until the next
/// one is due; a simulation asks next() and moves its clock there instead.
class Timers {
 public:
  using Handle = std::pair<base::Instant, std::uint64_t>;

  explicit Timers(const base::Clock& clock) : clock_(clock) {}

  Handle add(base::Instant due, std::function<void()> action);
  void cancel(const Handle& handle);
  std::optional<base::Instant> next() const;
  /// Does all that is due by the clock; answers how many.
  int fire();
  /// Sleeps until something may be due or stop() was called; false after stop().
  bool wait();
  void stop();

 private:
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  std::map<Handle, std::function<void()>> actions_ GUARDED_BY(mutex_);
  std::uint64_t count_ GUARDED_BY(mutex_) = 0;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace outlay::flow
