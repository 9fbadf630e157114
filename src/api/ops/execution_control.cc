// SPDX-License-Identifier: Apache-2.0
#include "api/ops/execution_control.h"

#include "base/text.h"

namespace outlay::api {

using base::Result;
using format::Value;

namespace {

std::vector<std::string> state_names() {
  std::vector<std::string> out;
  for (int at = 0; at <= static_cast<int>(flow::State::resubmitted); ++at) {
    out.emplace_back(flow::state_name(static_cast<flow::State>(at)));
  }
  return out;
}

/// The state that the first of `names` gives.
Result<flow::State> state_given(
    const Request& request, const std::vector<std::string>& names, const std::string& fallback) {
  std::string text = fallback;
  for (const std::string& name : names) {
    if (request.has(name)) text = request.text(name);
  }
  if (text.empty()) return base::invalid_input("This needs \"" + names.front() + "\", a state.");
  const auto state = flow::state_of(text);
  if (state) return *state;
  return base::invalid_input(
      "There is no state \"" + text + "\"." + base::did_you_mean(text, state_names()));
}

Result<std::vector<std::pair<std::string, std::string>>> labels_given(const Value& given) {
  std::vector<std::pair<std::string, std::string>> out;
  if (given.is_object()) {
    for (const auto& [key, value] : given.as_object()) out.emplace_back(key, value.text_or(""));
    return out;
  }
  if (!given.is_array()) {
    return base::invalid_input("Labels are a list of {\"key\": ..., \"value\": ...}.");
  }
  for (const Value& label : given.as_array()) {
    const std::string key = label["key"].text_or("");
    const std::string value = label["value"].text_or("");
    if (key.empty() || value.empty()) {
      return base::invalid_input("A label needs \"key\" and \"value\", neither of them empty.");
    }
    out.emplace_back(key, value);
  }
  return out;
}

std::optional<long long> revision_of(const Request& request) {
  if (!request.has("revision")) return std::nullopt;
  return request.integer("revision");
}

format::Object inputs_of(const Request& request) {
  const Value& inputs = request.value("inputs");
  return inputs.is_object() ? inputs.as_object() : format::Object();
}

}  // namespace

Result<std::string> kill_one(flow::Engine& engine, const std::string& id, const Request&) {
  TRY(engine.kill(id));
  return id;
}

Result<std::string> restart_one(
    flow::Engine& engine, const std::string& id, const Request& request) {
  return engine.restart(id, revision_of(request));
}

Result<std::string> replay_one(
    flow::Engine& engine, const std::string& id, const Request& request) {
  flow::Replay what;
  what.task_run_id = request.text("taskRunId");
  what.revision = revision_of(request);
  what.breakpoints = request.list("breakpoints");
  const format::Object inputs = inputs_of(request);
  if (!inputs.empty()) what.inputs = inputs;
  const Value execution = TRY(engine.execution(id));
  if (request.boolean("latestRevision")) {
    const flow::StoredFlow latest = TRY(engine.flow(
        execution["namespace"].text_or(""), execution["flowId"].text_or(""), std::nullopt));
    what.revision = latest.revision;
  }
  return engine.replay(id, what);
}

Result<std::string> resume_one(
    flow::Engine& engine, const std::string& id, const Request& request) {
  TRY(engine.resume(id, inputs_of(request)));
  return id;
}

Result<std::string> pause_one(flow::Engine& engine, const std::string& id, const Request&) {
  TRY(engine.pause(id));
  return id;
}

Result<std::string> force_run_one(flow::Engine& engine, const std::string& id, const Request&) {
  TRY(engine.force_run(id));
  return id;
}

Result<std::string> unqueue_one(
    flow::Engine& engine, const std::string& id, const Request& request) {
  const flow::State state = TRY(state_given(request, {"state", "newState"}, "RUNNING"));
  TRY(engine.unqueue(id, state));
  return id;
}

Result<std::string> change_status_one(
    flow::Engine& engine, const std::string& id, const Request& request) {
  const flow::State state = TRY(state_given(request, {"status", "newStatus"}, ""));
  TRY(engine.change_status(id, state));
  return id;
}

Result<std::string> set_labels_one(
    flow::Engine& engine, const std::string& id, const Request& request) {
  const auto labels = TRY(labels_given(request.value("labels")));
  TRY(engine.set_labels(id, labels));
  return id;
}

Result<std::string> remove_one(flow::Engine& engine, const std::string& id, const Request&) {
  TRY(engine.remove_execution(id));
  return id;
}

}  // namespace outlay::api
