// SPDX-License-Identifier: Apache-2.0
// Other executions and triggers as tasks: count, ask, resume, kill, remove, toggle.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "tasks/engine/engine_tasks.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/sql/fetch.h"

namespace outlay::tasks {
namespace {

using flow::Engine;
using flow::TaskContext;
using flow::TaskEnd;
using format::Value;

/// What the properties namespace, flowId, states, startDate and endDate ask for.
base::Result<flow::ExecutionFilter> filter_of(TaskContext& context, const Value& properties) {
  flow::ExecutionFilter filter;
  filter.name_space = TRY(flow::text_property(context, properties, "namespace"));
  filter.flow_id = TRY(flow::text_property(context, properties, "flowId"));
  filter.states = TRY(texts_property(context, properties, "states"));
  filter.created_after = TRY(flow::text_property(context, properties, "startDate"));
  filter.created_before = TRY(flow::text_property(context, properties, "endDate"));
  return filter;
}

/// What is given for one flow, else what holds for all of them.
Value with_defaults(const Value& own, const Value& outer) {
  format::Object out = own.is_object() ? own.as_object() : format::Object();
  for (const char* name : {"states", "startDate", "endDate", "namespace", "flowId"}) {
    if (out.find(name) == nullptr && !outer[name].is_null()) out.set(name, outer[name]);
  }
  return out;
}

base::Result<TaskEnd> count(TaskContext& context, Engine& engine, const Value& properties) {
  Value asked = TRY(flow::property(context, properties, "executions"));
  if (asked.is_null()) asked = TRY(flow::property(context, properties, "flows"));
  const format::Array all = asked.is_array() ? asked.as_array() : format::Array{Value()};
  const std::string expression = properties["expression"].text_or("");
  format::Array results;
  std::int64_t total = 0;
  for (const Value& one : all) {
    flow::ExecutionFilter filter = TRY(filter_of(context, with_defaults(one, properties)));
    filter.size = 1;
    const Value answer = TRY(engine.executions(filter));
    const std::int64_t found = answer["total"].int_or(0);
    if (!expression.empty()) {
      ContextWithVariables inner(context, Value::object({{"count", found}}));
      const auto condition = TRY(expr::Template::parse(expression));
      const std::string holds = TRY(condition.render(inner.scope(), inner.environment()));
      if (!expr::is_truthy_text(holds)) continue;
    }
    total += found;
    results.push_back(Value::object(
        {{"namespace", filter.name_space}, {"flowId", filter.flow_id}, {"count", found}}));
  }
  TaskEnd end;
  end.outputs.set("results", std::move(results));
  end.outputs.set("total", total);
  end.outputs.set("count", total);
  return end;
}

base::Result<TaskEnd> query(TaskContext& context, Engine& engine, const Value& properties) {
  flow::ExecutionFilter filter = TRY(filter_of(context, properties));
  filter.page = TRY(integer_property(context, properties, "page")).value_or(1);
  filter.size = TRY(integer_property(context, properties, "size")).value_or(10);
  for (const auto& [key, value] : TRY(map_property(context, properties, "labels")))
    filter.labels.emplace_back(key, text_of(value));
  const Value answer = TRY(engine.executions(filter));
  const format::Array rows =
      answer["results"].is_array() ? answer["results"].as_array() : format::Array();
  const Fetch fetch =
      properties["fetchType"].is_null() ? Fetch::store : TRY(fetch_property(context, properties));
  TaskEnd end;
  end.outputs.set("size", static_cast<std::int64_t>(rows.size()));
  end.outputs.set("total", answer["total"]);
  if (fetch == Fetch::store)
    end.outputs.set("uri", TRY(store_items(context, rows, "executions.ion")));
  if (fetch == Fetch::one) end.outputs.set("row", rows.empty() ? Value() : rows.front());
  if (fetch == Fetch::all) end.outputs.set("rows", rows);
  return end;
}

base::Result<TaskEnd> resume(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string id = TRY(needed_property(context, properties, "executionId"));
  const Value property =
      properties["inputs"].is_null() ? properties["onResume"] : properties["inputs"];
  const format::Object inputs =
      TRY(map_property(context, Value::object({{"inputs", property}}), "inputs"));
  TRY(engine.resume(id, inputs));
  return TaskEnd{};
}

base::Result<TaskEnd> kill(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string id = TRY(needed_property(context, properties, "executionId"));
  TRY(engine.kill(id));
  return TaskEnd{};
}

base::Result<TaskEnd> remove(TaskContext& context, Engine& engine, const Value& properties) {
  const std::string id = TRY(needed_property(context, properties, "executionId"));
  TRY(engine.remove_execution(id));
  return TaskEnd{};
}

base::Result<TaskEnd> purge(TaskContext& context, Engine& engine, const Value& properties) {
  flow::Purge what;
  what.name_space = TRY(flow::text_property(context, properties, "namespace"));
  what.flow_id = TRY(flow::text_property(context, properties, "flowId"));
  what.before = TRY(flow::text_property(context, properties, "endDate"));
  what.after = TRY(flow::text_property(context, properties, "startDate"));
  what.states = TRY(texts_property(context, properties, "states"));
  what.executions = TRY(flag_property(context, properties, "purgeExecution", true));
  what.logs = TRY(flag_property(context, properties, "purgeLog", true));
  what.metrics = TRY(flag_property(context, properties, "purgeMetric", true));
  what.files = TRY(flag_property(context, properties, "purgeStorage", true));
  const flow::Purged purged = TRY(engine.purge(what));
  TaskEnd end;
  end.outputs.set("executionsCount", static_cast<std::int64_t>(purged.executions));
  end.outputs.set("logsCount", static_cast<std::int64_t>(purged.logs));
  end.outputs.set("metricsCount", static_cast<std::int64_t>(purged.metrics));
  end.outputs.set("storagesCount", static_cast<std::int64_t>(purged.files));
  return end;
}

base::Result<TaskEnd> toggle(TaskContext& context, Engine& engine, const Value& properties) {
  flow::TriggerId trigger;
  trigger.name_space = TRY(namespace_property(context, properties));
  trigger.flow_id = TRY(flow::text_property(context, properties, "flowId"));
  if (trigger.flow_id.empty()) trigger.flow_id = std::string(context.flow_id());
  trigger.trigger_id = TRY(needed_property(context, properties, "trigger"));
  const bool is_enabled = TRY(flag_property(context, properties, "enabled", false));
  TRY(engine.set_trigger_disabled(trigger, !is_enabled));
  return TaskEnd{};
}

/// The storage folder of this execution, found from a file put there.
base::Result<io::Path> storage_of(TaskContext& context) {
  const std::string uri = TRY(store_text(context, "", "probe.txt"));
  const io::Path probe = TRY(context.open_uri(uri));
  for (io::Path at = probe.parent_path(); at.has_relative_path(); at = at.parent_path()) {
    if (at.filename() == context.execution_id()) {
      TRY(io::remove_tree(probe));
      return at;
    }
  }
  return base::internal_error("the storage of this execution is not where it was looked for");
}

base::Result<TaskEnd> purge_files(TaskContext& context, Engine&, const Value&) {
  const io::Path folder = TRY(storage_of(context));
  format::Array uris;
  const std::vector<std::string> files = TRY(io::list_files(folder));
  for (const std::string& file : files) {
    TRY(io::remove_tree(folder / file));
    uris.emplace_back(file);
  }
  TaskEnd end;
  end.outputs.set("uris", std::move(uris));
  return end;
}

}  // namespace

TaskTypes make_execution_tasks() {
  TaskTypes out;
  out.push_back(std::make_unique<EngineTask>("engine/execution_count.yaml", count));
  out.push_back(std::make_unique<EngineTask>("engine/execution_query.yaml", query));
  out.push_back(std::make_unique<EngineTask>("engine/execution_resume.yaml", resume));
  out.push_back(std::make_unique<EngineTask>("engine/execution_kill.yaml", kill));
  out.push_back(std::make_unique<EngineTask>("engine/execution_delete.yaml", remove));
  out.push_back(std::make_unique<EngineTask>("engine/execution_purge.yaml", purge));
  out.push_back(std::make_unique<EngineTask>("engine/trigger_toggle.yaml", toggle));
  out.push_back(std::make_unique<EngineTask>("engine/purge_execution_files.yaml", purge_files));
  return out;
}

}  // namespace outlay::tasks
