// SPDX-License-Identifier: Apache-2.0
#include "connectors/databricks/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr auto kUsageHeader =
    "record_id,account_id,workspace_id,sku_name,cloud,usage_start_time,usage_end_time,usage_unit,"
    "usage_quantity,usage_metadata,record_type,ingestion_date,billing_origin_product\n";
constexpr auto kPriceHeader =
    "price_start_time,price_end_time,sku_name,cloud,currency_code,usage_unit,pricing\n";

std::string usage(
    const std::string& id,
    const std::string& start,
    const std::string& quantity,
    const std::string& type = "ORIGINAL",
    const std::string& cloud = "AWS") {
  return fmt::format(
      "{0},acc,7,JOBS_EU,{4},{1},,DBU,{2},\"{{\"\"job_id\"\": \"\"9\"\", \"\"cluster_id\"\": "
      "\"\"c\"\"}}\",{3},2026-01-09,JOBS\n",
      id,
      start,
      quantity,
      type,
      cloud);
}

std::string price(
    const std::string& start,
    const std::string& end,
    const std::string& amount,
    const std::string& currency = "USD",
    bool is_account = false) {
  const std::string pricing =
      is_account ? fmt::format("{{\"\"default\"\": \"\"{}\"\"}}", amount)
                 : fmt::format(
                       "{{\"\"default\"\": \"\"{0}\"\", \"\"effective_list\"\": {{\"\"default\"\": "
                       "\"\"{0}\"\"}}}}",
                       amount);
  return fmt::format("{},{},JOBS_EU,AWS,{},DBU,\"{}\"\n", start, end, currency, pricing);
}

class DatabricksTest : public BillTest {
 protected:
  ledger::Receipt book_with_prices(
      const std::string& rows, const std::string& prices, const FindSettings& settings = {}) {
    write("dbx/usage.csv", kUsageHeader + rows);
    write("dbx/list_prices.csv", kPriceHeader + prices);
    return book(bills() / "dbx", settings);
  }
};

TEST_F(DatabricksTest, the_published_usage_costs_what_its_maker_says) {
  NEED_SHARED(path, "databricks");
  const auto receipt = book(*path);
  EXPECT_EQ(sum("PricingQuantity"), "31.5");
  EXPECT_EQ(sum("EffectiveCost"), "13.57");
  EXPECT_EQ(sum("BilledCost"), "13.57");
  EXPECT_EQ(sum("ListCost"), "13.94");
  EXPECT_EQ(receipt.rows_booked, 6);
  EXPECT_EQ(dropped(receipt), 3);
  EXPECT_EQ(sum("PricingCurrencyEffectiveCost"), "31.5");
  EXPECT_EQ(
      ask("SELECT DISTINCT PricingCurrency, BillingCurrency, ResourceType, ResourceId, Tags FROM "
          "focus WHERE x_RecordId = 'rec-1'"),
      R"(DBU|USD|Job|77|{"team":"data"})");
}

TEST_F(DatabricksTest, a_price_holds_from_its_start_to_before_its_end) {
  book_with_prices(
      usage("a", "2026-01-05 01:59:59.999", "1") + usage("b", "2026-01-05 02:00:00", "1"),
      price("2025-01-01", "2026-01-05 02:00:00", "0.40") +
          price("2026-01-05 02:00:00", "", "0.44"));
  EXPECT_EQ(ask("SELECT CAST(BilledCost AS DECIMAL(9,2)) FROM focus ORDER BY x_Row"), "0.40 0.44");
}

TEST_F(DatabricksTest, retractions_and_restatements_are_summed) {
  const auto receipt = book_with_prices(
      usage("a", "2026-01-05", "8") + usage("b", "2026-01-05", "-8", "RETRACTION") +
          usage("c", "2026-01-05", "6", "RESTATEMENT"),
      price("2025-01-01", "", "0.5"));
  EXPECT_EQ(receipt.rows_booked, 3);
  EXPECT_EQ(sum("BilledCost"), "3");
}

TEST_F(DatabricksTest, a_correction_that_came_after_its_month_is_marked_so) {
  book_with_prices(
      usage("a", "2025-12-31", "-8", "RETRACTION") + usage("b", "2026-01-05", "-8", "RETRACTION"),
      price("2025-01-01", "", "0.5"));
  EXPECT_EQ(
      ask("SELECT x_RecordId, ChargeClass FROM focus ORDER BY x_RecordId"), "a|Correction b|-");
}

