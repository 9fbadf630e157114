// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::connectors {

/// Fills {key} in `sql` for every key: the rows of a table that is data, for VALUES. The embedded
/// YAML `file` has below `key` one entry a row: its name, then its value or list of values, all as
/// texts; an empty value is a null.
base::Result<std::string> with_tables(
    std::string sql, std::string_view file, const std::vector<std::string>& keys);

}  // namespace outlay::connectors
