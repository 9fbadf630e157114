// SPDX-License-Identifier: Apache-2.0
#include "flow/trigger_context.h"

namespace outlay::flow {

using format::Value;

TriggerContext::TriggerContext(
    const TriggerPorts& ports, const Flow& flow, const Trigger& trigger, std::string execution_id)
    : ports_(ports),
      flow_(flow),
      trigger_(trigger),
      execution_id_(std::move(execution_id)),
      scope_(
          Value::object(
              {{"flow", Value::object({{"id", flow.id}, {"namespace", flow.name_space}})},
               {"vars", flow.variables},
               {"trigger", Value::object({{"id", trigger.id}, {"type", trigger.type}})}}),
          ports.globals),
      environment_(ports.environment(flow.name_space)) {}

base::Result<io::Path> TriggerContext::working_folder() {
  if (!folder_) {
    auto made = io::ScratchFolder::create(std::filesystem::temp_directory_path());
    if (!made) return made.error();
    folder_.emplace(std::move(*made));
  }
  return folder_->path();
}

base::Result<std::string> TriggerContext::store_file(const io::Path& file, std::string_view name) {
  return ports_.store(flow_, execution_id_, trigger_.id, file, name);
}

base::Result<io::Path> TriggerContext::open_uri(std::string_view uri) { return ports_.open(uri); }

void TriggerContext::log(base::LogLevel level, std::string_view message) {
  base::log_line(level, message, {{"flow", flow_.id}, {"trigger", trigger_.id}});
}

}  // namespace outlay::flow
