// SPDX-License-Identifier: Apache-2.0
#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using FindTest = BillTest;
using testing::HasSubstr;

constexpr std::string_view kCur =
    "bill/BillingPeriodStartDate,bill/BillingPeriodEndDate,bill/PayerAccountId,lineItem/"
    "LineItemType,"
    "lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/UnblendedCost,lineItem/"
    "CurrencyCode,lineItem/ProductCode\n";

std::string cur(const std::string& cost) {
  return std::string(kCur) +
         "2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,0012,Usage,2026-01-05T00:00:00Z,2026-01-05T01:"
         "00:00Z," +
         cost + ",USD,AmazonEC2\n";
}

std::string manifest(const std::string& keys) {
  return R"({"assemblyId":"a","reportName":"bill","billingPeriod":{"start":"20260101T000000.000Z",)"
         R"("end":"20260201T000000.000Z"},"reportKeys":[)" +
         keys + "]}";
}

TEST_F(FindTest, the_period_manifest_says_which_assembly_counts) {
  write("p/bill/20260101-20260201/old/bill-1.csv", cur("1"));
  write("p/bill/20260101-20260201/new/bill-1.csv", cur("2"));
  write(
      "p/bill/20260101-20260201/old/bill-Manifest.json",
      manifest(R"("p/bill/20260101-20260201/old/bill-1.csv")"));
  write(
      "p/bill/20260101-20260201/bill-Manifest.json",
      manifest(R"("p/bill/20260101-20260201/new/bill-1.csv")"));
  const auto receipt = book(bills());
  EXPECT_EQ(sum("BilledCost"), "2");
  EXPECT_EQ(receipt.skipped.size(), 2U);
  EXPECT_EQ(ask("SELECT BillingAccountId FROM focus"), "0012");
}

TEST_F(FindTest, the_newest_execution_of_an_export_counts_and_a_month_without_manifest_waits) {
  const auto key = [](const std::string& run) {
    return R"({"dataFiles":["s3://b/x/e/data/BILLING_PERIOD=2026-01/)" + run + R"(/e-00001.csv"]})";
  };
  for (const std::string run : {"20260105T000000Z-1", "20260106T000000Z-2"}) {
    write("x/e/data/BILLING_PERIOD=2026-01/" + run + "/e-00001.csv", cur(run.substr(17)));
    write("x/e/metadata/BILLING_PERIOD=2026-01/" + run + "/e-Manifest.json", key(run));
  }
  write("x/e/data/BILLING_PERIOD=2026-02/20260205T000000Z-3/e-00001.csv", cur("9"));
  const auto found = find_deliveries(bills(), {});
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_THAT(found->front().sets[0].files[0].name, HasSubstr("20260106T000000Z-2"));
  EXPECT_EQ(found->front().source, "bills");
  ASSERT_TRUE(found->front().manifest_period);
  bool waits = false;
  for (const auto& [file, reason] : found->front().skipped) {
    waits = waits || (file.find("2026-02") != std::string::npos &&
                      reason.find("not complete yet") != std::string::npos);
  }
  EXPECT_TRUE(waits);
}

TEST_F(FindTest, a_manifest_that_names_an_absent_file_books_nothing) {
  write("bill/20260101-20260201/a/bill-1.csv", cur("1"));
  write(
      "bill/20260101-20260201/bill-Manifest.json",
      manifest(R"("bill/20260101-20260201/a/bill-1.csv","bill/20260101-20260201/a/bill-2.csv")"));
  const auto found = find_deliveries(bills(), {});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, base::Code::invalid_input);
  EXPECT_THAT(found.error().text(), HasSubstr("a/bill-2.csv"));
  EXPECT_THAT(found.error().text(), HasSubstr("1 are not here"));
}

