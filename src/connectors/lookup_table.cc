// SPDX-License-Identifier: Apache-2.0
#include "connectors/lookup_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/embedded.h"
#include "format/yaml.h"

namespace outlay::connectors {

base::Result<std::string> services_sql(std::string_view file) {
  const auto node = TRY(format::parse_yaml(embedded_file(file), file));
  std::string rows;
  for (const auto& entry : node.find("services")->entries) {
    rows += fmt::format("{}({}", rows.empty() ? "" : ", ", base::sql_text(entry.key));
    for (const auto* column : {"name", "category", "subcategory"}) {
      rows += ", " + base::sql_text(entry.value.find(column)->text);
    }
    rows += ")";
  }
  return rows;
}

bool has_columns(
    const std::vector<std::string>& header, std::initializer_list<std::string_view> columns) {
  return std::ranges::all_of(columns, [&](std::string_view column) {
    const std::string wanted = squashed(column);
    return std::ranges::any_of(
        header, [&](const std::string& name) { return squashed(name) == wanted; });
  });
}

base::Result<base::Done> require_columns(
    const Mapping& mapping,
    const ledger::RawShape& shape,
    std::initializer_list<std::string_view> wanted,
    std::string_view what) {
  for (const std::string_view name : wanted) {
    const auto raw = std::ranges::find(mapping.raw, name, &RawColumn::name);
    if (raw == mapping.raw.end() || find_raw(*raw, shape.columns) >= 0) {
      continue;
    }
    const std::string& spelled = raw->spellings.front();
    return base::invalid_input(fmt::format(
        "{} needs the column {}, and this file has none.{} Have it exported with all its columns",
        what,
        spelled,
        base::did_you_mean(spelled, shape.columns)));
  }
  return base::Done{};
}

}  // namespace outlay::connectors
