// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Files of this machine: io.kestra.plugin.fs.local.{List,Copy,Move,Delete,Upload,Download}.
std::vector<std::unique_ptr<flow::TaskType>> make_local_file_tasks();

}  // namespace outlay::tasks
