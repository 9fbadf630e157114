// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "expr/expr.h"
#include "flow/engine.h"

namespace outlay::flow {

/// What the functions errorLogs, fileURI, fileSize, fileExists, isFileEmpty and http of expressions
/// need; `read` is the environment's own.
struct OutsideWorld {
  Engine* engine = nullptr;
  std::string name_space, execution_id;
  std::function<base::Result<std::string>(std::string_view uri)> read;
};

/// Answers one of these functions; any other is not available.
base::Result<format::Value> outside_function(
    const OutsideWorld& world, std::string_view function, const format::Array& arguments);

}  // namespace outlay::flow
