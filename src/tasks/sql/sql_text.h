// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/value.h"

namespace outlay::tasks {

/// The statements of a text, without their semicolons; empty ones are left out. Quotes and comments
/// are respected.
std::vector<std::string> sql_statements(std::string_view sql);
/// Puts literals where :name stands; a name that is not in `parameters` is an error, `::` is a
/// cast.
base::Result<std::string> with_parameters(std::string_view sql, const format::Object& parameters);
/// The path in a JDBC URL, "jdbc:duckdb:/data/x.db" or "jdbc:sqlite:x.db"; empty for one in memory.
std::string jdbc_path(std::string_view url, std::string_view scheme);

}  // namespace outlay::tasks
