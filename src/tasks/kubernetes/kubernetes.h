// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// io.kestra.plugin.kubernetes.kubectl.{Apply,Delete,Get,Patch,Restart} and core.PodCreate, by the
/// kubectl program.
std::vector<std::unique_ptr<flow::TaskType>> make_kubernetes_tasks();

}  // namespace outlay::tasks
