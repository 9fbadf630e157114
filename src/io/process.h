// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace outlay::io {

struct Command {
  std::vector<std::string> arguments;  ///< arguments[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>>
      environment;  ///< the whole environment of the child
  Path folder;      ///< where it runs
  std::optional<std::chrono::milliseconds> timeout;
  /// Time between SIGTERM and SIGKILL to the process group.
  std::chrono::milliseconds grace{5'000};
  /// Set to true from another thread to end the process group.
  const std::atomic<bool>* stop = nullptr;
};

struct ProcessEnd {
  /// The exit status, or 128 + signal.
  int exit_status = 0;
  bool timed_out = false;
  bool stopped = false;
};

enum class Stream { out, err };
/// Called once per line, without the line break, from the thread that called run_process.
using LineHandler = std::function<void(Stream, std::string_view line)>;

/// Runs a program in a process group of its own and waits for it. Uses posix_spawn, never fork:
/// forking a process that holds a gigabyte takes a tenth of a second. An error means that it could
/// not be started.
base::Result<ProcessEnd> run_process(const Command& command, const LineHandler& on_line);

}  // namespace outlay::io
