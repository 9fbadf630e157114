// SPDX-License-Identifier: Apache-2.0
#include "flow/decide.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "flow/decider.h"

namespace outlay::flow {

Decision decide(Execution& execution, const Event& event) {
  Decision decision;
  Decider decider(execution, event, decision);
  decider.handle();
  return decision;
}

std::string child_id(const Execution& execution, int run, int batch) {
  Execution named;
  named.id = execution.id + (batch < 0 ? "/child" : "/batch" + std::to_string(batch));
  return run_id(named, run * 64 + static_cast<int>(execution.run(run).attempts.size()));
}

std::string replacement_id(const Execution& execution) {
  Execution named;
  named.id = execution.id + "/replacement";
  return run_id(named, 0);
}

Decider::Decider(Execution& execution, const Event& event, Decision& decision)
    : execution_(execution), event_(event), decision_(decision) {}

void Decider::handle() {
  using Kind = Event::Kind;
  const bool may_follow_end = event_.kind == Kind::restarted || event_.kind == Kind::replayed ||
                              event_.kind == Kind::status_set || event_.kind == Kind::run_set ||
                              event_.kind == Kind::labeled;
  if (execution_.is_finished && !may_follow_end) return refuse();
  dispatch();
  if (decision_.is_accepted && event_.aspect != Aspect::sla) check_slas();
}

void Decider::dispatch() {
  using Kind = Event::Kind;
  switch (event_.kind) {
    case Kind::created:
      return on_created();
    case Kind::admitted:
      return on_admitted();
    case Kind::evaluated:
      return on_evaluated();
    case Kind::attempt_ended:
      return on_attempt_ended();
    case Kind::timer:
      return on_timer();
    case Kind::kill:
      return on_kill();
    case Kind::resume:
      return on_resume();
    case Kind::child_ended:
      return on_child_ended();
    case Kind::recovered:
      return on_recovered();
    case Kind::restarted:
      return on_restarted();
    case Kind::replayed:
      return on_replayed();
    case Kind::hold:
      return on_hold();
    case Kind::forced:
      return on_forced();
    case Kind::unqueued:
      return on_unqueued();
    case Kind::proceed:
      return on_proceed();
    case Kind::status_set:
      return on_status_set();
    case Kind::run_set:
      return on_run_set();
    case Kind::labeled:
      return on_labeled();
    case Kind::replaced:
      return on_replaced();
  }
}

void Decider::emit(Effect effect) { decision_.effects.push_back(std::move(effect)); }

void Decider::log(int run, std::string text) {
  emit({.kind = Effect::Kind::log, .run = run, .text = std::move(text)});
}

Progress& Decider::progress_of(int run) {
  return run < 0 ? execution_.progress : *execution_.run(run).progress;
}

State Decider::state_of_run(int run) const {
  return run < 0 ? execution_.state.current() : execution_.run(run).state.current();
}

// ---- the start
// -------------------------------------------------------------------------------------------------

namespace {

Labels labels_of(const format::Value& map) {
  Labels labels;
  if (map.is_object())
    for (const auto& [key, value] : map.as_object()) labels.emplace_back(key, value.text_or(""));
  return labels;
}

}  // namespace

void Decider::on_created() {
  if (!execution_.state.steps().empty()) return refuse();
  const format::Value& given = event_.value;
  execution_.inputs = given["inputs"];
  execution_.variables = given["variables"];
  execution_.labels = labels_of(given["labels"]);
  execution_.trigger = given["trigger"];
  execution_.parent_id = given["parentId"].text_or("");
  execution_.parent_run = static_cast<int>(given["parentRun"].int_or(-1));
  execution_.parent_attempt = static_cast<int>(given["parentAttempt"].int_or(0));
  execution_.parent_batch = static_cast<int>(given["parentBatch"].int_or(-1));
  execution_.original_id = given["originalId"].text_or("");
  execution_.schedule_date = given["scheduleDate"].text_or("");
  execution_.attempt_number = static_cast<int>(given["attemptNumber"].int_or(1));
  execution_.original_created = given["originalCreated"].text_or("");
  execution_.kind = given["kind"].text_or("");
  execution_.is_breached.assign(plan().slas.size(), false);
  if (given["breakpoints"].is_array())
    for (const format::Value& name : given["breakpoints"].as_array())
      execution_.breakpoints.push_back(name.text_or(""));
  execution_.progress.main = &plan().main;
  execution_.by_task.resize(plan().tasks.size());
  execution_.state.enter(State::created, event_.at);
  if (event_.state == State::queued) return execution_.state.enter(State::queued, event_.at);
  if (is_terminal(event_.state)) return set_final_state(event_.state);
  if (given["startAt"].is_int()) {
    const base::Instant start(base::Duration(given["startAt"].as_int()));
    execution_.start_at = start;
    return emit({.kind = Effect::Kind::timer, .aspect = Aspect::start, .at = start});
  }
  begin_execution();
}

void Decider::on_admitted() {
  if (execution_.state.current() != State::queued) return refuse();
  begin_execution();
}

void Decider::begin_execution() {
  execution_.start_at.reset();
  execution_.began_at = event_.at;
  execution_.state.enter(State::running, event_.at);
  arm_slas();
  start_lanes(-1);
}

// ---- lists and lanes
// -------------------------------------------------------------------------------------------

const TaskList& Decider::list_of(int parent, Phase phase) const {
  if (parent < 0) {
    switch (phase) {
      case Phase::errors:
        return plan().errors;
      case Phase::finally:
        return plan().finally;
      case Phase::after:
        return execution_.after;
      default:
        return plan().main;
    }
  }
  const TaskRun& run = execution_.run(parent);
  const Task& task = execution_.task_of(run);
  if (phase == Phase::errors) return task.errors;
  if (phase == Phase::finally) return task.finally;
  return *run.progress->main;
}

int Decider::next_enabled(const TaskList& list, int from) const {
  for (int i = from; i < static_cast<int>(list.size()); ++i)
    if (!plan().tasks[static_cast<std::size_t>(list[static_cast<std::size_t>(i)])].is_disabled)
      return i;
  return -1;
}

// In these kinds every task of the list is a lane of its own.
bool Decider::is_task_per_lane(int parent) const {
  if (parent < 0) return false;
  const TaskKind kind = execution_.task_of(execution_.run(parent)).kind;
  return kind == TaskKind::parallel || kind == TaskKind::dag;
}

int Decider::take_lane(int parent) {
  Progress& progress = progress_of(parent);
  if (parent >= 0 && execution_.task_of(execution_.run(parent)).kind == TaskKind::dag) {
    if (progress.ready.empty()) return -1;
    const auto first = std::min_element(progress.ready.begin(), progress.ready.end());
    const int lane = *first;
    progress.ready.erase(first);
    return lane;
  }
  return progress.next_lane < progress.lanes ? progress.next_lane++ : -1;
}

void Decider::start_lanes(int parent) {
  const TaskList& list = list_of(parent, Phase::main);
  while (true) {
    // Starting a child may grow the list of runs, so the progress is looked up anew.
    Progress& progress = progress_of(parent);
    if (progress.phase != Phase::main || is_terminal(state_of_run(parent))) return;
    if (progress.limit > 0 && progress.active >= progress.limit) return;
    const int lane = take_lane(parent);
    if (lane < 0) break;
    const int first = is_task_per_lane(parent) ? (next_enabled(list, lane) == lane ? lane : -1)
                                               : next_enabled(list, 0);
    if (first < 0) {
      lane_done(parent, lane);
      continue;
    }
    ++progress.active;
    start_child(parent, Phase::main, lane, first);
  }
  const Progress& progress = progress_of(parent);
  if (progress.phase == Phase::main && progress.active == 0 && progress.finished >= progress.lanes)
    end_main(parent);
}

void Decider::lane_done(int parent, int lane) {
  Progress& progress = progress_of(parent);
  ++progress.finished;
  if (parent < 0) return;
  const Task& task = execution_.task_of(execution_.run(parent));
  if (task.kind != TaskKind::dag) return;
  for (std::size_t i = 0; i < task.dependencies.size(); ++i)
    for (const int needed : task.dependencies[i])
      if (needed == lane && --progress.unmet[i] == 0) progress.ready.push_back(static_cast<int>(i));
}

void Decider::start_child(int parent, Phase phase, int lane, int position) {
  const int index = static_cast<int>(execution_.runs.size());
  TaskRun run;
  run.task = list_of(parent, phase)[static_cast<std::size_t>(position)];
  run.parent = parent;
  run.lane = lane;
  run.position = position;
  run.phase = phase;
  run.is_after = phase == Phase::after || (parent >= 0 && execution_.run(parent).is_after);
  Progress& above = progress_of(parent);
  if (phase == Phase::main && !above.values.empty()) {
    run.value = above.values[static_cast<std::size_t>(lane)];
    run.iteration = lane;
  }
  run.slot = static_cast<int>(above.open.size());
  above.open.push_back(index);
  if (parent >= 0 && execution_.task_of(execution_.run(parent)).kind == TaskKind::loop_until)
    above.of_round.push_back(index);
  run.state.enter(State::created, event_.at);
  execution_.by_task[static_cast<std::size_t>(run.task)].push_back(index);
  execution_.runs.push_back(std::move(run));
  if (!must_wait(index)) launch(index);
}

void Decider::launch(int index) {
  if (!execution_.task_of(execution_.run(index)).run_if.empty())
    return emit({.kind = Effect::Kind::evaluate, .run = index, .aspect = Aspect::run_if});
  begin(index);
}

// A held execution begins nothing; a breakpoint holds the run that is about to begin.
bool Decider::must_wait(int index) {
  TaskRun& run = execution_.run(index);
  // afterExecution waits for nobody: its execution has its final state.
  if (is_terminal(execution_.state.current())) return false;
  if (execution_.is_held) {
    execution_.held.push_back(index);
    return true;
  }
  if (execution_.breakpoints.empty()) return false;
  const std::string& id = execution_.task_of(run).id;
  const bool is_hit = std::any_of(
      execution_.breakpoints.begin(), execution_.breakpoints.end(), [&](const std::string& name) {
        return name == id || (run.iteration >= 0 && name == id + "." + run.value);
      });
  if (!is_hit) return false;
  run.state.enter(State::breakpoint, event_.at);
  execution_.held.push_back(index);
  if (execution_.state.current() == State::running)
    execution_.state.enter(State::breakpoint, event_.at);
  return true;
}

void Decider::release_held() {
  const std::vector<int> held = std::exchange(execution_.held, {});
  for (const int index : held) {
    TaskRun& run = execution_.run(index);
    if (is_terminal(run.state.current())) continue;
    if (run.state.current() == State::breakpoint) run.state.enter(State::created, event_.at);
    launch(index);
  }
}

// ---- one run begins
// --------------------------------------------------------------------------------------------

// What the engine does itself has one attempt, from its beginning to its end.
void Decider::open_attempt(int index) {
  Track& attempt = execution_.run(index).attempts.emplace_back().state;
  attempt.enter(State::created, event_.at);
  attempt.enter(State::running, event_.at);
}

// Attempts of workers and subflows end with their own results.
void Decider::close_attempt(int index, State state) {
  TaskRun& run = execution_.run(index);
  const TaskKind kind = execution_.task_of(run).kind;
  if (kind == TaskKind::work || kind == TaskKind::subflow || kind == TaskKind::item_loop) return;
  if (run.attempts.empty() || run.attempts.back().state.current() == state) return;
  run.attempts.back().state.enter(state, event_.at);
}

void Decider::begin(int index) {
  TaskRun& run = execution_.run(index);
  const Task& task = execution_.task_of(run);
  if (task.kind != TaskKind::work && task.kind != TaskKind::subflow &&
      task.kind != TaskKind::item_loop)
    open_attempt(index);
  switch (task.kind) {
    case TaskKind::work:
      return submit(index);
    case TaskKind::sequential:
    case TaskKind::allow_failure:
      return open_list(index, task.tasks, 1, 1);
    case TaskKind::working_directory:
      if (!task.has_folder) return open_list(index, task.tasks, 1, 1);
      run.state.enter(State::running, event_.at);
      return emit({.kind = Effect::Kind::evaluate, .run = index, .aspect = Aspect::body});
    case TaskKind::parallel:
      return open_list(index, task.tasks, static_cast<int>(task.tasks.size()), task.concurrency);
    case TaskKind::dag:
      return open_dag(index);
    default:
      run.state.enter(State::running, event_.at);
      return emit({.kind = Effect::Kind::evaluate, .run = index, .aspect = Aspect::body});
  }
}

void Decider::submit(int index) {
  TaskRun& run = execution_.run(index);
  if (execution_.task_of(run).kind == TaskKind::subflow) return open_subflow(index);
  if (execution_.task_of(run).kind == TaskKind::item_loop) return open_items(index);
  run.state.enter(State::submitted, event_.at);
  run.wake_at.reset();
  Attempt attempt;
  attempt.state.enter(State::created, event_.at);
  run.attempts.push_back(std::move(attempt));
  emit(
      {.kind = Effect::Kind::run_attempt,
       .run = index,
       .attempt = static_cast<int>(run.attempts.size())});
}

void Decider::open_list(int index, const TaskList& list, int lanes, int limit) {
  TaskRun& run = execution_.run(index);
  if (run.state.current() != State::running) run.state.enter(State::running, event_.at);
  run.progress = std::make_unique<Progress>();
  run.progress->main = &list;
  run.progress->lanes = lanes;
  run.progress->limit = limit;
  start_lanes(index);
}

void Decider::open_dag(int index) {
  TaskRun& run = execution_.run(index);
  const Task& task = execution_.task_of(run);
  run.state.enter(State::running, event_.at);
  run.progress = std::make_unique<Progress>();
  Progress& progress = *run.progress;
  progress.main = &task.tasks;
  progress.lanes = static_cast<int>(task.tasks.size());
  progress.limit = task.concurrency;
  for (std::size_t i = 0; i < task.dependencies.size(); ++i) {
    progress.unmet.push_back(static_cast<int>(task.dependencies[i].size()));
    if (task.dependencies[i].empty()) progress.ready.push_back(static_cast<int>(i));
  }
  start_lanes(index);
}

// ---- one run ends
// ----------------------------------------------------------------------------------------------

State Decider::allowed(const Task& task, State state) const {
  if ((task.allow_failure || task.kind == TaskKind::allow_failure) && state == State::failed)
    state = State::warning;
  if (task.allow_warning && state == State::warning) state = State::success;
  return state;
}

void Decider::close_slot(int index) {
  const TaskRun& run = execution_.run(index);
  std::vector<int>& open = progress_of(run.parent).open;
  const auto slot = static_cast<std::size_t>(run.slot);
  CHECK(slot < open.size() && open[slot] == index);
  open[slot] = open.back();
  execution_.run(open[slot]).slot = run.slot;
  open.pop_back();
}

void Decider::finish(int index, State state) {
  TaskRun& run = execution_.run(index);
  if (is_terminal(run.state.current())) return;
  if (run.state.current() == State::paused) leave_pause();
  state = allowed(execution_.task_of(run), state);
  close_attempt(index, state);
  run.state.enter(state, event_.at);
  run.wake_at.reset();
  run.is_waiting_for_child = false;
  if (run.progress) abandon_children(index, state);
  close_slot(index);
  child_done(run.parent, index);
}

// The direct children that are still at work take the state of the flowable that ended without
// them.
void Decider::abandon_children(int index, State state) {
  execution_.run(index).progress->phase = Phase::done;
  for (const int child : execution_.run(index).progress->open) {
    TaskRun& run = execution_.run(child);
    if (is_terminal(run.state.current())) continue;
    if (run.state.current() == State::paused) leave_pause();
    run.state.enter(state, event_.at);
    run.wake_at.reset();
  }
}

void Decider::child_done(int parent, int child) {
  if (parent >= 0 && is_terminal(state_of_run(parent))) return;
  if (parent < 0 && execution_.progress.phase == Phase::done) return;
  if (is_draining()) return child_done_while_killing(parent);
  Progress& progress = progress_of(parent);
  const TaskRun& run = execution_.run(child);
  // A branch of the main list that ends after the errors list began changes nothing.
  if (run.phase != progress.phase) return;
  const State state = run.state.current();
  if (progress.phase == Phase::main) return main_child_done(parent, run.lane, run.position, state);
  const int next = next_enabled(list_of(parent, progress.phase), run.position + 1);
  if (!is_failure(state) && next >= 0) return start_child(parent, progress.phase, 0, next);
  end_side_list(parent);
}

void Decider::main_child_done(int parent, int lane, int position, State state) {
  Progress& progress = progress_of(parent);
  const bool is_round = parent >= 0 && execution_.task_of(execution_.run(parent)).is_loop;
  if (is_round && is_failure(state)) return round_over(parent, lane, state);
  progress.worst = worse(progress.worst, state);
  if (is_failure(state)) return end_main(parent);
  if (!is_task_per_lane(parent)) {
    const int next = next_enabled(list_of(parent, Phase::main), position + 1);
    if (next >= 0) return start_child(parent, Phase::main, lane, next);
  }
  if (is_round && !execution_.task_of(execution_.run(parent)).gathered.empty())
    return emit(
        {.kind = Effect::Kind::evaluate, .run = parent, .attempt = lane, .aspect = Aspect::lane});
  if (is_round) return round_over(parent, lane, State::success);
  --progress.active;
  lane_done(parent, lane);
  start_lanes(parent);
}

void Decider::end_main(int parent) {
  Progress& progress = progress_of(parent);
  if (is_failure(progress.worst)) {
    progress.phase = Phase::errors;
    const int first = next_enabled(list_of(parent, Phase::errors), 0);
    if (first >= 0) return start_child(parent, Phase::errors, 0, first);
  } else if (
      parent >= 0 && execution_.task_of(execution_.run(parent)).kind == TaskKind::loop_until) {
    return emit({.kind = Effect::Kind::evaluate, .run = parent, .aspect = Aspect::round});
  }
  progress.phase = Phase::errors;
  end_side_list(parent);
}

void Decider::end_side_list(int parent) {
  Progress& progress = progress_of(parent);
  if (progress.phase == Phase::errors) {
    progress.phase = Phase::finally;
    const int first = next_enabled(list_of(parent, Phase::finally), 0);
    if (first >= 0) return start_child(parent, Phase::finally, 0, first);
  }
  if (parent >= 0 && execution_.task_of(execution_.run(parent)).kind == TaskKind::pause &&
      !execution_.run(parent).is_resumed && !is_failure(progress.worst)) {
    enter_pause(parent);
    return arm_pause(parent);
  }
  if (parent >= 0) {
    const Task& task = execution_.task_of(execution_.run(parent));
    const bool is_stored = task.is_loop && execution_.run(parent).outputs["uri"].is_text();
    if ((task.has_folder || is_stored) && !is_terminal(state_of_run(parent)))
      return emit({.kind = Effect::Kind::evaluate, .run = parent, .aspect = Aspect::collect});
    return finish(parent, progress.worst);
  }
  if (progress.phase == Phase::after) return finish_execution();
  end_execution(progress.worst);
}

// ---- the end of the execution
// ----------------------------------------------------------------------------------

void Decider::end_execution(State state) {
  execution_.progress.worst = state;
  if (!plan().outputs.empty() && !execution_.is_killed)
    return emit({.kind = Effect::Kind::evaluate, .aspect = Aspect::outputs});
  set_final_state(state);
}

void Decider::set_final_state(State state) {
  execution_.state.enter(state, event_.at);
  for (const int child : execution_.progress.open) {
    TaskRun& run = execution_.run(child);
    if (!is_terminal(run.state.current())) run.state.enter(state, event_.at);
  }
  emit({.kind = Effect::Kind::ended});
  execution_.progress.open.clear();
  execution_.progress.phase = Phase::after;
  if (plan().listeners.empty()) return begin_after(plan().after_execution);
  emit({.kind = Effect::Kind::evaluate, .aspect = Aspect::listeners});
}

void Decider::begin_after(TaskList tasks) {
  execution_.after = std::move(tasks);
  const int first = next_enabled(execution_.after, 0);
  if (first < 0) return finish_execution();
  start_child(-1, Phase::after, 0, first);
}

void Decider::finish_execution() {
  execution_.progress.phase = Phase::done;
  execution_.is_finished = true;
  emit({.kind = Effect::Kind::finished});
}

}  // namespace outlay::flow
