// SPDX-License-Identifier: Apache-2.0
#include "connectors/datadog/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using DatadogTest = BillTest;

constexpr auto kMonth = R"({"data":[{"type":"cost_by_org","id":"1","attributes":{
 "org_name":"Shop","public_id":"o1","account_name":"Acme","account_public_id":"a1","region":"eu1",
 "date":"2026-01-01T00:00:00Z","total_cost":110.5,"charges":[
  {"product_name":"infra_host","charge_type":"committed","cost":80.25},
  {"product_name":"infra_host","charge_type":"on_demand","cost":20.25},
  {"product_name":"infra_host","charge_type":"total","cost":100.50},
  {"product_name":"logs","charge_type":"total","cost":10}]}}]})";

TEST_F(DatadogTest, totals_are_booked_only_where_their_parts_are_not) {
  const auto receipt = book(write("cost.json", kMonth));
  EXPECT_EQ(receipt.rows_booked, 3);
  EXPECT_EQ(dropped(receipt), 1);
  EXPECT_EQ(sum("BilledCost"), "110.5");
  EXPECT_EQ(
      ask("SELECT DISTINCT BillingAccountId, SubAccountName, ServiceName, ChargePeriodEnd FROM "
          "focus"),
      "a1|Shop|Datadog|2026-02-01T00:00:00Z");
}

TEST_F(DatadogTest, a_month_that_comes_again_replaces_the_one_before) {
  FindSettings settings;
  settings.source = "dd";
  book(write("estimated.json", kMonth), settings);
  book(write("historical.json", base::replace_all(kMonth, "10}", "12}")), settings);
  EXPECT_EQ(sum("BilledCost"), "112.5");
}

}  // namespace
}  // namespace outlay::connectors
