// SPDX-License-Identifier: Apache-2.0
#include "connectors/aws_cur/connector.h"

#include <map>

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using testing::HasSubstr;

using Line = std::map<std::string, std::string>;

// A report of lines that say only what differs from a plain hour of usage.
std::string report(const std::vector<Line>& lines, const std::vector<std::string>& more = {}) {
  Line plain{
      {"bill_billing_period_start_date", "2026-01-01T00:00:00.000Z"},
      {"bill_billing_period_end_date", "2026-02-01T00:00:00.000Z"},
      {"bill_bill_type", "Anniversary"},
      {"bill_billing_entity", "AWS"},
      {"bill_payer_account_id", "000123456789"},
      {"line_item_line_item_type", "Usage"},
      {"line_item_usage_start_date", "2026-01-05T10:00:00.000Z"},
      {"line_item_usage_end_date", "2026-01-05T11:00:00.000Z"},
      {"line_item_currency_code", "USD"},
      {"line_item_product_code", "AmazonEC2"},
      {"line_item_unblended_cost", "0"}};
  for (const auto& column : more) {
    plain[column] = "";
  }
  for (const auto& line : lines) {
    for (const auto& [column, unused] : line) {
      plain.try_emplace(column, "");
    }
  }
  std::vector<std::string> header;
  for (const auto& [column, unused] : plain) {
    header.push_back(column);
  }
  std::string text = base::join(header, ",") + "\n";
  for (const auto& line : lines) {
    std::vector<std::string> cells;
    for (const auto& [column, usual] : plain) {
      const auto own = line.find(column);
      cells.push_back(
          "\"" + base::replace_all(own == line.end() ? usual : own->second, "\"", "\"\"") + "\"");
    }
    text += base::join(cells, ",") + "\n";
  }
  return text;
}

class AwsCurTest : public BillTest {
 protected:
  ledger::Receipt book_lines(const std::vector<Line>& lines) {
    return book(write("cur.csv", report(lines)));
  }
};

constexpr auto kType = "line_item_line_item_type";
constexpr auto kCost = "line_item_unblended_cost";
constexpr auto kNet = "line_item_net_unblended_cost";
constexpr auto kPlan = "savings_plan_savings_plan_a_r_n";

TEST_F(AwsCurTest, without_net_costs_a_discount_stays_a_credit_and_with_them_it_is_inside) {
  book(write("gross.csv", report({{{kCost, "10"}}, {{kType, "EdpDiscount"}, {kCost, "-1"}}})));
  EXPECT_EQ(sum("BilledCost"), "9");
  EXPECT_EQ(
      ask("SELECT ChargeCategory, ListCost FROM focus WHERE x_LineItemType = 'EdpDiscount'")
          .substr(0, 9),
      "Credit|-1");
  const auto receipt = book(write(
      "net.csv",
      report(
          {{{kCost, "10"}, {kNet, "9"}}, {{kType, "EdpDiscount"}, {kCost, "-1"}, {kNet, "0"}}})));
  EXPECT_EQ(dropped(receipt), 1);
  EXPECT_EQ(told(receipt, "aws.discount.mismatch"), 0);
  EXPECT_EQ(sum("BilledCost"), "18");
}

TEST_F(AwsCurTest, net_costs_count_account_by_account) {
  const auto of = [](const std::string& account, Line line) {
    line["line_item_usage_account_id"] = account;
    return line;
  };
  const auto discount = [](const std::string& net) {
    return Line{{kType, "EdpDiscount"}, {kCost, "-1"}, {kNet, net}};
  };
  book(write(
      "partly.csv",
      report(
          {of("a", {{kCost, "10"}, {kNet, "9"}}),
           of("a", discount("0")),
           of("b", {{kCost, "10"}, {kNet, ""}}),
           of("b", discount("")),
           of("payer", discount(""))})));
  EXPECT_EQ(sum("BilledCost"), "18");
  book(write("nowhere.csv", report({{{kCost, "100"}, {kNet, ""}}, discount("0")})));
  EXPECT_EQ(sum("BilledCost", "x_Source = 'nowhere'"), "99");
  book(write("stated.csv", report({{{kCost, "10"}, {kNet, "9"}}, discount("-1")})));
  EXPECT_EQ(sum("BilledCost", "x_Source = 'stated'"), "9");
}

