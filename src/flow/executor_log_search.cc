// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "flow/executor.h"

namespace outlay::flow {

using base::Result;

namespace {

const std::vector<std::string> kLevels{"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};

/// A condition of the search with what it is compared to.
struct LogCondition {
  std::string sql;
  store::Params params;

  void add(const std::string& what, const std::vector<std::string>& values) {
    sql += (sql.empty() ? " WHERE " : " AND ") + what;
    for (const std::string& value : values) params.emplace_back(value);
  }
};

void add_levels(LogCondition& condition, const std::string& min_level) {
  std::string names;
  std::vector<std::string> values;
  bool is_above = false;
  for (const std::string& level : kLevels) {
    is_above = is_above || base::equal_ignoring_case(level, min_level);
    if (!is_above) continue;
    names += names.empty() ? "?" : ", ?";
    values.push_back(level);
  }
  if (!values.empty()) condition.add("l.level IN (" + names + ")", values);
}

LogCondition condition_of(const LogSearch& wanted) {
  LogCondition out;
  if (!wanted.execution_id.empty()) out.add("l.execution = ?", {wanted.execution_id});
  if (!wanted.name_space.empty()) {
    out.add(
        "(e.namespace = ? OR substr(e.namespace, 1, length(?) + 1) = ? || '.')",
        {wanted.name_space, wanted.name_space, wanted.name_space});
  }
  if (!wanted.flow_id.empty()) out.add("e.flow_id = ?", {wanted.flow_id});
  if (!wanted.task_id.empty()) out.add("l.task = ?", {wanted.task_id});
  if (!wanted.text.empty()) out.add("instr(lower(l.message), lower(?)) > 0", {wanted.text});
  if (!wanted.min_level.empty()) add_levels(out, wanted.min_level);
  return out;
}

/// Moments are kept in UTC with six digits, so that they sort as texts do.
Result<std::string> moment(const std::string& text) {
  return base::print_instant(TRY(base::parse_instant(text)));
}

}  // namespace

Result<LogPage> Executor::search_logs(const LogSearch& wanted) {
  journal_.flush();
  LogCondition condition = condition_of(wanted);
  if (!wanted.from.empty()) condition.add("l.time >= ?", {TRY(moment(wanted.from))});
  if (!wanted.to.empty()) condition.add("l.time <= ?", {TRY(moment(wanted.to))});
  const std::string from =
      " FROM flow_logs AS l LEFT JOIN flow_executions AS e ON e.id = l.execution" + condition.sql;
  LogPage page;
  const auto total = TRY(state_.read("SELECT count(*)" + from, condition.params));
  page.total = std::stoll(total.rows.at(0).at(0).value_or("0"));
  condition.params.emplace_back(std::int64_t{wanted.size});
  condition.params.emplace_back(std::int64_t{(wanted.page - 1) * wanted.size});
  const auto rows = TRY(state_.read(
      "SELECT l.id, l.execution, l.task, l.task_run, l.attempt, l.level, l.time, l.message, "
      "e.namespace, e.flow_id" +
          from + " ORDER BY l.id " + (wanted.is_oldest_first ? "ASC" : "DESC") +
          " LIMIT ? OFFSET ?",
      condition.params));
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
    line.name_space = row[8].value_or("");
    line.flow_id = row[9].value_or("");
    page.lines.push_back(std::move(line));
  }
  return page;
}

}  // namespace outlay::flow
