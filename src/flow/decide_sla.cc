// SPDX-License-Identifier: Apache-2.0
#include "flow/decider.h"

namespace outlay::flow {

void Decider::arm_slas() {
  for (std::size_t i = 0; i < plan().slas.size(); ++i) {
    if (!plan().slas[i].duration || execution_.is_breached[i]) continue;
    emit(
        {.kind = Effect::Kind::timer,
         .attempt = static_cast<int>(i),
         .aspect = Aspect::sla,
         .at = *execution_.began_at + *plan().slas[i].duration});
  }
}

// Assertions are looked at after every change.
void Decider::check_slas() {
  if (plan().slas.empty() || !execution_.began_at || is_terminal(execution_.state.current()))
    return;
  for (std::size_t i = 0; i < plan().slas.size(); ++i)
    if (!plan().slas[i].assertion.empty() && !execution_.is_breached[i])
      emit({.kind = Effect::Kind::evaluate, .attempt = static_cast<int>(i), .aspect = Aspect::sla});
}

void Decider::breach(int place) {
  const Sla& sla = plan().slas[static_cast<std::size_t>(place)];
  execution_.is_breached[static_cast<std::size_t>(place)] = true;
  add_labels(sla.labels);
  log(-1,
      "the service level \"" + sla.id + "\" was missed: " +
          (sla.duration ? "the execution takes longer than " + base::print_duration(*sla.duration)
                        : "the assertion " + sla.assertion + " is not true"));
  if (sla.behavior == Sla::Behavior::none) return;
  end_at_once(sla.behavior == Sla::Behavior::fail ? State::failed : State::cancelled);
}

void Decider::end_at_once(State state) {
  stop_open(execution_.progress.open, state);
  execution_.held.clear();
  execution_.is_draining = false;
  execution_.progress.open.clear();
  execution_.progress.worst = state;
  set_final_state(state);
}

// NOLINTNEXTLINE(misc-no-recursion): bounded by the nesting of the flow.
void Decider::stop_open(const std::vector<int>& open, State state) {
  for (const int index : open) {
    TaskRun& run = execution_.run(index);
    if (run.progress) {
      stop_open(run.progress->open, state);
      run.progress->phase = Phase::done;
    }
    if (is_terminal(run.state.current())) continue;
    if (run.is_waiting_for_child)
      emit({.kind = Effect::Kind::kill_child, .run = index});
    else if (
        execution_.task_of(run).kind == TaskKind::work && !run.attempts.empty() &&
        !is_terminal(run.attempts.back().state.current()))
      emit(
          {.kind = Effect::Kind::stop_attempt,
           .run = index,
           .attempt = static_cast<int>(run.attempts.size())});
    close_attempt(index, state);
    run.state.enter(state, event_.at);
    run.wake_at.reset();
    run.is_waiting_for_child = false;
  }
}

}  // namespace outlay::flow
