// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "flow/model.h"

namespace outlay::flow {

struct ParsedFlow {
  std::shared_ptr<const Flow> flow;  ///< as far as it could be read
  std::vector<Problem> problems;     ///< in file order
  bool has_errors() const;
};

/// Reads a flow and tells everything that is wrong with it at once, each with line and column.
/// `tasks` must outlive the flow. `file` names the source in messages.
ParsedFlow parse_flow(std::string_view yaml, std::string_view file, const TaskRegistry& tasks);

}  // namespace outlay::flow
