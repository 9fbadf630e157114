// SPDX-License-Identifier: Apache-2.0
#include "api/ops/flow_run.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "api/ops/execution_control.h"
#include "api/ops/flow_json.h"
#include "api/ops/given_files.h"
#include "api/parts.h"
#include "base/log.h"
#include "base/mutex.h"

namespace outlay::api {

using base::Result;
using format::Value;

Result<std::vector<std::pair<std::string, std::string>>> labels_of(
    const Request& request, char separator) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& label : request.list("labels")) {
    const std::size_t at = label.find(separator);
    if (at == std::string::npos || at == 0) {
      return base::invalid_input(
          std::string("A label is written key") + separator + "value, but this one is \"" + label +
          "\".");
    }
    out.emplace_back(label.substr(0, at), label.substr(at + 1));
  }
  return out;
}

namespace {

Result<flow::StoredFlow> save_file(flow::Engine& engine, const std::string& file) {
  const std::string text = TRY(io::read_file(file));
  std::optional<flow::StoredFlow> first;
  for (const std::string& document : split_documents(text)) {
    flow::StoredFlow saved = TRY(engine.save(document, file));
    if (!first) first = std::move(saved);
  }
  return *std::move(first);
}

bool is_terminal(std::string_view state) {
  for (const std::string_view end :
       {"SUCCESS",
        "WARNING",
        "FAILED",
        "KILLED",
        "CANCELLED",
        "RETRIED",
        "SKIPPED",
        "RESUBMITTED"}) {
    if (state == end) return true;
  }
  return false;
}

/// Wakes the waiting thread when something happened to the execution.
class Bell {
 public:
  void ring() {
    const base::Lock lock(mutex_);
    has_rung_ = true;
    condition_.notify_all();
  }

  /// Until it rings, or for `time` at most.
  void wait(std::chrono::microseconds time) {
    const base::Lock lock(mutex_);
    if (!has_rung_) condition_.wait_for(mutex_, time);
    has_rung_ = false;
  }

