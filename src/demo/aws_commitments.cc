// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "demo/aws_bill.h"

namespace outlay::demo {
namespace {

using money::Decimal;

constexpr const char* kEc2 = "AmazonEC2";
constexpr const char* kEc2Name = "Amazon Elastic Compute Cloud";

AwsMeter covered_meter(Owner owner, const char* usage_type, const char* type, const char* rate) {
  return {
      owner,
      kEc2,
      kEc2Name,
      usage_type,
      "RunInstances",
      "Hrs",
      "Compute Instance",
      type,
      rate,
      {},
      {}};
}

/// Hours from the start of `month` to the same day a year later.
long long hours_of_year(const Month& month) {
  const auto from = std::chrono::sys_days{month.first};
  const auto to = std::chrono::sys_days{month.first + std::chrono::years{1}};
  return std::chrono::duration_cast<std::chrono::hours>(to - from).count();
}

// One year Standard, Partial Upfront, for r5.4xlarge: half paid at the start, half by the hour.
const Decimal kReservedUpfront{288, 3};
const Decimal kReservedHourly{288, 3};

AwsMeter reserved_meter() {
  return covered_meter(Owner::prod, "BoxUsage:r5.4xlarge", "r5.4xlarge", "1.008");
}

}  // namespace

std::vector<AwsBill::Plan> AwsBill::plans() const {
  const std::int64_t steady = company_.count_at_start(2);
  const std::int64_t office = company_.count_at_start(2);
  // The first plan is used to 97 %. The second was bought for machines that run in office hours
  // only.
  return {
      {savings_plan_arn(company_, "steady"),
       "ComputeSavingsPlans",
       "No Upfront",
       covered_meter(Owner::prod, "BoxUsage:c5.12xlarge", "c5.12xlarge", "2.04"),
       Hours::always,
       steady,
       dec("1.4892"),
       Decimal(),
       dec("1.536") * Decimal::of(steady)},
      {savings_plan_arn(company_, "office"),
       "EC2InstanceSavingsPlans",
       "Partial Upfront",
       covered_meter(Owner::data, "BoxUsage:m5.8xlarge", "m5.8xlarge", "1.536"),
       Hours::office,
       office,
       dec("1.0291"),
       dec("0.5148") * Decimal::of(office),
       dec("0.5148") * Decimal::of(office)}};
}

void AwsBill::covered_machine(const Plan& plan, std::int64_t number) {
  const AwsMeter meter = named(plan.meter, "i-0", plan.arn, number);
  const Decimal list = dec(meter.rate);
  CsvRow covered = cur_row(month_, "Anniversary", invoice_);
  set_usage(covered, meter, list, list);
  covered.set("line_item_line_item_type", "SavingsPlanCoveredUsage")
      .set("savings_plan_savings_plan_a_r_n", plan.arn)
      .set("savings_plan_offering_type", plan.offering)
      .set("savings_plan_payment_option", plan.payment)
      .set("savings_plan_purchase_term", "1yr")
      .set("savings_plan_savings_plan_rate", plan.rate)
      .set("savings_plan_savings_plan_effective_cost", plan.rate);
  CsvRow negation = cur_row(month_, "Anniversary", invoice_);
  const AwsAccount& account = aws_account(meter.owner);
  negation.set("line_item_line_item_type", "SavingsPlanNegation")
      .set(
          "line_item_line_item_description",
          fmt::format(
              "SavingsPlanNegation used by AccountId : {} and UsageSku : {}",
              account.id,
              meter.instance_type))
      .set("line_item_usage_account_id", account.id)
      .set("line_item_usage_account_name", account.name)
      .set("line_item_product_code", kEc2)
      .set("line_item_operation", "RunInstances")
      .set("line_item_usage_type", fmt::format("EU-{}", meter.usage_type))
      .set("line_item_usage_amount", "1")
      .set("line_item_unblended_rate", -list)
      .set("line_item_unblended_cost", -list)
      .set("line_item_net_unblended_cost", -list)
      .set("savings_plan_savings_plan_a_r_n", plan.arn);
  LinePattern covered_line(covered.line());
  covered_line.set(Slot::quantity, "1").set(Slot::cost, list).set(Slot::net, list);
  covered_line.set(Slot::list, list);
  LinePattern negation_line(negation.line());
  for (int hour = 0; hour < month_.hours(); ++hour) {
    const int percent = running_percent(plan.hours, month_.day(hour / 24 + 1), hour % 24);
    if (number * 100 >= percent * plan.machines) continue;
    stamp(covered_line, hour, hour + 1);
    sink_.row(covered_line);
    stamp(negation_line, hour, hour + 1);
    sink_.row(negation_line);
    facts_.add(Decimal(), plan.rate, list, list);
    facts_.commitments[plan.arn].used += plan.rate;
    (is_tagged(meter) ? facts_.tagged : facts_.untagged) += plan.rate;
    ++facts_.rows["SavingsPlanCoveredUsage"];
    ++facts_.rows["SavingsPlanNegation"];
  }
}

void AwsBill::plan_fees(const Plan& plan) {
  const Decimal total = plan.upfront + plan.recurring;
  CsvRow fee = cur_row(month_, "Anniversary", invoice_);
  fee.set("line_item_line_item_type", "SavingsPlanRecurringFee")
      .set(
          "line_item_line_item_description",
          fmt::format("1 year {} {}", plan.payment, plan.offering))
      .set("line_item_usage_account_id", kAwsPayer.id)
      .set("line_item_usage_account_name", kAwsPayer.name)
      .set("line_item_product_code", "ComputeSavingsPlans")
      .set("line_item_usage_type", "ComputeSP:1yr")
      .set("line_item_usage_amount", "1")
      .set("line_item_unblended_rate", plan.recurring)
      .set("line_item_unblended_cost", plan.recurring)
      .set("line_item_net_unblended_cost", plan.recurring)
      .set("product_region_code", "global")
      .set("savings_plan_savings_plan_a_r_n", plan.arn)
      .set("savings_plan_offering_type", plan.offering)
      .set("savings_plan_payment_option", plan.payment)
      .set("savings_plan_purchase_term", "1yr")
      .set("savings_plan_amortized_upfront_commitment_for_billing_period", plan.upfront)
      .set("savings_plan_recurring_commitment_for_billing_period", plan.recurring)
      .set("savings_plan_total_commitment_to_date", total)
      .set("savings_plan_used_commitment", mark(Slot::quantity));
  LinePattern line(fee.line());
  for (int hour = 0; hour < month_.hours(); ++hour) {
    const int percent = running_percent(plan.hours, month_.day(hour / 24 + 1), hour % 24);
    // As many machines run as have number * 100 < percent * machines.
    const std::int64_t running = (percent * plan.machines + 99) / 100;
    const Decimal used = plan.rate * Decimal::of(running);
    stamp(line, hour, hour + 1);
    line.set(Slot::quantity, used);
    sink_.row(line);
    facts_.add(plan.recurring, total - used, Decimal(), Decimal());
    facts_.commitments[plan.arn].bought += total;
    facts_.invoices[invoice_] += plan.recurring;
    ++facts_.rows["SavingsPlanRecurringFee"];
  }
}

void AwsBill::plan_purchase(const Plan& plan) {
  if (plan.upfront.is_zero() || month_.index % 12 != 0) return;
  CsvRow row = cur_row(month_, "Purchase", invoice_);
  row.set(
         "line_item_line_item_description",
         fmt::format("1 year {} {}", plan.payment, plan.offering))
      .set("line_item_product_code", "ComputeSavingsPlans")
      .set("line_item_usage_type", "ComputeSP:1yr")
      .set("savings_plan_savings_plan_a_r_n", plan.arn)
      .set("savings_plan_offering_type", plan.offering)
      .set("savings_plan_payment_option", plan.payment)
      .set("savings_plan_purchase_term", "1yr");
  const Decimal amount = plan.upfront * Decimal::of(hours_of_year(month_));
  charge(std::move(row), "SavingsPlanUpfrontFee", amount, 0, 1);
  facts_.effective -= amount;
}

void AwsBill::savings_plans() {
  for (const Plan& plan : plans()) {
    for (std::int64_t number = 0; number < plan.machines; ++number) covered_machine(plan, number);
    plan_fees(plan);
    plan_purchase(plan);
  }
}

long long AwsBill::reserved_machine(
    const std::string& arn, std::int64_t number, std::int64_t count) {
  const AwsMeter meter = named(reserved_meter(), "i-0", "reserved", number);
  const Decimal list = dec(meter.rate);
  const Decimal effective = kReservedUpfront + kReservedHourly;
  CsvRow row = cur_row(month_, "Anniversary", invoice_);
  set_usage(row, meter, Decimal(), Decimal());
  row.set("line_item_line_item_type", "DiscountedUsage")
      .set("line_item_line_item_description", "r5.4xlarge reserved instance applied")
      .set("line_item_normalization_factor", "32")
      .set("line_item_normalized_usage_amount", "32")
      .set("pricing_public_on_demand_rate", list)
      .set("pricing_term", "Reserved")
      .set("reservation_reservation_a_r_n", arn)
      .set("reservation_amortized_upfront_cost_for_usage", kReservedUpfront)
      .set("reservation_recurring_fee_for_usage", kReservedHourly)
      .set("reservation_effective_cost", effective);
  LinePattern line(row.line());
  line.set(Slot::quantity, "1").set(Slot::cost, "0").set(Slot::net, "0").set(Slot::list, list);
  // The last one of each batch runs in office hours only: its reservation idles at night.
  const Hours hours = number + 1 == count ? Hours::office : Hours::always;
  long long used = 0;
  for (int hour = 0; hour < month_.hours(); ++hour) {
    if (running_percent(hours, month_.day(hour / 24 + 1), hour % 24) < 100) continue;
    stamp(line, hour, hour + 1);
    sink_.row(line);
    ++used;
    facts_.add(Decimal(), effective, list, list);
    (is_tagged(meter) ? facts_.tagged : facts_.untagged) += effective;
    ++facts_.rows["DiscountedUsage"];
  }
  return used;
}

void AwsBill::reservation_fees(const std::string& arn, std::int64_t count, long long used_hours) {
  const Decimal bought = Decimal::of(count * month_.hours());
  const Decimal unused = bought - Decimal::of(used_hours);
  CsvRow fee = cur_row(month_, "Anniversary", invoice_);
  fee.set("line_item_product_code", kEc2)
      .set(
          "line_item_line_item_description",
          "USD 0.288 hourly fee per Linux/UNIX (Amazon VPC), r5.4xlarge instance")
      .set("line_item_operation", "RunInstances")
      .set("line_item_usage_type", "EU-HeavyUsage:r5.4xlarge")
      .set("line_item_usage_amount", bought)
      .set("pricing_lease_contract_length", "1yr")
      .set("pricing_offering_class", "standard")
      .set("pricing_purchase_option", "Partial Upfront")
      .set("pricing_term", "Reserved")
      .set("pricing_unit", "Hrs")
      .set("product_instance_type", "r5.4xlarge")
      .set("product_region_code", "eu-west-1")
      .set("reservation_reservation_a_r_n", arn)
      .set("reservation_amortized_upfront_fee_for_billing_period", kReservedUpfront * bought)
      .set("reservation_unused_quantity", unused)
      .set("reservation_unused_amortized_upfront_fee_for_billing_period", kReservedUpfront * unused)
      .set("reservation_unused_recurring_fee", kReservedHourly * unused);
  const Decimal amount = kReservedHourly * bought;
  charge(std::move(fee), "RIFee", amount, 0, month_.hours());
  // The fee's own effective cost is what was not used.
  facts_.effective += (kReservedUpfront + kReservedHourly) * unused - amount;
  facts_.commitments[arn].bought += (kReservedUpfront + kReservedHourly) * bought;
  facts_.commitments[arn].used += (kReservedUpfront + kReservedHourly) * Decimal::of(used_hours);
}

void AwsBill::reservations() {
  const std::string arn = reservation_arn(company_, "memory");
  const std::int64_t count = company_.count_at_start(2);
  long long used = 0;
  for (std::int64_t number = 0; number < count; ++number) {
    used += reserved_machine(arn, number, count);
  }
  reservation_fees(arn, count, used);
  if (month_.index % 12 != 0) return;
  const Decimal upfront =
      kReservedUpfront * Decimal::of(count) * Decimal::of(hours_of_year(month_));
  CsvRow row = cur_row(month_, "Purchase", invoice_);
  row.set("line_item_product_code", kEc2)
      .set(
          "line_item_line_item_description",
          fmt::format("Sign up charge for subscription: {}", hex(mix(company_.seed, arn), 8)))
      .set("line_item_usage_type", "EU-HeavyUsage:r5.4xlarge")
      .set("pricing_purchase_option", "Partial Upfront")
      .set("reservation_reservation_a_r_n", arn)
      .set("reservation_upfront_value", upfront);
  charge(std::move(row), "Fee", upfront, 0, 1);
  facts_.effective -= upfront;
}

}  // namespace outlay::demo
