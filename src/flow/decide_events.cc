// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "flow/decider.h"

namespace outlay::flow {
namespace {

// A worker has, or will have, the run's last attempt.
bool is_in_flight(const Execution& execution, const TaskRun& run) {
  return execution.task_of(run).kind == TaskKind::work && !run.attempts.empty() &&
         !is_terminal(run.attempts.back().state.current()) && !is_terminal(run.state.current());
}

// When this life of the run began: retries before a restart do not count.
base::Instant birth_of(const TaskRun& run) {
  base::Instant birth = run.state.steps().front().at;
  for (const Track::Step& step : run.state.steps())
    if (step.state == State::restarted) birth = step.at;
  return birth;
}

// Failed attempts of this life: every one but the last was followed by RETRYING.
int failures_of(const TaskRun& run) {
  int failures = 0;
  for (const Track::Step& step : run.state.steps()) {
    if (step.state == State::restarted) failures = 0;
    if (step.state == State::retrying) ++failures;
  }
  const bool is_failed =
      !run.attempts.empty() && run.attempts.back().state.current() == State::failed;
  return failures + (is_failed ? 1 : 0);
}

// Chance would make replay differ: the id of the run decides where between shortest and longest the
// wait lies.
double share_of(const std::string& id, int attempt) {
  unsigned hash = static_cast<unsigned>(attempt) * 2654435761U;
  for (const char c : id) hash = hash * 31 + static_cast<unsigned char>(c);
  return static_cast<double>(hash % 10'000) / 10'000;
}

base::Duration wait_of(const Retry& policy, int failures, const std::string& id) {
  if (policy.kind == Retry::Kind::constant) return policy.interval;
  double wait = static_cast<double>(policy.interval.count());
  const auto longest = static_cast<double>(policy.max_interval.count());
  if (policy.kind == Retry::Kind::random)
    return base::Duration(std::llround(wait + (longest - wait) * share_of(id, failures)));
  wait *= std::pow(policy.factor, failures - 1);
  if (longest > 0) wait = std::min(wait, longest);
  return base::Duration(std::llround(wait));
}

const Retry* retry_of(const Execution& execution, int index) {
  for (int at = index; at >= 0; at = execution.run(at).parent) {
    const Task& task = execution.task_of(execution.run(at));
    if (task.retry) return &*task.retry;
  }
  return execution.flow->retry ? &*execution.flow->retry : nullptr;
}

}  // namespace

// ---- attempts
// --------------------------------------------------------------------------------------------------

void Decider::on_attempt_ended() {
  if (event_.run < 0 || event_.run >= static_cast<int>(execution_.runs.size())) return refuse();
  TaskRun& run = execution_.run(event_.run);
  if (static_cast<int>(run.attempts.size()) != event_.attempt || !is_in_flight(execution_, run) ||
      is_terminal(execution_.state.current()) != (run.is_after))
    return refuse();
  const base::Instant started = std::min(
      std::max(event_.started, run.state.steps().back().at),
      std::max(event_.at, run.state.steps().back().at));
  const State end = is_draining() && event_.state == State::failed ? State::killed : event_.state;
  run.state.enter(State::running, started);
  run.attempts.back().state.enter(State::running, started);
  run.attempts.back().state.enter(end, event_.at);
  if (!event_.value.is_null()) run.outputs = event_.value;
  if (!event_.files.empty()) {
    run.files = event_.files;
    execution_.file_runs.push_back(event_.run);
  }
  if (end == State::failed) return attempt_failed(event_.run);
  const Retry* policy = run.attempts.size() > 1 ? retry_of(execution_, event_.run) : nullptr;
  const bool is_late_success =
      policy != nullptr && policy->is_warning && end == State::success && failures_of(run) > 0;
  finish(event_.run, is_late_success ? State::warning : end);
}

void Decider::attempt_failed(int index) {
  if (!retry(index)) finish(index, State::failed);
}

bool Decider::retry(int index) {
  const Retry* policy = retry_of(execution_, index);
  if (policy == nullptr || is_draining()) return false;
  if (policy->is_new_execution) return retry_as_new(*policy);
  TaskRun& run = execution_.run(index);
  const int failures = failures_of(run);
  if (policy->max_attempts && failures >= *policy->max_attempts) return false;
  const base::Instant due = event_.at + wait_of(*policy, failures, run_id(execution_, index));
  if (policy->max_duration && due > birth_of(run) + *policy->max_duration) return false;
  run.state.enter(State::retrying, event_.at);
  run.wake_at = due;
  emit({.kind = Effect::Kind::timer, .run = index, .aspect = Aspect::retry, .at = due});
  return true;
}

// The whole execution gives way to a new one once the wait is over.
bool Decider::retry_as_new(const Retry& policy) {
  if (policy.max_attempts && execution_.attempt_number >= *policy.max_attempts) return false;
  const base::Instant due = event_.at + wait_of(policy, execution_.attempt_number, execution_.id);
  const auto first = base::parse_instant(execution_.original_created);
  const base::Instant created = first ? *first : execution_.state.steps().front().at;
  if (policy.max_duration && due > created + *policy.max_duration) return false;
  execution_.run(event_.run).state.enter(State::failed, event_.at);
  for (int at = event_.run; at >= 0; at = execution_.run(at).parent) {
    close_attempt(at, State::retried);
    execution_.run(at).state.enter(State::retried, event_.at);
  }
  stop_open(execution_.progress.open, State::failed);
  execution_.progress.open.clear();
  execution_.state.enter(State::retrying, event_.at);
  execution_.retry_at = due;
  emit({.kind = Effect::Kind::timer, .aspect = Aspect::retry, .at = due});
  return true;
}

void Decider::on_replaced() {
  if (!execution_.retry_at) return refuse();
  execution_.retry_at.reset();
  execution_.state.enter(State::retried, event_.at);
  emit({.kind = Effect::Kind::ended});
  finish_execution();
}

void Decider::on_timer() {
  if (event_.aspect == Aspect::sla) {
    const auto place = static_cast<std::size_t>(event_.attempt);
    if (is_terminal(execution_.state.current()) || place >= execution_.is_breached.size() ||
        execution_.is_breached[place])
      return refuse();
    return breach(event_.attempt);
  }
  if (event_.aspect == Aspect::retry && event_.run < 0) {
    if (!execution_.retry_at) return refuse();
    return emit({.kind = Effect::Kind::replace});
  }
  if (event_.aspect == Aspect::start) {
    if (!execution_.start_at || execution_.state.current() != State::created) return refuse();
    return begin_execution();
  }
  if (event_.run < 0 || event_.run >= static_cast<int>(execution_.runs.size())) return refuse();
  TaskRun& run = execution_.run(event_.run);
  if (!run.wake_at || *run.wake_at > event_.at || is_terminal(run.state.current())) return refuse();
  run.wake_at.reset();
  if (event_.aspect == Aspect::retry) return submit(event_.run);
  if (event_.aspect == Aspect::round) return start_lanes(event_.run);
  pause_expired();
}

// The pause was longer than it may be.
void Decider::pause_expired() {
  TaskRun& run = execution_.run(event_.run);
  const std::string behavior = run.settings["behavior"].text_or("RESUME");
  const State end = behavior == "CANCEL" ? State::cancelled
                    : behavior == "FAIL" ? State::failed
                    : behavior == "WARN" ? State::warning
                                         : State::success;
  run.outputs = format::Value::object(
      {{"resumed",
        format::Value::object({{"on", base::print_instant(event_.at)}, {"to", state_name(end)}})}});
  if (end == State::success && !execution_.task_of(run).tasks.empty())
    return start_later_tasks(event_.run);
  if (end != State::cancelled) return finish(event_.run, end);
  // A cancelled pause cancels the execution, whatever else it was to do.
  --execution_.paused;
  close_attempt(event_.run, end);
  run.state.enter(end, event_.at);
  close_slot(event_.run);
  end_at_once(end);
}

// ---- pause, resume, subflows
// -----------------------------------------------------------------------------------

void Decider::enter_pause(int index) {
  execution_.run(index).state.enter(State::paused, event_.at);
  if (execution_.paused++ == 0 && execution_.state.current() == State::running)
    execution_.state.enter(State::paused, event_.at);
}

void Decider::leave_pause() {
  if (--execution_.paused != 0 || execution_.state.current() != State::paused || execution_.is_held)
    return;
  execution_.state.enter(State::restarted, event_.at);
  execution_.state.enter(State::running, event_.at);
}

void Decider::on_hold() {
  if (execution_.state.current() != State::running) return refuse();
  execution_.is_held = true;
  execution_.state.enter(State::paused, event_.at);
}

void Decider::on_resume() {
  if (event_.run < 0 && execution_.is_held) {
    execution_.is_held = false;
    if (execution_.paused == 0) execution_.state.enter(State::running, event_.at);
    return release_held();
  }
  if (event_.run < 0 || event_.run >= static_cast<int>(execution_.runs.size())) return refuse();
  TaskRun& run = execution_.run(event_.run);
  if (run.state.current() != State::paused) return refuse();
  run.outputs = event_.value;
  if (!execution_.task_of(run).tasks.empty()) return start_later_tasks(event_.run);
  finish(event_.run, State::success);
}

void Decider::on_forced() {
  const State now = execution_.state.current();
  if (now == State::queued || (now == State::created && execution_.start_at))
    return begin_execution();
  if (now != State::paused && now != State::breakpoint) return refuse();
  execution_.is_held = false;
  execution_.breakpoints.clear();
  std::vector<int> paused;
  for (std::size_t i = 0; i < execution_.runs.size(); ++i)
    if (execution_.runs[i].state.current() == State::paused) paused.push_back(static_cast<int>(i));
  if (paused.empty()) execution_.state.enter(State::running, event_.at);
  release_held();
  for (const int index : paused) {
    if (execution_.run(index).state.current() != State::paused) continue;
    if (execution_.task_of(execution_.run(index)).tasks.empty())
      finish(index, State::success);
    else
      start_later_tasks(index);
  }
}

void Decider::on_unqueued() {
  if (execution_.state.current() != State::queued) return refuse();
  if (is_terminal(event_.state)) return set_final_state(event_.state);
  begin_execution();
}

void Decider::on_proceed() {
  if (execution_.state.current() != State::breakpoint) return refuse();
  execution_.breakpoints.clear();
  if (event_.value.is_array())
    for (const format::Value& name : event_.value.as_array())
      execution_.breakpoints.push_back(name.text_or(""));
  execution_.state.enter(State::running, event_.at);
  release_held();
}

void Decider::on_child_ended() {
  if (event_.run < 0 || event_.run >= static_cast<int>(execution_.runs.size())) return refuse();
  TaskRun& run = execution_.run(event_.run);
  if (!run.is_waiting_for_child || static_cast<int>(run.attempts.size()) != event_.attempt ||
      is_terminal(run.state.current()))
    return refuse();
  if (execution_.task_of(run).kind == TaskKind::item_loop) return item_ended(event_.run);
  run.outputs = event_.value;
  State end = event_.state == State::created ? State::success : event_.state;
  if (!run.settings["transmitFailed"].bool_or(true) && event_.error.empty()) end = State::success;
  if (end == State::cancelled || (end == State::killed && !is_draining())) end = State::failed;
  run.attempts.back().state.enter(end, event_.at);
  run.is_waiting_for_child = false;
  if (!event_.error.empty()) log(event_.run, event_.error);
  if (end == State::failed) return attempt_failed(event_.run);
  finish(event_.run, end);
}

// ---- kill
// ------------------------------------------------------------------------------------------------------

bool Decider::is_draining() const { return execution_.is_draining; }

void Decider::on_kill() {
  if (is_terminal(execution_.state.current()) || execution_.is_killed) return refuse();
  execution_.is_killed = true;
  const State before = execution_.state.current();
  execution_.progress.worst = State::killed;
  execution_.held.clear();
  execution_.is_held = false;
  execution_.retry_at.reset();
  if (before == State::queued || before == State::created) return set_final_state(State::killed);
  execution_.state.enter(State::killing, event_.at);
  execution_.is_draining = true;
  const std::vector<int> open = execution_.progress.open;
  if (open.empty()) return drained();
  for (const int child : open) stop_run(child);
}

void Decider::stop_run(int index) {
  TaskRun& run = execution_.run(index);
  if (is_terminal(run.state.current())) return;
  if (run.progress && !run.progress->open.empty()) {
    const std::vector<int> open = run.progress->open;
    for (const int child : open) stop_run(child);
    return;
  }
  if (run.is_waiting_for_child) return emit({.kind = Effect::Kind::kill_child, .run = index});
  if (!run.progress && is_in_flight(execution_, run))
    return emit(
        {.kind = Effect::Kind::stop_attempt,
         .run = index,
         .attempt = static_cast<int>(run.attempts.size())});
  finish(index, State::killed);
}

void Decider::child_done_while_killing(int parent) {
  Progress& progress = progress_of(parent);
  if (!progress.open.empty()) return;
  if (parent >= 0) return finish(parent, State::killed);
  drained();
}

// All work of a killed execution has ended; what must always run (finally) runs now.
void Decider::drained() {
  execution_.is_draining = false;
  Progress& progress = execution_.progress;
  progress.worst = State::killed;
  const bool had_finally = progress.phase == Phase::finally;
  progress.phase = Phase::finally;
  const int first = had_finally ? -1 : next_enabled(plan().finally, 0);
  if (first < 0) return set_final_state(State::killed);
  start_child(-1, Phase::finally, 0, first);
}

// ---- recovery
// --------------------------------------------------------------------------------------------------

void Decider::on_recovered() {
  if (execution_.retry_at)
    emit({.kind = Effect::Kind::timer, .aspect = Aspect::retry, .at = *execution_.retry_at});
  if (execution_.began_at && !is_terminal(execution_.state.current())) arm_slas();
  if (execution_.start_at)
    emit({.kind = Effect::Kind::timer, .aspect = Aspect::start, .at = *execution_.start_at});
  const std::vector<int> open = execution_.progress.open;
  for (const int child : open) recover_run(child);
}

void Decider::recover_run(int index) {
  TaskRun& run = execution_.run(index);
  if (is_terminal(run.state.current())) return;
  if (run.wake_at) {
    const State state = run.state.current();
    const Aspect aspect = state == State::retrying ? Aspect::retry
                          : state == State::paused ? Aspect::pause
                                                   : Aspect::round;
    return emit({.kind = Effect::Kind::timer, .run = index, .aspect = aspect, .at = *run.wake_at});
  }
  if (run.progress && !run.is_waiting_for_child) {
    const std::vector<int> open = run.progress->open;
    for (const int child : open) recover_run(child);
    return;
  }
  if (run.is_waiting_for_child && run.progress) {
    for (std::size_t i = 0; i < run.progress->results.size(); ++i)
      if (run.progress->results[i].is_null())
        emit({.kind = Effect::Kind::start_child, .run = index, .attempt = static_cast<int>(i) + 1});
    if (is_draining()) emit({.kind = Effect::Kind::kill_child, .run = index});
    return;
  }
  if (run.is_waiting_for_child) {
    emit({.kind = Effect::Kind::start_child, .run = index});
    if (is_draining()) emit({.kind = Effect::Kind::kill_child, .run = index});
    return;
  }
  if (!is_in_flight(execution_, run)) return;
  if (is_draining()) {
    run.attempts.back().state.enter(State::killed, event_.at);
    return finish(index, State::killed);
  }
  run.attempts.back().state.enter(State::resubmitted, event_.at);
  run.state.enter(State::resubmitted, event_.at);
  submit(index);
}

}  // namespace outlay::flow
