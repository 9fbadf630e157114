// SPDX-License-Identifier: Apache-2.0
#include "connectors/focus/connector.h"

#include "connectors/testing.h"
#include "store/duck.h"

namespace outlay::connectors {
namespace {

using FocusTest = BillTest;
using testing::HasSubstr;

constexpr std::string_view kHeader =
    "BilledCost,EffectiveCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,"
    "ChargePeriodStart,ChargePeriodEnd,"
    "ChargeCategory,ServiceName";

std::string bill(const std::vector<std::string>& rows, std::string_view header = kHeader) {
  return std::string(header) + "\n" + base::join(rows, "\n") + "\n";
}

TEST_F(FocusTest, headers_of_any_case_and_older_names_are_understood) {
  const auto header =
      "\xEF\xBB\xBF"
      "billed_cost,AmortizedCost,BILLINGCURRENCY,billing_period_start,billing_period_end,charge_"
      "period_start,"
      "charge_period_end,ChargeType,service_name,provider,region,team";
  const auto receipt = book(write(
      "old.csv",
      bill(
          {"1,2,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-03,Usage,S,AWS,us-east-1,red"},
          header)));
  EXPECT_EQ(
      ask("SELECT EffectiveCost = 2, ChargeCategory, ProviderName, ServiceProviderName, RegionId, "
          "x_team FROM focus"),
      "true|Usage|AWS|AWS|us-east-1|red");
  EXPECT_THAT(
      receipt.notes, testing::Contains(HasSubstr("AmortizedCost is read as EffectiveCost")));
}

TEST_F(FocusTest, money_with_signs_and_marks_is_read_and_doubtful_money_is_not) {
  const auto receipt = book(write(
      "money.csv",
      bill(
          {R"("$10,000.00 ",1e-3,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-03,Usage,S)",
           R"((5.25),-1.5E2,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-03,Credit,S)",
           R"("1,50",1,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-03,Usage,S)",
           R"("1,234",1,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-03,Usage,S)",
           R"("1,000,000",0,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-03,Usage,S)"})));
  EXPECT_EQ(sum("BilledCost"), "1009994.75");
  EXPECT_EQ(sum("EffectiveCost"), "-149.999");
  ASSERT_EQ(receipt.quarantined.size(), 1U);
  EXPECT_EQ(receipt.quarantined[0].first_row, 3);
  EXPECT_EQ(receipt.quarantined[0].rows, 2);
  EXPECT_EQ(told(receipt, "focus.money.marks"), 5);
}

TEST_F(FocusTest, slash_dates_have_the_month_first_unless_a_first_part_above_12_says_otherwise) {
  const auto row = [](const std::string& start) {
    return "1,1,USD," + start + "," + start + "," + start + "," + start + ",Usage,S";
  };
  auto receipt = book(write("us.csv", bill({row("5/1/25"), row("10/1/25")})));
  EXPECT_EQ(told(receipt, "focus.dates.month_first"), 2);
  EXPECT_EQ(
      ask("SELECT ChargePeriodStart FROM focus ORDER BY 1"),
      "2025-05-01T00:00:00Z 2025-10-01T00:00:00Z");
  EXPECT_EQ(told(book(write("iso.csv", bill({row("2024/1/5")}))), "focus.dates.day_first"), 0);
  receipt = book(write("eu.csv", bill({row("1/6/2026"), row("31/12/2026")})));
  EXPECT_EQ(told(receipt, "focus.dates.day_first"), 2);
  EXPECT_EQ(
      ask("SELECT max(ChargePeriodStart), count(*) FROM focus WHERE ChargePeriodStart >= "
          "'2026-06-01'"),
      "2026-12-31T00:00:00Z|2");
}

TEST_F(FocusTest, times_of_every_spelling_become_utc) {
  std::vector<std::string> rows;
  for (const auto* time :
       {"2026-01-05T00:00:00Z",
        "2026-01-05 00:00:00",
        "2026-01-05T02:00:00+02:00",
        "2026-01-05",
        "1767571200000",
        "2026-01-05T00:00Z"}) {
    rows.push_back(fmt::format("1,1,USD,2026-01-01,2026-02-01,{},2026-01-06,Usage,S", time));
  }
  book(write("times.csv", bill(rows)));
  EXPECT_EQ(ask("SELECT DISTINCT ChargePeriodStart FROM focus"), "2026-01-05T00:00:00Z");
}

TEST_F(FocusTest, an_unreadable_charge_date_stays_unknown_and_a_missing_period_goes_to_quarantine) {
  const auto receipt = book(write(
      "dates.csv",
      bill(
          {"1,1,USD,2026-01-01,2026-02-01,2026-01-05T30:00:00Z,2026-01-06,Usage,S",
           "2,2,USD,,2026-02-01,2026-01-05,2026-01-06,Usage,S"})));
  EXPECT_EQ(told(receipt, "focus.charge_period_start.unreadable"), 1);
  EXPECT_EQ(sum("BilledCost"), "1");
  ASSERT_EQ(receipt.quarantined.size(), 1U);
  EXPECT_THAT(receipt.quarantined[0].reason, HasSubstr("BillingPeriodStart"));
}

TEST_F(FocusTest, a_bill_without_a_cost_column_is_refused_with_the_nearest_name) {
  const auto receipts = try_book(write(
      "bad.csv",
      bill(
          {"1,1,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-03,Usage,S"},
          base::replace_all(kHeader, "EffectiveCost", "EffectiveCosts"))));
  ASSERT_FALSE(receipts);
  EXPECT_EQ(receipts.error().code, base::Code::invalid_input);
  EXPECT_THAT(receipts.error().text(), HasSubstr("needs the column EffectiveCost"));
  EXPECT_THAT(receipts.error().text(), HasSubstr("EffectiveCosts"));
}

TEST_F(FocusTest, contradictions_are_told_and_booked_as_delivered) {
  const std::string header =
      std::string(kHeader) +
      ",CommitmentDiscountStatus,CommitmentDiscountId,ListUnitPrice,ConsumedQuantity,Tags";
  const auto receipt = book(write(
      "odd.csv",
      bill(
          {"3,3,USD,2026-01-01,2026-02-01,2026-01-02,2026-01-02,Usage,S,Used,,-1,5,not json",
           "1,1,USD,2026-01-01,2026-01-15,2026-01-02,2026-01-03,Gift,S,,,,,"},
          header)));
  EXPECT_EQ(receipt.rows_booked, 2);
  for (const auto* rule :
       {"focus.commitment.billed_on_used",
        "focus.commitment.status_without_id",
        "focus.unit_price.negative",
        "focus.consumed_unit.mismatch",
        "focus.charge_period.end",
        "focus.billing_period.not_month",
        "focus.charge_category.value",
        "focus.tags.json"}) {
    EXPECT_EQ(told(receipt, rule), 1) << rule;
  }
}

TEST_F(FocusTest, a_header_alone_books_as_an_empty_delivery) {
  const auto receipt = book(write("empty.csv", std::string(kHeader) + "\n"));
  EXPECT_EQ(receipt.rows_booked, 0);
}

TEST_F(FocusTest, parquet_with_doubles_times_and_maps_books_as_its_csv_does) {
  const auto path = bills() / "typed.parquet";
  const auto database = store::DuckDatabase::open({.threads = 1});
  auto duck = (*database)->connect();
  const auto done = duck->run(fmt::format(
      "COPY (SELECT 0.1::DOUBLE AS BilledCost, 1.3e-9::DOUBLE AS EffectiveCost, 'USD' AS "
      "BillingCurrency, "
      "TIMESTAMP_MS '2026-01-01 00:00:00' AS BillingPeriodStart, TIMESTAMP '2026-02-01' AS "
      "BillingPeriodEnd, "
      "TIMESTAMPTZ '2026-01-02 00:00:00+00' AS ChargePeriodStart, TIMESTAMP '2026-01-03' AS "
      "ChargePeriodEnd, "
      "'Usage' AS ChargeCategory, 'S' AS ServiceName, MAP {{'team': 'red'}} AS Tags, {{'a': 1}} AS "
      "x_Discounts) "
      "TO '{}' (FORMAT parquet)",
      path.string()));
  ASSERT_TRUE(done) << done.error().text();
  book(path);
  EXPECT_EQ(sum("BilledCost"), "0.1");
  EXPECT_EQ(sum("EffectiveCost"), "0.0000000013");
  EXPECT_EQ(
      ask("SELECT ChargePeriodStart, Tags, x_Discounts FROM focus"),
      R"(2026-01-02T00:00:00Z|{"team":"red"}|{"a":1})");
}

}  // namespace
}  // namespace outlay::connectors
