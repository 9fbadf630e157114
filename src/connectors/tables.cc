// SPDX-License-Identifier: Apache-2.0
#include "connectors/tables.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "connectors/embedded.h"
#include "format/yaml.h"

namespace outlay::connectors {
namespace {

std::string cell_sql(const std::string& text) {
  return text.empty() ? "CAST(NULL AS VARCHAR)" : base::sql_text(text);
}

std::string rows_sql(const format::Node& table) {
  std::string rows;
  for (const auto& entry : table.entries) {
    rows += fmt::format("{}({}", rows.empty() ? "" : ", ", cell_sql(entry.key));
    if (entry.value.is_scalar()) rows += ", " + cell_sql(entry.value.text);
    for (const auto& item : entry.value.items) rows += ", " + cell_sql(item.text);
    rows += ")";
  }
  return rows;
}

}  // namespace

base::Result<std::string> with_tables(
    std::string sql, std::string_view file, const std::vector<std::string>& keys) {
  const auto node = TRY(format::parse_yaml(embedded_file(file), file));
  for (const auto& key : keys) {
    const auto* table = node.find(key);
    CHECK(table != nullptr);
    sql = base::replace_all(sql, "{" + key + "}", rows_sql(*table));
  }
  return sql;
}

}  // namespace outlay::connectors
