// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "flow/decider.h"

namespace outlay::flow {
namespace {

base::Duration micros_of(const format::Value& value) { return base::Duration(value.int_or(0)); }

}  // namespace

void Decider::on_evaluated() {
  if (event_.aspect == Aspect::sla) {
    const auto place = static_cast<std::size_t>(event_.attempt);
    const bool is_broken = event_.error.empty() && !event_.value.bool_or(true);
    if (is_terminal(execution_.state.current()) || execution_.is_breached[place] || !is_broken)
      return refuse();
    return breach(event_.attempt);
  }
  if (event_.run < 0 && event_.aspect == Aspect::listeners) {
    if (execution_.progress.phase != Phase::after || !execution_.after.empty()) return refuse();
    TaskList tasks;
    if (event_.value.is_array())
      for (const format::Value& place : event_.value.as_array()) {
        const Listener& listener = plan().listeners[static_cast<std::size_t>(place.int_or(0))];
        tasks.insert(tasks.end(), listener.tasks.begin(), listener.tasks.end());
      }
    tasks.insert(tasks.end(), plan().after_execution.begin(), plan().after_execution.end());
    return begin_after(std::move(tasks));
  }
  if (event_.run < 0) {
    if (event_.aspect != Aspect::outputs || is_terminal(execution_.state.current()))
      return refuse();
    if (event_.error.empty()) {
      execution_.outputs = event_.value;
      return set_final_state(execution_.progress.worst);
    }
    log(-1, event_.error);
    return set_final_state(worse(State::failed, execution_.progress.worst));
  }
  TaskRun& run = execution_.run(event_.run);
  if (is_terminal(run.state.current())) return refuse();
  if (event_.aspect == Aspect::lane) {
    if (!event_.error.empty()) log(event_.run, event_.error);
    const State end = event_.error.empty() ? State::success : State::failed;
    return round_over(event_.run, event_.attempt, end);
  }
  if (!event_.error.empty()) {
    log(event_.run, event_.error);
    if (run.attempts.empty()) run.attempts.emplace_back().state.enter(State::failed, event_.at);
    return finish(event_.run, State::failed);
  }
  if (event_.aspect == Aspect::collect) {
    if (!event_.value.is_null()) run.outputs = event_.value;
    return finish(event_.run, run.progress->worst);
  }
  if (event_.aspect == Aspect::round) return end_round(event_.run);
  if (event_.aspect == Aspect::body) return open_body(event_.run);
  if (event_.value.bool_or(true)) return begin(event_.run);
  run.attempts.emplace_back().state.enter(State::skipped, event_.at);
  finish(event_.run, State::skipped);
}

void Decider::open_body(int index) {
  TaskRun& run = execution_.run(index);
  const Task& task = execution_.task_of(run);
  switch (task.kind) {
    case TaskKind::choice_if: {
      const bool is_true = event_.value.bool_or(false);
      run.outputs = format::Value::object({{"evaluationResult", is_true}});
      return open_list(index, is_true ? task.tasks : task.otherwise, 1, 1);
    }
    case TaskKind::choice_switch:
      return open_switch(index);
    case TaskKind::for_each:
      return task.is_loop ? open_rounds(index) : open_for_each(index);
    case TaskKind::loop_until:
      run.settings = event_.value;
      run.outputs = format::Value::object({{"iterationCount", 1}});
      return open_list(index, task.tasks, 1, 1);
    case TaskKind::working_directory:
      return open_list(index, task.tasks, 1, 1);
    case TaskKind::pause:
      return open_pause(index);
    case TaskKind::subflow:
      run.settings = event_.value;
      return open_subflow(index);
    case TaskKind::item_loop:
      run.settings = event_.value;
      return open_items(index);
    case TaskKind::exit:
      return exit_with(index);
    case TaskKind::set_labels:
      change_labels();
      break;
    default:
      change_variables(task);
      break;
  }
  finish(index, State::success);
}

void Decider::open_switch(int index) {
  TaskRun& run = execution_.run(index);
  const Task& task = execution_.task_of(run);
  const std::string value = event_.value.text_or("");
  const auto found = std::find_if(task.cases.begin(), task.cases.end(), [&](const auto& entry) {
    return entry.first == value;
  });
  const bool is_default = found == task.cases.end();
  run.outputs = format::Value::object({{"value", value}, {"defaults", is_default}});
  if (!is_default) return open_list(index, found->second, 1, 1);
  if (!task.otherwise.empty()) return open_list(index, task.otherwise, 1, 1);
  log(index, "no case for the value \"" + value + "\" and no defaults; add the case or defaults");
  finish(index, State::failed);
}

void Decider::open_for_each(int index) {
  TaskRun& run = execution_.run(index);
  const Task& task = execution_.task_of(run);
  run.progress = std::make_unique<Progress>();
  Progress& progress = *run.progress;
  if (event_.value.is_array())
    for (const format::Value& value : event_.value.as_array())
      progress.values.push_back(value.text_or(""));
  progress.main = &task.tasks;
  progress.lanes = static_cast<int>(progress.values.size());
  progress.limit = task.concurrency;
  start_lanes(index);
}

// ---- the rounds of a Loop

void Decider::open_rounds(int index) {
  TaskRun& run = execution_.run(index);
  run.progress = std::make_unique<Progress>();
  Progress& progress = *run.progress;
  const format::Value& given = event_.value;
  if (given["values"].is_array())
    for (const format::Value& value : given["values"].as_array())
      progress.values.push_back(value.text_or(""));
  if (given["keys"].is_array())
    for (const format::Value& key : given["keys"].as_array())
      progress.keys.push_back(key.text_or(""));
  run.settings = format::Value::object({{"isStored", given["isStored"]}});
  progress.main = &execution_.task_of(run).tasks;
  progress.lanes = static_cast<int>(progress.values.size());
  progress.results.resize(progress.values.size());
  progress.limit = execution_.task_of(run).concurrency;
  tell_rounds(index);
  start_lanes(index);
}

// What the Loop gives so far.
void Decider::tell_rounds(int index) {
  TaskRun& run = execution_.run(index);
  const Progress& progress = *run.progress;
  format::Object ended;
  std::int64_t terminated = 0;
  format::Array gathered;
  for (std::size_t i = 0; i < progress.results.size(); ++i) {
    const format::Value& result = progress.results[i];
    if (result.is_null()) continue;
    ++terminated;
    const std::string state = result["state"].text_or("");
    ended.set(state, ended.find(state) == nullptr ? 1 : ended.find(state)->as_int() + 1);
    if (result["outputs"].is_null()) continue;
    format::Object item;
    item.set("value", progress.values[i]);
    item.set("iteration", static_cast<std::int64_t>(i));
    if (i < progress.keys.size()) item.set("key", progress.keys[i]);
    gathered.push_back(
        format::Value::object({{"item", std::move(item)}, {"outputs", result["outputs"]}}));
  }
  format::Object out;
  out.set("iterationCount", progress.lanes);
  out.set("runningIterations", std::max<std::int64_t>(progress.next_lane - terminated, 0));
  out.set("terminatedIterations", std::move(ended));
  const bool is_stored = run.settings["isStored"].bool_or(false);
  if (!execution_.task_of(run).gathered.empty() && is_stored) out.set("uri", "");
  if (!execution_.task_of(run).gathered.empty() && !is_stored)
    out.set("outputs", std::move(gathered));
  run.outputs = std::move(out);
}

void Decider::round_over(int index, int lane, State state) {
  TaskRun& run = execution_.run(index);
  Progress& progress = *run.progress;
  format::Object result;
  result.set("state", state_name(state));
  if (event_.aspect == Aspect::lane && event_.error.empty()) result.set("outputs", event_.value);
  progress.results[static_cast<std::size_t>(lane)] = std::move(result);
  tell_rounds(index);
  if (is_failure(state) && execution_.task_of(run).transmits_failure) {
    progress.worst = worse(progress.worst, State::failed);
    return end_main(index);
  }
  --progress.active;
  lane_done(index, lane);
  start_lanes(index);
}

void Decider::open_pause(int index) {
  TaskRun& run = execution_.run(index);
  run.settings = event_.value;
  // What is to be done on pausing comes first; end_side_list() comes back here.
  const TaskList& first = execution_.task_of(run).otherwise;
  if (!first.empty() && !run.progress) return open_list(index, first, 1, 1);
  enter_pause(index);
  arm_pause(index);
}

void Decider::arm_pause(int index) {
  TaskRun& run = execution_.run(index);
  if (!run.settings["duration"].is_int()) return;
  run.wake_at = event_.at + micros_of(run.settings["duration"]);
  emit({.kind = Effect::Kind::timer, .run = index, .aspect = Aspect::pause, .at = *run.wake_at});
}

void Decider::open_subflow(int index) {
  TaskRun& run = execution_.run(index);
  run.wake_at.reset();
  run.attempts.emplace_back().state.enter(State::running, event_.at);
  run.is_waiting_for_child = true;
  if (run.state.current() != State::running) run.state.enter(State::running, event_.at);
  emit({.kind = Effect::Kind::start_child, .run = index});
}

// ---- the batches of a ForEachItem

void Decider::open_items(int index) {
  TaskRun& run = execution_.run(index);
  run.wake_at.reset();
  const auto& batches = run.settings["batches"];
  const std::size_t count = batches.is_array() ? batches.as_array().size() : 0;
  std::vector<format::Value> before;
  if (run.progress) before = std::move(run.progress->results);
  run.progress = std::make_unique<Progress>();
  Progress& progress = *run.progress;
  progress.phase = Phase::main;
  progress.lanes = static_cast<int>(count);
  progress.results.resize(count);
  run.attempts.emplace_back().state.enter(State::running, event_.at);
  if (run.state.current() != State::running) run.state.enter(State::running, event_.at);
  run.is_waiting_for_child = true;
  for (std::size_t i = 0; i < count; ++i) {
    // What ended well before a restart is not made again.
    if (i < before.size() && before[i]["state"].text_or("") == "SUCCESS") {
      progress.results[i] = before[i];
      ++progress.finished;
      continue;
    }
    emit({.kind = Effect::Kind::start_child, .run = index, .attempt = static_cast<int>(i) + 1});
  }
  if (progress.finished == progress.lanes) end_items(index);
}

void Decider::item_ended(int index) {
  TaskRun& run = execution_.run(index);
  Progress& progress = *run.progress;
  const auto batch = static_cast<std::size_t>(event_.value["batch"].int_or(-1));
  if (batch >= progress.results.size() || !progress.results[batch].is_null()) return refuse();
  progress.results[batch] = event_.value;
  if (!event_.error.empty()) log(index, event_.error);
  State end = event_.state == State::created ? State::success : event_.state;
  if (!run.settings["transmitFailed"].bool_or(true) && event_.error.empty()) end = State::success;
  if (end == State::cancelled || (end == State::killed && !is_draining())) end = State::failed;
  progress.worst = worse(progress.worst, end);
  if (++progress.finished == progress.lanes) end_items(index);
}

void Decider::end_items(int index) {
  TaskRun& run = execution_.run(index);
  run.is_waiting_for_child = false;
  run.attempts.back().state.enter(run.progress->worst, event_.at);
  emit({.kind = Effect::Kind::evaluate, .run = index, .aspect = Aspect::collect});
}

// Tasks written below a Pause (an older form) run once it is resumed.
void Decider::start_later_tasks(int index) {
  TaskRun& run = execution_.run(index);
  leave_pause();
  run.is_resumed = true;
  run.wake_at.reset();
  open_list(index, execution_.task_of(run).tasks, 1, 1);
}

void Decider::end_round(int index) {
  TaskRun& run = execution_.run(index);
  Progress& progress = *run.progress;
  const auto finish_with = [&](State end) {
    progress.phase = Phase::errors;
    progress.worst = worse(progress.worst, end);
    end_side_list(index);
  };
  if (event_.value.bool_or(false)) return finish_with(State::success);
  run.outputs = format::Value::object({{"iterationCount", progress.round + 1}});
  const format::Value& settings = run.settings;
  const base::Instant due = event_.at + micros_of(settings["interval"]);
  const bool is_over = (settings["maxIterations"].is_int() &&
                        progress.round + 1 > settings["maxIterations"].as_int()) ||
                       (settings["maxDuration"].is_int() &&
                        due > run.state.steps().front().at + micros_of(settings["maxDuration"]));
  if (is_over) {
    log(index,
        "the condition was still false after " + std::to_string(progress.round) +
            " rounds; raise checkFrequency.maxIterations or maxDuration");
    return finish_with(
        settings["failOnMaxReached"].bool_or(false) ? State::failed : State::success);
  }
  // The runs of this round make place for those of the next.
  for (const int child : progress.of_round) execution_.run(child).is_replaced = true;
  progress.of_round.clear();
  ++progress.round;
  progress.next_lane = 0;
  progress.finished = 0;
  run.wake_at = due;
  emit({.kind = Effect::Kind::timer, .run = index, .aspect = Aspect::round, .at = due});
}

void Decider::exit_with(int index) {
  const State end = flow::state_of(event_.value.text_or("SUCCESS")).value_or(State::success);
  if (end == State::killed) {
    close_attempt(index, end);
    execution_.run(index).state.enter(end, event_.at);
    close_slot(index);
    return on_kill();
  }
  for (int at = index; at >= 0; at = execution_.run(at).parent) {
    TaskRun& run = execution_.run(at);
    close_attempt(at, end);
    run.state.enter(end, event_.at);
    if (run.progress) abandon_children(at, end);
  }
  execution_.progress.worst = end;
  end_execution(end);
}

void Decider::change_labels() {
  if (!event_.value.is_object()) return;
  Labels labels;
  for (const auto& [key, value] : event_.value.as_object())
    labels.emplace_back(key, value.text_or(""));
  add_labels(labels);
}

void Decider::add_labels(const Labels& labels) {
  for (const auto& label : labels) {
    const auto found = std::find_if(
        execution_.labels.begin(), execution_.labels.end(), [&label](const auto& known) {
          return known.first == label.first;
        });
    if (found != execution_.labels.end())
      found->second = label.second;
    else
      execution_.labels.push_back(label);
  }
}

void Decider::change_variables(const Task& task) {
  format::Object variables;
  if (execution_.variables.is_object()) variables = execution_.variables.as_object();
  if (task.kind == TaskKind::unset_variables) {
    if (event_.value.is_array())
      for (const format::Value& name : event_.value.as_array()) variables.erase(name.text_or(""));
  } else if (event_.value.is_object()) {
    for (const auto& [key, value] : event_.value.as_object()) variables.set(key, value);
  }
  execution_.variables = std::move(variables);
}

}  // namespace outlay::flow
