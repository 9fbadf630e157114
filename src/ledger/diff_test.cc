// SPDX-License-Identifier: Apache-2.0
// Why a month changed from one delivery to the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

constexpr std::string_view kColumns =
    "BillingPeriodStart,ChargePeriodStart,ResourceId,PricingQuantity,BilledCost,EffectiveCost,"
    "BillingCurrency,ChargeCategory,Tags\n";

/// A charge of a resource on the first of January 2026.
std::string charge(
    const std::string& resource,
    const std::string& quantity,
    const std::string& cost,
    const std::string& category = "Usage",
    const std::string& currency = "USD",
    const std::string& tags = "") {
  return fmt::format(
      "2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,{},{},{},{},{},{},{}\n",
      resource,
      quantity,
      cost,
      cost,
      currency,
      category,
      tags);
}

class DiffTest : public LedgerTest {
 protected:
  /// "Cause resource change" lines of what the second bill changed against the first.
  std::string causes(const std::string& before, const std::string& after) {
    book({file("before.csv", std::string(kColumns) + before)});
    book({file("after.csv", std::string(kColumns) + after)});
    const auto table = ledger_->diff("test", "2026-01", 0, 0, {"Cause", "ResourceId"});
    EXPECT_TRUE(table) << table.error().text();
    std::string out;
    for (std::size_t i = 0; i < table->rows.size(); ++i) {
      const auto change = money::Decimal::parse(table->at(i, "BilledCostChange").value_or(""));
      out += fmt::format(
          "{} {} {}\n",
          table->at(i, "Cause").value_or("-"),
          table->at(i, "ResourceId").value_or("-"),
          change ? change->short_text() : "?");
    }
    return out;
  }
};

TEST_F(DiffTest, a_month_delivered_the_same_has_no_causes) {
  const auto same = charge("vm", "1", "5") + charge("disk", "1", "7");
  EXPECT_EQ(causes(same, charge("disk", "1", "7") + charge("vm", "1", "5")), "");
}

TEST_F(DiffTest, new_rows_and_more_quantity_are_late_usage) {
  EXPECT_EQ(
      causes(charge("vm", "1", "5"), charge("vm", "2", "10") + charge("disk", "1", "7")),
      "late usage disk 7\nlate usage vm 5\n");
}

TEST_F(DiffTest, another_cost_for_the_same_quantity_is_re_rating) {
  EXPECT_EQ(causes(charge("vm", "1", "5"), charge("vm", "1", "4")), "re-rating vm -1\n");
}

TEST_F(DiffTest, a_row_that_is_gone_is_a_deletion) {
  EXPECT_EQ(
      causes(charge("vm", "1", "5") + charge("disk", "1", "7"), charge("vm", "1", "5")),
      "deletion disk -7\n");
}

TEST_F(DiffTest, credits_are_told_apart_from_usage) {
  EXPECT_EQ(
      causes(charge("vm", "1", "5"), charge("vm", "1", "5") + charge("", "", "-2", "Credit")),
      "credit or refund - -2\n");
}

TEST_F(DiffTest, other_tags_for_the_same_cost_are_re_tagging) {
  EXPECT_EQ(
      causes(
          charge("vm", "1", "5"),
          charge("vm", "1", "5", "Usage", "USD", "\"{\"\"team\"\":\"\"a\"\"}\"")),
      "re-tagging vm 0\n");
}

TEST_F(DiffTest, the_same_charge_in_another_currency_is_told_per_currency) {
  EXPECT_EQ(
      causes(charge("vm", "1", "5"), charge("vm", "1", "4", "Usage", "EUR")),
      "currency vm -5\ncurrency vm 4\n");
}

TEST_F(DiffTest, the_same_files_read_by_a_newer_mapping_are_a_mapping_change) {
  const auto path = file("bill.csv", std::string(kColumns) + charge("vm", "1", "5"));
  book({path});
  book({path}, [](const RawShape& shape) -> base::Result<MappingPlan> {
    auto plan = TRY(plain_focus(shape));
    plan.version = "2";
    plan.charges_sql = "SELECT * REPLACE ('6' AS BilledCost) FROM (" + plan.charges_sql + ")";
    return plan;
  });
  const auto table = ledger_->diff("test", "2026-01", 0, 0, {"Cause"});
  ASSERT_TRUE(table) << table.error().text();
  ASSERT_EQ(table->rows.size(), 1U);
  EXPECT_EQ(table->at(0, "Cause"), "mapping change");
}

}  // namespace
}  // namespace outlay::ledger
