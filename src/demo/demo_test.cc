// SPDX-License-Identifier: Apache-2.0
#include "demo/demo.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "demo/pattern.h"
#include "format/csv.h"
#include "format/json.h"

namespace outlay::demo {
namespace {

using money::Decimal;

io::ScratchFolder scratch() {
  return io::ScratchFolder::create(std::filesystem::temp_directory_path()).value();
}

DemoSettings small(const io::Path& out) {
  DemoSettings settings;
  settings.out = out;
  settings.months = 2;
  settings.scale = 0.3;
  settings.compression = Compression::none;
  settings.threads = 2;
  return settings;
}

std::map<std::string, std::string> hashes(const io::Path& folder) {
  std::map<std::string, std::string> out;
  const std::vector<std::string> files = io::list_files(folder).value();
  for (const std::string& file : files) {
    out[file] = io::hash_file(folder / file).value().sha256;
  }
  return out;
}

/// One CSV bill, by column name.
class Bill {
 public:
  explicit Bill(const io::Path& path)
      : rows_(format::parse_csv(io::read_file(path).value(), ',', path.string()).value()) {
    for (std::size_t at = 0; at < rows_.front().size(); ++at) columns_[rows_.front()[at]] = at;
    rows_.erase(rows_.begin());
  }

  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

  std::size_t width() const { return columns_.size(); }

  std::string get(const std::vector<std::string>& row, const std::string& column) const {
    return row.at(columns_.at(column));
  }

  /// A number; an empty cell counts as 0.
  Decimal sum(const std::vector<std::string>& row, const std::string& column) const {
    const std::string text = get(row, column);
    return text.empty() ? Decimal() : Decimal::parse(text).value();
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::map<std::string, std::size_t> columns_;
};

/// The bills of two months, written once for all tests.
class Demo : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<io::ScratchFolder>(scratch());
    base::Result<DemoReport> report = generate(small(folder_->path() / "demo"));
    ASSERT_TRUE(report.has_value()) << report.error().text();
    report_ = std::make_unique<DemoReport>(std::move(report).value());
  }

  static void TearDownTestSuite() {
    folder_.reset();
    report_.reset();
    aws_.clear();
  }

  static io::Path out() { return folder_->path() / "demo"; }

  static const DemoTotal& total(std::string_view provider, std::string_view period) {
    const auto found =
        std::find_if(report_->totals.begin(), report_->totals.end(), [&](const DemoTotal& total) {
          return total.provider == provider && total.period == period && !total.is_restated;
        });
    EXPECT_NE(found, report_->totals.end());
    return *found;
  }

  static std::vector<io::Path> csv_files() {
    std::vector<io::Path> out_files;
    for (const DemoFile& file : report_->files) {
      if (file.path.ends_with(".csv")) out_files.push_back(out() / file.path);
    }
    return out_files;
  }

  /// Parsed once: it is the largest file of a month.
  static const Bill& aws(const std::string& period) {
    auto found = aws_.find(period);
    if (found == aws_.end()) {
      const io::Path file =
          out() / "aws/cur2/data" / ("BILLING_PERIOD=" + period) / "cur2-00001.csv";
      found = aws_.emplace(period, Bill(file)).first;
    }
    return found->second;
  }

