// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/ops/query_filter.h"
#include "api/parts.h"

namespace outlay::api {

/// The parameters of a search for flows.
std::vector<Param> flow_search_params();
/// The flows that it finds, without their source, whatever the page.
base::Result<std::vector<flow::StoredFlow>> find_flows(Parts& parts, const Request& request);

}  // namespace outlay::api
