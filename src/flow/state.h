// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "format/value.h"

namespace outlay::flow {

/// Where an execution, a task run or an attempt stands; Kestra's names in capitals.
enum class State {
  created,
  submitted,
  running,
  paused,
  restarted,
  killing,
  success,
  warning,
  failed,
  killed,
  cancelled,
  queued,
  retrying,
  retried,
  skipped,
  breakpoint,
  resubmitted,
};

/// "SUCCESS".
std::string_view state_name(State state);
std::optional<State> state_of(std::string_view name);
/// No state follows this one.
bool is_terminal(State state);
/// FAILED, KILLED or CANCELLED: what stops the list a task stands in.
bool is_failure(State state);
/// The worse of two ends: KILLED > CANCELLED > FAILED > WARNING > all else.
State worse(State a, State b);

/// A state with every change that led to it.
class Track {
 public:
  struct Step {
    State state = State::created;
    base::Instant at;
  };

  State current() const { return steps_.empty() ? State::created : steps_.back().state; }

  void enter(State state, base::Instant at) { steps_.push_back({state, at}); }

  const std::vector<Step>& steps() const { return steps_; }

  /// Kestra's state object: current, histories, duration, startDate, endDate.
  format::Value json() const;

 private:
  std::vector<Step> steps_;
};

}  // namespace outlay::flow
