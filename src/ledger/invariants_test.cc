// SPDX-License-Identifier: Apache-2.0
// What must hold for any bill: seeded random bills, booked in many ways.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

using money::Decimal;

class InvariantsTest : public LedgerTest {
 protected:
  static constexpr std::uint64_t kSeed = 20261123;

  std::string random_cost() {
    if (random_.below(10) == 0) return "";
    return Decimal(static_cast<money::Int128>(random_.below(2'000'000)) - 500'000, 10).short_text();
  }

  std::vector<std::string> random_lines(int count) {
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) {
      const auto day = fmt::format("{:02}", random_.below(28) + 1);
      const auto service = fmt::format("S{}", random_.below(5));
      const auto billed = random_cost();
      const auto effective = random_cost();
      lines.push_back(line(day, service, billed, effective));
    }
    return lines;
  }

  static std::string bill(const std::vector<std::string>& lines) {
    std::string out(kHeader);
    for (const auto& one : lines) out += one;
    return out;
  }

  void shuffle(std::vector<std::string>& lines) {
    for (std::size_t i = lines.size(); i > 1; --i) {
      std::swap(lines[i - 1], lines[random_.below(i)]);
    }
  }

  /// Totals of a booking under a source of its own.
  CostTotals totals(const std::string& source, const std::vector<io::Path>& paths) {
    auto bills = delivery(paths);
    bills.source = source;
    const auto receipt = ledger_->book(bills);
    EXPECT_TRUE(receipt) << receipt.error().text();
    return receipt ? receipt->booked_totals.at(0) : CostTotals{};
  }

  base::Random random_{kSeed};
};

bool operator==(const CostTotals& a, const CostTotals& b) {
  return a.currency == b.currency && a.billed == b.billed && a.effective == b.effective &&
         a.list == b.list && a.contracted == b.contracted && a.rows == b.rows;
}

TEST_F(InvariantsTest, order_split_packing_and_threads_never_change_a_total) {
  auto lines = random_lines(500);
  const auto plain = file("plain.csv", bill(lines));
  const auto expected = totals("plain", {plain});
  ASSERT_TRUE(io::gzip_file(plain, folder_ / "plain.csv.gz"));
  EXPECT_TRUE(totals("gzip", {folder_ / "plain.csv.gz"}) == expected);
  shuffle(lines);
  EXPECT_TRUE(totals("shuffled", {file("shuffled.csv", bill(lines))}) == expected);
  std::vector<io::Path> parts;
  for (std::size_t at = 0; at < lines.size(); at += 100) {
    const std::vector<std::string> part(
        lines.begin() + static_cast<std::ptrdiff_t>(at),
        lines.begin() + static_cast<std::ptrdiff_t>(std::min(at + 100, lines.size())));
    parts.push_back(file(fmt::format("part{}.csv", at), bill(part)));
  }
  EXPECT_TRUE(totals("split", parts) == expected);
  ExportSettings settings;
  settings.source = "plain";
  settings.out = folder_ / "plain.parquet";
  ASSERT_TRUE(ledger_->export_focus(settings));
  EXPECT_TRUE(totals("parquet", {settings.out}) == expected);
  EXPECT_TRUE(totals("plain", {plain}) == expected);
  threads_ = 1;
  open();
  EXPECT_TRUE(totals("one", {plain}) == expected);
}

TEST_F(InvariantsTest, days_add_up_to_the_month_and_rollup_equals_rows) {
  book({file("bill.csv", bill(random_lines(500)))});
  CostQuery query;
  query.metrics = {"BilledCost", "EffectiveCost"};
  const auto whole_month = ledger_->query(query)->table;
  query.granularity = CostQuery::Granularity::day;
  const auto days = ledger_->query(query)->table;
  auto rows_query = query;
  rows_query.where = "x_Row > 0";
  EXPECT_EQ(ledger_->query(rows_query)->answered_by, "rows");
  EXPECT_EQ(ledger_->query(rows_query)->table.rows, days.rows);
  Decimal sum;
  for (std::size_t i = 0; i < days.rows.size(); ++i) {
    if (const auto& cell = days.at(i, "BilledCost")) sum += *Decimal::parse(*cell);
  }
  EXPECT_EQ(sum, *Decimal::parse(*whole_month.at(0, "BilledCost")));
}

TEST_F(InvariantsTest, every_row_is_booked_or_in_quarantine) {
  for (int round = 0; round < 3; ++round) {
    auto lines = random_lines(60);
    long long broken = 0;
    for (auto& one : lines) {
      if (random_.below(8) != 0) continue;
      ++broken;
      const auto kind = random_.below(3);
      if (kind == 0) one = "short,row\n";
      if (kind == 1) one = line("01", "S", "12x", "1");
      if (kind == 2) one = line("01", "S", "1", "1").substr(20);
    }
    const auto receipt = book({file("bill.csv", bill(lines))});
    long long quarantined = 0;
    for (const auto& reason : receipt.quarantined) quarantined += reason.rows;
    EXPECT_EQ(receipt.rows_read, 60);
    EXPECT_EQ(quarantined, broken) << "seed " << kSeed << ", round " << round;
    EXPECT_EQ(receipt.rows_booked, 60 - broken);
  }
}

}  // namespace
}  // namespace outlay::ledger