 private:
  base::Mutex mutex_;
  base::Condition condition_;
  bool has_rung_ GUARDED_BY(mutex_) = false;
};

/// One run that is waited for.
struct Watched {
  flow::Engine& engine;
  std::string id;
  std::string until;
  std::optional<base::Instant> deadline;
  long long last_log = 0;
};

Result<base::Done> tell_logs(Watched& watched, const CallHooks& hooks) {
  if (!hooks.logged) return base::Done();
  const std::vector<flow::LogLine> lines =
      TRY(watched.engine.logs(watched.id, watched.last_log, 10'000));
  for (const flow::LogLine& line : lines) {
    hooks.logged(log_json(line));
    watched.last_log = line.id;
  }
  return base::Done();
}

Result<Value> watch(Watched& watched, const CallHooks& hooks, const base::Clock& clock) {
  auto bell = std::make_shared<Bell>();
  const long long handle =
      watched.engine.listen([bell, id = watched.id](const flow::EngineEvent& event) {
        if (event.execution_id == id) bell->ring();
      });
  const std::shared_ptr<void> end(nullptr, [&](void*) { watched.engine.unlisten(handle); });
  while (true) {
    Value execution = TRY(watched.engine.execution(watched.id));
    TRY(tell_logs(watched, hooks));
    const std::string state = execution["state"]["current"].text_or("");
    if (is_terminal(state) || state == watched.until) return execution;
    // Looks again after a while in any case, so that a missed event costs time and not the answer.
    std::chrono::microseconds time = std::chrono::seconds(1);
    if (watched.deadline) {
      const base::Instant now = clock.now();
      if (now >= *watched.deadline) return execution;
      time = std::min(time, *watched.deadline - now);
    }
    bell->wait(time);
  }
}

Result<Value> with_logs(flow::Engine& engine, const Value& execution) {
  format::Object out = execution.as_object();
  format::Array logs;
  for (flow::LogLine& line : TRY(engine.logs(execution["id"].text_or(""), 0, 1'000'000))) {
    line.name_space = execution["namespace"].text_or("");
    line.flow_id = execution["flowId"].text_or("");
    logs.push_back(log_json(line));
  }
  out.set("logs", Value(std::move(logs)));
  return Value(std::move(out));
}

std::optional<base::Duration> time_left(const Watched& watched, const base::Clock& clock) {
  if (!watched.deadline) return std::nullopt;
  return std::max(base::Duration::zero(), *watched.deadline - clock.now());
}

/// The whole of an execution that has a terminal state: what runs after it is over, too.
Result<Value> settled(Watched& watched, const CallHooks& hooks, const base::Clock& clock) {
  Value execution = TRY(watched.engine.wait(watched.id, time_left(watched, clock)));
  TRY(tell_logs(watched, hooks));
  return execution;
}

/// Subflows that were not waited for, and what flow triggers started.
Result<std::vector<Value>> other_executions(
    const Watched& watched, const base::Clock& clock, bool wants_logs) {
  std::map<std::string, Value> ended;
  while (true) {
    flow::ExecutionFilter all;
    all.size = 100'000;
    const Value found = TRY(watched.engine.executions(all));
    bool has_more = false;
    for (const Value& one : found["results"].as_array()) {
      const std::string id = one["id"].text_or("");
      if (id == watched.id || ended.contains(id)) continue;
      has_more = true;
      const bool can_end = one["state"]["current"].text_or("") != "PAUSED";
      const Value last = can_end ? TRY(watched.engine.wait(id, time_left(watched, clock))) : one;
      ended.emplace(id, wants_logs ? TRY(with_logs(watched.engine, last)) : last);
    }
    if (!has_more) break;
  }
  std::vector<Value> out;
  out.reserve(ended.size());
  for (auto& [id, execution] : ended) out.push_back(std::move(execution));
  std::sort(out.begin(), out.end(), [](const Value& a, const Value& b) {
    return a["state"]["startDate"].text_or("") < b["state"]["startDate"].text_or("");
  });
  return out;
}

Result<flow::NewExecution> wanted_execution(
    const flow::StoredFlow& stored, const Request& request) {
  flow::NewExecution wanted;
  wanted.name_space = stored.name_space;
  wanted.flow_id = stored.id;
  if (request.value("inputs").is_object()) wanted.inputs = request.value("inputs").as_object();
  wanted.files = TRY(take_local_files(stored.source, wanted.inputs));
  wanted.labels = TRY(labels_of(request, '='));
  return wanted;
}

struct Run {
  flow::Engine& engine;
  bool is_scratch = true;
};

Result<Value> run_on(const Run& run, Parts& parts, const Request& request, const CallHooks& hooks) {
  flow::Engine& engine = run.engine;
  for (const std::string& file : request.list("with")) TRY(save_file(engine, file));
  const flow::StoredFlow stored = TRY(save_file(engine, request.text("file")));
  const flow::NewExecution wanted = TRY(wanted_execution(stored, request));
  Watched watched{.engine = engine, .id = {}, .until = request.text("until"), .deadline = {}};
  if (request.has("timeout")) {
    watched.deadline = parts.clock().now() + TRY(base::parse_duration(request.text("timeout")));
  }
  watched.id = TRY(engine.create(wanted));
  Value execution = TRY(watch(watched, hooks, parts.clock()));
  const std::string state = execution["state"]["current"].text_or("");
  const bool is_over = is_terminal(state);
  if (is_over) execution = TRY(settled(watched, hooks, parts.clock()));
  const bool wants_logs = request.boolean("logs");
  if (wants_logs) execution = TRY(with_logs(engine, execution));
  if (!is_over || !run.is_scratch) return execution;
  std::vector<Value> others = TRY(other_executions(watched, parts.clock(), wants_logs));
  if (others.empty()) return execution;
  format::Object out = execution.as_object();
  out.set("otherExecutions", Value(format::Array(others.begin(), others.end())));
  return Value(std::move(out));
}

Result<std::string> controlled(flow::Engine& engine, const Request& request) {
  const std::string action = request.text("action");
  const Control control = action == "restart"  ? &restart_one
                          : action == "replay" ? &replay_one
                          : action == "resume" ? &resume_one
                                               : &kill_one;
  return control(engine, request.text("id"), request);
}

Result<Value> go_on_with(
    flow::Engine& engine, Parts& parts, const Request& request, const CallHooks& hooks) {
  Watched watched{.engine = engine, .id = {}, .until = request.text("until"), .deadline = {}};
  if (request.has("timeout")) {
    watched.deadline = parts.clock().now() + TRY(base::parse_duration(request.text("timeout")));
  }
  // Lines of before are known already.
  const auto before = TRY(engine.logs(request.text("id"), 0, 1'000'000));
  if (!before.empty()) watched.last_log = before.back().id;
  watched.id = TRY(controlled(engine, request));
  Value execution = TRY(watch(watched, hooks, parts.clock()));
  if (is_terminal(execution["state"]["current"].text_or("")))
    execution = TRY(settled(watched, hooks, parts.clock()));
  return request.boolean("logs") ? with_logs(engine, execution) : Result<Value>(execution);
}

// A run beside a running engine is not kept: two engines on one journal would undo each other's
// work.
Result<bool> can_keep(Parts& parts) {
  const Result<base::Done> taken = parts.take_data();
  if (taken) return true;
  if (taken.error().code != base::Code::conflict) return taken.error();
  LOG(warn, "this run is not kept", {"because", taken.error().text()});
  return false;
}

}  // namespace

Result<Value> run_flow(Parts& parts, const Request& request, const CallHooks& hooks) {
  if (request.boolean("keep") && TRY(can_keep(parts))) {
    TRY(parts.start_engine(false));
    flow::Engine* engine = TRY(parts.engine());
    Result<Value> answer = run_on({*engine, false}, parts, request, hooks);
    parts.stop_engine(base::Duration(0));
    return answer;
  }
  const std::unique_ptr<ScratchEngine> scratch = TRY(parts.scratch_engine());
  TRY(scratch->engine->start(false));
  Result<Value> answer = run_on({*scratch->engine, true}, parts, request, hooks);
  scratch->engine->stop(base::Duration(0));
  return answer;
}

Result<Value> go_on(Parts& parts, const Request& request, const CallHooks& hooks) {
  TRY(parts.saved_engine());
  TRY(parts.start_engine(false));
  flow::Engine* engine = TRY(parts.engine());
  Result<Value> answer = go_on_with(*engine, parts, request, hooks);
  parts.stop_engine(base::Duration(0));
  return answer;
}

}  // namespace outlay::api
