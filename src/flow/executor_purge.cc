// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/text.h"
#include "flow/executor.h"

namespace outlay::flow {

using base::Done;
using base::Result;

namespace {

constexpr std::array<std::string_view, 5> kLevels{"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};

// Executions are removed some at a time, so that those that run need not wait.
constexpr std::int64_t kBatch = 500;

struct Ended {
  std::int64_t number = 0;
  std::string id, name_space, flow_id;
};

std::string levels_up_to(const std::string& level) {
  std::string list;
  for (const std::string_view name : kLevels) {
    list += (list.empty() ? "'" : ", '") + std::string(name) + "'";
    if (name == level) break;
  }
  return list;
}

Result<std::vector<Ended>> next_ended(
    store::Database& state, const Purge& what, std::int64_t after_number) {
  std::string sql =
      "SELECT number, id, namespace, flow_id FROM flow_executions WHERE finished > 0 "
      "AND number > ?";
  store::Params params{after_number};
  const auto add = [&](const std::string& condition, const std::string& value) {
    if (value.empty()) return;
    sql += " AND " + condition;
    params.emplace_back(value);
  };
  add("namespace = ?", what.name_space);
  add("flow_id = ?", what.flow_id);
  add("json_extract(body, '$.state.endDate') < ?", what.before);
  add("json_extract(body, '$.state.endDate') >= ?", what.after);
  if (!what.states.empty()) {
    std::vector<std::string> quoted;
    for (const std::string& name : what.states) quoted.push_back(base::sql_text(name));
    sql += " AND state IN (" + base::join(quoted, ", ") + ")";
  }
  sql += " ORDER BY number LIMIT ?";
  params.emplace_back(kBatch);
  std::vector<Ended> out;
  const auto found = state.read(sql, params);
  if (!found) return found.error();
  for (const auto& row : found->rows)
    out.push_back(
        {std::stoll(row[0].value_or("0")),
         row[1].value_or(""),
         row[2].value_or(""),
         row[3].value_or("")});
  return out;
}

Result<Done> purge_one(
    store::Transaction& transaction, const Purge& what, const Ended& one, Purged& done) {
  if (what.logs) {
    std::string sql = "DELETE FROM flow_logs WHERE execution = ?";
    if (!what.log_level.empty()) sql += " AND level IN (" + levels_up_to(what.log_level) + ")";
    done.logs += TRY(transaction.run(sql, {one.id}));
  }
  if (what.metrics)
    done.metrics += TRY(transaction.run("DELETE FROM flow_metrics WHERE execution = ?", {one.id}));
  if (!what.executions) return Done{};
  TRY(transaction.run("DELETE FROM flow_events WHERE execution = ?", {one.number}));
  done.executions +=
      TRY(transaction.run("DELETE FROM flow_executions WHERE number = ?", {one.number}));
  return Done{};
}

}  // namespace

Result<Purged> Executor::purge(const Purge& what) {
  Purged done;
  std::int64_t last = 0;
  while (true) {
    const auto batch = TRY(next_ended(state_, what, last));
    if (batch.empty()) return done;
    last = batch.back().number;
    const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
      for (const Ended& one : batch) TRY(purge_one(transaction, what, one, done));
      return Done{};
    });
    if (!written) return written.error();
    if (!what.files) continue;
    for (const Ended& one : batch) {
      const io::Path folder = files_.stored_folder(one.name_space, one.flow_id, one.id);
      std::error_code error;
      if (std::filesystem::exists(folder, error)) ++done.files;
      TRY(io::remove_tree(folder));
      TRY(io::remove_tree(files_.execution_folder(one.id)));
    }
  }
}

}  // namespace outlay::flow
