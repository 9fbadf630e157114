// SPDX-License-Identifier: Apache-2.0
// What people do to executions that exist: resume, restart, replay, pause, change.
#include <algorithm>

#include "base/text.h"
#include "flow/deciding.h"
#include "flow/executor.h"
#include "flow/inputs.h"
#include "flow/scheduler.h"
#include "flow/scope.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

namespace {

Event event_of_kind(Event::Kind kind, base::Instant at) {
  Event event;
  event.kind = kind;
  event.at = at;
  return event;
}

Value list_of(const std::vector<std::string>& texts) {
  format::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return Value(std::move(out));
}

constexpr std::string_view kCopyEvents =
    "INSERT INTO flow_events (execution, step, body) SELECT ?, step, body FROM flow_events "
    "WHERE execution = ?";

}  // namespace

/// Sends an event to an execution; `is_revived`: to one that ended, too.
Result<Done> Executor::post_to(
    std::string_view id, Event event, std::string_view refusal, bool is_revived) {
  const std::string name(id);
  const auto live = is_revived ? TRY(revive(name)) : find_live(name);
  event.at = clock_.now();
  bool is_accepted = false;
  bool is_over = false;
  std::uint64_t ticket = 0;
  if (live) {
    const base::Lock lock(live->mutex);
    is_accepted = advance(live, std::move(event));
    is_over = live->execution.is_finished;
    live->is_done = is_over;
    ticket = live->ticket;
  }
  if (is_accepted) {
    pump();
    journal_.wait(ticket);
  }
  if (is_over) {
    const base::Lock lock(lives_mutex_);
    lives_.erase(name);
  }
  if (is_accepted) return Done{};
  const Value found = TRY(execution(id));
  return base::conflict(
      "the execution " + name + " is " + found["state"]["current"].text_or("?") + "; " +
      std::string(refusal));
}

// ---- pause and resume

// Inputs of the Pause tasks that wait, as they declare them; others pass as they are.
Result<Done> Executor::check_given(const Execution& execution, format::Object& inputs) {
  for (const TaskRun& run : execution.runs) {
    const Task& task = execution.task_of(run);
    if (run.state.current() != State::paused || task.on_resume.empty()) continue;
    const auto environment = plain_environment(clock_, secrets_, *this, execution.flow->name_space);
    const expr::Scope outer(execution_variables(execution, house_.key), &globals_);
    std::vector<std::string> ignored;
    const Value resolved =
        TRY(resolve_inputs(task.on_resume, inputs, outer, environment, house_.key, ignored));
    inputs = resolved.as_object();
  }
  return Done{};
}

Result<CheckedInputs> Executor::check_resume(std::string_view id, const format::Object& inputs) {
  const auto live = find_live(id);
  if (!live) {
    TRY(execution(id));
    return base::conflict("the execution " + std::string(id) + " is not paused; it has ended");
  }
  CheckedInputs checked;
  format::Object given = inputs;
  const base::Lock lock(live->mutex);
  const auto fine = check_given(live->execution, given);
  if (fine)
    checked.inputs = Value(std::move(given));
  else
    checked.problems = base::split_trimmed(fine.error().text(), '\n');
  return checked;
}

Result<Done> Executor::resume(std::string_view id, const format::Object& inputs) {
  const auto live = find_live(id);
  if (!live) {
    TRY(execution(id));
    return base::conflict("the execution " + std::string(id) + " is not paused; it has ended");
  }
  Event event = event_of_kind(Event::Kind::resume, clock_.now());
  format::Object given = inputs;
  {
    // Of several that wait the first goes on; one that a person paused goes on when none is left.
    const base::Lock lock(live->mutex);
    TRY(check_given(live->execution, given));
    const auto& runs = live->execution.runs;
    const auto first = std::find_if(runs.begin(), runs.end(), [](const TaskRun& run) {
      return run.state.current() == State::paused;
    });
    if (first != runs.end()) event.run = static_cast<int>(first - runs.begin());
  }
  format::Object outputs;
  outputs.set("onResume", std::move(given));
  outputs.set("resumed", Value::object({{"on", base::print_instant(event.at)}, {"to", "RUNNING"}}));
  event.value = std::move(outputs);
  if (post(live, event)) return Done{};
  return base::conflict("the execution " + std::string(id) + " is not paused");
}

Result<Done> Executor::pause(std::string_view id) {
  return post_to(
      id, event_of_kind(Event::Kind::hold, {}), "only a running one can be paused", false);
}

Result<Done> Executor::force_run(std::string_view id) {
  return post_to(
      id,
      event_of_kind(Event::Kind::forced, {}),
      "only a created, queued or paused one can be forced to run",
      false);
}

Result<Done> Executor::unqueue(std::string_view id, State state) {
  Event event = event_of_kind(Event::Kind::unqueued, {});
  event.state = state;
  const auto live = find_live(id);
  if (live && live->flow->concurrency) {
    const base::Lock lock(slots_mutex_);
    auto& queued = slots_[live->flow->name_space + "/" + live->flow->id].queued;
    queued.erase(std::remove(queued.begin(), queued.end(), live), queued.end());
  }
  return post_to(id, std::move(event), "only a queued one can leave the queue", false);
}

