// SPDX-License-Identifier: Apache-2.0
#include "connectors/snowflake/connector.h"

#include "base/text.h"
#include "connectors/lookup_table.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

bool is_contract(const std::vector<std::string>& header) {
  return has_columns(header, {"CONTRACT_ITEM", "CONTRACT_NUMBER", "AMOUNT", "START_DATE"});
}

class SnowflakeConnector final : public Connector {
 public:
  std::string_view name() const override { return "snowflake"; }

  std::string_view summary() const override {
    return "Snowflake USAGE_IN_CURRENCY_DAILY with RATE_SHEET_DAILY beside it; CONTRACT_ITEMS";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    const bool is_usage =
        has_columns(header, {"USAGE_DATE", "USAGE_IN_CURRENCY", "CURRENCY", "USAGE_TYPE"});
    return is_usage || is_contract(header) || !reference(header).empty() ? 95 : 0;
  }

  std::string_view reference(const std::vector<std::string>& header) const override {
    return has_columns(header, {"EFFECTIVE_RATE", "USAGE_TYPE", "CURRENCY"}) ? "rates" : "";
  }

  // A contract's purchase belongs to the month it begins in, and would replace that month's usage.
  std::string_view apart(const std::vector<std::string>& header) const override {
    return is_contract(header) ? "contract" : "";
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    if (is_contract(shape.columns)) {
      return build_plan(TRY(load_mapping("snowflake/contract.yaml")), shape);
    }
    auto mapping = TRY(load_mapping("snowflake/mapping.yaml"));
    TRY(require_columns(
        mapping, shape, {"usage_date", "amount", "currency"}, "usage of Snowflake"));
    mapping.rows_sql = base::replace_all(
        mapping.rows_sql, "{services}", TRY(services_sql("snowflake/services.yaml")));
    return build_plan(mapping, shape);
  }
};

}  // namespace

std::unique_ptr<Connector> make_snowflake_connector() {
  return std::make_unique<SnowflakeConnector>();
}

}  // namespace outlay::connectors
