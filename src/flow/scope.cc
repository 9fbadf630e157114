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

// A direct child of a Loop: its rounds do not show in paths, they see only themselves.
bool is_of_loop(const Execution& execution, int index) {
  const int parent = execution.run(index).parent;
  return parent >= 0 && execution.task_of(execution.run(parent)).is_loop;
}

using Rounds = std::vector<std::pair<int, int>>;

// The rounds of Loops around a run, as (run of the Loop, its lane).
Rounds rounds_around(const Execution& execution, int index) {
  Rounds out;
  if (!execution.flow->has_loops) return out;
  for (int at = index; at >= 0; at = execution.run(at).parent)
    if (is_of_loop(execution, at))
      out.emplace_back(execution.run(at).parent, execution.run(at).lane);
  return out;
}

bool is_seen(const Execution& execution, int index, const Rounds& from) {
  const Rounds around = rounds_around(execution, index);
  return std::all_of(around.begin(), around.end(), [&from](const auto& round) {
    return std::find(from.begin(), from.end(), round) != from.end();
  });
}

// Values of ForEach loops around a run, outermost first.
std::vector<const std::string*> path_of(const Execution& execution, int run) {
  std::vector<const std::string*> path;
  for (int at = run; at >= 0; at = execution.run(at).parent)
    if (execution.run(at).iteration >= 0 && !is_of_loop(execution, at))
      path.push_back(&execution.run(at).value);
  std::reverse(path.begin(), path.end());
  return path;
}

format::Value by_loop(
    const Execution& execution,
    int task,
    const Rounds& from,
    const std::function<format::Value(const TaskRun&)>& leaf) {
  Branch root;
  for (const int index : execution.by_task[static_cast<std::size_t>(task)]) {
    if (is_hidden(execution, index) || !is_seen(execution, index, from)) continue;
    format::Value value = leaf(execution.run(index));
    if (value.is_null()) continue;
    Branch* branch = &root;
    for (const std::string* name : path_of(execution, index)) branch = &branch->at(*name);
    branch->leaf = std::move(value);
  }
  return root.value();
}

format::Value states_of(const Execution& execution, const Rounds& from) {
  Entries entries;
  for (std::size_t task = 0; task < execution.by_task.size(); ++task) {
    format::Value state = by_loop(execution, static_cast<int>(task), from, [](const TaskRun& run) {
      return format::Value::object({{"state", state_name(run.state.current())}});
    });
    if (!state.is_null()) entries.emplace_back(execution.flow->tasks[task].id, std::move(state));
  }
  return format::Value::object(std::move(entries));
}

format::Value outputs_value(
    const Execution& execution, const Mentions& mentions, const Rounds& from) {
  Entries entries;
  const auto add = [&](int task) {
    format::Value value =
        by_loop(execution, task, from, [](const TaskRun& run) { return run.outputs; });
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

// One round as its tasks see it: {value, index, key}.
format::Object item_of(const Execution& execution, int loop, int lane) {
  const Progress& progress = *execution.run(loop).progress;
  const std::string& text = progress.values[static_cast<std::size_t>(lane)];
  const auto parsed = format::parse_json(text);
  const bool is_structure = parsed && (parsed->is_object() || parsed->is_array());
  format::Object item;
  item.set("value", is_structure ? *parsed : format::Value(text));
  item.set("index", lane);
  if (!progress.keys.empty()) item.set("key", progress.keys[static_cast<std::size_t>(lane)]);
  return item;
}

// The round around a run with those around it, nearest first; null outside of Loops.
format::Value item_value(const Execution& execution, const Rounds& around) {
  if (around.empty()) return {};
  format::Array outer;
  for (std::size_t i = 1; i < around.size(); ++i)
    outer.emplace_back(item_of(execution, around[i].first, around[i].second));
  format::Object item = item_of(execution, around[0].first, around[0].second);
  if (!outer.empty()) item.set("parent", outer.front());
  item.set("parents", std::move(outer));
  return item;
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
    if (run.iteration >= 0) entry.set("taskrun", std::move(taskrun));
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
  return by_loop(execution, task, {}, [](const TaskRun& run) { return run.outputs; });
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
  const Rounds around = rounds_around(execution, run);
  Entries entries{
      {"task", format::Value::object({{"id", task.id}, {"type", task.type}})},
      {"taskrun", taskrun_value(execution, run)},
      {"parents", parents},
      {"outputs", outputs_value(execution, mentions, around)}};
  if (!parents.as_array().empty()) entries.emplace_back("parent", parents.as_array().front());
  if (mentions.tasks) entries.emplace_back("tasks", states_of(execution, around));
  if (format::Value item = item_value(execution, around); !item.is_null())
    entries.emplace_back("item", std::move(item));
  return format::Value::object(std::move(entries));
}

format::Value flow_variables(const Execution& execution, const Mentions& mentions) {
  return format::Value::object(
      {{"outputs", outputs_value(execution, mentions, {})}, {"tasks", states_of(execution, {})}});
}

}  // namespace outlay::flow
