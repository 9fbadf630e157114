// SPDX-License-Identifier: Apache-2.0
// What stays of what was superseded, and who is told of what is booked.
#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

class PurgeTest : public LedgerTest {
 protected:
  /// Three generations of January, a day apart.
  void book_three() {
    for (const char* cost : {"1", "2", "3"}) {
      book({file(
          std::string("bill") + cost + ".csv",
          std::string(kHeader) + line("01", "S3", cost, cost))});
      clock_.advance(std::chrono::hours(24));
    }
  }

  std::string total(std::optional<base::Instant> as_of = std::nullopt) {
    const auto table = ledger_->sql("SELECT sum(BilledCost) AS total FROM focus", as_of);
    if (!table) return table.error().text();
    return money::Decimal::parse(table->at(0, "total").value_or("0"))->short_text();
  }

  std::size_t folders() const {
    std::size_t count = 0;
    const auto period = folder_ / "ledger/cost_and_usage/source=test/period=2026-01";
    for (const auto& entry : std::filesystem::directory_iterator(period)) {
      count += entry.is_directory() ? 1 : 0;
    }
    return count;
  }
};

TEST_F(PurgeTest, purging_keeps_the_newest_superseded_generations_and_todays_total) {
  book_three();
  PurgeRule rule;
  rule.generations_kept = 1;
  rule.is_trial = true;
  EXPECT_EQ(ledger_->purge(rule)->generations.size(), 1U);
  EXPECT_EQ(folders(), 3U) << "a trial deletes nothing";
  rule.is_trial = false;
  const auto report = ledger_->purge(rule);
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_EQ(report->generations.size(), 1U);
  EXPECT_EQ(report->generations[0].generation, 1);
  EXPECT_EQ(folders(), 2U);
  EXPECT_EQ(total(), "3");
  EXPECT_EQ(total(*base::parse_instant("2026-02-04T12:00:00Z")), "2");
  open();
  EXPECT_EQ(total(), "3");
}

TEST_F(PurgeTest, a_question_about_a_purged_moment_is_refused_not_answered_with_less) {
  book_three();
  PurgeRule rule;
  rule.generations_kept = 0;
  ASSERT_TRUE(ledger_->purge(rule));
  const auto told = total(*base::parse_instant("2026-02-04T12:00:00Z"));
  EXPECT_NE(told.find("generation 2"), std::string::npos) << told;
  EXPECT_NE(told.find("2026-02-05T10:00:00Z"), std::string::npos) << told;
}

TEST_F(PurgeTest, superseded_generations_go_by_age) {
  book_three();
  PurgeRule rule;
  rule.superseded_kept = std::chrono::hours(36);
  const auto report = ledger_->purge(rule);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->generations.size(), 1U) << "superseded a day and two days ago";
  EXPECT_EQ(report->generations[0].generation, 1);
}

TEST_F(PurgeTest, purged_numbers_are_not_given_again) {
  book_three();
  PurgeRule rule;
  rule.generations_kept = 0;
  ASSERT_TRUE(ledger_->purge(rule));
  const auto receipt = book({file("four.csv", std::string(kHeader) + line("01", "S3", "4", "4"))});
  EXPECT_EQ(receipt.periods.at(0).generation, 4);
}

TEST_F(PurgeTest, events_tell_each_generation_once_in_order_with_what_changed) {
  const auto start = *ledger_->newest_sequence();
  book_three();
  auto events = ledger_->booked_after(start, 10);
  ASSERT_TRUE(events) << events.error().text();
  ASSERT_EQ(events->size(), 3U);
  EXPECT_FALSE((*events)[0].replaced);
  EXPECT_EQ((*events)[1].replaced, 1);
  ASSERT_EQ((*events)[1].changes.size(), 1U);
  EXPECT_EQ((*events)[1].changes[0].service, "S3");
  EXPECT_FALSE((*events)[1].was_closed) << "the third of February is within ten days of the end";
  EXPECT_TRUE(ledger_->booked_after((*events)[2].sequence, 10)->empty());
  EXPECT_EQ(*ledger_->newest_sequence(), (*events)[2].sequence);
}

TEST_F(PurgeTest, a_period_is_closed_ten_days_after_its_end) {
  clock_.set(*base::parse_instant("2026-02-11T00:00:00Z"));
  book_three();
  const auto events = ledger_->booked_after(0, 10);
  ASSERT_TRUE(events);
  EXPECT_TRUE((*events)[1].was_closed);
}

TEST_F(PurgeTest, the_providers_word_on_a_period_beats_the_calendar) {
  clock_.set(*base::parse_instant("2026-03-11T00:00:00Z"));
  const auto stated = [](const RawShape&) -> base::Result<MappingPlan> {
    MappingPlan plan;
    plan.mapping = "periods";
    plan.version = "1";
    plan.dataset = "billing_period";
    plan.charges_sql = "SELECT BillingPeriodStart, BillingPeriodStatus, x_File, x_Row FROM raw";
    return plan;
  };
  book(
      {file("periods.csv", "BillingPeriodStart,BillingPeriodStatus\n2026-01-01T00:00:00Z,Open\n")},
      stated);
  clock_.advance(std::chrono::hours(1));
  book_three();
  const auto events = ledger_->booked_after(0, 10);
  ASSERT_TRUE(events) << events.error().text();
  ASSERT_EQ(events->size(), 4U);
  EXPECT_FALSE((*events)[2].was_closed);
}

TEST_F(PurgeTest, a_trial_says_which_columns_a_newer_mapping_reads_otherwise_and_books_nothing) {
  const auto path = file(
      "bill.csv", std::string(kHeader) + line("01", "S3", "5", "5") + line("02", "EC2", "7", "7"));
  book({path});
  const auto newer = [](const RawShape& shape) -> base::Result<MappingPlan> {
    auto plan = TRY(plain_focus(shape));
    plan.version = "2";
    plan.charges_sql =
        "SELECT * REPLACE (CASE ServiceName WHEN 'S3' THEN 'Amazon S3' ELSE ServiceName END AS "
        "ServiceName) FROM (" +
        plan.charges_sql + ")";
    return plan;
  };
  const auto receipt = ledger_->book(delivery({path}, newer), {}, {.is_trial = true});
  ASSERT_TRUE(receipt) << receipt.error().text();
  EXPECT_TRUE(receipt->is_trial);
  const auto& changes = receipt->periods.at(0).column_changes;
  ASSERT_EQ(changes.size(), 1U);
  const auto& change = changes[0];
  EXPECT_EQ(change.column, "ServiceName");
  EXPECT_EQ(change.charges, 1);
  EXPECT_EQ(change.before, "S3");
  EXPECT_EQ(change.after, "Amazon S3");
  EXPECT_EQ(ledger_->generations("test", "2026-01")->size(), 1U);
  EXPECT_EQ(folders(), 1U);
}

}  // namespace
}  // namespace outlay::ledger
