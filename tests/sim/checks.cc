// SPDX-License-Identifier: Apache-2.0
// What must hold in a simulated world.
#include "flow/parser.h"
#include "format/json.h"
#include "world.h"

namespace outlay::sim {

using format::Value;

namespace {

bool is_over(const std::string& state) { return flow::is_terminal(*flow::state_of(state)); }

/// How often a track of states came to an end, and how often it was begun again.
struct Ends {
  int ends = 0, again = 0, retried = 0;
  bool is_over = false;
};

Ends ends_of(const Value& state) {
  Ends out;
  for (const Value& step : state["histories"].as_array()) {
    const std::string name = step["state"].text_or("");
    if (out.is_over && name == "RETRYING") ++out.retried;
    out.is_over = is_over(name);
    if (out.is_over) ++out.ends;
    if (name == "RESTARTED" || name == "RESUBMITTED") ++out.again;
  }
  return out;
}

// What the journal knows of an execution: not when attempts that never ended began.
std::string journaled(const Value& execution) {
  format::Object out;
  for (const auto& [key, value] : execution.as_object())
    if (key != "taskRunList") out.set(key, value);
  format::Array runs;
  for (const Value& run : execution["taskRunList"].as_array()) {
    const bool has_ended = is_over(run["state"]["current"].text_or(""));
    format::Object kept;
    for (const auto& [key, value] : run.as_object())
      if (key != "attempts" && (has_ended || key != "state")) kept.set(key, value);
    format::Array attempts;
    if (run["attempts"].is_array())
      for (const Value& attempt : run["attempts"].as_array())
        attempts.push_back(
            is_over(attempt["state"]["current"].text_or("")) ? attempt : Value("open"));
    kept.set("attempts", Value(std::move(attempts)));
    runs.emplace_back(std::move(kept));
  }
  out.set("taskRunList", Value(std::move(runs)));
  return format::print_json(Value(std::move(out)));
}

}  // namespace

// While a flow has one limit, no more of its executions are RUNNING than that.
void World::check_limits() {
  if (is_unlimited_) return;
  const auto rows = real_->read(
      "SELECT flow_id, count(*) FROM flow_executions WHERE finished = 0 AND state = 'RUNNING' "
      "GROUP BY "
      "flow_id");
  for (const auto& row : rows->rows) {
    const auto limit = limits_.find(row[0].value_or(""));
    if (limit == limits_.end() || limit->second == 0) continue;
    if (std::stoi(row[1].value_or("0")) > limit->second)
      complain(row[1].value_or("") + " executions of " + limit->first + " run beside each other");
  }
}

void World::check() {
  executor_->journal().flush();
  const auto rows = real_->read("SELECT id, finished FROM flow_executions ORDER BY number").value();
  executions_ = static_cast<long long>(rows.rows.size());
  std::set<std::string> known;
  for (const auto& row : rows.rows) {
    const std::string id = row[0].value_or("");
    known.insert(id);
    const Value execution = seen(id);
    if (row[1].value_or("") != "1")
      complain("its end was not told: " + row[1].value_or("") + format::print_json(execution));
    check_execution(id, execution);
    check_replay(id, execution);
    if (!complaint_.empty()) return;
  }
  for (const std::string& id : accepted_)
    if (known.count(id) == 0) complain("accepted and lost: " + id);
  check_followers();
}

void World::check_execution(const std::string& id, const Value& execution) {
  const Ends ends = ends_of(execution["state"]);
  if (!ends.is_over) complain("it did not end: " + format::print_json(execution));
  if (touched_.count(id) == 0 && ends.ends > 1 + ends.again + ends.retried)
    complain("it ended more than once: " + format::print_json(execution));
  check_runs(id, execution);
}

void World::check_runs(const std::string& id, const Value& execution) {
  const bool is_success = execution["state"]["current"].text_or("") == "SUCCESS";
  for (const Value& run : execution["taskRunList"].as_array()) {
    const std::string run_id = run["id"].text_or("");
    const Ends ends = ends_of(run["state"]);
    // Work deep inside a flowable that failed may have been going on when the execution ended.
    if (touched_.count(id) == 0) {
      if (is_success && !ends.is_over)
        complain("a task run did not end: " + format::print_json(execution));
      if (ends.ends > 1 + ends.again + ends.retried)
        complain("a task run ended twice: " + format::print_json(run));
    }
    const auto began = began_.find(run_id);
    if (began == began_.end()) continue;
    const int attempts =
        run["attempts"].is_array() ? static_cast<int>(run["attempts"].as_array().size()) : 0;
    const int allowed = attempts + ends.again + may_repeat_[run_id];
    if (touched_.count(id) == 0 && began->second > allowed)
      complain(
          std::to_string(began->second) + " attempts were begun, " + std::to_string(allowed) +
          " may have been: " + format::print_json(run));
    const Value& child = run["outputs"]["executionId"];
    if (child.is_text() && ends.is_over &&
        !is_over(seen(child.as_text())["state"]["current"].text_or("CREATED")))
      complain("a subflow outlived its task run: " + format::print_json(run));
  }
}

// The journal again, from its first event to its last.
void World::check_replay(const std::string& id, const Value& execution) {
  const auto about =
      real_->read("SELECT number, flow_id, revision FROM flow_executions WHERE id = ?", {id})
          .value();
  const auto& row = about.rows[0];
  const auto revision_of = [&](long long revision) {
    const auto stored = executor_->flow("sim", row[1].value_or(""), revision).value();
    auto parsed =
        std::make_shared<flow::Flow>(*flow::parse_flow(stored.source, "", registry_).flow);
    parsed->revision = revision;
    return std::shared_ptr<const flow::Flow>(std::move(parsed));
  };
  const auto rows = real_->read(
      "SELECT body FROM flow_events WHERE execution = ? ORDER BY step",
      {std::int64_t{std::stoll(row[0].value_or("0"))}});
  std::vector<flow::Event> events;
  std::vector<std::shared_ptr<const flow::Flow>> flows;
  for (const auto& step : rows->rows) {
    const Value bodies = format::parse_json(step[0].value_or("[]")).value();
    for (const Value& json : bodies.as_array()) events.push_back(flow::event_of(json).value());
  }
  for (const flow::Event& event : events)
    if (event.kind == flow::Event::Kind::replayed)
      flows.push_back(
          revision_of(event.value["fromRevision"].int_or(std::stoll(row[2].value_or("1")))));
  flows.push_back(revision_of(std::stoll(row[2].value_or("1"))));
  flow::Execution again;
  again.id = id;
  again.flow = flows.front().get();
  std::size_t at = 0;
  for (const flow::Event& event : events) {
    if (event.kind == flow::Event::Kind::replayed) again.next_flow = flows[++at];
    flow::decide(again, event);
  }
  const Value told = flow::execution_json(again);
  if (journaled(told) != journaled(execution))
    complain(
        "the journal tells another story: " + format::print_json(told) + "\n" +
        format::print_json(execution));
}

// The end of each execution of flow0 started one follower.
void World::check_followers() {
  const auto rows = real_->read("SELECT id, flow_id, state FROM flow_executions").value();
  std::map<std::string, int> followed;
  for (const auto& row : rows.rows) {
    if (row[1].value_or("") != "follower") continue;
    const std::string id = row[0].value_or("");
    const Value execution = seen(id);
    // A replay carries the trigger of what it repeats.
    if (execution["originalId"].text_or(id) == id)
      ++followed[execution["trigger"]["variables"]["executionId"].text_or("")];
  }
  for (const auto& row : rows.rows) {
    const std::string id = row[0].value_or("");
    if (row[1].value_or("") != "flow0" || touched_.count(id) > 0) continue;
    const int ends = ends_of(seen(id)["state"]).ends;
    if (followed[id] != ends)
      complain(
          std::to_string(followed[id]) + " followers of an execution that ended " +
          std::to_string(ends) + " times: " + format::print_json(seen(id)));
  }
}

}  // namespace outlay::sim
