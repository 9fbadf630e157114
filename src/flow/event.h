// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flow/state.h"
#include "format/value.h"

namespace outlay::flow {

/// What an evaluation or a timer is about.
enum class Aspect {
  none,
  run_if,
  body,
  outputs,
  retry,
  pause,
  round,
  start,
  sla,        ///< a timer or assertion; `attempt` is its place
  collect,    ///< what a WorkingDirectory or item loop leaves
  lane,       ///< what a round of a Loop gives; `attempt` is its place
  listeners,  ///< which listeners of the flow are to run
};

/// Something that happened to an execution. The journal is a list of these.
struct Event {
  enum class Kind {
    created,    ///< value: {inputs, variables, labels, trigger, ...}; state: how it was admitted
    admitted,   ///< a queued execution may start
    evaluated,  ///< an expression came to `value`, or failed with `error`
    attempt_ended,  ///< state, value (outputs), error, files, started
    timer,          ///< what `aspect` waited for is due
    kill,
    resume,       ///< run, value: what was given
    child_ended,  ///< a subflow's execution ended: state, value {executionId, state, outputs}
    recovered,    ///< the process died; attempts in flight are to be made again
    restarted,    ///< failed and paused runs begin again; value {parentAttempt}
    replayed,     ///< a copy under a new id begins again; run (-1: at the start), value {...}
    hold,         ///< a person pauses it
    forced,       ///< run whatever limits say
    unqueued,     ///< out of the queue, with `state`
    proceed,      ///< go on from breakpoints; value: the new ones
    status_set,   ///< an ended execution gets another end
    run_set,      ///< one run gets another end; what follows is decided anew
    labeled,      ///< value: labels to set
    replaced,     ///< the execution that takes its place was created
  };

  Kind kind = Kind::created;
  base::Instant at;
  int run = -1;
  int attempt = 0;
  Aspect aspect = Aspect::none;
  State state = State::created;
  base::Instant started;
  format::Value value;
  std::string error;
  std::vector<std::string> files;
};

format::Value event_json(const Event& event);
base::Result<Event> event_of(const format::Value& json);

}  // namespace outlay::flow
