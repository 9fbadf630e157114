// SPDX-License-Identifier: Apache-2.0
// Restart, replay and changes by hand: runs begin again, and what follows is decided anew.
#include <algorithm>
#include <map>
#include <set>

#include "flow/decider.h"

namespace outlay::flow {
namespace {

bool is_fine(State state) {
  return state == State::success || state == State::warning || state == State::skipped;
}

}  // namespace

/// The shape of an execution while it is put together again.
struct Decider::Again {
  std::vector<std::vector<int>> children;  ///< of each run, main list only; the last: of the root
  std::set<int> entered;                   ///< flowables that begin again with some of their runs

  struct Next {
    int parent, lane, position;
  };

  std::vector<Next> next;    ///< lanes that go on after runs that stay
  std::vector<int> failing;  ///< flowables (or -1) with a run that stays failed
};

void Decider::drop(int index) {
  execution_.run(index).is_replaced = true;
  if (!is_terminal(execution_.run(index).state.current()))
    execution_.run(index).state.enter(State::killed, event_.at);
}

// A run that has not ended well, and not because of one within it.
bool Decider::needs_again(int index) const {
  const TaskRun& run = execution_.run(index);
  return !is_fine(run.state.current());
}

void Decider::reset_run(int index) {
  TaskRun& run = execution_.run(index);
  run.state.enter(State::restarted, event_.at);
  run.wake_at.reset();
  run.is_waiting_for_child = false;
  run.is_resumed = false;
  if (execution_.task_of(run).kind != TaskKind::item_loop) run.progress.reset();
}

const TaskList* Decider::chosen_list(int index) const {
  const TaskRun& run = execution_.run(index);
  const Task& task = execution_.task_of(run);
  if (task.kind == TaskKind::choice_if)
    return run.outputs["evaluationResult"].bool_or(false) ? &task.tasks : &task.otherwise;
  if (task.kind == TaskKind::choice_switch) {
    const std::string value = run.outputs["value"].text_or("");
    for (const auto& [name, list] : task.cases)
      if (name == value) return &list;
    return &task.otherwise;
  }
  return &task.tasks;
}

void Decider::reset_execution() {
  execution_.is_finished = false;
  execution_.is_killed = false;
  execution_.is_draining = false;
  execution_.is_held = false;
  execution_.held.clear();
  execution_.retry_at.reset();
  execution_.paused = 0;
  execution_.outputs = format::Value();
  execution_.is_breached.assign(execution_.flow->slas.size(), false);
  ++execution_.attempt_number;
  execution_.state.enter(State::restarted, event_.at);
  execution_.state.enter(State::running, event_.at);
  execution_.began_at = event_.at;
}

// `parent` -1 is the execution. Counts what stays and notes where lanes go on.
void Decider::count_lanes(int parent, Again& again) {
  Progress& progress = progress_of(parent);
  const bool is_dag =
      parent >= 0 && execution_.task_of(execution_.run(parent)).kind == TaskKind::dag;
  progress.phase = Phase::main;
  progress.worst = State::success;
  progress.active = progress.finished = 0;
  progress.open.clear();
  const auto place = parent < 0 ? again.children.size() - 1 : static_cast<std::size_t>(parent);
  std::map<int, int> last;  // of each lane, the run that stands last
  for (const int child : again.children[place]) {
    const TaskRun& run = execution_.run(child);
    const auto [at, is_new] = last.emplace(run.lane, child);
    if (!is_new && execution_.run(at->second).position < run.position) at->second = child;
    if (is_fine(run.state.current())) progress.worst = worse(progress.worst, run.state.current());
  }
  if (is_dag) {
    const Task& task = execution_.task_of(execution_.run(parent));
    progress.ready.clear();
    for (std::size_t i = 0; i < task.dependencies.size(); ++i) {
      progress.unmet[i] = static_cast<int>(task.dependencies[i].size());
      if (task.dependencies[i].empty() && last.count(static_cast<int>(i)) == 0)
        progress.ready.push_back(static_cast<int>(i));
    }
  } else {
    progress.next_lane = last.empty() ? 0 : last.rbegin()->first + 1;
    progress.finished = progress.next_lane - static_cast<int>(last.size());
  }
  const TaskList& list = list_of(parent, Phase::main);
  for (const auto& [lane, child] : last) {
    TaskRun& run = execution_.run(child);
    if (is_terminal(run.state.current()) && !is_fine(run.state.current())) {
      progress.worst = worse(progress.worst, run.state.current());
      again.failing.push_back(parent);
      continue;
    }
    if (!is_fine(run.state.current())) {
      run.slot = static_cast<int>(progress.open.size());
      progress.open.push_back(child);
      ++progress.active;
      continue;
    }
    const int next = is_task_per_lane(parent) ? -1 : next_enabled(list, run.position + 1);
    if (next < 0) {
      lane_done(parent, lane);
      continue;
    }
    ++progress.active;
    again.next.push_back({parent, lane, next});
  }
  // A lane that stands ready again because of what ended before has run already.
  if (is_dag)
    progress.ready.erase(
        std::remove_if(
            progress.ready.begin(),
            progress.ready.end(),
            [&last](int lane) { return last.count(lane) > 0; }),
        progress.ready.end());
}

void Decider::sort_children(Again& again) {
  again.children.resize(execution_.runs.size() + 1);
  for (std::size_t i = 0; i < execution_.runs.size(); ++i) {
    const TaskRun& run = execution_.runs[i];
    const int index = static_cast<int>(i);
    const bool is_around = run.parent < 0 || again.entered.count(run.parent) > 0;
    // What stood below a flowable that begins afresh is of its earlier life.
    const bool is_orphan = run.parent >= 0 && execution_.run(run.parent).progress == nullptr;
    if ((run.phase != Phase::main && is_around) || is_orphan) drop(index);
    if (is_hidden(execution_, index)) continue;
    const auto place =
        run.parent < 0 ? again.children.size() - 1 : static_cast<std::size_t>(run.parent);
    again.children[place].push_back(index);
  }
}

/// Runs in `marked` begin again, flowables around them go on, all else that ended well stays.
void Decider::begin_again(const std::vector<int>& marked, int touched) {
  Again again;
  for (const int index : marked) reset_run(index);
  const auto enter_around = [&](int index) {
    for (int at = execution_.run(index).parent; at >= 0; at = execution_.run(at).parent)
      again.entered.insert(at);
  };
  for (const int index : marked) enter_around(index);
  if (touched >= 0) enter_around(touched);
  sort_children(again);
  for (const int index : again.entered) {
    execution_.run(index).state.enter(State::restarted, event_.at);
    execution_.run(index).state.enter(State::running, event_.at);
  }
  count_lanes(-1, again);
  for (const int index : again.entered) count_lanes(index, again);
  const auto is_open = [this](int parent) {
    return !is_terminal(state_of_run(parent)) && progress_of(parent).phase == Phase::main;
  };
  std::sort(again.failing.rbegin(), again.failing.rend());
  for (const int parent : again.failing)
    if (is_open(parent)) end_main(parent);
  for (const int index : marked) {
    if (execution_.run(index).state.current() != State::restarted || must_wait(index)) continue;
    launch(index);
  }
  for (const Again::Next& next : again.next)
    if (is_open(next.parent)) start_child(next.parent, Phase::main, next.lane, next.position);
  for (auto at = again.entered.rbegin(); at != again.entered.rend(); ++at)
    if (is_open(*at)) start_lanes(*at);
  if (is_open(-1)) start_lanes(-1);
}

// Runs that did not end well; a flowable only when none within it is the cause.
std::vector<int> Decider::failed_runs() const {
  std::set<int> with_cause;
  std::vector<int> failed;
  for (std::size_t i = execution_.runs.size(); i-- > 0;) {
    const int index = static_cast<int>(i);
    const TaskRun& run = execution_.runs[i];
    bool is_main = !is_hidden(execution_, index);
    for (int at = index; at >= 0; at = execution_.run(at).parent)
      is_main = is_main && execution_.run(at).phase == Phase::main;
    // The children of a WorkingDirectory are one piece of work with it.
    const bool is_inner = run.parent >= 0 && execution_.task_of(execution_.run(run.parent)).kind ==
                                                 TaskKind::working_directory;
    if (!is_main || is_inner || !needs_again(index)) continue;
    if (run.parent >= 0) with_cause.insert(run.parent);
    if (with_cause.count(index) > 0) continue;
    failed.push_back(index);
  }
  // A failure below something that ended well anyway (allowFailure) stays as it is.
  failed.erase(
      std::remove_if(
          failed.begin(),
          failed.end(),
          [this](int index) {
            for (int at = execution_.run(index).parent; at >= 0; at = execution_.run(at).parent)
              if (is_fine(execution_.run(at).state.current())) return true;
            return false;
          }),
      failed.end());
  std::sort(failed.begin(), failed.end());
  return failed;
}

void Decider::on_restarted() {
  const State now = execution_.state.current();
  const bool is_paused = now == State::paused || now == State::breakpoint;
  if ((!execution_.is_finished && !is_paused) || now == State::killed) return refuse();
  const std::vector<int> failed = failed_runs();
  reset_execution();
  if (event_.value["parentAttempt"].is_int())
    execution_.parent_attempt = static_cast<int>(event_.value["parentAttempt"].as_int());
  add_labels({{"system.restarted", "true"}});
  arm_slas();
  begin_again(failed);
}

void Decider::drop_after(int index) {
  for (const int later : runs_after(index)) drop(later);
}

// What came after the run in its own line of work, and after the flowables around it in theirs.
std::vector<int> Decider::runs_after(int index) const {
  std::vector<int> after;
  for (int at = index; at >= 0; at = execution_.run(at).parent) {
    const TaskRun& from = execution_.run(at);
    const Task* parent =
        from.parent < 0 ? nullptr : &execution_.task_of(execution_.run(from.parent));
    const bool is_ordered =
        parent != nullptr && parent->kind == TaskKind::for_each && parent->concurrency == 1;
    std::set<int> later;  // Dag: lanes that need this one
    if (parent != nullptr && parent->kind == TaskKind::dag) {
      later.insert(from.lane);
      for (std::size_t round = 0; round < parent->dependencies.size(); ++round)
        for (std::size_t i = 0; i < parent->dependencies.size(); ++i)
          for (const int needed : parent->dependencies[i])
            if (later.count(needed) > 0) later.insert(static_cast<int>(i));
      later.erase(from.lane);
    }
    for (std::size_t i = 0; i < execution_.runs.size(); ++i) {
      const TaskRun& run = execution_.runs[i];
      if (run.parent != from.parent || static_cast<int>(i) == at || run.is_replaced) continue;
      const bool is_next = run.lane == from.lane && run.position > from.position;
      if (is_next || (is_ordered && run.lane > from.lane) || later.count(run.lane) > 0)
        after.push_back(static_cast<int>(i));
    }
  }
  return after;
}

// The tasks of another revision take the place of those with the same id.
void Decider::move_to_flow(const Flow& flow) {
  const Flow& before = *execution_.flow;
  execution_.flow = &flow;
  execution_.by_task.assign(flow.tasks.size(), {});
  execution_.is_breached.assign(flow.slas.size(), false);
  for (std::size_t i = 0; i < execution_.runs.size(); ++i) {
    TaskRun& run = execution_.runs[i];
    const std::string& id = before.tasks[static_cast<std::size_t>(run.task)].id;
    const auto found = flow.by_id.find(id);
    if (found == flow.by_id.end()) {
      run.task = 0;
      drop(static_cast<int>(i));
      continue;
    }
    run.task = found->second;
    execution_.by_task[static_cast<std::size_t>(run.task)].push_back(static_cast<int>(i));
    if (run.progress) run.progress->main = chosen_list(static_cast<int>(i));
  }
  execution_.progress.main = &flow.main;
  for (std::size_t i = 0; i < execution_.runs.size(); ++i) {
    TaskRun& run = execution_.runs[i];
    if (run.is_replaced || run.phase != Phase::main) continue;
    const TaskList& list = list_of(run.parent, Phase::main);
    const auto at = std::find(list.begin(), list.end(), run.task);
    if (at == list.end()) {
      drop(static_cast<int>(i));
      continue;
    }
    run.position = static_cast<int>(at - list.begin());
    if (is_task_per_lane(run.parent)) run.lane = run.position;
  }
}

void Decider::on_replayed() {
  const format::Value& given = event_.value;
  const int from = event_.run;
  if (from < 0 || from >= static_cast<int>(execution_.runs.size())) return refuse();
  if (execution_.next_flow) move_to_flow(*execution_.next_flow);
  reset_execution();
  execution_.attempt_number = static_cast<int>(given["attemptNumber"].int_or(1));
  execution_.original_id = given["originalId"].text_or("");
  execution_.original_created = given["originalCreated"].text_or("");
  if (!given["inputs"].is_null()) execution_.inputs = given["inputs"];
  execution_.parent_run = -1;
  execution_.parent_id.clear();
  execution_.breakpoints.clear();
  if (given["breakpoints"].is_array())
    for (const format::Value& name : given["breakpoints"].as_array())
      execution_.breakpoints.push_back(name.text_or(""));
  add_labels({{"system.replay", "true"}});
  arm_slas();
  drop_after(from);
  std::vector<int> marked = failed_runs();
  const auto is_below = [&](int index) {
    for (int at = index; at >= 0; at = execution_.run(at).parent)
      if (at == from) return true;
    return false;
  };
  const auto is_above = [&](int index) {
    for (int at = execution_.run(from).parent; at >= 0; at = execution_.run(at).parent)
      if (at == index) return true;
    return false;
  };
  marked.erase(
      std::remove_if(
          marked.begin(),
          marked.end(),
          [&](int index) { return is_below(index) || is_above(index); }),
      marked.end());
  marked.push_back(from);
  begin_again(marked);
}

void Decider::on_run_set() {
  if (!execution_.is_finished || execution_.state.current() == State::killed || event_.run < 0 ||
      event_.run >= static_cast<int>(execution_.runs.size()))
    return refuse();
  TaskRun& run = execution_.run(event_.run);
  run.state.enter(event_.state, event_.at);
  // The flow had gone on past it, and may: what was done since is not done again.
  if (is_fine(event_.state) && !runs_after(event_.run).empty()) return;
  drop_after(event_.run);
  const int attempts = execution_.attempt_number;
  reset_execution();
  execution_.attempt_number = attempts;
  begin_again({}, event_.run);
}

void Decider::on_status_set() {
  if (!execution_.is_finished || execution_.state.current() == State::killed ||
      !is_terminal(event_.state))
    return refuse();
  execution_.state.enter(event_.state, event_.at);
}

void Decider::on_labeled() { change_labels(); }

}  // namespace outlay::flow
