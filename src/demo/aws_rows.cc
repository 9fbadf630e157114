// SPDX-License-Identifier: Apache-2.0
#include "demo/aws_rows.h"

#include <fmt/format.h>

#include "base/text.h"
#include "demo/embedded.h"

namespace outlay::demo {
namespace {

constexpr std::string_view kLegalEntity = "Amazon Web Services EMEA SARL";

std::string_view prefixed_region(std::string_view region) {
  return region == "eu-west-1" ? "EU-" : "";
}

}  // namespace

const AwsAccount& aws_account(Owner owner) { return kAwsAccounts[static_cast<int>(owner)]; }

std::string savings_plan_arn(const Company& company, std::string_view name) {
  const std::uint64_t id = mix(company.seed, name);
  return fmt::format(
      "arn:aws:savingsplans::{}:savingsplan/{}-0000-4000-8000-{}",
      kAwsPayer.id,
      hex(id, 8),
      hex(id >> 16, 12));
}

std::string reservation_arn(const Company& company, std::string_view name) {
  const std::uint64_t id = mix(company.seed, name);
  return fmt::format(
      "arn:aws:ec2:eu-west-1:{}:reserved-instances/{}-0000-4000-8000-{}",
      kAwsPayer.id,
      hex(id, 8),
      hex(id >> 16, 12));
}

const std::vector<std::string>& cur_columns() {
  static const std::vector<std::string> names =
      base::split_trimmed(embedded_file("cur2_columns.txt"), '\n');
  return names;
}

std::string aws_invoice(const Month& month, std::string_view bill) {
  const int kind = bill == "Anniversary" ? 1 : bill == "Refund" ? 2 : 3;
  return fmt::format(
      "EUINLK{:02}-{:02}{:02}{}",
      static_cast<int>(month.first.year()) % 100,
      static_cast<unsigned>(month.first.month()),
      11,
      kind);
}

bool is_tagged(const AwsMeter& meter) { return !meter.team.empty(); }

std::string_view aws_region(const AwsMeter& meter) {
  return mix(7, meter.resource) % 4 == 0 ? "us-east-1" : "eu-west-1";
}

CsvRow cur_row(const Month& month, std::string_view bill, std::string_view invoice) {
  CsvRow row(cur_columns());
  row.set("bill_bill_type", bill)
      .set("bill_billing_entity", "AWS")
      .set("bill_billing_period_start_date", month.hour_text(0) + ".000Z")
      .set("bill_billing_period_end_date", month.hour_text(month.hours()) + ".000Z")
      .set("bill_invoice_id", invoice)
      .set("bill_invoicing_entity", kLegalEntity)
      .set("bill_payer_account_id", kAwsPayer.id)
      .set("bill_payer_account_name", kAwsPayer.name)
      .set("identity_line_item_id", mark(Slot::id))
      .set("identity_time_interval", mark(Slot::start) + "Z/" + mark(Slot::end) + "Z")
      .set("line_item_currency_code", "USD")
      .set("line_item_legal_entity", kLegalEntity)
      .set("line_item_usage_start_date", mark(Slot::start) + ".000Z")
      .set("line_item_usage_end_date", mark(Slot::end) + ".000Z")
      .set("pricing_currency", "USD");
  return row;
}

void set_usage(CsvRow& row, const AwsMeter& meter, money::Decimal rate, money::Decimal net_rate) {
  const AwsAccount& account = aws_account(meter.owner);
  const std::string_view region = aws_region(meter);
  const std::string sku =
      base::replace_all(hex(mix(11, fmt::format("{}{}", region, meter.usage_type)), 12), "a", "S");
  const std::string usage_type = fmt::format("{}{}", prefixed_region(region), meter.usage_type);
  row.set("line_item_line_item_type", "Usage")
      .set("line_item_usage_account_id", account.id)
      .set("line_item_usage_account_name", account.name)
      .set("line_item_product_code", meter.product)
      .set("line_item_usage_type", usage_type)
      .set("line_item_operation", meter.operation)
      .set("line_item_resource_id", meter.resource)
      .set(
          "line_item_line_item_description",
          fmt::format("${} per {} {}", rate.short_text(), meter.unit, meter.product_name))
      .set("line_item_usage_amount", mark(Slot::quantity))
      .set("line_item_unblended_rate", rate)
      .set("line_item_unblended_cost", mark(Slot::cost))
      .set("line_item_net_unblended_rate", net_rate)
      .set("line_item_net_unblended_cost", mark(Slot::net))
      .set("pricing_public_on_demand_rate", rate)
      .set("pricing_public_on_demand_cost", mark(Slot::list))
      .set("pricing_rate_code", sku + ".JRTCKXETXF.6YS6EN2CT7")
      .set("pricing_rate_id", fmt::format("{}", mix(13, sku) % 1'000'000'000))
      .set("pricing_term", "OnDemand")
      .set("pricing_unit", meter.unit)
      .set(
          "product",
          fmt::format(R"({{"product_name": "{}", "region": "{}"}})", meter.product_name, region))
      .set("product_instance_type", meter.instance_type)
      .set("product_product_family", meter.family)
      .set("product_region_code", region)
      .set("product_servicecode", meter.product)
      .set("product_sku", sku);
  if (*meter.instance_type != '\0') {
    const char zone = static_cast<char>('a' + mix(17, meter.resource) % 3);
    row.set("line_item_availability_zone", fmt::format("{}{}", region, zone));
  }
  if (is_tagged(meter)) {
    row.set(
        "resource_tags",
        fmt::format(R"({{"user_env":"{}","user_team":"{}"}})", account.env, meter.team));
  }
}

}  // namespace outlay::demo
