// SPDX-License-Identifier: Apache-2.0
#include "flow/scope.h"

#include <algorithm>
#include <functional>
#include <map>

#include "flow/inputs.h"
#include "format/json.h"

namespace outlay::flow {
namespace {

using Entries = std::vector<std::pair<std::string, format::Value>>;

/// Values by loop value, in the order they came.
struct Branch {
  format::Value leaf;
  std::vector<std::pair<std::string, Branch>> branches;
  std::map<std::string, std::size_t, std::less<>> places;

  Branch& at(const std::string& value) {
    const auto [found, is_new] = places.emplace(value, branches.size());
    if (is_new) branches.emplace_back(value, Branch());
    return branches[found->second].second;
  }

  format::Value value() const {
    if (branches.empty()) return leaf;
    Entries entries;
    entries.reserve(branches.size());
    for (const auto& [name, branch] : branches) entries.emplace_back(name, branch.value());
    return format::Value::object(std::move(entries));
  }
};

// Loop values around a run, outermost first.
std::vector<const std::string*> path_of(const Execution& execution, int run) {
  std::vector<const std::string*> path;
  for (int at = run; at >= 0; at = execution.run(at).parent)
    if (execution.run(at).iteration >= 0) path.push_back(&execution.run(at).value);
  std::reverse(path.begin(), path.end());
  return path;
}

format::Value by_loop(
    const Execution& execution,
    int task,
    const std::function<format::Value(const TaskRun&)>& leaf) {
  Branch root;
  for (const int index : execution.by_task[static_cast<std::size_t>(task)]) {
    if (is_hidden(execution, index)) continue;
    format::Value value = leaf(execution.run(index));
    if (value.is_null()) continue;
    Branch* branch = &root;
    for (const std::string* name : path_of(execution, index)) branch = &branch->at(*name);
    branch->leaf = std::move(value);
  }
  return root.value();
}

format::Value states_of(const Execution& execution) {
  Entries entries;
  for (std::size_t task = 0; task < execution.by_task.size(); ++task) {
    format::Value state = by_loop(execution, static_cast<int>(task), [](const TaskRun& run) {
      return format::Value::object({{"state", state_name(run.state.current())}});
    });
    if (!state.is_null()) entries.emplace_back(execution.flow->tasks[task].id, std::move(state));
  }
  return format::Value::object(std::move(entries));
}

format::Value outputs_value(const Execution& execution, const Mentions& mentions) {
  Entries entries;
  const auto add = [&](int task) {
    format::Value value = outputs_of(execution, task);
    if (!value.is_null())
      entries.emplace_back(
          execution.flow->tasks[static_cast<std::size_t>(task)].id, std::move(value));
  };
  if (mentions.all_outputs) {
    for (std::size_t task = 0; task < execution.by_task.size(); ++task) add(static_cast<int>(task));
  } else {
    for (const std::string& name : mentions.outputs)
      if (const auto found = execution.flow->by_id.find(name); found != execution.flow->by_id.end())
        add(found->second);
  }
  return format::Value::object(std::move(entries));
}

format::Value taskrun_value(const Execution& execution, int index) {
  const TaskRun& run = execution.run(index);
  Entries entries{
      {"id", run_id(execution, index)},
      {"startDate", base::print_instant(run.state.steps().front().at)},
      {"attemptsCount",
       static_cast<std::int64_t>(std::max<std::size_t>(run.attempts.size(), 1) - 1)}};
  if (run.parent >= 0) entries.emplace_back("parentId", run_id(execution, run.parent));
  if (run.iteration >= 0) {
    entries.emplace_back("value", run.value);
    entries.emplace_back("iteration", run.iteration);
  }
  return format::Value::object(std::move(entries));
}

// What a Loop calls the value of its nearest round: {value, index}.
format::Value item_value(const Execution& execution, int index) {
  for (int at = index; at >= 0; at = execution.run(at).parent) {
    const TaskRun& run = execution.run(at);
    if (run.iteration < 0 || run.parent < 0) continue;
    const std::string& type = execution.task_of(execution.run(run.parent)).type;
    if (type.size() < 5 || type.compare(type.size() - 5, 5, ".Loop") != 0) continue;
    const auto parsed = format::parse_json(run.value);
    const bool is_structure = parsed && (parsed->is_object() || parsed->is_array());
    return format::Value::object(
        {{"value", is_structure ? *parsed : format::Value(run.value)}, {"index", run.iteration}});
  }
  return {};
}

format::Value parents_value(const Execution& execution, int index) {
  format::Array parents;
  for (int at = execution.run(index).parent; at >= 0; at = execution.run(at).parent) {
    const TaskRun& run = execution.run(at);
    format::Object entry;
    format::Object taskrun;
    if (run.iteration >= 0) {
      taskrun.set("value", run.value);
      taskrun.set("iteration", run.iteration);
    }
    entry.set("taskrun", std::move(taskrun));
    if (!run.outputs.is_null()) entry.set("outputs", run.outputs);
    parents.emplace_back(std::move(entry));
  }
  return parents;
}

format::Value labels_value(const Execution& execution) {
  Entries flat;
  bool has_correlation = false;
  for (const auto& [key, value] : execution.labels) {
    flat.emplace_back(key, value);
    has_correlation = has_correlation || key == "system.correlationId";
  }
  if (!has_correlation) flat.emplace_back("system.correlationId", execution.id);
  return nested(format::Value::object(std::move(flat)));
}

format::Value set_in(const format::Value& map, std::string_view path, const format::Value& value) {
  format::Object out = map.is_object() ? map.as_object() : format::Object();
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos)
    out.set(std::string(path), value);
  else
    out.set(
        std::string(path.substr(0, dot)),
        set_in(map[path.substr(0, dot)], path.substr(dot + 1), value));
  return out;
}

}  // namespace

