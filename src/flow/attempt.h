// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "flow/engine.h"
#include "flow/files.h"
#include "flow/live.h"
#include "flow/task.h"
#include "io/secrets.h"

namespace outlay::flow {

class RunningAttempt;

/// What attempts need of the engine.
struct AttemptHouse {
  const FileHouse* files = nullptr;
  const expr::Scope* globals = nullptr;
  io::Secrets* secrets = nullptr;
  const base::Clock* clock = nullptr;
  Engine* engine = nullptr;
  std::string key;  ///< opens SECRET inputs
  std::function<void(LogLine)> log;
  std::function<void(const RunningAttempt&, const Metric&)> metric;
};

/// The world of one attempt. Used by one thread; looks into the execution only while it is made and
/// under its lock.
class RunningAttempt final : public TaskContext {
 public:
  RunningAttempt(const AttemptHouse& house, WorkItem item, std::shared_ptr<AttemptControl> control);

  const expr::Scope& scope() const override { return scope_; }

  const expr::Environment& environment() const override { return environment_; }

  base::Result<io::Path> working_folder() override;
  base::Result<std::string> store_file(const io::Path& file, std::string_view name) override;
  base::Result<io::Path> open_uri(std::string_view uri) override;
  void log(base::LogLevel level, std::string_view message) override;
  void metric(Metric metric) override;

  const std::atomic<bool>& stop() const override { return control_->stop; }

  std::string_view name_space() const override { return item_.live->flow->name_space; }

  std::string_view execution_id() const override { return execution_id_; }

  std::string_view task_run_id() const override { return task_run_id_; }

  std::string_view flow_id() const override { return item_.live->flow->id; }

  Engine* engine() override { return house_.engine; }

  const Task& task() const { return *task_; }

  /// A log line of this attempt.
  LogLine line(base::LogLevel level, std::string_view message) const;

  /// Files in the working folder that are new or changed; empty when the folder was not used.
  std::vector<std::string> left_files() const;

 private:
  struct Stamp {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type time;
    bool operator==(const Stamp&) const = default;
  };

  base::Result<std::string> read(std::string_view name);
  const VisibleFiles& visible();
  base::Result<base::Done> bring_files();

  const AttemptHouse& house_;
  WorkItem item_;
  std::shared_ptr<AttemptControl> control_;
  const Task* task_ = nullptr;
  std::string execution_id_, task_run_id_;
  expr::Scope outer_, scope_;
  expr::Environment environment_;
  std::optional<io::Path> folder_;
  std::optional<VisibleFiles> visible_;
  std::map<std::string, Stamp> brought_;
};

/// "WARN": as log lines carry it.
std::string_view level_name(base::LogLevel level);
/// What expressions of a namespace may ask of the engine: time, secrets, the key-value store and
/// namespace files.
expr::Environment plain_environment(
    const base::Clock& clock, io::Secrets& secrets, Engine& engine, std::string name_space);
/// The content of nsfile:///path, or of a namespace's file by path.
base::Result<std::string> read_namespace_file(
    Engine& engine, std::string_view name_space, std::string_view uri);

}  // namespace outlay::flow
