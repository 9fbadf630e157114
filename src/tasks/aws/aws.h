// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

/// io.kestra.plugin.aws.{s3,sqs,sns,lambda,cloudwatch}: AWS by its own APIs. `http` outlives the
/// task types.
std::vector<std::unique_ptr<flow::TaskType>> make_aws_tasks(io::Http& http);

}  // namespace outlay::tasks