Result<Done> Executor::resume_from_breakpoint(
    std::string_view id, const std::vector<std::string>& breakpoints) {
  Event event = event_of_kind(Event::Kind::proceed, {});
  event.value = list_of(breakpoints);
  return post_to(id, std::move(event), "it does not stand at a breakpoint", false);
}

// ---- changes of what ended

Result<Done> Executor::change_status(std::string_view id, State state) {
  if (!is_terminal(state))
    return base::invalid_input(
        "the new state must be one an execution can end in; found " +
        std::string(state_name(state)));
  Event event = event_of_kind(Event::Kind::status_set, {});
  event.state = state;
  return post_to(
      id, std::move(event), "only one that ended and was not killed can be changed", true);
}

Result<Done> Executor::change_run_state(
    std::string_view id, std::string_view task_run_id, State state) {
  const auto live = TRY(revive(std::string(id)));
  Event event = event_of_kind(Event::Kind::run_set, {});
  event.state = state;
  {
    const base::Lock lock(live->mutex);
    event.run = find_run(live->execution, task_run_id);
  }
  if (event.run < 0 || !is_terminal(state))
    return base::invalid_input(
        event.run < 0 ? "no task run with the id " + std::string(task_run_id) +
                            " in the execution " + std::string(id)
                      : "the new state must be one a task run can end in; found " +
                            std::string(state_name(state)));
  return post_to(
      id, std::move(event), "only one that ended and was not killed can be changed", true);
}

Result<Done> Executor::set_labels(
    std::string_view id, const std::vector<std::pair<std::string, std::string>>& labels) {
  const Value found = TRY(execution(id));
  const auto state = state_of(found["state"]["current"].text_or(""));
  if (!state || !is_terminal(*state))
    return base::conflict(
        "labels can be set once the execution has ended; it is " +
        found["state"]["current"].text_or("?"));
  format::Object map;
  for (const auto& [key, value] : labels) {
    if (key.rfind("system.", 0) == 0)
      return base::invalid_input("labels that begin with system. cannot be set; found " + key);
    map.set(key, value);
  }
  Event event = event_of_kind(Event::Kind::labeled, {});
  event.value = Value(std::move(map));
  return post_to(id, std::move(event), "its labels cannot be set", true);
}

Result<std::string> Executor::evaluate_expression(
    std::string_view id, std::string_view task_run_id, std::string_view expression) {
  const bool is_running = find_live(id) != nullptr;
  const auto live = TRY(revive(std::string(id)));
  const auto rendered = [&]() -> Result<std::string> {
    const base::Lock lock(live->mutex);
    const Execution& known = live->execution;
    const int run = task_run_id.empty() ? -1 : find_run(known, task_run_id);
    if (run < 0 && !task_run_id.empty())
      return base::not_found("no task run with the id " + std::string(task_run_id));
    Mentions all;
    all.all_outputs = all.tasks = true;
    const expr::Scope outer(execution_variables(known, house_.key), &globals_);
    const expr::Scope scope(
        run < 0 ? flow_variables(known, all) : run_variables(known, run, all), &outer);
    const auto compiled = TRY(expr::Template::parse(expression));
    return compiled.render(scope, evaluation_environment(*live, run));
  }();
  if (!is_running) {
    const base::Lock lock(lives_mutex_);
    lives_.erase(std::string(id));
  }
  if (!rendered) return rendered.error();
  return base::masked(*rendered);
}

// ---- again

Result<std::string> Executor::restart(std::string_view id, std::optional<long long> revision) {
  const std::string name(id);
  const auto live = TRY(revive(name));
  if (revision && *revision != live->flow->revision) {
    Replay what;
    what.revision = revision;
    {
      const base::Lock lock(live->mutex);
      for (std::size_t i = 0; i < live->execution.runs.size() && what.task_run_id.empty(); ++i) {
        const TaskRun& run = live->execution.runs[i];
        if (is_failure(run.state.current()) && !run.progress &&
            !is_hidden(live->execution, static_cast<int>(i)))
          what.task_run_id = run_id(live->execution, static_cast<int>(i));
      }
    }
    return replay(id, what);
  }
  TRY(post_to(
      id,
      event_of_kind(Event::Kind::restarted, {}),
      "only one that ended or is paused, and was not killed, can be restarted",
      true));
  return name;
}

Result<std::string> Executor::replay_whole(const LiveRef& old, const Replay& what) {
  Start start;
  start.id = make_id_();
  start.flow = what.revision
                   ? TRY(definitions_.flow(old->flow->name_space, old->flow->id, what.revision))
                   : old->flow;
  format::Object given;
  {
    const base::Lock lock(old->mutex);
    given = again_value(old->execution);
  }
  if (what.inputs) {
    std::vector<std::string> ignored;
    const auto environment = plain_environment(clock_, secrets_, *this, start.flow->name_space);
    given.set(
        "inputs",
        TRY(resolve_inputs(
            start.flow->inputs, *what.inputs, globals_, environment, house_.key, ignored)));
  }
  given.set("variables", start.flow->variables);
  format::Object labels = given.find("labels")->as_object();
  labels.set("system.replay", "true");
  given.set("labels", std::move(labels));
  if (!what.breakpoints.empty()) given.set("breakpoints", list_of(what.breakpoints));
  start.given = Value(std::move(given));
  return accept(start, true);
}

