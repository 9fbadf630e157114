// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/operation.h"
#include "base/result.h"
#include "flow/engine.h"

namespace outlay::api {

/// What one control does to one execution; answers the id of the execution that goes on.
using Control = base::Result<std::string> (*)(
    flow::Engine& engine, const std::string& id, const Request& request);

base::Result<std::string> kill_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> restart_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> replay_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> resume_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> pause_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> force_run_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> unqueue_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> change_status_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> set_labels_one(flow::Engine&, const std::string& id, const Request&);
base::Result<std::string> remove_one(flow::Engine&, const std::string& id, const Request&);

}  // namespace outlay::api
