// SPDX-License-Identifier: Apache-2.0
#include "flow/deciding.h"
#include "flow/executor.h"
#include "flow/scheduler.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;
using format::Value;

LiveRef Executor::find_live(std::string_view id) const {
  const base::Lock lock(lives_mutex_);
  const auto found = lives_.find(std::string(id));
  return found == lives_.end() ? nullptr : found->second;
}

Result<Value> Executor::execution(std::string_view id) {
  if (const auto live = find_live(id); live) {
    const base::Lock lock(live->mutex);
    return execution_json(live->execution, beginnings_of(*live));
  }
  const auto rows =
      TRY(state_.read("SELECT body FROM flow_executions WHERE id = ?", {std::string(id)}));
  if (rows.rows.empty() || !rows.rows[0][0])
    return base::not_found("no execution with the id " + std::string(id));
  return format::parse_json(*rows.rows[0][0]);
}

Result<Value> Executor::wait(std::string_view id, std::optional<base::Duration> timeout) {
  const auto live = find_live(id);
  if (!live) return execution(id);
  const base::Instant until = clock_.now() + timeout.value_or(base::Duration::zero());
  const base::Lock lock(live->mutex);
  while (!live->is_done && !is_stopping_) {
    if (!timeout) {
      live->done.wait(live->mutex);
      continue;
    }
    const base::Duration left = until - clock_.now();
    if (left <= base::Duration::zero() || !live->done.wait_for(live->mutex, left)) break;
  }
  return execution_json(live->execution, beginnings_of(*live));
}

namespace {

// The conditions of a filter as SQL, with their parameters.
std::string where_of(const ExecutionFilter& filter, store::Params& params) {
  std::string where = " FROM flow_executions WHERE 1 = 1";
  const auto add = [&](const std::string& condition, const std::string& value, int times) {
    if (value.empty()) return;
    where += " AND " + condition;
    for (int i = 0; i < times; ++i) params.emplace_back(value);
  };
  add("(namespace = ? OR namespace LIKE ? || '.%')", filter.name_space, 2);
  add("flow_id = ?", filter.flow_id, 1);
  add("state = ?", filter.state, 1);
  add("created >= ?", filter.created_after, 1);
  add("created < ?", filter.created_before, 1);
  add("json_extract(body, '$.parentId') = ?", filter.parent_id, 1);
  if (!filter.states.empty()) {
    std::string marks;
    for (const std::string& state : filter.states) {
      marks += marks.empty() ? "?" : ", ?";
      params.emplace_back(state);
    }
    where += " AND state IN (" + marks + ")";
  }
  for (const auto& [key, value] : filter.labels) {
    where +=
        " AND EXISTS (SELECT 1 FROM json_each(body, '$.labels') WHERE "
        "json_extract(value, '$.key') = ? AND json_extract(value, '$.value') = ?)";
    params.emplace_back(key);
    params.emplace_back(value);
  }
  return where;
}

}  // namespace

Result<Value> Executor::executions(const ExecutionFilter& filter) {
  store::Params params;
  const std::string where = where_of(filter, params);
  const auto total = TRY(state_.read("SELECT count(*)" + where, params));
  params.emplace_back(std::int64_t{filter.size});
  params.emplace_back(std::int64_t{(filter.page - 1) * filter.size});
  const auto rows = TRY(
      state_.read("SELECT id, body" + where + " ORDER BY number DESC LIMIT ? OFFSET ?", params));
  format::Array results;
  for (const auto& row : rows.rows) {
    if (row[1]) {
      results.push_back(TRY(format::parse_json(*row[1])));
      continue;
    }
    auto running = execution(row[0].value_or(""));
    if (running) results.push_back(*running);
  }
  return Value::object(
      {{"results", std::move(results)},
       {"total", std::int64_t{std::stoll(total.rows[0][0].value_or("0"))}}});
}

Result<Done> Executor::kill(std::string_view id) {
  const auto live = find_live(id);
  Event event;
  event.kind = Event::Kind::kill;
  event.at = clock_.now();
  if (live && post(live, event)) return Done{};
  TRY(execution(id));
  return base::conflict("the execution " + std::string(id) + " has ended or is being killed");
}

Result<std::vector<LogLine>> Executor::logs(
    std::string_view execution_id, long long after_id, long long limit) {
  if (!Deciding::is_going_on()) journal_.flush();
  const auto rows = TRY(state_.read(
      "SELECT id, execution, task, task_run, attempt, level, time, message FROM flow_logs "
      "WHERE execution = ? AND id > ? ORDER BY id LIMIT ?",
      {std::string(execution_id), std::int64_t{after_id}, std::int64_t{limit}}));
  std::vector<LogLine> out;
  for (const auto& row : rows.rows) {
    LogLine line;
    line.id = std::stoll(row[0].value_or("0"));
    line.execution_id = row[1].value_or("");
    line.task_id = row[2].value_or("");
    line.task_run_id = row[3].value_or("");
    line.attempt = std::stoll(row[4].value_or("0"));
    line.level = row[5].value_or("");
    line.time = row[6].value_or("");
    line.message = row[7].value_or("");
    out.push_back(std::move(line));
  }
  return out;
}

Result<std::string> Executor::read_uri(std::string_view uri) {
  return io::read_file(TRY(files_.path_of(uri)));
}

long long Executor::listen(std::function<void(const EngineEvent&)> listener) {
  const base::Lock lock(listeners_mutex_);
  has_listeners_ = true;
  listeners_.emplace(next_listener_, std::move(listener));
  return next_listener_++;
}

void Executor::unlisten(long long handle) {
  const base::Lock lock(listeners_mutex_);
  listeners_.erase(handle);
  has_listeners_ = !listeners_.empty();
}

void Executor::tell(const EngineEvent& event) {
  const base::Lock lock(listeners_mutex_);
  for (const auto& [handle, listener] : listeners_) listener(event);
}

}  // namespace outlay::flow
