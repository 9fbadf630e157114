// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "flow/task.h"
#include "format/value.h"

namespace outlay::api {

/// What the program knows of itself, for docs, editors and the completeness test.
format::Value describe_operations();
format::Value describe_settings();
format::Value describe_connectors();
format::Value describe_errors();
/// One line per task type and polling trigger.
format::Value describe_tasks(const flow::TaskRegistry& registry);
/// One of them in full; not_found names the nearest.
base::Result<format::Value> describe_task(
    const flow::TaskRegistry& registry, std::string_view type);

}  // namespace outlay::api