TEST_F(AwsCurTest, the_unused_part_of_a_plan_is_net_where_the_commitment_is) {
  const auto fee = [](const std::string& plan, const std::string& used, const std::string& net) {
    return Line{
        {kType, "SavingsPlanRecurringFee"},
        {kCost, "1"},
        {kPlan, plan},
        {"savings_plan_total_commitment_to_date", "1"},
        {"savings_plan_used_commitment", used},
        {"savings_plan_net_recurring_commitment_for_billing_period", net}};
  };
  const auto covered =
      [](const std::string& plan, const std::string& gross, const std::string& net) {
        return Line{
            {kType, "SavingsPlanCoveredUsage"},
            {kPlan, plan},
            {"savings_plan_savings_plan_effective_cost", gross},
            {"savings_plan_net_savings_plan_effective_cost", net}};
      };
  book_lines(
      {fee("full", "1", "0.9"),
       covered("full", "1", "0.8999999999"),
       fee("part", "0.4", "0.9"),
       covered("part", "0.4", "0.36"),
       fee("used elsewhere", "0.4", "0.9"),
       fee("no net", "0.4", "0")});
  EXPECT_EQ(
      ask("SELECT CommitmentDiscountId, CAST(EffectiveCost AS DOUBLE) FROM focus WHERE "
          "CommitmentDiscountStatus = 'Unused' ORDER BY x_Row"),
      "part|0.54 used elsewhere|0.54 no net|0.6");
}

TEST_F(AwsCurTest, a_commitment_is_found_where_only_the_resource_or_the_product_names_it) {
  const std::string plan = "arn:aws:savingsplans::1:savingsplan/p";
  const std::string node = "arn:aws:rds:us-east-1:1:ri:db";
  book_lines(
      {{{kType, "SavingsPlanUpfrontFee"}, {kCost, "10"}, {"line_item_resource_id", plan}},
       {{kType, "Fee"}, {kCost, "20"}, {"line_item_resource_id", node}},
       {{kType, "Refund"},
        {kCost, "-4"},
        {"bill_bill_type", "Refund"},
        {"line_item_product_code", "ComputeSavingsPlans"},
        {"line_item_usage_type", "ComputeSP:1yrAllUpfront"}}});
  EXPECT_EQ(
      ask("SELECT ChargeCategory, ChargeClass, CommitmentDiscountId, CAST(EffectiveCost AS INT) "
          "FROM focus ORDER BY x_Row"),
      "Purchase|-|" + plan + "|0 Purchase|-|" + node + "|0 Purchase|Correction|-|0");
}

TEST_F(AwsCurTest, reserved_usage_is_billed_by_its_fees_when_it_states_an_amortised_cost) {
  const Line usage{{kType, "DiscountedUsage"}, {kCost, "0.5"}};
  Line amortised = usage;
  amortised["reservation_effective_cost"] = "0.2";
  const auto receipt = book_lines({amortised, usage});
  EXPECT_EQ(
      ask("SELECT CAST(BilledCost AS DOUBLE), CAST(EffectiveCost AS DOUBLE) FROM focus ORDER BY "
          "x_Row"),
      "0|0.2 0.5|-");
  EXPECT_EQ(told(receipt, "aws.discounted_usage.billed"), 2);
}

TEST_F(AwsCurTest, details_of_a_sku_come_from_the_map_as_from_columns) {
  book_lines(
      {{{"product", R"({"instance_type":"p4.x","vcpu":"96","memory":"1,152 GiB","gpu":"8"})"}},
       {{"product_instance_type", "m5.large"}, {"product_memory", "8 GiB"}},
       {{kType, "Fee"}, {"line_item_product_code", "AWSSupportUnified"}},
       {{"line_item_availability_zone", "eu-west-1b"}, {"product_location", ""}},
       {{"product_location", "EU (Frankfurt)"}}});
  EXPECT_EQ(
      ask("SELECT SkuPriceDetails, ServiceSubcategory, RegionId FROM focus ORDER BY x_Row"),
      R"({"InstanceType":"p4.x","CoreCount":96,"MemorySize":1152,"GpuCount":8}|Virtual Machines|- )"
      R"({"InstanceType":"m5.large","MemorySize":8}|Virtual Machines|- )"
      R"(-|Support|- -|Virtual Machines|eu-west-1 -|Virtual Machines|eu-central-1)");
}

TEST_F(AwsCurTest, a_savings_plan_fee_is_a_purchase_and_what_usage_left_of_it) {
  const Line fee{
      {kType, "SavingsPlanRecurringFee"},
      {kCost, "1.5"},
      {kPlan, "arn:aws:savingsplans::1:savingsplan/p"},
      {"savings_plan_total_commitment_to_date", "2"},
      {"savings_plan_used_commitment", "1.25"}};
  Line full = fee;
  full["savings_plan_used_commitment"] = "2";
  const auto receipt = book_lines({fee, full});
  EXPECT_EQ(receipt.rows_added, 1);
  EXPECT_EQ(sum("BilledCost"), "3");
  EXPECT_EQ(sum("EffectiveCost"), "0.75");
  EXPECT_EQ(
      ask("SELECT ChargeCategory, ResourceId, PricingCategory, ListCost FROM focus WHERE "
          "CommitmentDiscountStatus = 'Unused'"),
      "Usage|arn:aws:savingsplans::1:savingsplan/p|Committed|-");
}

