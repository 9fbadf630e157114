// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Clones a repository into the working folder with the git program.
std::unique_ptr<flow::TaskType> make_git_clone();
/// Saves the flows of a repository's folder in the engine.
std::unique_ptr<flow::TaskType> make_git_sync_flows();

/// io.kestra.plugin.git.{PushFlows,PushNamespaceFiles,SyncNamespaceFiles}.
std::vector<std::unique_ptr<flow::TaskType>> make_git_engine_tasks();

}  // namespace outlay::tasks
