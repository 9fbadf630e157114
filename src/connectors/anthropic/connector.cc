// SPDX-License-Identifier: Apache-2.0
#include "connectors/anthropic/connector.h"

#include "connectors/lookup_table.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

class AnthropicConnector final : public Connector {
 public:
  std::string_view name() const override { return "anthropic"; }

  std::string_view summary() const override {
    return "Anthropic cost reports (/v1/organizations/cost_report), pages of JSON";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return has_columns(header, {"starting_at", "amount", "cost_type", "currency"}) ? 90 : 0;
  }

  std::string_view records(const std::vector<std::string>& paths) const override {
    return has_columns(paths, {"data.starting_at", "data.results.amount", "data.results.currency"})
               ? "data.results"
               : "";
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    const auto mapping = TRY(load_mapping("anthropic/mapping.yaml"));
    TRY(require_columns(
        mapping, shape, {"began", "cents", "currency"}, "a cost report of Anthropic"));
    return build_plan(mapping, shape);
  }
};

}  // namespace

std::unique_ptr<Connector> make_anthropic_connector() {
  return std::make_unique<AnthropicConnector>();
}

}  // namespace outlay::connectors
