// SPDX-License-Identifier: Apache-2.0
#include "ledger/fx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

using money::Decimal;
using testing::HasSubstr;

constexpr std::string_view kEcb =
    "Date, USD, JPY, GBP,\n2026-01-05,1.25,160.5,0.8,\n2026-01-02,1.20,N/A,0.8,\n";

std::string sum(const CostAnswer& answer, std::size_t row = 0) {
  return Decimal::parse(answer.table.at(row, "BilledCost").value_or(""))->short_text();
}

class FxTest : public LedgerTest {
 protected:
  FxTest() {
    book({file(
        "bill.csv",
        std::string(kHeader) + line("02", "Compute", "12", "12", "USD") +
            line("03", "Compute", "6", "6", "USD") + line("05", "Compute", "25", "25", "USD") +
            line("05", "Disk", "7", "7", "EUR"))});
    query_.metrics = {"BilledCost"};
  }

  CostQuery query_;
};

TEST_F(FxTest, each_day_is_turned_at_its_own_rate_or_the_last_before_it) {
  EXPECT_EQ(*ledger_->load_rates(kEcb, "ecb.csv"), 5);
  const auto answer = ledger_->query_in(query_, "EUR", std::nullopt);
  ASSERT_TRUE(answer) << answer.error().text();
  // 12 / 1.20 on the second, 6 / 1.20 on the third (a Saturday), 25 / 1.25 on the fifth, and 7.
  EXPECT_EQ(sum(*answer), "42");
  EXPECT_EQ(answer->table.at(0, "Currency"), "EUR");
}

TEST_F(FxTest, a_fixed_day_gives_constant_currency) {
  ASSERT_TRUE(ledger_->load_rates(kEcb, "ecb.csv"));
  query_.by = {"ServiceName"};
  const auto answer = ledger_->query_in(query_, "EUR", *base::parse_date("2026-01-05"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->table.at(0, "ServiceName"), "Compute");
  EXPECT_EQ(sum(*answer, 0), "34.4");
  EXPECT_EQ(sum(*answer, 1), "7");
}

TEST_F(FxTest, a_pair_that_is_not_listed_goes_through_a_third_currency) {
  ASSERT_TRUE(ledger_->load_rates(kEcb, "ecb.csv"));
  query_.where = "ChargePeriodStart >= TIMESTAMP '2026-01-05' AND BillingCurrency = 'USD'";
  const auto answer = ledger_->query_in(query_, "GBP", std::nullopt);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(sum(*answer), "16");
}

TEST_F(FxTest, a_missing_rate_is_an_error_that_names_pair_and_days) {
  ASSERT_TRUE(ledger_->load_rates("date,base,quote,rate\n2026-01-05,USD,EUR,0.8\n", "own.csv"));
  const auto answer = ledger_->query_in(query_, "EUR", std::nullopt);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().text(), HasSubstr("USD to EUR (2026-01-02 to 2026-01-03)"));
}

TEST_F(FxTest, a_rate_loaded_again_replaces_the_one_before) {
  ASSERT_TRUE(ledger_->load_rates("date,base,quote,rate\n2026-01-01,USD,EUR,0.8\n", "a.csv"));
  ASSERT_TRUE(ledger_->load_rates("date,base,quote,rate\n2026-01-01,USD,EUR,1\n", "b.csv"));
  EXPECT_EQ(sum(*ledger_->query_in(query_, "EUR", std::nullopt)), "50");
  EXPECT_EQ(ledger_->rates()->rows.size(), 1U);
}

TEST(Rates, a_bad_line_is_named) {
  const auto rates = parse_rates("date,base,quote,rate\n2026-01-05,USD,EUR,abc\n", "own.csv");
  ASSERT_FALSE(rates);
  EXPECT_THAT(rates.error().text(), HasSubstr("own.csv"));
  EXPECT_THAT(rates.error().text(), HasSubstr("\"abc\""));
  EXPECT_FALSE(parse_rates("a,b\n1,2\n", "own.csv"));
}

}  // namespace
}  // namespace outlay::ledger
