// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/ops/query_filter.h"
#include "api/parts.h"

namespace outlay::api {

/// The parameters of a search for executions, the plain ones of older clients included.
std::vector<Param> execution_search_params();

/// {results, total}, newest first unless "sort" says otherwise.
base::Result<format::Value> find_executions(Parts& parts, const Request& request);
/// Ids of all that the same question finds, whatever the page.
base::Result<std::vector<std::string>> find_execution_ids(Parts& parts, const Request& request);

}  // namespace outlay::api
