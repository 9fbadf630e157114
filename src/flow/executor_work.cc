// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <thread>

#include "base/log.h"
#include "flow/executor.h"
#include "flow/scheduler.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

namespace {

constexpr std::string_view kInsertLog =
    "INSERT INTO flow_logs (execution, task, task_run, attempt, level, time, message) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kInsertMetric =
    "INSERT INTO flow_metrics (execution, namespace, flow_id, task, task_run, name, type, value, "
    "tags, time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kKeepOutputs =
    "INSERT OR REPLACE INTO flow_task_cache (key, outputs, created) VALUES (?, ?, ?)";
/// How often a subflow is tried when the store does not answer.
constexpr int kTriesMax = 30;
constexpr base::Duration kLogDelay = std::chrono::milliseconds(100);

}  // namespace

// ---- attempts
// --------------------------------------------------------------------------------------------------

std::optional<WorkItem> Executor::take() {
  auto item = ready_.try_pop();
  if (!item || item->live) return item;
  if (item->job)
    item->job();
  else
    pump();
  return take();
}

Event Executor::try_task(const WorkItem& item) {
  std::shared_ptr<AttemptControl> control;
  {
    const base::Lock lock(item.live->mutex);
    const auto found = item.live->attempts.find({item.run, item.attempt});
    if (found != item.live->attempts.end()) control = found->second;
  }
  const base::Instant started = clock_.now();
  Event event;
  event.state = State::killed;
  if (control && !control->stop) {
    control->started = started.time_since_epoch().count();
    event = run_task(item, control);
  }
  event.kind = Event::Kind::attempt_ended;
  event.run = item.run;
  event.attempt = item.attempt;
  event.started = started;
  return event;
}

void Executor::settle(const WorkItem& item, Event event) {
  event.at = clock_.now();
  {
    const base::Lock lock(item.live->mutex);
    const auto found = item.live->attempts.find({item.run, item.attempt});
    if (found != item.live->attempts.end()) {
      if (found->second->timeout) timers_.cancel(*found->second->timeout);
      item.live->attempts.erase(found);
    }
  }
  post(item.live, event);
}

bool Executor::is_stopped(const WorkItem& item) const {
  const base::Lock lock(item.live->mutex);
  const auto found = item.live->attempts.find({item.run, item.attempt});
  return found == item.live->attempts.end() || found->second->stop;
}

Event Executor::run_task(const WorkItem& item, const std::shared_ptr<AttemptControl>& control) {
  Event event;
  RunningAttempt attempt(house_, item, control);
  const auto armed = arm_timeout(item, attempt, control);
  const std::string cache_key = attempt.task().is_cached ? key_of_cache(attempt) : "";
  if (auto cached = cached_outputs(attempt, cache_key); cached) {
    event.state = State::success;
    event.value = *cached;
    return event;
  }
  Result<TaskEnd> end = armed ? attempt.task().work->run(attempt, attempt.task().properties)
                              : Result<TaskEnd>(armed.error());
  event.files = attempt.left_files();
  std::optional<base::Error> failure;
  if (end) {
    event.state = end->is_warning ? State::warning : State::success;
    if (!end->outputs.empty()) event.value = Value(std::move(end->outputs));
    failure = end->failure;
    if (!failure && !cache_key.empty()) keep_outputs(cache_key, event.value);
  } else {
    failure = end.error();
  }
  if (failure) {
    event.state = control->stop && !control->is_timed_out ? State::killed : State::failed;
    event.error = failure->text();
    attempt.log(base::LogLevel::error, event.error);
  }
  return event;
}

// ---- outputs of an earlier attempt instead of the work

std::string Executor::key_of_cache(const RunningAttempt& attempt) {
  const auto rendered =
      expr::render_deep(attempt.task().properties, attempt.scope(), attempt.environment(), true);
  if (!rendered) return "";
  return io::sha256_hex(
      std::string(attempt.name_space()) + "/" + std::string(attempt.flow_id()) + "/" +
      attempt.task().id + "/" + format::print_json(*rendered));
}

