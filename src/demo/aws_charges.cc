// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "demo/aws_bill.h"

namespace outlay::demo {
namespace {

using money::Decimal;
using money::Rounding;

const Decimal kVat{19, 2};
const Decimal kSupportShare{3, 2};

void set_account(CsvRow& row, const AwsAccount& account) {
  row.set("line_item_usage_account_id", account.id)
      .set("line_item_usage_account_name", account.name);
}

/// A quoted JSON text; what the demo writes needs no escapes.
std::string json_text(std::string_view text) { return fmt::format("\"{}\"", text); }

}  // namespace

void AwsBill::charge(
    CsvRow row, std::string_view kind, Decimal amount, int from_hour, int to_hour) {
  if (row.get("line_item_usage_account_id").empty()) set_account(row, kAwsPayer);
  row.set("line_item_line_item_type", kind)
      .set("line_item_unblended_cost", amount)
      .set("line_item_net_unblended_cost", amount);
  LinePattern line(row.line());
  stamp(line, from_hour, to_hour);
  sink_.row(line);
  facts_.add(amount, amount, Decimal(), Decimal());
  facts_.invoices[row.get("bill_invoice_id")] += amount;
  ++facts_.rows[std::string(kind)];
}

void AwsBill::discounts() {
  for (const auto& [key, sum] : products_) {
    CsvRow row = cur_row(month_, "Anniversary", invoice_);
    set_account(row, aws_account(key.first));
    row.set("line_item_line_item_type", "EdpDiscount")
        .set("line_item_line_item_description", "Enterprise Program Discount")
        .set("line_item_product_code", key.second)
        .set("line_item_unblended_cost", sum.net - sum.gross)
        .set("line_item_net_unblended_cost", "0");
    LinePattern line(row.line());
    stamp(line, 0, month_.hours());
    sink_.row(line);
    ++facts_.rows["EdpDiscount"];
  }
}

void AwsBill::support() {
  Decimal spend;
  for (const auto& [key, sum] : products_) spend += sum.net;
  CsvRow row = cur_row(month_, "Anniversary", invoice_);
  row.set("line_item_product_code", "AWSSupportBusiness")
      .set("line_item_line_item_description", "AWS Business support")
      .set("line_item_usage_type", "Dollar")
      .set("line_item_usage_amount", "1");
  const Decimal amount = (spend * kSupportShare).rounded(2, Rounding::half_up);
  charge(std::move(row), "Fee", std::max(amount, Decimal::of(29)), 0, month_.hours());
}

void AwsBill::credits() {
  const bool is_migration = month_.index < 6;
  if (is_migration) {
    CsvRow row = cur_row(month_, "Anniversary", invoice_);
    set_account(row, aws_account(Owner::prod));
    row.set("line_item_product_code", "AmazonEC2")
        .set("line_item_line_item_description", "Migration programme credit");
    charge(std::move(row), "Credit", Decimal::of(-300), 0, 24);
  }
  if (task_.is_restated) {
    CsvRow row = cur_row(month_, "Anniversary", invoice_);
    set_account(row, aws_account(Owner::prod));
    row.set("line_item_product_code", "AmazonCloudWatch")
        .set("line_item_line_item_description", "Service level credit, booked after the close");
    charge(std::move(row), "Credit", Decimal(-12500, 2), 0, 24);
  }
}

void AwsBill::refund() {
  if (month_.index % 12 != 4) return;
  CsvRow row = cur_row(month_, "Refund", aws_invoice(month_, "Refund"));
  set_account(row, aws_account(Owner::prod));
  row.set("line_item_product_code", "AmazonRDS")
      .set("line_item_line_item_description", "Refund for an outage in the month before");
  charge(std::move(row), "Refund", Decimal(-8640, 2), 0, 24);
}

void AwsBill::taxes() {
  for (const auto& [key, sum] : products_) {
    CsvRow row = cur_row(month_, "Anniversary", invoice_);
    set_account(row, aws_account(key.first));
    row.set("line_item_product_code", key.second)
        .set("line_item_tax_type", "VAT")
        .set("line_item_line_item_description", fmt::format("Tax for product code {}", key.second));
    const Decimal amount = (sum.net * kVat).rounded(2, Rounding::half_up);
    charge(std::move(row), "Tax", amount, 0, month_.hours());
  }
}

void AwsBill::marketplace() {
  const std::string invoice = aws_invoice(month_, "Purchase");
  CsvRow row = cur_row(month_, "Purchase", invoice);
  set_account(row, aws_account(Owner::shared));
  const Decimal rate = dec("0.75");
  row.set("bill_billing_entity", "AWS Marketplace")
      .set("line_item_legal_entity", "Brightpane Metrics, Inc.")
      .set("line_item_line_item_type", "Usage")
      .set("line_item_product_code", "c7q2m4x8v1b5n9k3")
      .set(
          "line_item_resource_id",
          fmt::format("arn:aws:marketplace::{}:agreement/agmt-larkspur", kAwsPayer.id))
      .set("line_item_usage_type", "SoftwareUsage:host")
      .set("line_item_usage_amount", mark(Slot::quantity))
      .set("line_item_unblended_rate", rate)
      .set("line_item_unblended_cost", mark(Slot::cost))
      .set("line_item_net_unblended_cost", mark(Slot::cost))
      .set("pricing_unit", "Units")
      .set("product", R"({"product_name": "Brightpane Pro"})")
      .set("product_sku", "MPBRIGHTPANE");
  LinePattern line(row.line());
  const std::int64_t hosts = company_.count(12, month_, "hosts");
  for (int day = 1; day <= month_.days(); ++day) {
    const Decimal quantity = Decimal::of(hosts + day % 3);
    const Decimal cost = quantity * rate;
    line.set(Slot::quantity, quantity).set(Slot::cost, cost);
    stamp(line, (day - 1) * 24, day * 24);
    sink_.row(line);
    // A seller states his price, but there is no public one to compare it with.
    facts_.add(cost, cost, Decimal(), cost);
    facts_.invoices[invoice] += cost;
    facts_.untagged += cost;
    ++facts_.rows["Usage"];
  }
}

void AwsBill::late_usage() {
  AwsMeter meter;
  for (const AwsDaily& kind : aws_daily()) {
    if (std::string_view(kind.name) == "egress") meter = named(kind.meter, "i-0", kind.id, 0);
  }
  const Decimal rate = dec(meter.rate);
  CsvRow row = cur_row(month_, "Anniversary", invoice_);
  set_usage(row, meter, rate, rate * Decimal(92, 2));
  LinePattern line(row.line());
  for (int day = month_.days() - 2; day <= month_.days(); ++day) {
    usage(line, meter, Decimal(375, 1), rate);
    stamp(line, (day - 1) * 24, day * 24);
    sink_.row(line);
  }
}

base::Result<base::Done> AwsBill::manifest(const std::string& data_file) {
  std::vector<std::string> columns;
  for (const std::string& name : cur_columns()) {
    const bool is_time = name.ends_with("_date");
    const bool is_map = name == "product" || name == "resource_tags" || name == "discount" ||
                        name == "cost_category";
    columns.push_back(fmt::format(
        "    {{\"name\": {}, \"type\": {}}}",
        json_text(name),
        json_text(
            is_map    ? "map"
            : is_time ? "timestamp"
                      : "string")));
  }
  const bool as_gzip = task_.compression == Compression::gzip;
  const std::string text = fmt::format(
      "{{\n  \"exportName\": \"cur2\",\n"
      "  \"exportArn\": \"arn:aws:bcm-data-exports:us-east-1:{}:export/cur2-{}\",\n"
      "  \"executionId\": \"{}\",\n"
      "  \"billingPeriod\": {{\"start\": \"{}Z\", \"end\": \"{}Z\"}},\n"
      "  \"contentType\": \"text/csv\",\n  \"compression\": \"{}\",\n"
      "  \"dataFiles\": [\"s3://larkspur-billing/{}\"],\n"
      "  \"columns\": [\n{}\n  ]\n}}\n",
      kAwsPayer.id,
      hex(mix(company_.seed, "cur2"), 12),
      hex(mix(id_key_, task_.is_restated ? "second" : "first"), 16),
      stamps_.front(),
      stamps_.back(),
      as_gzip ? "GZIP" : "NONE",
      data_file,
      base::join(columns, ",\n"));
  return write_document(
      task_,
      fmt::format("aws/cur2/metadata/BILLING_PERIOD={}/cur2-Manifest.json", month_.text()),
      text);
}

}  // namespace outlay::demo
