// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "format/value.h"
#include "io/http.h"
#include "io/process.h"
#include "tasks/scripts/script_run.h"

namespace outlay::tasks {

/// A command to run in a container.
struct ContainerJob {
  std::string image;
  /// The rendered settings of the task runner: pullPolicy, user, entryPoint, volumes, networkMode,
  /// portBindings, cpu, memory, shmSize, privileged, extraHosts, fileHandlingStrategy, delete,
  /// credentials, host.
  format::Value settings;
  std::vector<std::string> arguments;
  Variables environment;
  io::Path folder;  ///< has the same path in the container; copied in and out, or mounted
  std::string task_run_id;
  const std::atomic<bool>* stop = nullptr;
  std::function<void(std::string_view)> note;  ///< what the engine does, for the log
};

/// A Docker Engine, spoken to over its HTTP API (1.41) on a Unix socket or TCP.
class DockerEngine {
 public:
  /// `host` is "unix:///var/run/docker.sock" or "tcp://host:2375"; empty: DOCKER_HOST, else the
  /// usual socket.
  DockerEngine(io::Http& http, std::string host);

  bool is_there() const;
  /// Pulls, creates, copies in, starts, follows the output, waits, copies out, removes.
  base::Result<io::ProcessEnd> run(const ContainerJob& job, const io::LineHandler& on_line) const;

 private:
  io::HttpRequest request(std::string method, std::string path) const;
  base::Result<format::Value> call(
      std::string method, std::string path, const format::Value& body) const;
  base::Result<base::Done> pull(const ContainerJob& job) const;
  base::Result<std::string> create(const ContainerJob& job) const;
  base::Result<base::Done> put_files(const ContainerJob& job, const std::string& id) const;
  base::Result<base::Done> take_files(const ContainerJob& job, const std::string& id) const;
  base::Result<base::Done> follow(
      const ContainerJob& job, const std::string& id, const io::LineHandler& on_line) const;
  base::Result<io::ProcessEnd> run_container(
      const ContainerJob& job, const std::string& id, const io::LineHandler& on_line) const;

  io::Http& http_;
  std::string socket_;
  std::string origin_;
};

}  // namespace outlay::tasks
