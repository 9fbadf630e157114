// SPDX-License-Identifier: Apache-2.0
#include "ledger/tags.h"

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::ledger {

std::string tag_sql(std::string_view key) {
  const std::string escaped = base::replace_all(base::replace_all(key, "\\", "\\\\"), "\"", "\\\"");
  return fmt::format(
      "CASE WHEN json_valid(Tags) THEN json_extract_string(Tags, {}) END",
      base::sql_text("$.\"" + escaped + "\""));
}

}  // namespace outlay::ledger
