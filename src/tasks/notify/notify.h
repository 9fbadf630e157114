// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

/// Tasks that tell people: for each service one that sends a message and its twin that tells how an
/// execution went. Each service is a spec file of this folder, which says what is posted where.
/// `http` outlives the task types.
std::vector<std::unique_ptr<flow::TaskType>> make_notifications(io::Http& http);

}  // namespace outlay::tasks
