// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/ops/bound.h"

namespace outlay::api {

/// "labels" as pairs; each is written key<separator>value.
base::Result<std::vector<std::pair<std::string, std::string>>> labels_of(
    const Request& request, char separator);

/// The operation flow.run.
base::Result<format::Value> run_flow(Parts& parts, const Request& request, const CallHooks& hooks);

/// The operation flow.go_on: restarts, replays, resumes or kills an execution without a server.
base::Result<format::Value> go_on(Parts& parts, const Request& request, const CallHooks& hooks);

}  // namespace outlay::api