format::Value nested(const format::Value& flat) {
  if (!flat.is_object()) return format::Object();
  const auto& entries = flat.as_object();
  if (std::none_of(entries.begin(), entries.end(), [](const auto& entry) {
        return entry.first.find('.') != std::string::npos;
      }))
    return flat;
  format::Value out = format::Object();
  for (const auto& [key, value] : entries) out = set_in(out, key, value);
  return out;
}

format::Value outputs_of(const Execution& execution, int task) {
  return by_loop(execution, task, [](const TaskRun& run) { return run.outputs; });
}

format::Value execution_variables(const Execution& execution, std::string_view key) {
  const Flow& flow = *execution.flow;
  Entries about{
      {"id", execution.id},
      {"state", state_name(execution.state.current())},
      {"startDate", base::print_instant(execution.state.steps().front().at)},
      {"originalId", execution.original_id.empty() ? execution.id : execution.original_id}};
  if (is_terminal(execution.state.current())) about.emplace_back("outputs", execution.outputs);
  return format::Value::object(
      {{"flow",
        format::Value::object(
            {{"id", flow.id},
             {"namespace", flow.name_space},
             {"revision", static_cast<std::int64_t>(flow.revision)},
             {"tenantId", "main"}})},
       {"execution", format::Value::object(std::move(about))},
       {"inputs", nested(revealed(execution.inputs, key))},
       {"vars", execution.variables},
       {"labels", labels_value(execution)},
       {"trigger",
        execution.trigger.is_null() ? format::Value(format::Object())
                                    : execution.trigger["variables"]}});
}

format::Value run_variables(const Execution& execution, int run, const Mentions& mentions) {
  const Task& task = execution.task_of(execution.run(run));
  const format::Value parents = parents_value(execution, run);
  Entries entries{
      {"task", format::Value::object({{"id", task.id}, {"type", task.type}})},
      {"taskrun", taskrun_value(execution, run)},
      {"parents", parents},
      {"outputs", outputs_value(execution, mentions)}};
  if (!parents.as_array().empty()) entries.emplace_back("parent", parents.as_array().front());
  if (mentions.tasks) entries.emplace_back("tasks", states_of(execution));
  if (format::Value item = item_value(execution, run); !item.is_null())
    entries.emplace_back("item", std::move(item));
  return format::Value::object(std::move(entries));
}

format::Value flow_variables(const Execution& execution, const Mentions& mentions) {
  return format::Value::object(
      {{"outputs", outputs_value(execution, mentions)}, {"tasks", states_of(execution)}});
}

}  // namespace outlay::flow
