// SPDX-License-Identifier: Apache-2.0
#include "connectors/databricks/connector.h"

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/lookup_table.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

class DatabricksConnector final : public Connector {
 public:
  std::string_view name() const override { return "databricks"; }

  std::string_view summary() const override {
    return "Databricks system.billing.usage with list_prices and account_prices beside it";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    if (!reference(header).empty()) {
      return 95;
    }
    return has_columns(header, {"sku_name", "usage_quantity", "usage_unit", "workspace_id"}) ? 95
                                                                                             : 0;
  }

  std::string_view reference(const std::vector<std::string>& header) const override {
    return has_columns(header, {"sku_name", "currency_code", "price_start_time"}) ? "prices" : "";
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    return plan_with(shape, {});
  }

  base::Result<ledger::MappingPlan> plan_with(
      const ledger::RawShape& shape, const Hints& hints) const override {
    auto mapping = TRY(load_mapping("databricks/mapping.yaml"));
    TRY(require_columns(mapping, shape, {"sku_name", "quantity"}, "usage of Databricks"));
    mapping.rows_sql = base::replace_all(
        mapping.rows_sql, "{services}", TRY(services_sql("databricks/services.yaml")));
    const std::string currency =
        hints.currency.empty() ? "CAST(NULL AS VARCHAR)" : base::sql_text(hints.currency);
    mapping.rows_sql = base::replace_all(mapping.rows_sql, "{currency}", currency);
    for (auto& rule : mapping.rejects) {
      rule.when = base::replace_all(rule.when, "{currency}", currency);
    }
    if (!hints.currency.empty()) {
      mapping.version += " in " + hints.currency;
    }
    for (const auto& reference : shape.references) {
      mapping.version += " with prices " + reference.digest;
    }
    auto plan = build_plan(mapping, shape);
    if (shape.references.empty()) {
      plan.notes.push_back(
          "no price list (list_prices) came with the usage: quantities are booked, costs stay "
          "unknown");
    }
    return plan;
  }
};

}  // namespace

std::unique_ptr<Connector> make_databricks_connector() {
  return std::make_unique<DatabricksConnector>();
}

}  // namespace outlay::connectors
