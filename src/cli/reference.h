// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "cli/session.h"
#include "format/value.h"

namespace outlay::cli {

/// Every command with its arguments, for `describe`.
format::Value describe_commands();

/// Pages of docs/reference, made from what `describe` answers.
std::string rest_markdown(const format::Value& operations);
std::string settings_markdown(const format::Value& settings);
base::Result<std::string> tasks_markdown(Session& session);
/// One task type, from what plugins.get answers.
std::string task_markdown(const format::Value& plugin);

}  // namespace outlay::cli
