// SPDX-License-Identifier: Apache-2.0
#include "connectors/aws_monthly/connector.h"

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

constexpr std::string_view kNoMonth = "2000-01-01";

std::string filled(
    std::string_view sql, const std::string& first_month, const std::string& currency) {
  return base::replace_all(
      base::replace_all(sql, "{first_month}", first_month), "{currency}", currency);
}

class AwsMonthlyConnector final : public Connector {
 public:
  std::string_view name() const override { return "aws-monthly"; }

  std::string_view summary() const override {
    return "AWS cost summed by month, account, product and usage type (tables of ice)";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    for (const auto* column : {"index", "account", "product", "operation", "usageType", "data"}) {
      if (find_raw({column, Read::text, {column}}, header) < 0) {
        return 0;
      }
    }
    return 80;
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    return plan_with(shape, {});
  }

  base::Result<ledger::MappingPlan> plan_with(
      const ledger::RawShape& shape, const Hints& hints) const override {
    auto mapping = TRY(load_mapping("aws_monthly/mapping.yaml"));
    const std::string month =
        hints.first_month
            ? base::print_date(hints.first_month->year() / hints.first_month->month() / 1)
            : std::string(kNoMonth);
    const std::string currency =
        hints.currency.empty() ? "CAST(NULL AS VARCHAR)" : base::sql_text(hints.currency);
    for (auto& [name, expression] : mapping.columns) {
      expression = filled(expression, month, currency);
    }
    mapping.currency = filled(mapping.currency, month, currency);
    mapping.version += fmt::format(" from {} in {}", month, hints.currency);
    auto plan = build_plan(mapping, shape);
    if (!hints.first_month) {
      plan.notes.push_back(
          "ASSUMED: the file numbers its months but does not date them. Month 0 is booked as "
          "2000-01, before AWS "
          "was there, so that it cannot be taken for a real month");
    }
    if (hints.currency.empty()) {
      plan.notes.push_back(
          "the file names no currency; BillingCurrency stays unknown and its sums stand apart");
    }
    return plan;
  }
};

}  // namespace

std::unique_ptr<Connector> make_aws_monthly_connector() {
  return std::make_unique<AwsMonthlyConnector>();
}

}  // namespace outlay::connectors
