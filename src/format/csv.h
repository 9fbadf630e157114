// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::format {

/// Reads RFC 4180 text into rows of fields; for small files (the ledger reads bills through
/// DuckDB).
base::Result<std::vector<std::vector<std::string>>> parse_csv(
    std::string_view text, char separator = ',', std::string_view file = {});
/// One field, quoted when it must be.
std::string csv_field(std::string_view text);

}  // namespace outlay::format
