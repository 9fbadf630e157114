// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "flow/task.h"

namespace outlay::flow {

/// What tasks do in flow cases, told by task id, and what they did.
struct TestingScript {
  /// {task: [result, ...]}: ok, fail, warn, or {state, outputs, takes, files, error}; the last one
  /// repeats.
  format::Value results;
  std::function<void(base::Duration)> takes;
  /// Ids in the order attempts were made; "!" after those that failed.
  std::vector<std::string> trace;
  std::map<std::string, std::size_t> made;
};

/// Adds stand-ins for the tasks that flow cases use: Return, Log, Fail, OutputValues and test.Step.
/// `script` must outlive the registry.
void add_testing_tasks(TaskRegistry& registry, TestingScript& script);

}  // namespace outlay::flow
