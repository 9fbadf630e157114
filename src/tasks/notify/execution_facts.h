// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flow/task.h"

namespace outlay::tasks {

/// What there is to tell of an execution, as variables of a message: text (one paragraph), title,
/// state, color (of the state, "#rrggbb"), link, fields (list of {title, value}), isGood.
/// The property executionId names it; this one unless given.
base::Result<format::Object> execution_facts(
    flow::TaskContext& context, const format::Value& properties);

}  // namespace outlay::tasks
