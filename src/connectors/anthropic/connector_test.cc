// SPDX-License-Identifier: Apache-2.0
#include "connectors/anthropic/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

std::string report(const std::string& amount) {
  return fmt::format(
      R"({{"data":[{{"starting_at":"2026-01-31T00:00:00Z","ending_at":"2026-02-01T00:00:00Z","results":[{{"currency":"USD","amount":{},"workspace_id":null,"description":"x","cost_type":"tokens","model":"m","service_tier":"batch","token_type":"output_tokens"}}]}}],"has_more":false}})",
      amount);
}

using AnthropicTest = BillTest;

TEST_F(AnthropicTest, the_published_days_book_to_the_last_digit_of_a_cent) {
  NEED_SHARED(path, "ai-saas/constructed_anthropic_cost_report.json");
  EXPECT_EQ(book(*path).rows_booked, 6);
  EXPECT_EQ(sum("BilledCost"), "112.1112");
  EXPECT_EQ(
      ask("SELECT count(*) FROM focus WHERE SubAccountId IS NULL AND x_CostType = 'web_search'"),
      "2");
}

TEST_F(AnthropicTest, amounts_are_cents) {
  book(write("cost.json", report("\"0.123456789\"")));
  EXPECT_EQ(sum("EffectiveCost"), "0.00123456789");
  EXPECT_EQ(
      ask("SELECT BillingPeriodStart, x_ServiceTier, SkuId FROM focus"),
      "2026-01-01T00:00:00Z|batch|m/output_tokens/batch");
}

TEST_F(AnthropicTest, amounts_that_are_no_numbers_are_not_booked) {
  EXPECT_FALSE(try_book(write("cost.json", report("\"n/a\""))));
}

}  // namespace
}  // namespace outlay::connectors
