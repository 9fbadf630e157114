// SPDX-License-Identifier: Apache-2.0
#include "connectors/github/connector.h"

#include "connectors/lookup_table.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

class GitHubConnector final : public Connector {
 public:
  std::string_view name() const override { return "github"; }

  std::string_view summary() const override {
    return "GitHub usage reports, CSV or the billing usage API in JSON";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return has_columns(header, {"date", "product", "sku", "net_amount", "gross_amount"}) ? 90 : 0;
  }

  std::string_view records(const std::vector<std::string>& paths) const override {
    return has_columns(paths, {"usageItems.sku", "usageItems.netAmount"}) ? "usageItems" : "";
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    const auto mapping = TRY(load_mapping("github/mapping.yaml"));
    TRY(require_columns(mapping, shape, {"day", "net"}, "a usage report of GitHub"));
    return build_plan(mapping, shape);
  }
};

}  // namespace

std::unique_ptr<Connector> make_github_connector() { return std::make_unique<GitHubConnector>(); }

}  // namespace outlay::connectors