std::optional<Value> Executor::cached_outputs(
    RunningAttempt& attempt, const std::string& cache_key) {
  if (cache_key.empty()) return std::nullopt;
  const auto rows =
      state_.read("SELECT outputs, created FROM flow_task_cache WHERE key = ?", {cache_key});
  if (!rows || rows->rows.empty()) return std::nullopt;
  const auto written = base::parse_instant(rows->rows[0][1].value_or(""));
  const auto ttl =
      text_property(attempt, Value::object({{"ttl", attempt.task().cache_ttl}}), "ttl");
  const auto length = base::parse_duration(ttl ? *ttl : "");
  if (length && written && *written + *length < clock_.now()) return std::nullopt;
  const auto outputs = format::parse_json(rows->rows[0][0].value_or("null"));
  if (!outputs) return std::nullopt;
  attempt.log(base::LogLevel::info, "the outputs were taken from the task cache");
  return *outputs;
}

void Executor::keep_outputs(const std::string& cache_key, const Value& outputs) {
  Journal::Entry entry;
  entry.is_lazy = true;
  entry.statements.push_back(
      {kKeepOutputs, {cache_key, format::print_json(outputs), base::print_instant(clock_.now())}});
  journal_.enqueue(std::move(entry));
}

void Executor::book_metric(const RunningAttempt& attempt, const Metric& metric) {
  format::Object tags;
  for (const auto& [key, value] : metric.tags) tags.set(key, value);
  const LogLine line = attempt.line(base::LogLevel::info, "");
  Journal::Entry entry;
  entry.is_lazy = true;
  entry.statements.push_back(
      {kInsertMetric,
       {line.execution_id,
        std::string(attempt.name_space()),
        std::string(attempt.flow_id()),
        line.task_id,
        line.task_run_id,
        metric.name,
        metric.type,
        format::print_double(metric.value),
        format::print_json(Value(std::move(tags))),
        base::print_instant(clock_.now())}});
  journal_.enqueue(std::move(entry));
}

Result<Done> Executor::arm_timeout(
    const WorkItem& item,
    const RunningAttempt& attempt,
    const std::shared_ptr<AttemptControl>& control) {
  const std::string& written = attempt.task().timeout;
  if (written.empty()) return Done{};
  const auto limit = [&]() -> Result<base::Duration> {
    const auto compiled = TRY(expr::Template::parse(written));
    return base::parse_duration(TRY(compiled.render(attempt.scope(), attempt.environment())));
  }();
  if (!limit) return limit.error().within("property timeout");
  const base::Duration length = *limit;
  const base::Instant started = clock_.now();
  LogLine line = attempt.line(
      base::LogLevel::error,
      "the task ran longer than its timeout of " + base::print_duration(length));
  control->timeout = timers_.add(started + length, [this, item, control, line, started] {
    control->is_timed_out = true;
    control->stop = true;
    log(line);
    Event event;
    event.kind = Event::Kind::attempt_ended;
    event.state = State::failed;
    event.run = item.run;
    event.attempt = item.attempt;
    event.started = started;
    event.at = clock_.now();
    post(item.live, event);
  });
  return Done{};
}

// ---- logs
// ------------------------------------------------------------------------------------------------------

void Executor::log_error(const Execution& execution, int run, const std::string& message) {
  LogLine line;
  line.execution_id = execution.id;
  line.level = "ERROR";
  line.message = message;
  if (run >= 0) {
    line.task_id = execution.task_of(execution.run(run)).id;
    line.task_run_id = run_id(execution, run);
  }
  log(std::move(line));
}

