// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Queries on databases: io.kestra.plugin.jdbc.{duckdb,sqlite,postgresql}.{Query,Queries}.
std::vector<std::unique_ptr<flow::TaskType>> make_sql_tasks();
/// Triggers that fire when a query answers rows: io.kestra.plugin.jdbc.*.Trigger.
std::vector<std::unique_ptr<flow::PollingType>> make_sql_triggers();

}  // namespace outlay::tasks
