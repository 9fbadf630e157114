// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "cli/session.h"

namespace outlay::cli {

/// --format and --out, for commands whose answer is a table.
std::vector<Argument> table_options(bool with_parquet = false);
/// "table", "csv", "json" or "parquet"; --json is json.
std::string style_of(Session& session, const Given& given);
/// The file of --out, which Parquet needs.
base::Result<std::string> out_file(const Given& given);
/// Prints an answer of {columns, rows} as asked, to --out or the standard output.
base::Result<int> print_result(Session& session, const Given& given, const format::Value& answer);
/// Says what was written to a file.
base::Result<int> print_written(Session& session, const format::Value& answer);

}  // namespace outlay::cli
