// SPDX-License-Identifier: Apache-2.0
#include "connectors/snowflake/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

constexpr auto kHeader =
    "ORGANIZATION_NAME,CONTRACT_NUMBER,ACCOUNT_NAME,ACCOUNT_LOCATOR,REGION,USAGE_DATE,USAGE_TYPE,"
    "USAGE,CURRENCY,USAGE_IN_CURRENCY,BALANCE_SOURCE,BILLING_TYPE,RATING_TYPE,SERVICE_TYPE,"
    "IS_ADJUSTMENT\n";

std::string row(
    const std::string& amount,
    const std::string& balance,
    const std::string& billing = "consumption",
    const std::string& is_adjustment = "false") {
  return fmt::format(
      "ORG,C-9,PROD,AB1,AWS_EU_WEST_1,2026-01-05,compute,2.5,USD,{},{},{},compute,"
      "WAREHOUSE_METERING,{}\n",
      amount,
      balance,
      billing,
      is_adjustment);
}

class SnowflakeTest : public BillTest {
 protected:
  ledger::Receipt book_rows(const std::string& rows) {
    return book(write("sf/usage.csv", kHeader + rows));
  }
};

TEST_F(SnowflakeTest, the_published_month_books_to_the_last_digit) {
  NEED_SHARED(path, "snowflake/constructed_usage_in_currency_daily.csv");
  const auto receipt = book(*path);
  EXPECT_EQ(receipt.rows_booked, 7);
  EXPECT_EQ(sum("EffectiveCost"), "288.1");
  EXPECT_EQ(sum("BilledCost"), "229");
  EXPECT_EQ(sum("BilledCost", "x_BalanceSource = 'capacity'"), "0");
  EXPECT_EQ(
      sum("PricingCurrencyEffectiveCost",
          "PricingCurrency = 'Credits' AND ChargeCategory = 'Usage'"),
      "30");
  EXPECT_EQ(
      ask("SELECT DISTINCT ServiceName, ServiceSubcategory FROM focus WHERE ChargeCategory = "
          "'Purchase'"),
      "Snowflake Support|Support");
}

TEST_F(SnowflakeTest, only_what_no_balance_pays_for_is_billed) {
  book_rows(
      row("1", "capacity") + row("2", "rollover") + row("4", "free usage") + row("8", "overage") +
      row("16", "rebate") + row("-32", "rebate", "rebate"));
  EXPECT_EQ(
      ask("SELECT CAST(BilledCost AS INT), CAST(EffectiveCost AS INT), ChargeCategory FROM focus "
          "ORDER BY x_Row"),
      "0|1|Usage 0|2|Usage 0|4|Usage 8|8|Usage 0|16|Usage -32|-32|Credit");
}

TEST_F(SnowflakeTest, adjustments_and_support_credits_have_their_own_categories) {
  book_rows(
      row("-3", "capacity", "consumption", "true") + row("-5", "overage", "support_credit") +
      row("7", "overage", "vps_deployment_fee"));
  EXPECT_EQ(
      ask("SELECT ChargeCategory, CAST(BilledCost AS INT), CAST(EffectiveCost AS INT) FROM focus "
          "ORDER BY x_Row"),
      "Adjustment|0|-3 Credit|-5|-5 Purchase|7|7");
}

TEST_F(SnowflakeTest, prices_come_from_the_rate_sheet_of_the_same_day) {
  write("sf/usage.csv", kHeader + row("7.5", "overage"));
  write(
      "sf/rates.csv",
      "DATE,ACCOUNT_LOCATOR,USAGE_TYPE,SERVICE_TYPE,CURRENCY,EFFECTIVE_RATE\n"
      "2026-01-04,AB1,compute,WAREHOUSE_METERING,USD,2.00\n"
      "2026-01-05,AB1,compute,WAREHOUSE_METERING,USD,3.00\n");
  const auto receipt = book(bills() / "sf");
  EXPECT_EQ(receipt.rows_booked, 1);
  EXPECT_EQ(dropped(receipt), 2);
  EXPECT_EQ(ask("SELECT CAST(ContractedUnitPrice AS INT) FROM focus"), "3");
  EXPECT_EQ(told(receipt, "focus.contracted_cost.product"), 0);
}

TEST_F(SnowflakeTest, use_of_a_contract_names_the_contract) {
  book_rows(row("1.50", "capacity") + row("2", "overage"));
  EXPECT_EQ(
      ask("SELECT ContractApplied FROM focus ORDER BY x_Row"),
      R"({"Elements":[{"ContractId":"C-9","ContractCommitmentId":"C-9","AppliedCost":1.50}]} -)");
}

TEST_F(SnowflakeTest, a_contract_is_a_purchase_of_the_month_it_begins_in) {
  book(write(
      "contract.csv",
      "ORGANIZATION_NAME,CONTRACT_NUMBER,START_DATE,END_DATE,CONTRACT_ITEM,CURRENCY,AMOUNT\n"
      "ORG,C-9,2025-11-01,2026-11-01,Capacity,USD,100000.00\n"
      "ORG,C-9,2025-11-01,2026-11-01,Free Usage,USD,400.00\n"));
  EXPECT_EQ(
      ask("SELECT ChargeCategory, CAST(BilledCost AS INT), CAST(EffectiveCost AS INT), "
          "BillingPeriodStart FROM focus"),
      "Purchase|100000|0|2025-11-01T00:00:00Z");
}

TEST_F(SnowflakeTest, a_contract_beside_the_usage_is_booked_under_a_source_of_its_own) {
  write("sf/usage.csv", kHeader + row("1", "capacity"));
  write(
      "sf/contract.csv",
      "CONTRACT_NUMBER,START_DATE,CONTRACT_ITEM,CURRENCY,AMOUNT\nC-9,2026-01-01,Capacity,USD,90\n");
  const auto receipts = try_book(bills() / "sf");
  ASSERT_TRUE(receipts) << receipts.error().text();
  EXPECT_EQ(
      ask("SELECT x_Source, CAST(BilledCost AS INT) FROM focus ORDER BY 1"), "sf|0 sf.contract|90");
}

TEST_F(SnowflakeTest, rows_without_an_amount_go_to_quarantine) {
  const auto receipt = book_rows(row("", "overage") + row("x", "overage") + row("1", "overage"));
  EXPECT_EQ(receipt.rows_booked, 1);
  EXPECT_EQ(receipt.quarantined.size(), 2U);
}

}  // namespace
}  // namespace outlay::connectors