TEST_F(FindTest, assemblies_without_a_manifest_are_not_added_up) {
  write("bill/20260101-20260201/a/bill-1.csv", cur("1"));
  write("bill/20260101-20260201/b/bill-1.csv", cur("2"));
  const auto found = find_deliveries(bills(), {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text(), HasSubstr("count the month several times"));
}

TEST_F(FindTest, forty_files_are_one_delivery_with_the_total_of_one_file) {
  for (int i = 0; i < 40; ++i) {
    write(fmt::format("part-{:02}.csv", i), cur("0.01"));
  }
  const auto receipt = book(bills());
  EXPECT_EQ(receipt.rows_booked, 40);
  EXPECT_EQ(sum("BilledCost"), "0.4");
}

TEST_F(FindTest, content_counts_and_the_name_does_not) {
  const auto found = find_deliveries(write("Anything Goes.TXT", cur("1")), {});
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->front().source, "anything-goes");
  const auto semicolons =
      find_deliveries(write("s.csv", base::replace_all(cur("1"), ",", ";")), {});
  ASSERT_TRUE(semicolons);
  EXPECT_EQ(semicolons->front().sets[0].files[0].separator, ';');
}

TEST_F(FindTest, damaged_files_are_refused_by_name) {
  write("cut.parquet", "PAR1 and then nothing");
  auto found = find_deliveries(bills() / "cut.parquet", {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text(), HasSubstr("cut short"));
  found = find_deliveries(
      write(
          "wide.csv",
          std::string(
              "\xFF\xFE"
              "B\0i\0",
              6)),
      {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text(), HasSubstr("UTF-16"));
  found = find_deliveries(write("noise.csv.gz", "\x1F\x8B and no gzip"), {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text(), HasSubstr("gzip file is damaged"));
}

TEST_F(FindTest, a_folder_without_bills_lists_what_was_seen) {
  write("notes.txt", "just words\n");
  const auto found = find_deliveries(bills(), {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text(), HasSubstr("notes.txt"));
  EXPECT_THAT(found.error().text(), HasSubstr("aws-cur"));
  EXPECT_EQ(find_deliveries(bills() / "nowhere", {}).error().code, base::Code::not_found);
}

TEST_F(FindTest, names_of_formats_and_sources_are_checked) {
  const auto path = write("a.csv", cur("1"));
  EXPECT_THAT(
      find_deliveries(path, {.format = "aws-cru"}).error().text(),
      HasSubstr("Did you mean \"aws-cur\"?"));
  EXPECT_THAT(
      find_deliveries(path, {.source = "My Bill"}).error().text(),
      HasSubstr("\"my-bill\" would do"));
}

TEST_F(FindTest, executions_of_an_export_without_a_manifest_are_not_added_up) {
  const std::string month = "pre/exp/data/BILLING_PERIOD=2026-01/";
  write(month + "2026-01-10T00:00:00.000Z-aa/exp-00001.csv", cur("1"));
  write(month + "2026-01-11T00:00:00.000Z-bb/exp-00001.csv", cur("2"));
  const auto refused = try_book(bills());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("count the month several times"));
  // Folders of two reports are no rivals.
  write("two/a/20260101-20260201/run1/a.csv", cur("1"));
  write("two/b/20260101-20260201/run2/b.csv", cur("2"));
  EXPECT_EQ(book(bills() / "two").rows_booked, 2);
}

// A zstd file of one frame with one block as it is, no checksum.
std::string zstd_of(const std::string& text) {
  const auto block = static_cast<unsigned>(text.size()) << 3U | 1U;
  std::string packed("\x28\xB5\x2F\xFD\x00\x58", 6);
  for (const unsigned shift : {0U, 8U, 16U}) {
    packed.push_back(static_cast<char>(block >> shift & 0xFFU));
  }
  return packed + text;
}

TEST_F(FindTest, zstd_and_json_lines_book_like_csv_and_a_cut_file_is_refused) {
  EXPECT_EQ(book(write("a.csv.zst", zstd_of(cur("1.5")))).rows_booked, 1);
  write(
      "b.jsonl",
      R"({"bill_billing_period_start_date":"2026-02-01","line_item_line_item_type":"Usage",)"
      R"("line_item_usage_start_date":"2026-02-01T00:00:00Z","bill_payer_account_id":"0012",)"
      R"("line_item_unblended_cost":2.25,"line_item_usage_account_id":"1"})");
  EXPECT_EQ(book(bills() / "b.jsonl").rows_booked, 1);
  EXPECT_EQ(sum("BilledCost"), "3.75");
  const auto whole = zstd_of(cur("1.5"));
  const auto cut = try_book(write("cut.csv.zst", whole.substr(0, whole.size() - 20)));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().text(), testing::AnyOf(HasSubstr("truncated"), HasSubstr("damaged")));
}

}  // namespace
}  // namespace outlay::connectors
