// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

/// io.kestra.plugin.aws.{s3,sqs,sns,lambda,cloudwatch,dynamodb,athena,ecr,eventbridge} and
/// outlay.aws.* (Cost Explorer): AWS by its own APIs. `http` outlives the types.
std::vector<std::unique_ptr<flow::TaskType>> make_aws_tasks(io::Http& http);
std::vector<std::unique_ptr<flow::PollingType>> make_aws_triggers(io::Http& http);

}  // namespace outlay::tasks
