// SPDX-License-Identifier: Apache-2.0
#include "ledger/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outlay::ledger {
namespace {

std::size_t count(std::string_view dataset, std::string_view version) {
  return focus_columns_of(dataset, version).size();
}

TEST(columns, each_version_has_as_many_as_the_standard_says) {
  EXPECT_EQ(count("cost_and_usage", "1.0"), 43U);
  EXPECT_EQ(count("cost_and_usage", "1.1"), 50U);
  EXPECT_EQ(count("cost_and_usage", "1.2"), 57U);
  EXPECT_EQ(count("cost_and_usage", "1.3"), 65U);
  EXPECT_EQ(count("cost_and_usage", "1.4"), 65U);
  EXPECT_EQ(count("contract_commitment", "1.3"), 13U);
  EXPECT_EQ(count("contract_commitment", "1.4"), 30U);
  EXPECT_EQ(count("billing_period", "1.4"), 6U);
  EXPECT_EQ(count("invoice_detail", "1.4"), 22U);
}

TEST(columns, are_found_by_name_in_any_case_and_by_alias) {
  const auto name = [](std::string_view wanted) {
    const auto* column = find_focus_column("cost_and_usage", wanted);
    return column == nullptr ? std::string("none") : column->name;
  };
  EXPECT_EQ(name("BilledCost"), "BilledCost");
  EXPECT_EQ(name("billed_cost"), "BilledCost");
  EXPECT_EQ(name("billedcost"), "BilledCost");
  EXPECT_EQ(name("provider"), "ProviderName");
  EXPECT_EQ(name("publisher"), "PublisherName");
  EXPECT_EQ(name("invoiceissuer"), "InvoiceIssuerName");
  EXPECT_EQ(name("region"), "RegionId");
  EXPECT_EQ(name("AmortizedCost"), "EffectiveCost");
  EXPECT_EQ(name("Id"), "none");
}

TEST(columns, the_provider_columns_ended_with_1_3) {
  EXPECT_EQ(find_focus_column("cost_and_usage", "ProviderName")->until, "1.3");
  for (const auto& column : focus_columns_of("cost_and_usage", "1.4")) {
    EXPECT_NE(column.name, "ProviderName");
  }
}

TEST(columns, money_has_22_decimals_and_quantities_16) {
  EXPECT_EQ(sql_type(find_focus_column("cost_and_usage", "ListUnitPrice")->kind), "DECIMAL(38,22)");
  EXPECT_EQ(
      sql_type(find_focus_column("cost_and_usage", "PricingQuantity")->kind), "DECIMAL(38,16)");
  EXPECT_THAT(
      find_focus_column("cost_and_usage", "ServiceCategory")->values,
      testing::Contains("AI and Machine Learning"));
  EXPECT_EQ(find_focus_column("cost_and_usage", "ServiceSubcategory")->values.size(), 82U);
}

}  // namespace
}  // namespace outlay::ledger
