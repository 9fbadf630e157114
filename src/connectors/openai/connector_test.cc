// SPDX-License-Identifier: Apache-2.0
#include "connectors/openai/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using testing::HasSubstr;

// Seconds of 2026-01-01.
constexpr long long kNewYear = 1767225600;

std::string result(const std::string& amount, const std::string& project = "p") {
  return fmt::format(
      R"({{"object":"organization.costs.result","amount":{{"value":{},"currency":"usd"}},"line_item":"gpt-x, input","project_id":"{}","organization_id":"o"}})",
      amount,
      project);
}

std::string bucket(int day, const std::string& results) {
  const long long start = kNewYear + (day - 1) * 86400;
  return fmt::format(
      R"({{"object":"bucket","start_time":{},"end_time":{},"results":[{}]}})",
      start,
      start + 86400,
      results);
}

std::string page(const std::string& buckets) {
  return fmt::format(
      R"({{"object":"page","data":[{}],"has_more":false,"next_page":null}})", buckets);
}

class OpenAiTest : public BillTest {
 protected:
  ledger::Receipt book_as_openai(const std::string& name, const std::string& json) {
    FindSettings settings;
    settings.source = "openai";
    return book(write(name, json), settings);
  }
};

TEST_F(OpenAiTest, the_published_days_book_to_the_last_digit) {
  NEED_SHARED(path, "ai-saas/constructed_openai_costs.json");
  EXPECT_EQ(book(*path).rows_booked, 6);
  EXPECT_EQ(sum("BilledCost"), "3.38");
  EXPECT_EQ(
      ask("SELECT DISTINCT BillingCurrency, SubAccountId, ServiceSubcategory, x_Model, SkuMeter "
          "FROM focus WHERE ChargeDescription = 'gpt-x, output'"),
      "USD|proj_1|Generative AI|gpt-x|output");
  EXPECT_EQ(
      ask("SELECT DISTINCT ChargePeriodEnd FROM focus ORDER BY 1"),
      "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z");
}

TEST_F(OpenAiTest, pages_one_after_the_other_are_one_bill) {
  book_as_openai(
      "costs.json", page(bucket(1, result("0.10"))) + "\n" + page(bucket(2, result("0.20"))));
  EXPECT_EQ(sum("BilledCost"), "0.3");
}

TEST_F(OpenAiTest, a_day_that_comes_again_replaces_the_one_before) {
  book_as_openai("a.json", page(bucket(1, result("1")) + "," + bucket(2, result("2"))));
  book_as_openai("b.json", page(bucket(2, result("3.5")) + "," + bucket(3, result("4"))));
  EXPECT_EQ(sum("BilledCost"), "8.5");
  EXPECT_TRUE(
      book_as_openai("b.json", page(bucket(2, result("3.5")) + "," + bucket(3, result("4"))))
          .already_booked);
}

TEST_F(OpenAiTest, digits_beyond_those_of_floating_point_are_kept) {
  book_as_openai("costs.json", page(bucket(1, result("0.1234567890123456789012"))));
  EXPECT_EQ(sum("BilledCost"), "0.1234567890123456789012");
}

TEST_F(OpenAiTest, results_without_an_amount_go_to_quarantine) {
  const auto receipt = book_as_openai(
      "costs.json", page(bucket(1, result("1") + R"(,{"amount":null,"line_item":"x"})")));
  EXPECT_EQ(receipt.rows_booked, 1);
  EXPECT_EQ(receipt.quarantined.size(), 1U);
}

TEST_F(OpenAiTest, an_answer_cut_short_is_refused) {
  const auto whole = page(bucket(1, result("1")) + "," + bucket(2, result("2")));
  const auto receipts = try_book(write("costs.json", whole.substr(0, whole.size() - 40)));
  ASSERT_FALSE(receipts);
  EXPECT_THAT(receipts.error().text(), HasSubstr("cut short"));
}

}  // namespace
}  // namespace outlay::connectors
