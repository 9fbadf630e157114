// SPDX-License-Identifier: Apache-2.0
#include "connectors/oci/connector.h"

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/mapping.h"
#include "connectors/tables.h"

namespace outlay::connectors {
namespace {

using base::Result;

constexpr std::string_view kTagPrefix = "tags/";

bool has_column(const std::vector<std::string>& header, const std::string& name) {
  return find_raw({name, Read::text, {name}}, header) >= 0;
}

/// {"namespace.key": cell, ...} of the tag columns that are not empty; null when all are.
std::string tags_sql(const ledger::RawShape& shape) {
  std::string parts;
  for (const auto& column : shape.columns) {
    if (!column.starts_with(kTagPrefix)) continue;
    const std::string key = column.substr(kTagPrefix.size());
    parts += fmt::format(
        ", CAST(to_json({}) AS VARCHAR) || ':' || CAST(to_json(nullif(CAST({} AS VARCHAR), '')) AS "
        "VARCHAR)",
        base::sql_text(key),
        base::sql_name(column));
  }
  if (parts.empty()) return "CAST(NULL AS VARCHAR)";
  return fmt::format("nullif('{{' || concat_ws(','{}) || '}}', '{{}}')", parts);
}

class OciConnector final : public Connector {
 public:
  std::string_view name() const override { return "oci"; }

  std::string_view summary() const override {
    return "Oracle Cloud cost reports (reports/cost-csv)";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return has_column(header, "lineItem/referenceNo") && has_column(header, "cost/productSku") ? 95
                                                                                               : 0;
  }

  Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    auto mapping = TRY(load_mapping("oci/mapping.yaml"));
    for (const auto* wanted : {"cost_text", "usage_start"}) {
      if (mapping.raw_has(wanted, shape)) continue;
      return base::invalid_input(
          "an OCI cost report needs the columns cost/myCost and lineItem/intervalUsageStart, and "
          "this file lacks one of them. Usage reports have no costs: fetch reports/cost-csv");
    }
    mapping.rows_sql =
        TRY(with_tables(mapping.rows_sql, "oci/services.yaml", {"services", "regions"}));
    const int reference =
        find_raw({"reference", Read::text, {"lineItem/referenceNo"}}, shape.columns);
    const std::string key =
        reference < 0 ? "NULL" : base::sql_name(shape.columns[static_cast<std::size_t>(reference)]);
    const std::string copy = fmt::format(
        "CASE WHEN nullif({0}, '') IS NULL THEN 1 ELSE row_number() OVER (PARTITION BY {0} ORDER "
        "BY "
        "x_File, x_Row) END",
        key);
    return build_plan(mapping, shape, {{"tags", tags_sql(shape)}, {"copy_number", copy}});
  }
};

}  // namespace

std::unique_ptr<Connector> make_oci_connector() { return std::make_unique<OciConnector>(); }

}  // namespace outlay::connectors
