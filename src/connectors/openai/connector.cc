// SPDX-License-Identifier: Apache-2.0
#include "connectors/openai/connector.h"

#include "connectors/lookup_table.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

class OpenAiConnector final : public Connector {
 public:
  std::string_view name() const override { return "openai"; }

  std::string_view summary() const override {
    return "OpenAI organization costs (/v1/organization/costs), pages of JSON";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return has_columns(header, {"start_time", "amount", "line_item", "organization_id"}) ? 90 : 0;
  }

  std::string_view records(const std::vector<std::string>& paths) const override {
    return has_columns(
               paths, {"data.start_time", "data.results.amount.value", "data.results.line_item"})
               ? "data.results"
               : "";
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    const auto mapping = TRY(load_mapping("openai/mapping.yaml"));
    TRY(require_columns(mapping, shape, {"began", "amount_value"}, "a cost report of OpenAI"));
    return build_plan(mapping, shape);
  }
};

}  // namespace

std::unique_ptr<Connector> make_openai_connector() { return std::make_unique<OpenAiConnector>(); }

}  // namespace outlay::connectors
