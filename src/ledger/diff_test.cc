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
    const auto answer =
        ledger_->diff({.source = "test", .period = "2026-01", .by = {"Cause", "ResourceId"}});
    EXPECT_TRUE(answer) << answer.error().text();
    if (!answer) return "";
    const auto* table = &answer->table;
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
  const auto answer = ledger_->diff({.source = "test", .period = "2026-01", .by = {"Cause"}});
  ASSERT_TRUE(answer) << answer.error().text();
  const auto* table = &answer->table;
  ASSERT_EQ(table->rows.size(), 1U);
  EXPECT_EQ(table->at(0, "Cause"), "mapping change");
}

TEST_F(DiffTest, a_charge_tagged_anew_moves_its_cost_from_one_tag_value_to_the_other) {
  const auto tagged = [](const std::string& team) {
    return charge("vm", "1", "5", "Usage", "USD", "\"{\"\"team\"\":\"\"" + team + "\"\"}\"");
  };
  book({file("before.csv", std::string(kColumns) + tagged("a") + charge("disk", "1", "7"))});
  book({file("after.csv", std::string(kColumns) + tagged("b") + charge("disk", "1", "7"))});
  for (const bool has_cause : {false, true}) {
    std::vector<std::string> by{"tag:team"};
    if (has_cause) by.emplace_back("Cause");
    const auto answer = ledger_->diff({.source = "test", .period = "2026-01", .by = by});
    ASSERT_TRUE(answer) << answer.error().text();
    ASSERT_EQ(answer->table.rows.size(), 2U);
    EXPECT_EQ(answer->table.at(0, "tag:team"), "a");
    EXPECT_EQ(money::Decimal::parse(*answer->table.at(0, "BilledCostChange"))->short_text(), "-5");
    EXPECT_EQ(answer->table.at(1, "tag:team"), "b");
    EXPECT_EQ(money::Decimal::parse(*answer->table.at(1, "BilledCostChange"))->short_text(), "5");
    if (has_cause) {
      EXPECT_EQ(answer->table.at(1, "Cause"), "re-tagging");
    }
  }
}

TEST_F(DiffTest, the_ledger_is_compared_at_two_moments_over_all_sources) {
  const auto at = [](const char* text) { return *base::parse_instant(text); };
  book({file("first.csv", std::string(kColumns) + charge("vm", "1", "5"))});
  clock_.advance(std::chrono::hours(24));
  auto other = delivery({file("other.csv", std::string(kColumns) + charge("db", "1", "11"))});
  other.source = "other";
  ASSERT_TRUE(ledger_->book(other));
  clock_.advance(std::chrono::hours(24));
  book({file("second.csv", std::string(kColumns) + charge("vm", "1", "4"))});

  DiffQuery query;
  query.from_time = at("2026-02-03T12:00:00Z");
  query.by = {"x_Source", "Cause"};
  const auto answer = ledger_->diff(query);
  ASSERT_TRUE(answer) << answer.error().text();
  ASSERT_EQ(answer->table.rows.size(), 2U);
  EXPECT_EQ(answer->table.at(0, "x_Source"), "other");
  EXPECT_EQ(answer->table.at(0, "Cause"), "new period");
  EXPECT_EQ(answer->table.at(1, "Cause"), "re-rating");
  ASSERT_EQ(answer->compared.size(), 2U);
  EXPECT_EQ(answer->compared[0].before, 0);
  EXPECT_EQ(answer->compared[1].after, 2);

  query.to_time = at("2026-02-04T12:00:00Z");
  const auto earlier = ledger_->diff(query);
  ASSERT_TRUE(earlier) << earlier.error().text();
  ASSERT_EQ(earlier->compared.size(), 1U);
  EXPECT_EQ(earlier->compared[0].source, "other");

  query.to_time = at("2026-02-01T00:00:00Z");
  EXPECT_FALSE(ledger_->diff(query)) << "the moments are in the wrong order";
  query = {};
  query.from_generation = 1;
  EXPECT_FALSE(ledger_->diff(query)) << "a generation needs its source and period";
}

}  // namespace
}  // namespace outlay::ledger
