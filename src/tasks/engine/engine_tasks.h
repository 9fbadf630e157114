// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "flow/engine.h"
#include "flow/task.h"
#include "tasks/spec.h"

namespace outlay::tasks {

/// A task that is one function over the engine; the engine is there when it is called.
class EngineTask final : public SpecTask {
 public:
  using Work = base::Result<flow::TaskEnd> (*)(
      flow::TaskContext& context, flow::Engine& engine, const format::Value& properties);

  EngineTask(std::string_view spec, Work work) : SpecTask(spec), work_(work) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override;

 private:
  Work work_;
};

using TaskTypes = std::vector<std::unique_ptr<flow::TaskType>>;

// Tasks on what the engine keeps, one family per file.
TaskTypes make_kv_tasks();
TaskTypes make_namespace_file_tasks();
TaskTypes make_execution_tasks();
TaskTypes make_log_tasks();
TaskTypes make_flow_tasks();

/// The property namespace, the flow's own unless given.
base::Result<std::string> namespace_property(
    flow::TaskContext& context, const format::Value& properties);

}  // namespace outlay::tasks
