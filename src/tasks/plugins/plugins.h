// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flow/task.h"
#include "io/file.h"

namespace outlay::tasks {

/// Task types that other programs do. Each folder below `folder` that has a plugin.yaml is one
/// plug-in: {command: [program, arguments], tasks: [{type, summary, properties, required, outputs,
/// example}]}. For an attempt the command runs in the plug-in's folder, gets one line of JSON on
/// stdin and answers lines of JSON on stdout. A folder that is not there has no plug-ins.
base::Result<base::Done> add_plugins(flow::TaskRegistry& registry, const io::Path& folder);

}  // namespace outlay::tasks
