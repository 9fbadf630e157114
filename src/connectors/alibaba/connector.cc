// SPDX-License-Identifier: Apache-2.0
#include "connectors/alibaba/connector.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/alibaba/files.h"
#include "connectors/mapping.h"
#include "connectors/tables.h"

namespace outlay::connectors {
namespace {

using base::Result;

bool has_column(const std::vector<std::string>& header, const std::string& name) {
  return find_raw({name, Read::text, {name}}, header) >= 0;
}

class AlibabaConnector final : public Connector {
 public:
  std::string_view name() const override { return "alibaba"; }

  std::string_view summary() const override {
    return "Alibaba Cloud bills: instance bill, split bill and billing item detail";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    const bool is_bill = has_column(header, "PretaxAmount") && has_column(header, "ProductCode") &&
                         (has_column(header, "BillingCycle") || has_column(header, "BillingDate"));
    // What the console exports in Chinese.
    const bool is_chinese = has_column(header, "应付金额") &&
                            (has_column(header, "产品") || has_column(header, "产品Code")) &&
                            (has_column(header, "账期") || has_column(header, "账单月份") ||
                             has_column(header, "账单周期"));
    return is_bill || is_chinese ? 90 : 0;
  }

  Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    auto mapping = TRY(load_mapping("alibaba/mapping.yaml"));
    mapping.rows_sql = TRY(
        with_tables(mapping.rows_sql, "alibaba/services.yaml", {"services", "regions", "units"}));
    auto plan = build_plan(mapping, shape);
    if (!mapping.raw_has("currency", shape)) {
      plan.notes.push_back(
          "the file names no currency; BillingCurrency stays unknown and its sums stand apart");
    }
    return plan;
  }

  ledger::Mapper mapper(
      const std::vector<ledger::BillFile>& files, int, const Hints& hints) const override {
    // A file of one day adds to the month; the file of the month states it whole.
    const bool is_daily = std::ranges::all_of(
        files, [](const ledger::BillFile& file) { return is_day_of_alibaba(file.name); });
    return [this, hints, is_daily](const ledger::RawShape& shape) -> Result<ledger::MappingPlan> {
      auto plan = TRY(plan_with(shape, hints));
      if (is_daily) plan.extent = ledger::Extent::part;
      return plan;
    };
  }
};

}  // namespace

std::unique_ptr<Connector> make_alibaba_connector() { return std::make_unique<AlibabaConnector>(); }

}  // namespace outlay::connectors
