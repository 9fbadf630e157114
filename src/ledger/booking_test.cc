// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

using money::Decimal;
using testing::HasSubstr;

class BookingTest : public LedgerTest {};

std::string small_bill() {
  return std::string(kHeader) + line("01", "Compute", "1.5", "1.25") +
         line("02", "Storage", "0.0000000001", "0.1") + line("02", "Compute", "-0.5", "");
}

TEST_F(BookingTest, a_bill_is_booked_to_the_last_digit) {
  const auto receipt = book({file("bill.csv", small_bill())});
  EXPECT_EQ(receipt.rows_read, 3);
  EXPECT_EQ(receipt.rows_booked, 3);
  ASSERT_EQ(receipt.booked_totals.size(), 1U);
  EXPECT_EQ(receipt.booked_totals[0].currency, "USD");
  EXPECT_EQ(*receipt.booked_totals[0].billed, *Decimal::parse("1.0000000001"));
  EXPECT_EQ(*receipt.booked_totals[0].effective, *Decimal::parse("1.35"));
  EXPECT_EQ(receipt.booked_totals[0].list, std::nullopt);
  ASSERT_EQ(receipt.periods.size(), 1U);
  EXPECT_EQ(receipt.periods[0].period, "2026-01");
  EXPECT_EQ(receipt.periods[0].generation, 1);
  EXPECT_EQ(receipt.invoices.at(0).invoice_id, "INV-1");
}

TEST_F(BookingTest, a_second_delivery_of_the_same_files_changes_nothing) {
  const auto path = file("bill.csv", small_bill());
  const auto first = book({path});
  const auto second = book({path});
  EXPECT_FALSE(first.already_booked);
  EXPECT_TRUE(second.already_booked);
  EXPECT_TRUE(second.periods.at(0).was_there);
  EXPECT_EQ(*second.booked_totals.at(0).billed, *first.booked_totals.at(0).billed);
  EXPECT_EQ(ledger_->generations("test", "")->size(), 1U);
}

TEST_F(BookingTest, a_changed_delivery_makes_a_new_generation_and_tells_what_changed) {
  book({file("bill.csv", small_bill())});
  clock_.advance(std::chrono::hours(1));
  const auto receipt = book({file("bill.csv", small_bill() + line("03", "Storage", "2", "2"))});
  ASSERT_EQ(receipt.periods.size(), 1U);
  EXPECT_EQ(receipt.periods[0].generation, 2);
  EXPECT_EQ(receipt.periods[0].replaced, 1);
  ASSERT_EQ(receipt.periods[0].changes.size(), 1U);
  EXPECT_EQ(receipt.periods[0].changes[0].service, "Storage");
  EXPECT_EQ(*receipt.periods[0].changes[0].before, *Decimal::parse("0.0000000001"));
  EXPECT_EQ(*receipt.periods[0].changes[0].after, *Decimal::parse("2.0000000001"));
  const auto generations = *ledger_->generations("test", "2026-01");
  ASSERT_EQ(generations.size(), 2U);
  EXPECT_FALSE(generations[0].is_current);
  EXPECT_EQ(generations[0].superseded_at, "2026-02-03T11:00:00Z");
  EXPECT_TRUE(generations[1].is_current);
}

TEST_F(BookingTest, an_earlier_delivery_can_be_restored_by_booking_it_again) {
  const auto first = file("a.csv", small_bill());
  book({first});
  book({file("b.csv", small_bill() + line("03", "Storage", "2", "2"))});
  const auto again = book({first});
  EXPECT_FALSE(again.already_booked);
  EXPECT_EQ(again.periods.at(0).generation, 3);
}

