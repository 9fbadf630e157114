// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "flow/task.h"

namespace outlay::api {

/// What a test says of a task that is not to be run: how it ends and with which outputs.
struct TaskFixture {
  std::string state = "SUCCESS";
  format::Object outputs;
};

using TaskFixtures = std::map<std::string, TaskFixture, std::less<>>;

/// Fills `registry` with all types of `known`; a task that `fixtures` names by its id ends as they
/// say instead of being run. Both must outlive the registry.
void add_with_fixtures(
    const flow::TaskRegistry& known, const TaskFixtures& fixtures, flow::TaskRegistry& registry);

}  // namespace outlay::api