TEST_F(AwsCurTest, negations_that_do_not_cancel_are_told) {
  const Line covered{
      {kType, "SavingsPlanCoveredUsage"},
      {kCost, "3"},
      {kPlan, "p"},
      {"savings_plan_savings_plan_effective_cost", "2"}};
  const Line negation{{kType, "SavingsPlanNegation"}, {kCost, "-2.5"}, {kPlan, "p"}};
  const auto receipt = book_lines({covered, negation});
  EXPECT_EQ(told(receipt, "aws.negation.unpaired"), 2);
  EXPECT_EQ(sum("BilledCost"), "0");
  EXPECT_EQ(sum("EffectiveCost"), "2");
}

TEST_F(
    AwsCurTest,
    refunds_of_invoiced_months_are_corrections_and_those_of_plans_go_against_the_purchase) {
  book_lines(
      {{{kType, "Refund"},
        {kCost, "-1"},
        {"bill_bill_type", "Refund"},
        {"line_item_usage_type", "BoxUsage"}},
       {{kType, "Refund"}, {kCost, "-2"}, {"bill_bill_type", "Refund"}, {kPlan, "p"}},
       {{kType, "Refund"}, {kCost, "-4"}}});
  EXPECT_EQ(
      ask("SELECT ChargeCategory, ChargeClass, CAST(BilledCost AS INT), CAST(EffectiveCost AS INT) "
          "FROM focus ORDER BY x_Row"),
      "Usage|Correction|-1|-1 Purchase|Correction|-2|0 Credit|-|-4|-4");
}

TEST_F(AwsCurTest, a_line_type_of_tomorrow_is_booked_as_adjustment_and_told) {
  const auto receipt = book_lines({{{kType, "SomethingNew"}, {kCost, "7"}}});
  EXPECT_EQ(told(receipt, "aws.line_type.unknown"), 1);
  EXPECT_EQ(ask("SELECT ChargeCategory FROM focus"), "Adjustment");
  EXPECT_EQ(sum("BilledCost"), "7");
}

TEST_F(AwsCurTest, ends_become_exclusive) {
  book_lines(
      {{{"line_item_usage_end_date", "2026-01-31T23:59:59.000Z"}},
       {{kType, "Fee"}, {"line_item_usage_end_date", "2026-01-05T10:00:00.000Z"}}});
  EXPECT_EQ(
      ask("SELECT ChargePeriodEnd FROM focus ORDER BY x_Row"),
      "2026-02-01T00:00:00Z 2026-01-06T00:00:00Z");
}

TEST_F(AwsCurTest, prices_nobody_stated_stay_unknown) {
  book_lines(
      {{{kCost, "5"}, {"pricing_public_on_demand_cost", "0"}},
       {{kCost, "0"}, {"pricing_public_on_demand_cost", "0"}},
       {{kType, "DiscountedUsage"},
        {"reservation_reservation_a_r_n", "arn:aws:ec2:r:1:reserved-instances/x"}}});
  EXPECT_EQ(
      ask("SELECT ListCost IS NULL, EffectiveCost IS NULL FROM focus ORDER BY x_Row"),
      "true|false false|false true|true");
}

TEST_F(AwsCurTest, tags_lose_the_users_prefix_and_keep_that_of_aws) {
  const auto slashes = base::replace_all(
      report({{{"tag_a", "prod"}, {"tag_b", "me \"x\""}, {"tag_c", ""}}}),
      "tag_a,tag_b,tag_c",
      "resourceTags/user:env,resourceTags/aws:createdBy,resourceTags/user:none");
  book(write("slashes.csv", slashes));
  EXPECT_EQ(ask("SELECT Tags FROM focus"), R"({"env":"prod","aws:createdBy":"me \"x\""})");
  book(write(
      "map.csv",
      report({{{"resource_tags", R"({"user_env":"user_x","aws_eks_pod":"p"})"}, {kCost, "1"}}})));
  EXPECT_EQ(
      ask("SELECT Tags FROM focus WHERE BilledCost = 1"), R"({"env":"user_x","aws:eks:pod":"p"})");
}

TEST_F(AwsCurTest, only_blended_costs_are_refused) {
  const auto text =
      base::replace_all(report({{}}), "line_item_unblended_cost", "line_item_blended_cost");
  const auto receipts = try_book(write("blended.csv", text));
  ASSERT_FALSE(receipts);
  EXPECT_THAT(receipts.error().text(), HasSubstr("lineItem/UnblendedCost"));
  EXPECT_THAT(receipts.error().text(), HasSubstr("average over accounts"));
}