TEST_F(BookingTest, rows_with_too_few_or_many_fields_go_to_quarantine_by_their_row_number) {
  const auto receipt = book({file(
      "bill.csv",
      std::string(kHeader) + line("01", "\"A\nB\"", "1", "1") + "too,few\n\n" +
          line("02", "C", "2", "2") + "1,2,3,4,5,6,7,8,9,10,11\n" + line("03", "D", "3", "3"))});
  EXPECT_EQ(receipt.rows_read, 5);
  EXPECT_EQ(receipt.rows_booked, 3);
  ASSERT_EQ(receipt.quarantined.size(), 1U);
  EXPECT_EQ(receipt.quarantined[0].rows, 2);
  EXPECT_EQ(receipt.quarantined[0].first_row, 2);
  EXPECT_THAT(receipt.quarantined[0].reason, HasSubstr("not as many fields"));
  EXPECT_TRUE(std::filesystem::exists(receipt.quarantine_file));
}

TEST_F(BookingTest, unreadable_costs_and_missing_periods_go_to_quarantine_and_are_counted) {
  const auto receipt = book({file(
      "bill.csv",
      std::string(kHeader) + line("01", "A", "1", "1") + line("01", "B", "\"1,5\"", "1") +
          line("01", "B", "abc", "1") + ",2026-01-01,C,1,1,USD,Usage,,,\n")});
  EXPECT_EQ(receipt.rows_read, 4);
  EXPECT_EQ(receipt.rows_booked, 1);
  long long quarantined = 0;
  for (const auto& reason : receipt.quarantined) quarantined += reason.rows;
  EXPECT_EQ(quarantined, 3);
}

TEST_F(BookingTest, a_mapping_that_loses_a_row_is_refused) {
  const auto lossy = [](const RawShape& shape) -> base::Result<MappingPlan> {
    auto plan = TRY(plain_focus(shape));
    plan.charges_sql += " WHERE ServiceName <> 'Storage'";
    return plan;
  };
  const auto receipt = ledger_->book(delivery({file("bill.csv", small_bill())}, lossy));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, base::Code::internal);
  EXPECT_TRUE(ledger_->generations("", "")->empty());
}

TEST_F(BookingTest, rows_left_out_on_purpose_are_counted_with_their_reason) {
  const auto dropping = [](const RawShape& shape) -> base::Result<MappingPlan> {
    auto plan = TRY(plain_focus(shape));
    plan.charges_sql += " WHERE ServiceName <> 'Storage'";
    plan.drops_sql =
        "SELECT x_File, x_Row, 'storage is free' AS reason FROM raw WHERE ServiceName = 'Storage'";
    return plan;
  };
  const auto receipt = book({file("bill.csv", small_bill())}, dropping);
  EXPECT_EQ(receipt.rows_booked, 2);
  ASSERT_EQ(receipt.dropped.size(), 1U);
  EXPECT_EQ(receipt.dropped[0].reason, "storage is free");
  EXPECT_EQ(receipt.dropped[0].first_row, 2);
}

TEST_F(BookingTest, one_row_may_become_two_charges) {
  const auto doubling = [](const RawShape& shape) -> base::Result<MappingPlan> {
    auto plan = TRY(plain_focus(shape));
    plan.charges_sql += " UNION ALL " + plan.charges_sql + " WHERE ServiceName = 'Storage'";
    return plan;
  };
  const auto receipt = book({file("bill.csv", small_bill())}, doubling);
  EXPECT_EQ(receipt.rows_read, 3);
  EXPECT_EQ(receipt.rows_booked, 4);
  EXPECT_EQ(receipt.rows_added, 1);
}

TEST_F(BookingTest, a_cost_with_too_many_decimals_is_rounded_and_told) {
  const auto receipt = book({file(
      "bill.csv",
      std::string(kHeader) + line("01", "A", "0.12345678901234567890127", "1") +
          line("01", "A", "-0.00000000000000000000001", "1"))});
  EXPECT_EQ(*receipt.booked_totals.at(0).billed, *Decimal::parse("0.1234567890123456789013"));
  ASSERT_EQ(receipt.notes.size(), 1U);
  EXPECT_THAT(receipt.notes[0], HasSubstr("2 cost cells had more than 22 decimals"));
  EXPECT_THAT(receipt.notes[0], HasSubstr("-0.00000000000000000000004"));
}

