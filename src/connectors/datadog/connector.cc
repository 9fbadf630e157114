// SPDX-License-Identifier: Apache-2.0
#include "connectors/datadog/connector.h"

#include "connectors/lookup_table.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

class DatadogConnector final : public Connector {
 public:
  std::string_view name() const override { return "datadog"; }

  std::string_view summary() const override {
    return "Datadog costs by organization (historical_cost, estimated_cost), JSON";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return has_columns(header, {"date", "charge_type", "cost", "product_name", "public_id"}) ? 90
                                                                                             : 0;
  }

  std::string_view records(const std::vector<std::string>& paths) const override {
    return has_columns(
               paths,
               {"data.attributes.charges.cost",
                "data.attributes.charges.product_name",
                "data.attributes.date"})
               ? "data.attributes.charges"
               : "";
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    const auto mapping = TRY(load_mapping("datadog/mapping.yaml"));
    TRY(require_columns(mapping, shape, {"month", "cost"}, "a cost report of Datadog"));
    return build_plan(mapping, shape);
  }
};

}  // namespace

std::unique_ptr<Connector> make_datadog_connector() { return std::make_unique<DatadogConnector>(); }

}  // namespace outlay::connectors
