// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/model.h"

namespace outlay::flow {

/// A task type that the engine itself knows.
struct EngineTask {
  std::string_view name;  ///< without package
  std::string_view package;
  TaskKind kind;
};

/// The kind of a task type, older names included; nothing when it is no task of the engine.
std::optional<TaskKind> engine_kind(std::string_view type);
/// Current names of all task types of the engine.
std::vector<std::string> engine_task_names();
/// A ForEachItem: a list of three parts that the engine writes itself.
bool is_item_loop(std::string_view type);
/// A type that the language knows and this version has not.
bool is_known_unsupported(std::string_view type);

}  // namespace outlay::flow
