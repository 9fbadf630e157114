// SPDX-License-Identifier: Apache-2.0
#include "flow/task_kinds.h"

#include <array>

namespace outlay::flow {
namespace {

constexpr std::string_view kFlow = "io.kestra.plugin.core.flow.";
constexpr std::string_view kExecution = "io.kestra.plugin.core.execution.";
constexpr std::string_view kOldFlow = "io.kestra.core.tasks.flows.";
constexpr std::string_view kOldExecution = "io.kestra.core.tasks.executions.";

constexpr std::array<EngineTask, 22> kTasks{{
    {"Sequential", kFlow, TaskKind::sequential},
    {"Parallel", kFlow, TaskKind::parallel},
    {"If", kFlow, TaskKind::choice_if},
    {"Switch", kFlow, TaskKind::choice_switch},
    {"ForEach", kFlow, TaskKind::for_each},
    {"EachSequential", kFlow, TaskKind::for_each},
    {"EachParallel", kFlow, TaskKind::for_each},
    {"Loop", kFlow, TaskKind::for_each},
    {"ForEachItem", kFlow, TaskKind::sequential},
    {"EachItem", kFlow, TaskKind::sequential},
    {"Dag", kFlow, TaskKind::dag},
    {"AllowFailure", kFlow, TaskKind::allow_failure},
    {"WorkingDirectory", kFlow, TaskKind::working_directory},
    {"Pause", kFlow, TaskKind::pause},
    {"Subflow", kFlow, TaskKind::subflow},
    {"Flow", kOldFlow, TaskKind::subflow},
    {"LoopUntil", kFlow, TaskKind::loop_until},
    {"WaitFor", kFlow, TaskKind::loop_until},
    {"Exit", kExecution, TaskKind::exit},
    {"Labels", kExecution, TaskKind::set_labels},
    {"SetVariables", kExecution, TaskKind::set_variables},
    {"UnsetVariables", kExecution, TaskKind::unset_variables},
}};

bool is_named(std::string_view type, std::string_view package, std::string_view name) {
  return type.size() == package.size() + name.size() && type.substr(0, package.size()) == package &&
         type.substr(package.size()) == name;
}

}  // namespace

std::optional<TaskKind> engine_kind(std::string_view type) {
  for (const EngineTask& task : kTasks) {
    const std::string_view older = task.package == kFlow ? kOldFlow : kOldExecution;
    if (is_named(type, task.package, task.name) || is_named(type, older, task.name))
      return task.kind;
  }
  return std::nullopt;
}

std::vector<std::string> engine_task_names() {
  std::vector<std::string> names;
  for (const EngineTask& task : kTasks)
    names.push_back(std::string(task.package) + std::string(task.name));
  return names;
}

bool is_known_unsupported(std::string_view type) {
  return is_named(type, kFlow, "Template") || is_named(type, kOldFlow, "Template");
}

bool is_item_loop(std::string_view type) {
  return type.find("flow.ForEachItem") != std::string_view::npos ||
         type.find("flows.ForEachItem") != std::string_view::npos ||
         type.find("EachItem") != std::string_view::npos;
}

}  // namespace outlay::flow
