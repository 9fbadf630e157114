// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/log.h"
#include "flow/executor.h"
#include "flow/flow_triggers.h"
#include "flow/scheduler.h"
#include "flow/scope.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

namespace {

constexpr std::string_view kTold =
    "UPDATE flow_executions SET finished = 1 WHERE number = ? AND finished = 2";

// How long to wait before the store is asked again for what it could not do.
constexpr base::Duration kAgainAfter = std::chrono::seconds(1);

// Set while this thread is a worker between two attempts, or makes one: it takes the next item
// itself.
thread_local bool is_worker = false;

}  // namespace

void Executor::perform(const LiveRef& live, const Effect& effect) {
  switch (effect.kind) {
    case Effect::Kind::run_attempt:
      return start_attempt(live, effect);
    case Effect::Kind::stop_attempt: {
      const base::Lock lock(live->mutex);
      const auto found = live->attempts.find({effect.run, effect.attempt});
      if (found != live->attempts.end()) found->second->stop = true;
      return;
    }
    case Effect::Kind::timer: {
      Event event;
      event.kind = Event::Kind::timer;
      event.run = effect.run;
      event.attempt = effect.attempt;
      event.aspect = effect.aspect;
      event.at = effect.at;
      const std::weak_ptr<Live> weak = live;
      timers_.add(effect.at, [this, weak, event] {
        Event due = event;
        due.at = std::max(due.at, clock_.now());
        if (const auto still = weak.lock(); still) post(still, due);
      });
      return;
    }
    case Effect::Kind::start_child:
      return start_child(live, effect.run, effect.attempt - 1);
    case Effect::Kind::kill_child:
      return kill_children(live, effect.run);
    case Effect::Kind::replace:
      return replace(live);
    case Effect::Kind::ended:
      return ended(live);
    case Effect::Kind::finished:
      return finished(live);
    default:
      return;
  }
}

void Executor::take_items_myself() { is_worker = true; }

void Executor::start_attempt(const LiveRef& live, const Effect& effect) {
  {
    const base::Lock lock(live->mutex);
    live->attempts[{effect.run, effect.attempt}] = std::make_shared<AttemptControl>();
  }
  ready_.push({live, effect.run, effect.attempt}, is_worker);
}

void Executor::ended(const LiveRef& live) {
  release_slot(live);
  State state = State::success;
  {
    const base::Lock lock(live->mutex);
    state = live->execution.state.current();
  }
  scheduler_->execution_ended(live->execution.id, state);
}

void Executor::tell_flows(const LiveRef& live, State state) {
  if (definitions_.listening().empty() || (!is_terminal(state) && state != State::paused)) return;
  Value json;
  bool is_finished = false;
  {
    const base::Lock lock(live->mutex);
    json = execution_json(live->execution, beginnings_of(*live));
    is_finished = live->execution.is_finished;
  }
  tell_flows_of(json, is_finished ? live->number : 0);
}

void Executor::tell_flows_of(const Value& execution, std::int64_t finished_number) {
  WorkItem item;
  item.job = [this, execution, finished_number] {
    if (!flow_triggers_->execution_changed(execution))
      return later(
          [this, execution, finished_number] { tell_flows_of(execution, finished_number); });
    if (finished_number == 0) return;
    Journal::Entry entry;
    entry.is_lazy = true;
    entry.statements.push_back({kTold, {finished_number}});
    journal_.enqueue(std::move(entry));
  };
  ready_.push(std::move(item), false);
}

void Executor::later(std::function<void()> action) {
  timers_.add(clock_.now() + kAgainAfter, std::move(action));
}

// Ends that flow triggers may not have been told of before the process died.
Result<Done> Executor::tell_again() {
  const auto rows = TRY(
      state_.read("SELECT number, body FROM flow_executions WHERE finished = 2 ORDER BY number"));
  for (const auto& row : rows.rows) {
    const Value json = TRY(format::parse_json(row[1].value_or("null")));
    tell_flows_of(json, std::stoll(row[0].value_or("0")));
  }
  return Done{};
}

void Executor::finished(const LiveRef& live) {
  {
    const base::Lock lock(live->mutex);
    live->is_done = true;
    live->done.notify_all();
  }
  {
    const base::Lock lock(lives_mutex_);
    lives_.erase(live->execution.id);
  }
  // What a failed execution left may be needed by its restart.
  const bool may_restart = live->execution.state.current() == State::failed;
  if (!live->execution.file_runs.empty() && !may_restart) {
    const auto removed = io::remove_tree(files_.execution_folder(live->execution.id));
    if (!removed) LOG(warn, "working folder was not removed", {"because", removed.error().text()});
  }
  const bool is_replaced = live->execution.state.current() == State::retried;
  if (live->execution.parent_run >= 0 && !is_replaced) child_over(*live);
}

