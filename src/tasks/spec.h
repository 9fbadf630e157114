// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "flow/task.h"

namespace outlay::tasks {

/// What a task type tells of itself, read from `name` ("core/log.yaml") below this folder: type,
/// aliases, summary, properties, required, outputs, example. CHECKs that the file is there and
/// whole.
flow::TaskInfo read_spec(std::string_view name);

/// The same with the properties of a second file, which several types share.
flow::TaskInfo read_spec_with(std::string_view name, std::string_view shared);

/// A task type whose info comes from a spec file.
class SpecTask : public flow::TaskType {
 public:
  explicit SpecTask(std::string_view name) : info_(read_spec(name)) {}

  explicit SpecTask(flow::TaskInfo info) : info_(std::move(info)) {}

  const flow::TaskInfo& info() const override { return info_; }

 private:
  flow::TaskInfo info_;
};

}  // namespace outlay::tasks