  static std::unique_ptr<io::ScratchFolder> folder_;
  static std::unique_ptr<DemoReport> report_;
  static std::map<std::string, Bill> aws_;
};

std::unique_ptr<io::ScratchFolder> Demo::folder_;
std::unique_ptr<DemoReport> Demo::report_;
std::map<std::string, Bill> Demo::aws_;

TEST_F(Demo, the_same_seed_gives_the_same_bytes_with_any_number_of_threads) {
  const io::ScratchFolder again = scratch();
  DemoSettings settings = small(again.path() / "demo");
  settings.threads = 1;
  ASSERT_TRUE(generate(settings).has_value());
  EXPECT_EQ(hashes(out()), hashes(settings.out));
}

TEST_F(Demo, another_seed_gives_other_bytes_in_the_same_files) {
  const io::ScratchFolder again = scratch();
  DemoSettings settings = small(again.path() / "demo");
  settings.seed = 2;
  settings.providers = {"saas"};
  ASSERT_TRUE(generate(settings).has_value());
  const std::string file = "saas/brightpane/brightpane_focus_2026-10.csv";
  EXPECT_NE(hashes(settings.out)[file], hashes(out())[file]);
}

TEST_F(Demo, every_row_has_the_fields_of_its_header) {
  for (const io::Path& path : csv_files()) {
    const Bill bill(path);
    EXPECT_FALSE(bill.rows().empty()) << path;
    for (const std::vector<std::string>& row : bill.rows()) {
      ASSERT_EQ(row.size(), bill.width()) << path;
    }
  }
}

TEST_F(Demo, rows_and_bytes_of_the_report_are_those_of_the_files) {
  for (const DemoFile& file : report_->files) {
    const std::string text = io::read_file(out() / file.path).value();
    const long long lines = std::count(text.begin(), text.end(), '\n');
    const long long header = file.path.ends_with(".csv") ? 1 : 0;
    EXPECT_EQ(file.rows, lines - header) << file.path;
    EXPECT_EQ(file.bytes, static_cast<long long>(text.size())) << file.path;
  }
}

TEST_F(Demo, negations_cancel_what_their_savings_plan_covers_in_every_hour) {
  const Bill& bill = aws("2026-10");
  std::map<std::string, Decimal> sums;
  long long covered = 0;
  for (const auto& row : bill.rows()) {
    const std::string kind = bill.get(row, "line_item_line_item_type");
    if (kind != "SavingsPlanCoveredUsage" && kind != "SavingsPlanNegation") continue;
    covered += kind == "SavingsPlanCoveredUsage" ? 1 : 0;
    const std::string key = bill.get(row, "savings_plan_savings_plan_a_r_n") +
                            bill.get(row, "line_item_usage_start_date");
    sums[key] += bill.sum(row, "line_item_net_unblended_cost");
  }
  EXPECT_GT(covered, 1000);
  for (const auto& [key, sum] : sums) EXPECT_TRUE(sum.is_zero()) << key;
}

TEST_F(Demo, used_commitment_is_what_covered_rows_cost) {
  const Bill& bill = aws("2026-10");
  std::map<std::string, Decimal> left;
  for (const auto& row : bill.rows()) {
    const std::string kind = bill.get(row, "line_item_line_item_type");
    const std::string key = bill.get(row, "savings_plan_savings_plan_a_r_n") +
                            bill.get(row, "line_item_usage_start_date");
    if (kind == "SavingsPlanCoveredUsage") {
      left[key] += bill.sum(row, "savings_plan_savings_plan_effective_cost");
    }
    if (kind != "SavingsPlanRecurringFee") continue;
    const Decimal used = bill.sum(row, "savings_plan_used_commitment");
    left[key] -= used;
    EXPECT_LE(used, bill.sum(row, "savings_plan_total_commitment_to_date"));
  }
  EXPECT_GT(left.size(), 1400U);
  for (const auto& [key, sum] : left) EXPECT_TRUE(sum.is_zero()) << key;
}

TEST_F(Demo, used_and_unused_reservation_hours_are_all_that_was_bought) {
  const Bill& bill = aws("2026-10");
  Decimal used;
  for (const auto& row : bill.rows()) {
    if (bill.get(row, "line_item_line_item_type") == "DiscountedUsage") {
      used += bill.sum(row, "line_item_usage_amount");
    }
  }
  for (const auto& row : bill.rows()) {
    if (bill.get(row, "line_item_line_item_type") != "RIFee") continue;
    EXPECT_EQ(
        used + bill.sum(row, "reservation_unused_quantity"),
        bill.sum(row, "line_item_usage_amount"));
  }
}

TEST_F(Demo, discount_rows_are_the_difference_between_list_and_net) {
  const Bill& bill = aws("2026-10");
  Decimal left;
  for (const auto& row : bill.rows()) {
    const Decimal gap =
        bill.sum(row, "line_item_net_unblended_cost") - bill.sum(row, "line_item_unblended_cost");
    const std::string kind = bill.get(row, "line_item_line_item_type");
    if (kind == "Usage") left += gap;
    if (kind == "EdpDiscount") left -= bill.sum(row, "line_item_unblended_cost");
  }
  EXPECT_TRUE(left.is_zero()) << left.text();
}

TEST_F(Demo, split_rows_add_up_to_their_node) {
  const Bill& bill = aws("2026-10");
  std::map<std::string, Decimal> parts;
  std::map<std::string, Decimal> nodes;
  for (const auto& row : bill.rows()) {
    const std::string parent = bill.get(row, "split_line_item_parent_resource_id");
    if (!parent.empty()) {
      parts[parent] += bill.sum(row, "split_line_item_split_cost") +
                       bill.sum(row, "split_line_item_unused_cost");
    }
    nodes[bill.get(row, "line_item_resource_id")] += bill.sum(row, "line_item_unblended_cost");
  }
  EXPECT_FALSE(parts.empty());
  for (const auto& [parent, sum] : parts) EXPECT_EQ(sum, nodes[parent]) << parent;
}

/// What a row of a CUR costs, read off the rules of its line type.
struct RowCost {
  Decimal billed, effective;
};

RowCost aws_cost(const Bill& bill, const std::vector<std::string>& row) {
  const std::string kind = bill.get(row, "line_item_line_item_type");
  const Decimal net = bill.sum(row, "line_item_net_unblended_cost");
  if (kind == "SavingsPlanNegation" || kind == "EdpDiscount") return {};
  if (kind == "SavingsPlanCoveredUsage") {
    return {Decimal(), bill.sum(row, "savings_plan_savings_plan_effective_cost")};
  }
  if (kind == "DiscountedUsage") {
    return {Decimal(), bill.sum(row, "reservation_effective_cost")};
  }
  if (kind == "SavingsPlanRecurringFee") {
    return {
        net,
        bill.sum(row, "savings_plan_total_commitment_to_date") -
            bill.sum(row, "savings_plan_used_commitment")};
  }
  if (kind == "RIFee") {
    return {
        net,
        bill.sum(row, "reservation_unused_amortized_upfront_fee_for_billing_period") +
            bill.sum(row, "reservation_unused_recurring_fee")};
  }
  const bool is_upfront =
      kind == "SavingsPlanUpfrontFee" ||
      (kind == "Fee" && !bill.get(row, "reservation_reservation_a_r_n").empty());
  return {net, is_upfront ? Decimal() : net};
}

TEST_F(Demo, aws_totals_are_what_the_rows_come_to) {
  for (const std::string period : {"2026-09", "2026-10"}) {
    const Bill& bill = aws(period);
    Decimal billed;
    Decimal effective;
    for (const auto& row : bill.rows()) {
      const RowCost cost = aws_cost(bill, row);
      billed += cost.billed;
      effective += cost.effective;
    }
    EXPECT_EQ(billed, total("aws", period).billed) << period;
    EXPECT_EQ(effective, total("aws", period).effective) << period;
  }
}

TEST_F(Demo, azure_totals_need_both_files) {
  Decimal billed;
  Decimal effective;
  for (const DemoFile& file : report_->files) {
    if (file.provider != "azure" || file.period != "2026-09") continue;
    if (file.path.starts_with("restated/")) continue;
    const Bill bill(out() / file.path);
    const bool is_actual = file.path.starts_with("azure/actual/");
    for (const auto& row : bill.rows()) {
      const std::string kind = bill.get(row, "ChargeType");
      const bool is_committed = bill.get(row, "PricingModel") == "Reservation";
      const bool is_purchase = kind == "Purchase" || kind == "Refund";
      const Decimal cost = bill.sum(row, "CostInBillingCurrency");
      if (is_actual && is_committed && is_purchase) billed += cost;
      if (is_actual) continue;
      effective += cost;
      if (!is_committed) billed += cost;
    }
  }
  EXPECT_EQ(billed, total("azure", "2026-09").billed);
  EXPECT_EQ(effective, total("azure", "2026-09").effective);
}

TEST_F(Demo, google_totals_are_costs_less_credits) {
  const io::Path path =
      out() / "google/gcp_billing_export_resource_v1_01A2B3_C4D5E6_F70819/2026-10.jsonl";
  Decimal billed;
  const auto number = [](const format::Value& value) {
    const std::string text = format::print_json(value);
    return Decimal::parse(text).value();
  };
  for (const std::string& line : base::split_trimmed(io::read_file(path).value(), '\n')) {
    const format::Value row = format::parse_json(line, format::JsonNumbers::exact).value();
    billed += number(row["cost"]);
    for (const format::Value& credit : row["credits"].as_array()) {
      billed += number(credit["amount"]);
    }
  }
  EXPECT_EQ(billed, total("google", "2026-10").billed);
}

TEST_F(Demo, the_second_delivery_adds_late_rows_and_keeps_the_first_ones) {
  const std::string file = "aws/cur2/data/BILLING_PERIOD=2026-09/cur2-00001.csv";
  const Bill first(out() / file);
  const Bill second(out() / "restated" / file);
  EXPECT_EQ(second.rows().size(), first.rows().size() + 4);
  const format::Value truth =
      format::parse_json(io::read_file(out() / "truth.json").value(), format::JsonNumbers::exact)
          .value();
  EXPECT_EQ(truth["planted"]["restatements"].as_array().size(), 2U);
  EXPECT_EQ(truth["planted"]["anomaly"]["day"].as_text(), "2026-09-17");
}

TEST(demo, about_as_many_rows_come_out_as_were_asked_for) {
  const io::ScratchFolder folder = scratch();
  DemoSettings settings = small(folder.path() / "demo");
  settings.months = 1;
  settings.providers = {"aws"};
  settings.rows = 40'000;
  const DemoReport report = generate(settings).value();
  EXPECT_GT(report.rows, 34'000);
  EXPECT_LT(report.rows, 46'000);
}

TEST(demo, gzip_and_plain_files_say_the_same) {
  const io::ScratchFolder folder = scratch();
  DemoSettings settings = small(folder.path() / "plain");
  settings.months = 1;
  settings.providers = {"azure"};
  const DemoReport plain = generate(settings).value();
  settings.out = folder.path() / "packed";
  settings.compression = Compression::gzip;
  const DemoReport packed = generate(settings).value();
  const io::Path inflated = folder.path() / "inflated.csv";
  ASSERT_TRUE(io::gunzip_file(settings.out / packed.files.front().path, inflated).has_value());
  EXPECT_EQ(
      io::read_file(inflated).value(),
      io::read_file(folder.path() / "plain" / plain.files.front().path).value());
}

TEST(demo, a_folder_with_files_in_it_is_left_alone) {
  const io::ScratchFolder folder = scratch();
  ASSERT_TRUE(io::write_file(folder.path() / "mine.txt", "mine").has_value());
  const base::Result<DemoReport> report = generate(small(folder.path()));
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, base::Code::conflict);
}

TEST(demo, an_unknown_provider_is_named_with_the_nearest_known_one) {
  const io::ScratchFolder folder = scratch();
  DemoSettings settings = small(folder.path() / "demo");
  settings.providers = {"azur"};
  const base::Result<DemoReport> report = generate(settings);
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error().message, testing::HasSubstr("azure"));
}

TEST(pattern, decimals_print_without_trailing_zeros) {
  const auto printed = [](Decimal value) {
    std::string out;
    append_decimal(out, value);
    return out;
  };
  EXPECT_EQ(printed(Decimal(1250, 3)), "1.25");
  EXPECT_EQ(printed(Decimal(-5, 3)), "-0.005");
  EXPECT_EQ(printed(Decimal(0, 6)), "0");
  EXPECT_EQ(printed(Decimal(100, 0)), "100");
  EXPECT_EQ(printed(dec("123456789012345678901.5")), "123456789012345678901.5");
}

}  // namespace
}  // namespace outlay::demo
