// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "flow/task.h"
#include "io/process.h"

namespace outlay::tasks {

/// The kubectl program with the access that the properties connection and namespace describe, else
/// with that of this machine.
class Kubectl {
 public:
  static base::Result<Kubectl> open(flow::TaskContext& context, const format::Value& properties);

  /// Runs kubectl and answers what it printed on stdout; its own words are the error.
  base::Result<std::string> run(std::vector<std::string> arguments) const;
  /// The same, read as JSON.
  base::Result<format::Value> json(std::vector<std::string> arguments) const;
  /// Runs kubectl and hands each line on.
  base::Result<io::ProcessEnd> follow(
      std::vector<std::string> arguments, const io::LineHandler& on_line) const;
  /// Writes a manifest for `-f`; it is removed with the attempt's folder.
  base::Result<std::string> manifest(const std::string& text) const;

 private:
  explicit Kubectl(flow::TaskContext& context) : context_(context) {}

  flow::TaskContext& context_;
  io::Path folder_;
  std::string name_space_;
  std::string config_;  ///< path of a kubeconfig file; empty: this machine's
};

}  // namespace outlay::tasks