TEST_F(AwsCurTest, split_rows_share_their_machines_row_and_leave_the_rest_unallocated) {
  const Line machine{
      {kCost, "1"},
      {kNet, "0.9"},
      {"line_item_resource_id", "i-1"},
      {"line_item_operation", "RunInstances"},
      {"line_item_usage_type", "BoxUsage:m5.large"},
      {"resource_tags", R"({"user_team":"a"})"}};
  const auto pod =
      [](const std::string& name, const std::string& split, const std::string& unused) {
        return Line{
            {kCost, "0"},
            {"line_item_product_code", "AmazonEKS"},
            {"line_item_operation", "EKSPod-EC2"},
            {"line_item_usage_type", "USE1-EKS-EC2-vCPU-Hours"},
            {"line_item_resource_id", "arn:aws:eks:r:1:pod/c/n/" + name},
            {"resource_tags", R"({"aws_eks_namespace":"n"})"},
            {"split_line_item_parent_resource_id", "i-1"},
            {"split_line_item_split_usage", "2"},
            {"split_line_item_split_cost", split},
            {"split_line_item_unused_cost", unused}};
      };
  book(write(
      "arn.csv",
      report(
          {{{kCost, "1"},
            {"line_item_resource_id", "arn:aws:ec2:us-east-1:1:instance/i-1"},
            {"line_item_operation", "RunInstances"},
            {"line_item_usage_type", "BoxUsage:m5.large"}},
           pod("x", "0.5", "0.25")})));
  EXPECT_EQ(sum("BilledCost", "AllocatedResourceName = 'x'"), "0.75");
  Line traffic = machine;
  traffic["line_item_usage_type"] = "DataTransfer-Out-Bytes";
  const auto receipt =
      book_lines({machine, traffic, pod("x", "0.3", "0.1"), pod("y", "0.1", "0.1")});
  EXPECT_EQ(receipt.rows_booked, 4);
  EXPECT_EQ(sum("BilledCost", "x_Source = 'cur'"), "1.8");
  EXPECT_EQ(
      ask("SELECT AllocatedResourceName, CAST(EffectiveCost AS DECIMAL(9,2)), ResourceId, Tags, "
          "AllocatedTags FROM focus WHERE AllocatedMethodId IS NOT NULL AND x_Source = 'cur' ORDER "
          "BY "
          "x_Row"),
      R"(-|0.36|i-1|{"team":"a"}|- x|0.36|i-1|{"team":"a"}|{"team":"a","aws:eks:namespace":"n"} )"
      R"(y|0.18|i-1|{"team":"a"}|{"team":"a","aws:eks:namespace":"n"})");
  EXPECT_EQ(
      ask("SELECT AllocatedMethodDetails FROM focus WHERE AllocatedResourceName = 'x' AND x_Source "
          "= "
          "'cur'"),
      R"({"Elements":[{"AllocatedRatio":0.400000000000,"UsageUnit":"vCPU-Hours","UsageQuantity":2.0000000000000000}]})");
}

TEST_F(AwsCurTest, shares_that_do_not_divide_add_up_to_the_last_digit) {
  const Line machine{
      {kCost, "0.1"},
      {"line_item_resource_id", "i-1"},
      {"line_item_operation", "RunInstances"},
      {"line_item_usage_type", "BoxUsage:m5.large"}};
  std::vector<Line> lines{machine};
  for (const char* name : {"x", "y", "z"}) {
    lines.push_back(
        {{kCost, "0"},
         {"line_item_resource_id", name},
         {"split_line_item_parent_resource_id", "i-1"},
         {"split_line_item_split_cost", "0.0333333333"}});
  }
  lines.push_back(
      {{kCost, "0"},
       {"line_item_resource_id", "w"},
       {"split_line_item_parent_resource_id", "i-gone"},
       {"split_line_item_split_cost", "5"}});
  const auto receipt = book_lines(lines);
  EXPECT_EQ(sum("BilledCost"), "0.1");
  EXPECT_EQ(dropped(receipt), 1);
}

TEST_F(AwsCurTest, spot_is_dynamic_and_capacity_reservations_are_no_commitments) {
  book_lines(
      {{{"line_item_usage_type", "SpotUsage:m5.large"}},
       {{"line_item_usage_type", "UnusedBox:m5.large"},
        {"reservation_reservation_a_r_n", "arn:aws:ec2:us-east-1:1:capacity-reservation/cr-1"}}});
  EXPECT_EQ(
      ask("SELECT PricingCategory, CommitmentDiscountId, CapacityReservationStatus FROM focus "
          "ORDER BY x_Row"),
      "Dynamic|-|- Standard|-|Unused");
}

}  // namespace
}  // namespace outlay::connectors
