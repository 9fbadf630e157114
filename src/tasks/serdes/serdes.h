// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Files of rows in one form turned into another: io.kestra.plugin.serdes.{csv,json,parquet}.
std::vector<std::unique_ptr<flow::TaskType>> make_serdes_tasks();

/// io.kestra.plugin.serdes.excel.{ExcelToIon,IonToExcel}.
std::vector<std::unique_ptr<flow::TaskType>> make_excel_tasks();

}  // namespace outlay::tasks
