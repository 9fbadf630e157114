// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

/// Posts to a Slack incoming webhook. `http` outlives the task type.
std::unique_ptr<flow::TaskType> make_slack_webhook(io::Http& http);

}  // namespace outlay::tasks
