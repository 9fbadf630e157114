// SPDX-License-Identifier: Apache-2.0
#include "tasks/engine/engine_tasks.h"

namespace outlay::tasks {

base::Result<flow::TaskEnd> EngineTask::run(
    flow::TaskContext& context, const format::Value& properties) const {
  flow::Engine* engine = context.engine();
  if (engine == nullptr) return base::conflict("there is no engine here that this task could ask");
  return work_(context, *engine, properties);
}

base::Result<std::string> namespace_property(
    flow::TaskContext& context, const format::Value& properties) {
  std::string given = TRY(flow::text_property(context, properties, "namespace"));
  return given.empty() ? std::string(context.name_space()) : given;
}

}  // namespace outlay::tasks
