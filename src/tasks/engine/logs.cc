// SPDX-License-Identifier: Apache-2.0
// Logs as tasks: fetch those of an execution, purge old ones.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "tasks/engine/engine_tasks.h"
#include "tasks/items.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using flow::Engine;
using flow::TaskContext;
using flow::TaskEnd;
using format::Value;

constexpr std::array<std::string_view, 5> kLevels{"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};

std::size_t rank_of(std::string_view level) {
  const auto found = std::find(kLevels.begin(), kLevels.end(), level);
  return found == kLevels.end() ? 2 : static_cast<std::size_t>(found - kLevels.begin());
}

Value line_value(const flow::LogLine& line) {
  return Value::object(
      {{"executionId", line.execution_id},
       {"taskId", line.task_id},
       {"taskRunId", line.task_run_id},
       {"attemptNumber", static_cast<std::int64_t>(line.attempt)},
       {"timestamp", line.time},
       {"level", line.level},
       {"message", line.message}});
}

base::Result<TaskEnd> fetch(TaskContext& context, Engine& engine, const Value& properties) {
  std::string id = TRY(flow::text_property(context, properties, "executionId"));
  if (id.empty()) id = std::string(context.execution_id());
  std::string level = TRY(flow::text_property(context, properties, "level"));
  if (level.empty()) level = "INFO";
  const std::vector<std::string> tasks = TRY(texts_property(context, properties, "tasksId"));
  constexpr long long kPage = 1'000;
  format::Array lines;
  long long after = 0;
  while (true) {
    const std::vector<flow::LogLine> page = TRY(engine.logs(id, after, kPage));
    for (const flow::LogLine& line : page) {
      after = line.id;
      const bool is_wanted =
          tasks.empty() || std::find(tasks.begin(), tasks.end(), line.task_id) != tasks.end();
      if (is_wanted && rank_of(line.level) >= rank_of(level)) lines.push_back(line_value(line));
    }
    if (page.size() < static_cast<std::size_t>(kPage)) break;
  }
  TaskEnd end;
  end.outputs.set("size", static_cast<std::int64_t>(lines.size()));
  end.outputs.set("uri", TRY(store_items(context, lines, "logs.ion")));
  return end;
}

base::Result<TaskEnd> purge(TaskContext& context, Engine& engine, const Value& properties) {
  flow::Purge what;
  what.executions = what.metrics = what.files = false;
  what.name_space = TRY(flow::text_property(context, properties, "namespace"));
  what.flow_id = TRY(flow::text_property(context, properties, "flowId"));
  what.before = TRY(needed_property(context, properties, "endDate"));
  what.after = TRY(flow::text_property(context, properties, "startDate"));
  for (const std::string& level : TRY(texts_property(context, properties, "logLevels"))) {
    if (what.log_level.empty() || rank_of(level) > rank_of(what.log_level)) what.log_level = level;
  }
  TaskEnd end;
  end.outputs.set("count", static_cast<std::int64_t>(TRY(engine.purge(what)).logs));
  return end;
}

}  // namespace

TaskTypes make_log_tasks() {
  TaskTypes out;
  out.push_back(std::make_unique<EngineTask>("engine/log_fetch.yaml", fetch));
  out.push_back(std::make_unique<EngineTask>("engine/log_purge.yaml", purge));
  return out;
}

}  // namespace outlay::tasks
