// SPDX-License-Identifier: Apache-2.0
#include "connectors/github/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using GitHubTest = BillTest;

TEST_F(GitHubTest, the_net_amount_is_billed_and_the_gross_amount_is_list) {
  const auto receipt = book(write(
      "usage.csv",
      "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,"
      "net_amount,username,organization,repository,workflow_path,cost_center_name\n"
      "2026-01-05,actions,Actions Linux,100,minutes,0.008,0.80,0.30,0.50,ann,acme,shop,ci.yml,Web\n"
      "2026-01-06,copilot,Copilot Business,1,user-months,19,19,0,19,,acme,,,\n"));
  EXPECT_EQ(receipt.rows_booked, 2);
  EXPECT_EQ(sum("BilledCost"), "19.5");
  EXPECT_EQ(sum("ListCost"), "19.8");
  EXPECT_EQ(told(receipt, "github.net.mismatch"), 0);
  EXPECT_EQ(
      ask("SELECT ServiceName, ServiceSubcategory, ResourceId, SubAccountId FROM focus ORDER BY "
          "x_Row"),
      "GitHub actions|Continuous Integration and Deployment|shop|Web "
      "GitHub copilot|Developer Platforms|-|-");
}

TEST_F(GitHubTest, the_answer_of_the_api_books_the_same) {
  book(write(
      "usage.json",
      R"({"usageItems":[{"date":"2026-01-05T00:00:00Z","product":"Actions","sku":"Actions Linux","quantity":100,"unitType":"minutes","pricePerUnit":0.008,"grossAmount":0.8,"discountAmount":0.3,"netAmount":0.5,"organizationName":"acme","repositoryName":"acme/shop"}]})"));
  EXPECT_EQ(sum("BilledCost"), "0.5");
  EXPECT_EQ(ask("SELECT ResourceId, BillingAccountId FROM focus"), "acme/shop|acme");
}

}  // namespace
}  // namespace outlay::connectors
