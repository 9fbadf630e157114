// SPDX-License-Identifier: Apache-2.0
#include "ledger/json_records.h"

#include <cstdlib>

#include <gmock/gmock.h>

#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JsonTableTest : public LedgerTest {
 protected:
  std::string csv_of(const std::string& json) {
    const auto table = json_to_csv(file("bill.json", json), "bill.json", folder_ / "out.csv");
    if (!table) return "error: " + table.error().text();
    broken_ = table->broken;
    return *io::read_file(folder_ / "out.csv");
  }

  std::vector<JsonTable::Broken> broken_;
};

TEST_F(JsonTableTest, every_field_of_any_object_is_a_column_and_absent_ones_are_empty) {
  EXPECT_EQ(
      csv_of("{\"a\": 1, \"b\": null}\r\n\n{\"c\": \"x, \\\"y\\\"\\u00e9\\n\", \"a\": true}\n"),
      "a,b,c\n1,,\ntrue,,\"x, \"\"y\"\"é\n\"\n");
}

TEST_F(JsonTableTest, numbers_keep_every_digit_also_inside_objects) {
  EXPECT_EQ(
      csv_of(R"({"cost": 0.12345678901234567890, "credits": [ {"amount": -1.50, "n": 1e-7}, )"
             R"({"amount": -0.12345678901234567890} ]})"),
      "cost,credits\n0.12345678901234567890,\"[{\"\"amount\"\":-1.50,\"\"n\"\":1e-7},"
      "{\"\"amount\"\":\"\"-0.12345678901234567890\"\"}]\"\n");
}

TEST_F(JsonTableTest, a_list_of_objects_is_read_like_lines) {
  const std::string rows = "a\n1\n2\n";
  EXPECT_EQ(csv_of("[\n  {\"a\": 1},\n  {\n\"a\": 2}\n]\n"), rows);
  EXPECT_EQ(csv_of("[{\"a\": 1}, {\"a\": 2}]"), rows);
  EXPECT_EQ(csv_of("\xEF\xBB\xBF{\"a\": 1}\n{\"a\": 2}"), rows);
}

TEST_F(JsonTableTest, a_line_that_is_no_object_is_kept_apart_with_its_number) {
  EXPECT_EQ(csv_of("{\"a\": 1}\n{\"a\": \n[3]\n{\"a\": 4}\n"), "a\n1\n4\n");
  ASSERT_EQ(broken_.size(), 2U);
  EXPECT_EQ(broken_[0].row, 2);
  EXPECT_EQ(broken_[1].content, "[3]");
  EXPECT_THAT(csv_of("[{\"a\": 1}, {\"a\": "), HasSubstr("cut short"));
}

TEST_F(JsonTableTest, names_come_from_the_whole_start_or_from_the_start_of_one_document) {
  EXPECT_THAT(json_names("{\"a\": 1}\n{\"b\": 2}\n{\"c\""), ElementsAre("a", "b"));
  EXPECT_THAT(json_names("{\"data\": [], \"more\": [ 1,"), ElementsAre("data"));
  EXPECT_TRUE(json_names("[1, 2]").empty());
}

constexpr auto kCharge =
    R"({"BillingPeriodStart":"2026-01-01","ChargePeriodStart":"2026-01-02","BillingCurrency":"USD",)"
    R"("BilledCost":)";

TEST_F(JsonTableTest, json_lines_book_and_broken_ones_are_quarantined_by_their_row) {
  auto bill = delivery({file("bill.jsonl", fmt::format("{0}1.5}}\n{{oops\n{0}2}}\n", kCharge))});
  bill.sets[0].files[0].kind = FileKind::json_lines;
  const auto receipt = ledger_->book(bill);
  ASSERT_TRUE(receipt) << receipt.error().text();
  EXPECT_EQ(receipt->rows_booked, 2);
  ASSERT_EQ(receipt->quarantined.size(), 1U);
  EXPECT_EQ(receipt->quarantined[0].first_row, 2);
  const auto rows = ledger_->sql("SELECT x_Row, CAST(BilledCost AS DOUBLE) FROM focus ORDER BY 1");
  ASSERT_TRUE(rows) << rows.error().text();
  EXPECT_EQ(rows->rows[1][0], "3");
}

}  // namespace
}  // namespace outlay::ledger
