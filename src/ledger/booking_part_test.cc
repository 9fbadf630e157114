// SPDX-License-Identifier: Apache-2.0
// Deliveries that add to what is booked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

using money::Decimal;
using testing::HasSubstr;

/// The mapping of the other tests, for a provider that sends rows as they come.
base::Result<MappingPlan> appended(const RawShape& shape) {
  auto plan = TRY(plain_focus(shape));
  plan.extent = Extent::part;
  return plan;
}

/// The same where rows can be told apart by their content.
base::Result<MappingPlan> appended_by_content(const RawShape& shape) {
  auto plan = TRY(appended(shape));
  plan.charges_sql =
      "SELECT *, concat_ws('|', ChargePeriodStart, ServiceName, BilledCost) AS "
      "x_RowKey FROM (" +
      plan.charges_sql + ")";
  return plan;
}

/// The same where a delivery states whole days.
base::Result<MappingPlan> appended_by_day(const RawShape& shape) {
  auto plan = TRY(appended(shape));
  plan.charges_sql =
      "SELECT *, CAST(ChargePeriodStart AS VARCHAR) AS x_ScopeKey FROM (" + plan.charges_sql + ")";
  return plan;
}

/// The same where days are stated more or less fully; the file's first service says how.
base::Result<MappingPlan> appended_by_rank(const RawShape& shape) {
  auto plan = TRY(appended_by_day(shape));
  plan.charges_sql =
      "SELECT *, CASE ServiceName WHEN 'Disk' THEN '2' ELSE '1' END AS x_ScopeRank FROM (" +
      plan.charges_sql + ")";
  return plan;
}

class PartTest : public LedgerTest {
 protected:
  std::string billed() {
    const auto table = ledger_->sql("SELECT sum(BilledCost)::VARCHAR FROM focus");
    EXPECT_TRUE(table) << table.error().text();
    return Decimal::parse(table->rows[0][0].value_or("0"))->short_text();
  }
};

std::string bill(const std::string& lines) { return std::string(kHeader) + lines; }

std::string february(std::string line) {
  return base::replace_all(std::move(line), "2026-01-", "2026-02-");
}

TEST_F(PartTest, late_rows_are_added_to_the_month_they_belong_to) {
  book({file("a.csv", bill(line("01", "Compute", "1", "1")))}, appended);
  const auto receipt = book(
      {file(
          "b.csv", bill(line("31", "Compute", "2", "2") + february(line("01", "Disk", "4", "4"))))},
      appended);
  EXPECT_EQ(billed(), "7");
  EXPECT_EQ(receipt.rows_booked, 2);
  EXPECT_EQ(*receipt.booked_totals.at(0).billed, *Decimal::parse("6"));
  ASSERT_EQ(receipt.periods.size(), 2U);
  EXPECT_EQ(receipt.periods[0].rows, 2);
  EXPECT_EQ(*receipt.periods[0].totals.at(0).billed, *Decimal::parse("3"));
}

TEST_F(PartTest, a_file_delivered_again_in_any_company_adds_nothing) {
  const auto a = file("a.csv", bill(line("01", "Compute", "1", "1")));
  const auto b = file("b.csv", bill(line("02", "Compute", "2", "2")));
  book({a}, appended);
  book({b}, appended);
  EXPECT_TRUE(book({a}, appended).already_booked);
  EXPECT_TRUE(book({b, a}, appended).already_booked);
  const auto c = file("c.csv", bill(line("03", "Compute", "4", "4")));
  const auto receipt = book({a, c}, appended);
  EXPECT_FALSE(receipt.already_booked);
  EXPECT_EQ(receipt.dropped.at(0).reason, "row of a file that is booked already");
  EXPECT_EQ(billed(), "7");
}

