// SPDX-License-Identifier: Apache-2.0
// Published and constructed bills, to the last digit.
#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using PublishedBillsTest = BillTest;
using testing::Contains;
using testing::HasSubstr;

TEST_F(PublishedBillsTest, the_focus_sample_books_to_the_last_digit_and_its_flaws_are_told) {
  NEED_SHARED(path, "focus/focus_1_0_sample_1000.csv");
  const auto receipt = book(*path);
  EXPECT_EQ(receipt.rows_booked, 1000);
  EXPECT_EQ(sum("BilledCost"), "20.52022672899");
  EXPECT_EQ(sum("EffectiveCost"), "14.97651418586");
  EXPECT_EQ(told(receipt, "focus.effective_cost.whole_units"), 942);
  EXPECT_EQ(told(receipt, "focus.contracted_cost.whole_units"), 942);
  EXPECT_EQ(told(receipt, "focus.contracted_cost.null"), 7);
  EXPECT_EQ(told(receipt, "focus.null_words"), 1000);
  EXPECT_THAT(receipt.notes, Contains(HasSubstr("kept as x_Id")));
  EXPECT_EQ(ask("SELECT count(*) FROM focus WHERE ContractedCost IS NULL"), "7");
  EXPECT_EQ(ask("SELECT count(*) FROM focus WHERE AvailabilityZone = 'NULL'"), "0");
}

TEST_F(PublishedBillsTest, every_line_type_of_cur_2_books_to_the_totals_of_its_maker) {
  NEED_SHARED(path, "aws/constructed_cur2_commitments_2026-01.csv");
  const auto receipt = book(*path);
  EXPECT_EQ(sum("BilledCost"), "177.7044");
  EXPECT_EQ(sum("EffectiveCost"), "90.5844");
  const auto sp = "CommitmentDiscountCategory = 'Spend'";
  const auto ri = "CommitmentDiscountCategory = 'Usage'";
  EXPECT_EQ(sum("BilledCost", "x_LineItemType = 'Usage' AND x_BillingEntity = 'AWS'"), "8.2944");
  EXPECT_EQ(
      sum("EffectiveCost", fmt::format("{} AND CommitmentDiscountStatus = 'Used'", sp)), "43.2");
  EXPECT_EQ(
      sum("EffectiveCost", fmt::format("{} AND CommitmentDiscountStatus = 'Unused'", sp)), "4.8");
  EXPECT_EQ(sum("BilledCost", fmt::format("{} AND ChargeCategory = 'Purchase'", sp)), "48");
  EXPECT_EQ(
      sum("EffectiveCost", fmt::format("{} AND CommitmentDiscountStatus = 'Used'", ri)), "1.32");
  EXPECT_EQ(
      sum("EffectiveCost", fmt::format("{} AND CommitmentDiscountStatus = 'Unused'", ri)), "0.12");
  EXPECT_EQ(sum("BilledCost", fmt::format("{} AND ChargeFrequency = 'Recurring'", ri)), "0.96");
  EXPECT_EQ(sum("BilledCost", fmt::format("{} AND ChargeFrequency = 'One-Time'", ri)), "87.6");
  EXPECT_EQ(sum("BilledCost", "x_LineItemType = 'Credit'"), "-5");
  EXPECT_EQ(sum("BilledCost", "ChargeClass = 'Correction'"), "-3.21");
  EXPECT_EQ(sum("BilledCost", "ServiceSubcategory = 'Support'"), "29");
  EXPECT_EQ(sum("BilledCost", "ChargeCategory = 'Tax'"), "4.56");
  EXPECT_EQ(sum("BilledCost", "PublisherName = 'Datadog, Inc.'"), "7.5");
  // 48 negations and the discount that the net costs already hold; a fee is two rows.
  EXPECT_EQ(dropped(receipt), 49);
  // Four machine hours of 0.192 (0.1728 net), split among two pods.
  EXPECT_EQ(ask("SELECT count(*) FROM focus WHERE AllocatedResourceId IS NOT NULL"), "8");
  EXPECT_EQ(sum("ListCost", "AllocatedResourceId IS NOT NULL"), "0.768");
  EXPECT_EQ(sum("EffectiveCost", "AllocatedResourceId IS NOT NULL"), "0.6912");
  EXPECT_EQ(
      sum("EffectiveCost", "AllocatedMethodId IS NOT NULL AND AllocatedResourceId IS NULL"), "0");
  EXPECT_EQ(receipt.rows_added, 49);
  EXPECT_EQ(told(receipt, "aws.negation.unpaired") + told(receipt, "aws.discount.mismatch"), 0);
  EXPECT_EQ(
      ask("SELECT DISTINCT Tags FROM focus WHERE ResourceId = 'i-0aaa'"),
      R"({"env":"prod","team":"cart"})");
  EXPECT_EQ(
      ask("SELECT InvoiceIssuerName FROM focus WHERE ChargeCategory = 'Tax'"),
      "Amazon Web Services EMEA SARL");
}

