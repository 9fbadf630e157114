// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>

#include "flow/parse_tasks.h"

namespace outlay::flow {
namespace {

// A position that takes part in a cycle, or -1.
int find_cycle(const std::vector<std::vector<int>>& dependencies) {
  enum class Mark { none, open, done };
  std::vector<Mark> marks(dependencies.size(), Mark::none);
  const std::function<bool(std::size_t)> visit = [&](std::size_t at) {
    if (marks[at] == Mark::open) return true;
    if (marks[at] == Mark::done) return false;
    marks[at] = Mark::open;
    for (const int next : dependencies[at])
      if (visit(static_cast<std::size_t>(next))) return true;
    marks[at] = Mark::done;
    return false;
  };
  for (std::size_t i = 0; i < dependencies.size(); ++i)
    if (visit(i)) return static_cast<int>(i);
  return -1;
}

}  // namespace

void TaskParser::read_dag(Fields& fields, int index) {
  const format::Node* node = fields.list("tasks");
  if (node == nullptr) return fields.wrong("tasks", "a list of {task, dependsOn}");
  TaskList tasks;
  std::map<std::string, int> positions;
  std::vector<std::vector<std::string>> wanted;
  for (const format::Node& item : node->items) {
    Fields inner(item, problems_, fields.what() + " tasks");
    const format::Node* child = inner.get("task");
    wanted.push_back(inner.texts("dependsOn"));
    inner.done();
    if (child == nullptr || !child->is_mapping()) {
      inner.wrong("task", "a map with id and type");
      wanted.pop_back();
      continue;
    }
    tasks.push_back(task(*child, index));
    positions[at(tasks.back()).id] = static_cast<int>(tasks.size()) - 1;
  }
  std::vector<std::vector<int>> dependencies(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
    for (const std::string& name : wanted[i]) {
      const auto found = positions.find(name);
      if (found == positions.end())
        add_error(
            problems_,
            fields.what() + ": dependsOn names a task that is not in this Dag: \"" + name + "\"",
            at(tasks[i]).place);
      else
        dependencies[i].push_back(found->second);
    }
  if (const int cycle = find_cycle(dependencies); cycle >= 0) {
    add_error(
        problems_,
        fields.what() + ": the dependencies go round in a circle through \"" +
            at(tasks[static_cast<std::size_t>(cycle)]).id + "\"; remove one of them",
        at(tasks[static_cast<std::size_t>(cycle)]).place);
    dependencies.assign(tasks.size(), {});
  }
  at(index).tasks = std::move(tasks);
  at(index).dependencies = std::move(dependencies);
}

void TaskParser::read_for_each(Fields& fields, Task& task) {
  const bool is_each = task.type.find(".Each") != std::string::npos;
  const bool is_loop = task.type.find(".Loop") != std::string::npos;
  const std::string_view key = is_each ? "value" : "values";
  if (fields.get(key) == nullptr) fields.wrong(key, "a list, a JSON text or an expression");
  const auto limit = fields.integer(is_each ? "concurrent" : "concurrencyLimit", 0);
  const bool is_parallel = task.type.find("EachParallel") != std::string::npos;
  task.concurrency = static_cast<int>(limit.value_or(is_parallel || is_loop ? 0 : 1));
  if (!is_loop) return;
  task.is_loop = true;
  flow_.has_loops = true;
  task.transmits_failure = fields.flag("transmitFailed", true);
  task.fetch_type = fields.choice("fetchType", {"AUTO", "FETCH", "STORE"}, "AUTO");
  task.gathered = parse_outputs(fields);
}

void TaskParser::read_subflow(Fields& fields, const Task& task) {
  fields.ignore(
      {"inputs",
       "labels",
       "wait",
       "transmitFailed",
       "inheritLabels",
       "revision",
       "scheduleDate",
       "outputs"});
  static_cast<void>(
      fields.choice("restartBehavior", {"RETRY_FAILED", "NEW_EXECUTION"}, "RETRY_FAILED"));
  if (fields.text("namespace") == flow_.name_space && fields.text("flowId") == flow_.id)
    add_error(problems_, fields.what() + ": a flow cannot start itself as a subflow", task.place);
  if (fields.text("namespace").empty()) fields.wrong("namespace", "the namespace of a flow");
  if (fields.text("flowId").empty()) fields.wrong("flowId", "the id of a flow");
}

void TaskParser::read_settings(Fields& fields, int index) {
  Task& task = at(index);
  const auto expression = [&](std::string_view key) {
    task.expression = fields.text(key);
    if (fields.node().find(key) == nullptr) fields.wrong(key, "an expression");
  };
  switch (task.kind) {
    case TaskKind::parallel:
    case TaskKind::dag:
      task.concurrency = static_cast<int>(fields.integer("concurrent", 0).value_or(0));
      break;
    case TaskKind::choice_if:
      expression("condition");
      break;
    case TaskKind::choice_switch:
      expression("value");
      break;
    case TaskKind::for_each:
      read_for_each(fields, task);
      break;
    case TaskKind::loop_until:
      expression("condition");
      fields.ignore({"failOnMaxReached"});
      if (const format::Node* check = fields.get("checkFrequency"); check != nullptr) {
        Fields inner(*check, problems_, fields.what() + " checkFrequency");
        inner.ignore({"interval", "maxIterations", "maxDuration"});
        inner.done();
      }
      break;
    case TaskKind::working_directory:
      for (const std::string_view key : {"cache", "inputFiles", "outputFiles", "namespaceFiles"})
        task.has_folder = fields.get(key) != nullptr || task.has_folder;
      break;
    case TaskKind::pause:
      fields.ignore({"pauseDuration", "delay"});
      if (fields.text("behavior").find('{') == std::string::npos)
        static_cast<void>(
            fields.choice("behavior", {"RESUME", "WARN", "FAIL", "CANCEL"}, "RESUME"));
      break;
    case TaskKind::subflow:
      read_subflow(fields, task);
      break;
    case TaskKind::exit:
      fields.ignore({"state"});
      break;
    case TaskKind::set_labels:
      fields.ignore({"labels"});
      break;
    case TaskKind::set_variables:
      fields.ignore({"variables", "overwrite"});
      break;
    case TaskKind::unset_variables:
      fields.ignore({"variables", "ignoreMissing"});
      break;
    default:
      break;
  }
}

}  // namespace outlay::flow