TEST_F(DatabricksTest, usage_without_a_price_is_booked_with_its_cost_unknown) {
  const auto receipt =
      book_with_prices(usage("a", "2024-01-05", "8"), price("2025-01-01", "", "0.5"));
  EXPECT_EQ(told(receipt, "databricks.price.missing"), 1);
  EXPECT_EQ(ask("SELECT BilledCost IS NULL, CAST(PricingQuantity AS INT) FROM focus"), "true|8");
  const auto alone = book(write("alone.csv", kUsageHeader + usage("z", "2026-03-01", "1")));
  EXPECT_EQ(told(alone, "databricks.price.missing"), 1);
  EXPECT_THAT(alone.notes, Contains(HasSubstr("list_prices")));
}

TEST_F(DatabricksTest, the_accounts_own_price_stands_before_the_list) {
  book_with_prices(
      usage("a", "2026-01-05", "10"),
      price("2025-01-01", "", "0.5") + price("2025-01-01", "", "0.3", "USD", true));
  EXPECT_EQ(sum("BilledCost"), "3");
  EXPECT_EQ(sum("ListCost"), "5");
}

TEST_F(DatabricksTest, what_was_bought_through_azure_is_billed_there) {
  const auto receipt = book_with_prices(
      usage("a", "2026-01-05", "10", "ORIGINAL", "AZURE"),
      "2025-01-01,,JOBS_EU,AZURE,USD,DBU,\"{\"\"default\"\": \"\"0.5\"\"}\"\n");
  EXPECT_EQ(sum("BilledCost"), "0");
  EXPECT_EQ(sum("EffectiveCost"), "5");
  EXPECT_EQ(ask("SELECT InvoiceIssuerName, HostProviderName FROM focus"), "Microsoft|Microsoft");
  EXPECT_EQ(told(receipt, "databricks.azure.billed_elsewhere"), 1);
}

TEST_F(DatabricksTest, prices_in_several_currencies_need_a_word_from_the_user) {
  const auto prices = price("2025-01-01", "", "0.5") + price("2025-01-01", "", "0.4", "EUR");
  write("dbx/usage.csv", kUsageHeader + usage("a", "2026-01-05", "10"));
  write("dbx/list_prices.csv", kPriceHeader + prices);
  const auto refused = try_book(bills() / "dbx");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("--currency"));
  FindSettings settings;
  settings.hints.currency = "EUR";
  book_with_prices(usage("a", "2026-01-05", "10"), prices, settings);
  EXPECT_EQ(ask("SELECT BillingCurrency, CAST(BilledCost AS INT) FROM focus"), "EUR|4");
}

TEST_F(DatabricksTest, the_same_record_twice_in_a_delivery_counts_once) {
  const auto receipt = book_with_prices(
      usage("a", "2026-01-05", "10") + usage("a", "2026-01-05", "10"),
      price("2025-01-01", "", "0.5"));
  EXPECT_EQ(sum("BilledCost"), "5");
  EXPECT_EQ(dropped(receipt), 2);
}

TEST_F(DatabricksTest, exports_that_overlap_add_up_to_what_was_used) {
  const auto prices = price("2025-01-01", "", "0.5");
  book_with_prices(usage("a", "2026-01-05", "10") + usage("b", "2026-01-06", "10"), prices);
  write(
      "next/usage2.csv",
      kUsageHeader + usage("b", "2026-01-06", "10") + usage("c", "2026-01-07", "10"));
  write("next/list_prices.csv", kPriceHeader + prices);
  FindSettings settings;
  settings.source = "dbx";
  book(bills() / "next", settings);
  EXPECT_EQ(sum("BilledCost"), "15");
}

TEST_F(DatabricksTest, a_new_price_list_prices_known_usage_anew) {
  book_with_prices(usage("a", "2026-01-05", "10"), price("2027-01-01", "", "0.5"));
  EXPECT_EQ(ask("SELECT BilledCost IS NULL FROM focus"), "true");
  const auto receipt =
      book_with_prices(usage("a", "2026-01-05", "10"), price("2025-01-01", "", "0.5"));
  EXPECT_FALSE(receipt.already_booked);
  EXPECT_EQ(sum("BilledCost"), "5");
  EXPECT_TRUE(book(bills() / "dbx").already_booked);
}

TEST_F(DatabricksTest, costs_keep_the_digits_of_quantities) {
  book_with_prices(
      usage("a", "2026-01-05", "0.123456789012345678"), price("2025-01-01", "", "0.07"));
  EXPECT_EQ(sum("BilledCost"), "0.00864197523086419746");
}

TEST_F(DatabricksTest, a_price_list_alone_is_no_bill) {
  const auto found =
      find_deliveries(write("list_prices.csv", kPriceHeader + price("2025-01-01", "", "0.5")), {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text(), HasSubstr("one folder"));
}

}  // namespace
}  // namespace outlay::connectors