// The new execution's journal begins with a copy of the old one's.
Result<std::string> Executor::replay_from(const LiveRef& old, const Replay& what) {
  const auto flow =
      what.revision ? TRY(definitions_.flow(old->flow->name_space, old->flow->id, what.revision))
                    : old->flow;
  Event event = event_of_kind(Event::Kind::replayed, clock_.now());
  format::Object given;
  {
    const base::Lock lock(old->mutex);
    event.run = find_run(old->execution, what.task_run_id);
    given = again_value(old->execution);
  }
  if (event.run < 0)
    return base::not_found("no task run with the id " + what.task_run_id + " in that execution");
  for (const char* name : {"labels", "variables", "trigger"}) given.erase(name);
  if (what.inputs) {
    std::vector<std::string> ignored;
    const auto environment = plain_environment(clock_, secrets_, *this, flow->name_space);
    given.set(
        "inputs",
        TRY(resolve_inputs(
            flow->inputs, *what.inputs, globals_, environment, house_.key, ignored)));
  }
  given.set("fromRevision", static_cast<std::int64_t>(old->flow->revision));
  if (!what.breakpoints.empty()) given.set("breakpoints", list_of(what.breakpoints));
  event.value = Value(std::move(given));
  const std::string id = make_id_();
  const std::int64_t number = next_number_.fetch_add(1);
  const std::string now = base::print_instant(event.at);
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run(
        "INSERT INTO flow_executions (number, id, namespace, flow_id, revision, state, created) "
        "VALUES (?, ?, ?, ?, ?, 'CREATED', ?)",
        {number, id, flow->name_space, flow->id, std::int64_t{flow->revision}, now}));
    TRY(transaction.run(kCopyEvents, {number, std::int64_t{old->number}}));
    return Done{};
  });
  if (!written) return written.error();
  TRY(load(number, id, old->flow, true));
  const auto live = find_live(id);
  bool is_accepted = false;
  {
    const base::Lock lock(live->mutex);
    live->is_kept_finished = false;
    live->execution.next_flow = flow;
    live->earlier_flows.push_back(live->flow);
    live->flow = flow;
    is_accepted = advance(live, std::move(event));
    live->execution.next_flow.reset();
  }
  if (!is_accepted) return base::internal_error("the replay of " + id + " was refused");
  pump();
  return id;
}

Result<std::string> Executor::replay(std::string_view id, const Replay& what) {
  const bool is_running = find_live(id) != nullptr;
  const auto old = TRY(revive(std::string(id)));
  auto begun = what.task_run_id.empty() ? replay_whole(old, what) : replay_from(old, what);
  if (!is_running) {
    const base::Lock lock(lives_mutex_);
    lives_.erase(std::string(id));
  }
  return begun;
}

// ---- removal

Result<Done> Executor::remove_execution(std::string_view id) {
  const Value found = TRY(execution(id));
  if (find_live(id))
    return base::conflict(
        "the execution " + std::string(id) + " has not ended; kill it before it is removed");
  const std::string name(id);
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run(
        "DELETE FROM flow_events WHERE execution = "
        "(SELECT number FROM flow_executions WHERE id = ?)",
        {name}));
    TRY(transaction.run("DELETE FROM flow_logs WHERE execution = ?", {name}));
    TRY(transaction.run("DELETE FROM flow_metrics WHERE execution = ?", {name}));
    TRY(transaction.run("DELETE FROM flow_executions WHERE id = ?", {name}));
    return Done{};
  });
  if (!written) return written.error();
  TRY(io::remove_tree(files_.execution_folder(name)));
  return io::remove_tree(
      files_.stored_folder(found["namespace"].text_or(""), found["flowId"].text_or(""), name));
}

Result<std::vector<MetricPoint>> Executor::metrics(std::string_view execution_id) {
  if (!Deciding::is_going_on()) journal_.flush();
  const auto rows = TRY(state_.read(
      "SELECT execution, task, task_run, name, type, time, value, tags FROM flow_metrics "
      "WHERE execution = ? ORDER BY id",
      {std::string(execution_id)}));
  std::vector<MetricPoint> out;
  for (const auto& row : rows.rows) {
    MetricPoint point;
    point.execution_id = row[0].value_or("");
    point.task_id = row[1].value_or("");
    point.task_run_id = row[2].value_or("");
    point.name = row[3].value_or("");
    point.type = row[4].value_or("");
    point.time = row[5].value_or("");
    point.value = std::stod(row[6].value_or("0"));
    point.tags = TRY(format::parse_json(row[7].value_or("{}")));
    out.push_back(std::move(point));
  }
  return out;
}

}  // namespace outlay::flow