namespace {

// What a Subflow task asks of the child's variables, when its flow says so in the task itself.
Result<Value> asked_outputs(
    const Execution& parent,
    const Execution& child,
    const expr::Scope& globals,
    const expr::Environment& environment,
    std::string_view key) {
  const Task& task = parent.task_of(parent.run(child.parent_run));
  const Value& written = task.properties["outputs"];
  if (task.kind != TaskKind::subflow || !written.is_object()) return child.outputs;
  Mentions all;
  all.all_outputs = true;
  const expr::Scope outer(execution_variables(child, key), &globals);
  const expr::Scope scope(flow_variables(child, all), &outer);
  return expr::render_deep(written, scope, environment, true);
}

}  // namespace

void Executor::child_over(const Live& child) {
  const auto parent = find_live(child.execution.parent_id);
  if (!parent) return;
  Event event;
  event.kind = Event::Kind::child_ended;
  event.at = clock_.now();
  event.run = child.execution.parent_run;
  event.attempt = child.execution.parent_attempt;
  event.state = child.execution.state.current();
  format::Object about;
  about.set("executionId", child.execution.id);
  about.set("state", state_name(event.state));
  {
    const base::Lock lock(parent->mutex);
    auto outputs = asked_outputs(
        parent->execution,
        child.execution,
        globals_,
        evaluation_environment(child, -1),
        house_.key);
    if (outputs) about.set("outputs", *outputs);
    if (!outputs) {
      event.state = State::failed;
      event.error = outputs.error().within("outputs of the subflow").text();
    }
  }
  if (child.execution.parent_batch >= 0) about.set("batch", child.execution.parent_batch);
  event.value = Value(std::move(about));
  post(parent, event);
}

void Executor::kill_children(const LiveRef& live, int run) {
  std::vector<std::string> ids;
  {
    const base::Lock lock(live->mutex);
    const Execution& execution = live->execution;
    const TaskRun& parent = execution.run(run);
    if (execution.task_of(parent).kind == TaskKind::item_loop && parent.progress) {
      for (std::size_t i = 0; i < parent.progress->results.size(); ++i)
        if (parent.progress->results[i].is_null())
          ids.push_back(child_id(execution, run, static_cast<int>(i)));
    } else {
      ids.push_back(child_id(execution, run));
    }
  }
  for (const std::string& id : ids) {
    const auto killed = kill(id);
    if (!killed) LOG(info, "subflow was not killed", {"because", killed.error().text()});
  }
}

// CREATE_NEW_EXECUTION: the same inputs again, under an id that is the same each time this is
// asked.
void Executor::replace(const LiveRef& live) {
  Start start;
  {
    const base::Lock lock(live->mutex);
    const Execution& old = live->execution;
    start.flow = live->flow;
    start.id = replacement_id(old);
    format::Object given = again_value(old);
    if (old.parent_run >= 0) {
      given.set("parentId", old.parent_id);
      given.set("parentRun", old.parent_run);
      given.set("parentAttempt", old.parent_attempt);
      if (old.parent_batch >= 0) given.set("parentBatch", old.parent_batch);
    }
    start.given = Value(std::move(given));
  }
  const auto known = is_known(start.id);
  if (!known) return later([this, live] { replace(live); });
  if (!*known) {
    const auto accepted = accept(start, false);
    if (!accepted) LOG(error, "a retry was not begun", {"because", accepted.error().text()});
  }
  Event event;
  event.kind = Event::Kind::replaced;
  event.at = clock_.now();
  post(live, event);
}

format::Object Executor::again_value(const Execution& old) {
  format::Object given;
  given.set("inputs", old.inputs);
  given.set("variables", old.flow->variables);
  format::Object labels;
  for (const auto& [key, value] : old.labels) labels.set(key, value);
  given.set("labels", std::move(labels));
  if (!old.trigger.is_null()) given.set("trigger", old.trigger);
  given.set("originalId", old.original_id.empty() ? old.id : old.original_id);
  given.set(
      "originalCreated",
      old.original_created.empty() ? base::print_instant(old.state.steps().front().at)
                                   : old.original_created);
  given.set("attemptNumber", old.attempt_number + 1);
  if (!old.kind.empty()) given.set("kind", old.kind);
  return given;
}

}  // namespace outlay::flow