TEST_F(BookingTest, several_billing_periods_become_a_generation_each) {
  std::string bill(kHeader);
  for (int month = 1; month <= 5; ++month) {
    bill += fmt::format("2026-0{0}-01,2026-0{0}-02,A,{0},1,USD,Usage,,,\n", month);
  }
  const auto receipt = book({file("bill.csv", bill)});
  ASSERT_EQ(receipt.periods.size(), 5U);
  EXPECT_EQ(receipt.periods[4].period, "2026-05");
  EXPECT_EQ(*receipt.periods[4].totals.at(0).billed, Decimal::of(5));
}

TEST_F(BookingTest, wrong_encodings_are_named_with_file_and_row) {
  const auto latin = ledger_->book(delivery({file(
      "latin.csv",
      std::string(kHeader) + line("01", "A", "1", "1") + line("01", "Caf\xe9", "1", "1"))}));
  ASSERT_FALSE(latin);
  EXPECT_THAT(latin.error().text(), HasSubstr("latin.csv, row 2"));
  EXPECT_THAT(latin.error().text(), HasSubstr("UTF-8"));
  const auto wide = ledger_->book(delivery({file(
      "wide.csv",
      std::string(
          "\xff\xfe"
          "a\0,\0b\0\n\0",
          10))}));
  ASSERT_FALSE(wide);
  EXPECT_THAT(wide.error().text(), HasSubstr("UTF-16"));
}

TEST_F(BookingTest, an_empty_file_is_an_error_and_a_header_alone_is_none) {
  const auto empty = ledger_->book(delivery({file("empty.csv", "")}));
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().text(), HasSubstr("empty.csv"));
  const auto receipt = book({file("header.csv", std::string(kHeader))});
  EXPECT_EQ(receipt.rows_read, 0);
  EXPECT_TRUE(receipt.periods.empty());
}

TEST_F(BookingTest, a_truncated_gzip_or_parquet_is_refused) {
  const auto plain = file("bill.csv", small_bill() + std::string(5000, '\n'));
  ASSERT_TRUE(io::gzip_file(plain, folder_ / "bill.csv.gz"));
  std::filesystem::resize_file(
      folder_ / "bill.csv.gz", std::filesystem::file_size(folder_ / "bill.csv.gz") / 2);
  const auto gzip = ledger_->book(delivery({folder_ / "bill.csv.gz"}));
  ASSERT_FALSE(gzip);
  EXPECT_THAT(gzip.error().text(), HasSubstr("bill.csv.gz"));
  const auto parquet = ledger_->book(delivery({file("bill.parquet", "PAR1 half a file")}));
  ASSERT_FALSE(parquet);
  EXPECT_THAT(parquet.error().text(), HasSubstr("bill.parquet"));
  EXPECT_THAT(parquet.error().text(), HasSubstr("cut short"));
  EXPECT_TRUE(ledger_->generations("", "")->empty());
}

TEST_F(BookingTest, receipts_are_kept_in_full) {
  const auto receipt = book({file("bill.csv", small_bill())});
  const auto kept = *ledger_->receipts("test", 10);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].delivery_id, receipt.delivery_id);
  EXPECT_EQ(*kept[0].booked_totals.at(0).billed, *receipt.booked_totals.at(0).billed);
  EXPECT_EQ(kept[0].files.at(0).sha256, receipt.files.at(0).sha256);
}

TEST_F(BookingTest, what_a_killed_booking_left_is_gone_after_the_next_start) {
  book({file("bill.csv", small_bill())});
  const auto orphan = folder_ / "ledger/cost_and_usage/source=test/period=2026-01/gen=000002";
  std::filesystem::create_directories(orphan);
  std::filesystem::create_directories(folder_ / "ledger/.staging/left");
  open();
  EXPECT_FALSE(std::filesystem::exists(orphan));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ledger/.staging/left"));
  EXPECT_EQ(ledger_->generations("test", "")->size(), 1U);
}

}  // namespace
}  // namespace outlay::ledger
