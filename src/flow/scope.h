// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flow/execution.h"
#include "format/value.h"

namespace outlay::flow {

// What expressions see, as values.

/// flow, execution, inputs, vars, labels, trigger. `key` opens SECRET inputs.
format::Value execution_variables(const Execution& execution, std::string_view key);
/// task, taskrun, parent, parents, outputs, tasks for one run; only those outputs that `mentions`
/// names.
format::Value run_variables(const Execution& execution, int run, const Mentions& mentions);
/// outputs and tasks for expressions of the flow itself (run -1).
format::Value flow_variables(const Execution& execution, const Mentions& mentions);
/// Outputs of every run of one task; in loops nested by the loop values, outermost first. Null when
/// there are none.
format::Value outputs_of(const Execution& execution, int task);
/// "a.b" keys become maps within maps.
format::Value nested(const format::Value& flat);

}  // namespace outlay::flow
