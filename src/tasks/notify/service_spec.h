// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "flow/task.h"

namespace outlay::tasks {

/// The spec file of one service that tells people: type, aliases, summary, twin, properties,
/// required, sample, and for those over HTTP request {url, headers, basicAuth, form, body}.
format::Value read_service_spec(std::string_view name);
/// What users may know of the service's task, or of its twin that tells of an execution.
flow::TaskInfo service_info(const format::Value& spec, bool is_twin);

}  // namespace outlay::tasks
