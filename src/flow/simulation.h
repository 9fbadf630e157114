// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "flow/executor.h"

namespace outlay::flow {

/// Runs the real engine on one thread and a clock that jumps from one thing due to the next:
/// minutes of waiting cost nothing, and the same start gives the same run. Attempts may take
/// simulated time.
class Simulation {
 public:
  /// Ids that follow from the seed alone.
  static std::function<std::string()> seeded_ids(std::uint64_t seed);

  Simulation(Executor& executor, base::ManualClock& clock) : executor_(executor), clock_(clock) {}

  /// Called by a task under simulation: this attempt ends only after `time`.
  void takes(base::Duration time) { length_ = time; }

  /// Does something at a moment.
  void at(base::Instant moment, std::function<void()> action) {
    actions_.emplace(moment, std::move(action));
  }

  /// One step: the next attempt, or a jump to what is due next. False when nothing is left to do.
  bool step();
  /// Steps until the execution is finished; false when it is stuck.
  bool run(const std::string& execution_id);

 private:
  struct Pending {
    WorkItem item;
    Event end;
  };

  bool settle_stopped();
  bool settle_due();

  Executor& executor_;
  base::ManualClock& clock_;
  base::Duration length_{};
  std::multimap<base::Instant, Pending> pending_;
  std::multimap<base::Instant, std::function<void()>> actions_;
};

}  // namespace outlay::flow