TEST_F(PublishedBillsTest, a_bucket_tree_books_by_its_manifest_and_strays_are_told) {
  NEED_SHARED(path, "aws/cur-bucket");
  const auto receipt = book(*path);
  EXPECT_EQ(receipt.source, "cur-bucket");
  EXPECT_EQ(receipt.rows_booked, 13380);
  EXPECT_EQ(ask("SELECT round(sum(BilledCost), 2) FROM focus"), "143227.76");
  EXPECT_EQ(receipt.periods.size(), 3U);
  EXPECT_EQ(told(receipt, "delivery.period.outside"), 12604);
  EXPECT_THAT(receipt.notes, Contains(HasSubstr("two names run together")));
}

TEST_F(PublishedBillsTest, legacy_reports_of_any_maker_book) {
  NEED_SHARED(anonymous, "aws/cur_legacy_anonymized_2023-11.csv");
  NEED_SHARED(nise, "aws/nise_cur_2026-01.csv.gz");
  EXPECT_EQ(book(*anonymous).rows_booked, 1281);
  EXPECT_EQ(sum("BilledCost"), "1.6823086974");
  const auto receipt = book(*nise);
  EXPECT_EQ(receipt.rows_booked, 2976);
  EXPECT_EQ(sum("BilledCost", "BillingPeriodStart >= '2026-01-01'"), "2233.499999976");
  EXPECT_EQ(told(receipt, "focus.list_cost.product"), 2232);
  EXPECT_EQ(ask("SELECT count(*) FROM focus WHERE Tags LIKE '%\"version\":\"alpha\"%'"), "1488");
}

TEST_F(PublishedBillsTest, a_table_without_dates_books_under_a_stated_assumption) {
  NEED_SHARED(path, "aws/cost_monthly_by_usagetype.csv.gz");
  const auto receipt = book(*path);
  EXPECT_EQ(receipt.rows_read, 11472);
  EXPECT_EQ(receipt.rows_booked, 11189);
  EXPECT_THAT(receipt.notes, Contains(HasSubstr("ASSUMED")));
  EXPECT_EQ(ask("SELECT count(DISTINCT BillingPeriodStart) FROM focus"), "2");
}

TEST_F(PublishedBillsTest, the_four_datasets_of_focus_1_4_book_as_one_delivery) {
  NEED_SHARED(path, "focus/synthetic-1.4-azure");
  EXPECT_EQ(book(*path).rows_booked, 3205);
  EXPECT_EQ(sum("BilledCost"), "79835.17178606317466");
  EXPECT_EQ(
      ask("SELECT (SELECT count(*) FROM contract_commitment), (SELECT count(*) FROM "
          "billing_period), "
          "(SELECT count(*) FROM invoice_detail)"),
      "198|1|6");
}

TEST_F(PublishedBillsTest, the_scenarios_of_the_specification_book_whatever_columns_they_lack) {
  NEED_SHARED(path, "focus/spec-1.2-scenarios");
  const auto receipt = book(*path);
  EXPECT_EQ(receipt.rows_booked, receipt.rows_read);
  EXPECT_TRUE(receipt.quarantined.empty());
  EXPECT_EQ(sum("BilledCost", "BillingAccountName = 'AwesomeCorpDemo'"), "314000");
  EXPECT_EQ(
      ask("SELECT min(BillingPeriodStart) FROM focus WHERE BillingAccountId = '12345'"),
      "2025-04-01T00:00:00Z");
  EXPECT_EQ(sum("BilledCost", "BillingCurrency IS NULL"), "13152.25");
}