void Executor::log(LogLine line) {
  Journal::Entry entry;
  entry.is_lazy = true;
  entry.statements.push_back(
      {kInsertLog,
       {line.execution_id,
        line.task_id,
        line.task_run_id,
        std::int64_t{line.attempt},
        line.level,
        base::print_instant(clock_.now()),
        base::masked(line.message)}});
  if (has_listeners_) entry.then = [this, id = line.execution_id] { tell({"log", id, ""}); };
  journal_.enqueue(std::move(entry));
  if (flush_is_due_.exchange(true)) return;
  timers_.add(clock_.now() + kLogDelay, [this] {
    flush_is_due_ = false;
    journal_.flush();
  });
}

// ---- subflows
// --------------------------------------------------------------------------------------------------

/// A subflow that is to be started.
struct Executor::Child {
  std::string id;
  NewExecution request;
  Labels inherited;
  format::Object link;
  std::string failed_id;  ///< one that ended badly and is to be restarted instead
  int attempt = 0, batch = -1;
  bool is_waited_for = true;
};

namespace {

Value trigger_of(const Execution& execution, int run) {
  const TaskRun& parent = execution.run(run);
  format::Object variables;
  variables.set("executionId", execution.id);
  variables.set("namespace", execution.flow->name_space);
  variables.set("flowId", execution.flow->id);
  variables.set("flowRevision", static_cast<std::int64_t>(execution.flow->revision));
  variables.set("taskRunId", run_id(execution, run));
  if (parent.iteration >= 0) {
    variables.set("taskRunValue", parent.value);
    variables.set("taskRunIteration", parent.iteration);
  }
  return Value::object(
      {{"id", execution.task_of(parent).id},
       {"type", execution.task_of(parent).type},
       {"variables", std::move(variables)}});
}

// A subflow that failed before its task was restarted is restarted too, rather than begun anew.
std::string failed_child(const TaskRun& run) {
  bool was_restarted = false;
  for (const Track::Step& step : run.state.steps())
    was_restarted = was_restarted || step.state == State::restarted;
  if (!was_restarted || run.settings["restartBehavior"].text_or("") != "RETRY_FAILED") return "";
  return run.outputs["executionId"].text_or("");
}

Value end_value(const std::string& id, State state, const Value& outputs) {
  return Value::object({{"executionId", id}, {"state", state_name(state)}, {"outputs", outputs}});
}

}  // namespace

Executor::Child Executor::child_of(const Live& live, int run, int batch) const {
  const Execution& execution = live.execution;
  const TaskRun& parent = execution.run(run);
  const Value& settings = parent.settings;
  const Value& own =
      batch < 0 ? settings : settings["batches"].as_array()[static_cast<std::size_t>(batch)];
  Child child;
  child.batch = batch;
  child.id = child_id(execution, run, batch);
  child.attempt = static_cast<int>(parent.attempts.size());
  child.is_waited_for = settings["wait"].bool_or(true);
  if (batch < 0) child.failed_id = failed_child(parent);
  NewExecution& request = child.request;
  request.name_space = settings["namespace"].text_or("");
  request.flow_id = settings["flowId"].text_or("");
  request.schedule_date = settings["scheduleDate"].text_or("");
  request.kind = execution.kind;
  if (settings["revision"].is_int()) request.revision = settings["revision"].as_int();
  if (own["inputs"].is_object()) request.inputs = own["inputs"].as_object();
  const bool inherits = settings["inheritLabels"].bool_or(false);
  for (const auto& label : execution.labels)
    if (inherits || label.first == "system.correlationId") child.inherited.push_back(label);
  if (own["labels"].is_object())
    for (const auto& [key, value] : own["labels"].as_object())
      request.labels.emplace_back(
          key, value.is_text() ? value.as_text() : format::print_json(value));
  request.labels.emplace_back("system.from", "subflow");
  request.trigger = trigger_of(execution, run);
  child.link.set("parentId", execution.id);
  if (child.is_waited_for) child.link.set("parentRun", run);
  child.link.set("parentAttempt", child.attempt);
  if (batch >= 0) child.link.set("parentBatch", batch);
  return child;
}

