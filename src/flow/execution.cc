// SPDX-License-Identifier: Apache-2.0
#include "flow/execution.h"

#include <algorithm>
#include <cstdint>

#include "flow/scope.h"

namespace outlay::flow {
namespace {

constexpr std::string_view kLetters =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// splitmix64 (Steele, Lea, Flood 2014): spreads neighbouring numbers over all bits.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

std::uint64_t folded(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

void put_letters(std::string& out, std::uint64_t number, int count) {
  for (int i = 0; i < count; ++i, number /= kLetters.size())
    out += kLetters[number % kLetters.size()];
}

format::Value labels_json(const Labels& labels) {
  format::Array out;
  for (const auto& [key, value] : labels)
    out.push_back(format::Value::object({{"key", key}, {"value", value}}));
  return out;
}

// The state with what a worker has begun meanwhile.
format::Value shown(const Track& track, const base::Instant* began) {
  if (began == nullptr || is_terminal(track.current())) return track.json();
  Track later = track;
  later.enter(State::running, std::max(*began, track.steps().back().at));
  return later.json();
}

format::Value run_json(const Execution& execution, int index, const base::Instant* began) {
  const TaskRun& run = execution.run(index);
  format::Object out;
  out.set("id", run_id(execution, index));
  out.set("executionId", execution.id);
  out.set("namespace", execution.flow->name_space);
  out.set("flowId", execution.flow->id);
  out.set("taskId", execution.task_of(run).id);
  if (run.parent >= 0) out.set("parentTaskRunId", run_id(execution, run.parent));
  if (run.iteration >= 0) {
    out.set("value", run.value);
    out.set("iteration", run.iteration);
  }
  if (!run.attempts.empty()) {
    format::Array attempts;
    for (const Attempt& attempt : run.attempts)
      attempts.push_back(format::Value::object({{"state", shown(attempt.state, began)}}));
    out.set("attempts", std::move(attempts));
  }
  if (!run.outputs.is_null()) out.set("outputs", run.outputs);
  out.set("state", shown(run.state, began));
  return out;
}

format::Value metadata_json(const Execution& execution) {
  const auto& steps = execution.state.steps();
  return format::Value::object(
      {{"attemptNumber", execution.attempt_number},
       {"originalCreatedDate",
        !execution.original_created.empty() ? execution.original_created
        : steps.empty()                     ? ""
                                            : base::print_instant(steps.front().at)}});
}

}  // namespace

std::string run_id(const Execution& execution, int run) {
  const auto place = static_cast<std::uint64_t>(run);
  std::string id;
  id.reserve(22);
  put_letters(id, mixed(folded(execution.id, 0xCBF29CE484222325ULL) + place), 11);
  put_letters(id, mixed(folded(execution.id, 0x84222325CBF29CE4ULL) ^ (place * 2 + 1)), 11);
  return id;
}

int find_run(const Execution& execution, std::string_view id) {
  for (std::size_t i = 0; i < execution.runs.size(); ++i)
    if (run_id(execution, static_cast<int>(i)) == id) return static_cast<int>(i);
  return -1;
}

bool is_hidden(const Execution& execution, int run) {
  for (int at = run; at >= 0; at = execution.run(at).parent)
    if (execution.run(at).is_replaced) return true;
  return false;
}

format::Value execution_json(const Execution& execution, const Beginnings& beginnings) {
  const Flow& flow = *execution.flow;
  format::Array runs;
  runs.reserve(execution.runs.size());
  for (std::size_t i = 0; i < execution.runs.size(); ++i) {
    const int index = static_cast<int>(i);
    if (is_hidden(execution, index)) continue;
    const auto found = beginnings.find(index);
    runs.push_back(
        run_json(execution, index, found == beginnings.end() ? nullptr : &found->second));
  }
  format::Object out;
  out.set("id", execution.id);
  out.set("namespace", flow.name_space);
  out.set("flowId", flow.id);
  out.set("flowRevision", static_cast<std::int64_t>(flow.revision));
  out.set("taskRunList", std::move(runs));
  out.set("inputs", nested(execution.inputs));
  if (!execution.outputs.is_null()) out.set("outputs", execution.outputs);
  out.set("labels", labels_json(execution.labels));
  out.set("variables", execution.variables);
  out.set("state", execution.state.json());
  if (!execution.trigger.is_null()) out.set("trigger", execution.trigger);
  if (!execution.parent_id.empty()) out.set("parentId", execution.parent_id);
  out.set("originalId", execution.original_id.empty() ? execution.id : execution.original_id);
  if (!execution.schedule_date.empty()) out.set("scheduleDate", execution.schedule_date);
  out.set("metadata", metadata_json(execution));
  if (!execution.kind.empty()) out.set("kind", execution.kind);
  if (!execution.breakpoints.empty()) {
    format::Array names;
    for (const std::string& name : execution.breakpoints) names.emplace_back(name);
    out.set("breakpoints", std::move(names));
  }
  out.set("deleted", false);
  return out;
}

}  // namespace outlay::flow
