// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Queries on embedded databases: io.kestra.plugin.jdbc.{duckdb,sqlite}.{Query,Queries}.
std::vector<std::unique_ptr<flow::TaskType>> make_sql_tasks();

}  // namespace outlay::tasks
