// SPDX-License-Identifier: Apache-2.0
#include "api/table_json.h"

#include <gtest/gtest.h>

#include "format/json.h"

namespace outlay::api {
namespace {

TEST(table_json, money_keeps_every_digit_and_loses_only_trailing_zeros) {
  const store::Table table{
      .columns = {{"BilledCost", store::Type::decimal}},
      .rows = {{"177.7044000000000000000000"}, {"0.0000000000000000000001"}, {"100.00"}}};
  EXPECT_EQ(
      format::print_json(format::Value(table_json(table))),
      R"({"columns":[{"name":"BilledCost","type":"decimal"}],"rows":[{"BilledCost":177.7044},)"
      R"({"BilledCost":0.0000000000000000000001},{"BilledCost":100}]})");
}

TEST(table_json, unknown_is_null_and_never_0) {
  const store::Table table{
      .columns = {{"ListCost", store::Type::decimal}}, .rows = {{std::nullopt}}};
  EXPECT_TRUE(row_json(table, 0)["ListCost"].is_null());
}

TEST(table_json, json_columns_are_documents) {
  const store::Table table{
      .columns = {{"Tags", store::Type::json}}, .rows = {{R"({"team":"web"})"}}};
  EXPECT_EQ(row_json(table, 0)["Tags"]["team"].text_or(""), "web");
}

TEST(table_json, distinct_values_come_in_order_of_appearance_without_null) {
  const store::Table table{
      .columns = {{"BillingCurrency", store::Type::text}},
      .rows = {{"USD"}, {std::nullopt}, {"EUR"}, {"USD"}}};
  EXPECT_EQ(format::print_json(distinct_values(table, "BillingCurrency")), R"(["USD","EUR"])");
}

}  // namespace
}  // namespace outlay::api