// Leaves `answer` without a value while the subflow runs.
Result<Done> Executor::begin_child(const Child& child, Event& answer) {
  if (find_live(child.id)) return Done{};
  // After a crash it may have been started, and even ended, before.
  const auto rows = TRY(state_.read(
      "SELECT state, body FROM flow_executions WHERE id = ? AND finished > 0", {child.id}));
  if (!rows.rows.empty()) {
    const Value body = TRY(format::parse_json(rows.rows[0][1].value_or("null")));
    answer.state = state_of(rows.rows[0][0].value_or("")).value_or(State::failed);
    answer.value = end_value(child.id, answer.state, body["outputs"]);
    return Done{};
  }
  if (!child.failed_id.empty()) {
    Event event;
    event.kind = Event::Kind::restarted;
    event.value = Value::object({{"parentAttempt", child.attempt}});
    event.at = clock_.now();
    const auto failed = revive(child.failed_id);
    if (failed && post(*failed, event)) return Done{};
  }
  Start start;
  start.id = child.id;
  start.flow = TRY(
      definitions_.flow(child.request.name_space, child.request.flow_id, child.request.revision));
  if (start.flow->is_disabled)
    return base::conflict("the flow " + child.request.flow_id + " is disabled");
  std::vector<std::string> ignored;
  const Value given =
      TRY(created_value({*start.flow, child.request, child.id, child.inherited}, ignored));
  format::Object whole = given.as_object();
  for (const auto& [key, value] : child.link) whole.set(key, value);
  start.given = Value(std::move(whole));
  TRY(accept(start, false));
  return Done{};
}

void Executor::start_child(const LiveRef& live, int run, int batch, int tries) {
  Child child;
  {
    const base::Lock lock(live->mutex);
    child = child_of(*live, run, batch);
  }
  Event answer;
  answer.kind = Event::Kind::child_ended;
  answer.run = run;
  answer.attempt = child.attempt;
  const auto started = begin_child(child, answer);
  answer.at = clock_.now();
  // A disk that does not answer for a moment is no failed subflow.
  if (!started && is_passing(started.error()) && tries < kTriesMax)
    return later([this, live, run, batch, tries] { start_child(live, run, batch, tries + 1); });
  if (!started) {
    answer.state = State::failed;
    answer.value = Value::object({{"state", "FAILED"}});
    answer.error = started.error().within("the subflow was not started").text();
  } else if (!child.is_waited_for) {
    answer.state = State::created;
    answer.value = Value::object({{"executionId", child.id}, {"state", "CREATED"}});
  } else if (answer.value.is_null()) {
    return;
  }
  if (batch >= 0) {
    format::Object about = answer.value.as_object();
    about.set("batch", batch);
    answer.value = Value(std::move(about));
  }
  post(live, answer);
}

// ---- life
// ------------------------------------------------------------------------------------------------------

void Executor::work() {
  take_items_myself();
  while (auto item = ready_.pop()) {
    if (item->job) {
      item->job();
      continue;
    }
    if (!item->live) {
      pump();
      continue;
    }
    ++working_;
    settle(*item, try_task(*item));
    --working_;
  }
}

Result<Done> Executor::start(bool with_scheduler) {
  if (!threads_.empty()) return base::conflict("the engine was started already");
  for (int i = 0; i < settings_.workers; ++i) threads_.emplace_back([this] { work(); });
  threads_.emplace_back([this] {
    while (timers_.wait()) timers_.fire();
  });
  resume_recovered(with_scheduler);
  return Done{};
}

void Executor::stop(base::Duration grace) {
  scheduler_->stop();
  ready_.stop();
  timers_.stop();
  const auto until = clock_.now() + grace;
  while (working_ > 0 && clock_.now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  is_stopping_ = true;
  {
    const base::Lock lock(lives_mutex_);
    for (const auto& [id, live] : lives_) {
      const base::Lock inner(live->mutex);
      for (const auto& [place, control] : live->attempts) control->stop = true;
      live->done.notify_all();
    }
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (!journal_.is_stuck()) journal_.flush();
}

}  // namespace outlay::flow