TEST_F(PublishedBillsTest, a_manifest_alone_is_refused_and_says_why) {
  NEED_SHARED(path, "aws/cur_manifest_2019-12.json");
  const auto found = find_deliveries(*path, {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text(), HasSubstr("names no files"));
}

// Sums of the raw columns, added up in decimals outside this program.
struct PublishedTotals {
  const char* file;
  std::int64_t rows;
  const char* billed;
  const char* effective;
  const char* list;
  const char* contracted;
};

constexpr PublishedTotals kFocusTotals[]{
    {"focus/focus_1_0_sample_1000.csv",
     1000,
     "20.52022672899",
     "14.97651418586",
     "20.39090575119",
     "14.97626039326"},
    {"focus/synthetic_focus_1_2_aws_3000_seed20261.csv.gz",
     3000,
     "58582.11389901220375",
     "16826.21331301220375",
     "60221.40900536192279",
     "58706.40403555300375"},
    {"focus/synthetic_focus_1_3_azure_3000_seed20261.csv.gz",
     3000,
     "79835.17178606317466",
     "45458.57577906317466",
     "84671.59055366681603",
     "80026.29510692077466"},
    {"focus/synthetic_focus_1_3_gcp_3000_seed20261.csv.gz",
     3000,
     "63600.7301041237828",
     "22619.8048661237828",
     "65907.55998308628515",
     "63735.2551323645828"}};

TEST_F(PublishedBillsTest, the_four_costs_of_every_focus_file_book_to_the_last_digit) {
  for (const auto& want : kFocusTotals) {
    NEED_SHARED(path, want.file);
    const auto receipt = book(*path);
    EXPECT_EQ(receipt.rows_booked, want.rows) << want.file;
    const auto own = fmt::format("x_Source = '{}'", receipt.source);
    EXPECT_EQ(sum("BilledCost", own), want.billed) << want.file;
    EXPECT_EQ(sum("EffectiveCost", own), want.effective) << want.file;
    EXPECT_EQ(sum("ListCost", own), want.list) << want.file;
    EXPECT_EQ(sum("ContractedCost", own), want.contracted) << want.file;
  }
}

TEST_F(PublishedBillsTest, commitments_of_focus_1_3_book_and_join_the_charges_they_cover) {
  for (const auto& [file, rows, cost] :
       {std::tuple{"azure", 198, "1189738.86208"}, std::tuple{"gcp", 203, "994468.47568"}}) {
    NEED_SHARED(
        path, fmt::format("focus/synthetic_focus_1_3_contract_commitment_{}_seed20261.csv", file));
    const auto receipt = book(*path);
    EXPECT_EQ(receipt.rows_booked, rows);
    EXPECT_EQ(
        ask(fmt::format(
            "SELECT sum(ContractCommitmentCost) = {} FROM contract_commitment WHERE x_Source = "
            "'{}'",
            cost,
            receipt.source)),
        "true");
  }
}

TEST_F(PublishedBillsTest, azure_bills_of_every_age_tie_or_are_refused_for_a_reason) {
  const std::tuple<const char*, int, const char*> bills[]{
      {"EA_ActualCost_Small", 11, "8.5450077867419368"},
      {"koku_ea_v2_2020-09", 5, "19.998413754"},
      {"opencost_PayAsYouGo", 1, "0.075"},
      {"opencost_VirtualMachine", 1, "4"},
      {"opencost_Enterprise", 1, "0"}};
  for (const auto& [file, rows, billed] : bills) {
    NEED_SHARED(path, fmt::format("azure/{}.csv", file));
    const auto receipt = book(*path);
    EXPECT_EQ(receipt.rows_booked, rows) << file;
    EXPECT_EQ(sum("BilledCost", fmt::format("x_Source = '{}'", receipt.source)), billed) << file;
  }
  NEED_SHARED(amortized, "azure/EA_AmortizedCost_Small.csv");
  const auto receipt = book(*amortized, {.source = "lone-half"});
  EXPECT_EQ(receipt.rows_booked, 28);
  EXPECT_EQ(sum("EffectiveCost", "x_Source = 'lone-half'"), "16.2969321366366446274854");
  NEED_SHARED(ragged, "azure/opencost_Template.csv");
  const auto refused = try_book(*ragged);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("not as many fields as the header (87 rows)"));
}

}  // namespace
}  // namespace outlay::connectors
