// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "flow/event.h"
#include "flow/execution.h"

namespace outlay::flow {

/// Something to do in the world because of a decision; done only after the event that led to it is
/// journaled.
struct Effect {
  enum class Kind {
    evaluate,      ///< render what `aspect` of `run` says and answer with Event::evaluated
    run_attempt,   ///< do the task and answer with Event::attempt_ended
    stop_attempt,  ///< tell the attempt to stop
    timer,         ///< answer with Event::timer at `at`
    start_child,   ///< create the subflow's execution; `attempt`: the batch of an item loop
    kill_child,
    replace,   ///< create the execution that takes this one's place
    log,       ///< tell `text` in the log of `run`
    ended,     ///< the execution has a terminal state
    finished,  ///< nothing will follow
  };

  Kind kind = Kind::log;
  int run = -1;
  int attempt = 0;
  Aspect aspect = Aspect::none;
  base::Instant at;
  std::string text;
};

struct Decision {
  std::vector<Effect> effects;
  /// False when the event was late, repeated, or not for the present state: nothing changed.
  bool is_accepted = true;
};

/// Decides what an execution does next, and moves `execution` there. Depends on its arguments
/// alone: no clock, no store, no chance. Replaying the same events gives the same execution. The
/// execution is changed in place because copying it would cost its size at every step; a step costs
/// the same at 10 and at 100,000 task runs.
///
/// Invariants:
/// 1. A terminal state of a run or of the execution is never left, but by a person's restart,
/// replay
///    or change of state.
/// 2. An attempt's end counts only while that attempt is the run's last and in flight.
/// 3. A flowable ends at most once; children that end later change nothing above them.
Decision decide(Execution& execution, const Event& event);

/// Id of the execution a Subflow's attempt makes: the same each time it is asked. `batch`: of an
/// item loop.
std::string child_id(const Execution& execution, int run, int batch = -1);
/// Id of the execution that takes this one's place after CREATE_NEW_EXECUTION.
std::string replacement_id(const Execution& execution);

}  // namespace outlay::flow
