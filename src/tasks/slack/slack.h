// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

/// Posts to a Slack incoming webhook. `http` outlives the task type.
std::unique_ptr<flow::TaskType> make_slack_webhook(io::Http& http);

/// io.kestra.plugin.slack.app.{chats,reactions}.*: an app with a token.
std::vector<std::unique_ptr<flow::TaskType>> make_slack_app_tasks(io::Http& http);

}  // namespace outlay::tasks
