// SPDX-License-Identifier: Apache-2.0
#include "flow/parser.h"

#include <algorithm>

#include "flow/parse_tasks.h"
#include "format/yaml.h"

namespace outlay::flow {
namespace {

void read_identity(Fields& fields, Flow& flow) {
  flow.id = fields.text("id");
  if (!is_identifier(flow.id, "._-", 100))
    fields.wrong("id", "1 to 100 letters, digits, points, dashes or underscores");
  flow.name_space = fields.text("namespace");
  const bool is_upper = std::any_of(
      flow.name_space.begin(), flow.name_space.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (is_upper || !is_identifier(flow.name_space, "._-", 150))
    fields.wrong("namespace", "1 to 150 lower-case letters, digits, points, dashes or underscores");
  flow.description = fields.text("description");
  flow.is_disabled = fields.flag("disabled");
  if (const auto revision = fields.integer("revision", 1); revision) flow.revision = *revision;
  fields.ignore({"deleted", "tenantId", "updated", "source"});
}

void read_variables(Fields& fields, Flow& flow) {
  flow.variables = format::Object();
  const format::Node* node = fields.get("variables");
  if (node == nullptr) return;
  if (!node->is_mapping()) return fields.wrong("variables", "a map");
  flow.variables = node->value();
  check_expressions(*node, fields.problems());
}

void read_triggers(
    Fields& fields,
    Flow& flow,
    const std::vector<PluginDefault>& defaults,
    const TaskRegistry& registry) {
  const format::Node* list = fields.list("triggers");
  if (list == nullptr) return;
  for (const format::Node& item : list->items) {
    Trigger trigger = parse_trigger(
        with_defaults(item, defaults, fields.problems()), registry, fields.problems());
    const auto same = [&](const Trigger& other) { return other.id == trigger.id; };
    if (std::any_of(flow.triggers.begin(), flow.triggers.end(), same))
      add_error(
          fields.problems(),
          "duplicate trigger id \"" + trigger.id + "\"; ids must differ",
          item.place);
    flow.triggers.push_back(std::move(trigger));
  }
}

void read_listeners(Fields& fields, Flow& flow, TaskParser& parser) {
  const format::Node* list = fields.list("listeners");
  if (list == nullptr) return;
  for (const format::Node& item : list->items) {
    Fields inner(item, fields.problems(), "listener");
    Listener listener;
    inner.ignore({"description"});
    if (const format::Node* conditions = inner.list("conditions"); conditions != nullptr)
      listener.conditions = parse_conditions(*conditions, fields.problems());
    listener.tasks = parser.list(inner, "tasks", -1);
    if (listener.tasks.empty()) inner.wrong("tasks", "a list with at least one task");
    inner.done();
    flow.listeners.push_back(std::move(listener));
  }
}

void read_flow(
    const format::Node& node, const TaskRegistry& tasks, Flow& flow, Problems& problems) {
  Fields fields(node, problems, "flow");
  read_identity(fields, flow);
  flow.labels = parse_labels(fields);
  flow.inputs = parse_inputs(fields);
  flow.outputs = parse_outputs(fields);
  read_variables(fields, flow);
  flow.retry = parse_retry(fields);
  flow.concurrency = parse_concurrency(fields);
  const auto defaults = parse_plugin_defaults(fields);
  TaskParser parser(flow, tasks, defaults, problems);
  flow.main = parser.list(fields, "tasks", -1);
  if (flow.main.empty() && fields.get("tasks") == nullptr)
    fields.wrong("tasks", "a list with at least one task");
  flow.errors = parser.list(fields, "errors", -1);
  flow.finally = parser.list(fields, "finally", -1);
  flow.after_execution = parser.list(fields, "afterExecution", -1);
  read_listeners(fields, flow, parser);
  read_triggers(fields, flow, defaults, tasks);
  flow.slas = parse_slas(fields);
  flow.checks = parse_checks(fields);
  fields.unsupported({"quotas"});
  fields.without_effect(
      {"workerGroup", "workerSelector"}, "all tasks run on the workers of this engine");
  for (const auto& [key, value] : flow.labels)
    if (key == "system.dialect") flow.is_dialect_2 = value.rfind('2', 0) == 0;
  for (std::size_t i = 0; i < flow.tasks.size(); ++i)
    flow.by_id.emplace(flow.tasks[i].id, static_cast<int>(i));
  fields.done();
}

}  // namespace

bool ParsedFlow::has_errors() const {
  return std::any_of(problems.begin(), problems.end(), [](const Problem& problem) {
    return problem.level == Problem::Level::error;
  });
}

ParsedFlow parse_flow(std::string_view yaml, std::string_view file, const TaskRegistry& tasks) {
  auto flow = std::make_shared<Flow>();
  ParsedFlow parsed;
  const auto document = format::parse_yaml(yaml, file);
  if (!document) {
    add_error(parsed.problems, document.error().message, document.error().place);
  } else if (!document->is_mapping()) {
    add_error(
        parsed.problems,
        "a flow must be a map with id, namespace and tasks; found " + found_text(*document),
        document->place);
  } else {
    read_flow(*document, tasks, *flow, parsed.problems);
  }
  for (Problem& problem : parsed.problems)
    if (problem.place.file.empty()) problem.place.file = std::string(file);
  std::stable_sort(
      parsed.problems.begin(), parsed.problems.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
      });
  parsed.flow = std::move(flow);
  return parsed;
}

}  // namespace outlay::flow