TEST_F(PartTest, a_file_of_the_same_name_replaces_the_one_before_in_every_month) {
  book(
      {file(
           "day.csv",
           bill(line("01", "Compute", "1", "1") + february(line("01", "Disk", "4", "4")))),
       file("other.csv", bill(line("01", "Compute", "8", "8")))},
      appended);
  const auto receipt = book({file("day.csv", bill(line("01", "Compute", "2", "2")))}, appended);
  EXPECT_EQ(billed(), "10");
  EXPECT_EQ(receipt.periods.size(), 2U);
}

TEST_F(PartTest, rows_that_an_overlapping_export_sends_again_are_booked_once) {
  const std::string twice = line("01", "Compute", "1", "1") + line("01", "Compute", "1", "1");
  book({file("a.csv", bill(twice))}, appended_by_content);
  const auto receipt =
      book({file("b.csv", bill(twice + line("02", "Disk", "4", "4")))}, appended_by_content);
  EXPECT_EQ(billed(), "6");
  EXPECT_EQ(receipt.dropped.at(0).rows, 2);
  EXPECT_EQ(receipt.dropped.at(0).reason, "the same row is booked from another file");
}

TEST_F(PartTest, a_scope_that_is_stated_again_is_replaced_and_others_stay) {
  book(
      {file("a.csv", bill(line("01", "Compute", "1", "1") + line("02", "Disk", "2", "2")))},
      appended_by_day);
  const auto b = file("b.csv", bill(line("02", "Disk", "4", "4") + line("03", "Disk", "8", "8")));
  book({b}, appended_by_day);
  EXPECT_EQ(billed(), "13");
  EXPECT_TRUE(book({b}, appended_by_day).already_booked);
  EXPECT_EQ(billed(), "13");
}

TEST_F(PartTest, a_fuller_statement_stands_whichever_comes_first) {
  const auto less = bill(line("01", "Compute", "1", "1") + line("02", "Compute", "2", "2"));
  const auto full = bill(line("01", "Disk", "4", "4"));
  book({file("bill.csv", less)}, appended_by_rank);
  book({file("bill.csv", full)}, appended_by_rank);
  EXPECT_EQ(billed(), "6");
  const auto receipt = book(
      {file("bill.csv", bill(line("01", "Compute", "8", "8") + line("02", "Compute", "16", "16")))},
      appended_by_rank);
  EXPECT_EQ(billed(), "20");
  ASSERT_EQ(receipt.dropped.size(), 1U);
  EXPECT_THAT(receipt.dropped.at(0).reason, HasSubstr("fuller statement"));
  // Another month under the same name takes nothing away.
  book({file("bill.csv", bill(february(line("01", "Compute", "32", "32"))))}, appended_by_rank);
  EXPECT_EQ(billed(), "52");
}

TEST_F(PartTest, the_order_of_deliveries_does_not_matter) {
  const auto a =
      file("a.csv", bill(line("01", "Compute", "1", "1") + line("02", "Disk", "4", "4")));
  const auto b = file("b.csv", bill(line("02", "Disk", "4", "4") + line("03", "Disk", "16", "16")));
  book({b}, appended_by_content);
  book({a}, appended_by_content);
  EXPECT_EQ(billed(), "21");
}

TEST_F(PartTest, a_carried_row_still_leads_to_its_file) {
  book({file("a.csv", bill(line("01", "Compute", "1", "1")))}, appended);
  book({file("b.csv", bill(line("02", "Disk", "2", "2")))}, appended);
  book({file("c.csv", bill(line("03", "Lake", "4", "4")))}, appended);
  for (const auto& [service, name] :
       {std::pair{"Compute", "a.csv"}, std::pair{"Disk", "b.csv"}, std::pair{"Lake", "c.csv"}}) {
    const auto lines = ledger_->trace(fmt::format("ServiceName = '{}'", service), 10);
    ASSERT_TRUE(lines) << lines.error().text();
    ASSERT_EQ(lines->size(), 1U);
    EXPECT_EQ(lines->at(0).file, name);
    EXPECT_EQ(lines->at(0).row, 1);
    EXPECT_FALSE(lines->at(0).sha256.empty());
  }
}

}  // namespace
}  // namespace outlay::ledger
