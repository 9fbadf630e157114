// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "flow/model.h"
#include "flow/trigger_ports.h"

namespace outlay::flow {

/// What a polling trigger sees of the world while it looks.
class TriggerContext final : public TaskContext {
 public:
  TriggerContext(
      const TriggerPorts& ports,
      const Flow& flow,
      const Trigger& trigger,
      std::string execution_id);

  const expr::Scope& scope() const override { return scope_; }

  const expr::Environment& environment() const override { return environment_; }

  base::Result<io::Path> working_folder() override;
  base::Result<std::string> store_file(const io::Path& file, std::string_view name) override;
  base::Result<io::Path> open_uri(std::string_view uri) override;
  void log(base::LogLevel level, std::string_view message) override;

  void metric(Metric) override {}

  const std::atomic<bool>& stop() const override { return stop_; }

  std::string_view name_space() const override { return flow_.name_space; }

  /// Of the execution that would be started.
  std::string_view execution_id() const override { return execution_id_; }

  std::string_view task_run_id() const override { return trigger_.id; }

  std::string_view flow_id() const override { return flow_.id; }

  Engine* engine() override { return ports_.engine; }

 private:
  const TriggerPorts& ports_;
  const Flow& flow_;
  const Trigger& trigger_;
  std::string execution_id_;
  expr::Scope scope_;
  expr::Environment environment_;
  std::optional<io::ScratchFolder> folder_;
  std::atomic<bool> stop_{false};
};

}  // namespace outlay::flow
