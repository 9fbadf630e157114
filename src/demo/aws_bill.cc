// SPDX-License-Identifier: Apache-2.0
#include "demo/aws_bill.h"

#include <algorithm>

#include <fmt/format.h>

namespace outlay::demo {
namespace {

using money::Decimal;

/// Enterprise discount: 8 % off list on usage without a commitment.
const Decimal kNetShare{92, 2};

Decimal millionths(long long value) { return {value, 6}; }

Decimal rate_of(const AwsMeter& meter, const AwsDaily& kind, const Company& company, int month) {
  const bool is_dearer = kind.name == kPriceChangeMeter && month >= company.price_change_month();
  return is_dearer ? dec("0.088") : dec(meter.rate);
}

}  // namespace

AwsBill::AwsBill(const BillTask& task)
    : task_(task),
      company_(task.company),
      month_(task.month),
      invoice_(aws_invoice(month_, "Anniversary")),
      id_key_(mix(company_.seed, month_.text())) {
  for (int hour = 0; hour <= month_.hours(); ++hour) stamps_.push_back(month_.hour_text(hour));
}

void AwsBill::stamp(LinePattern& line, int from_hour, int to_hour) {
  line.set(Slot::id, hex(mix(id_key_, next_id_++), 16));
  line.set(Slot::start, stamps_[static_cast<std::size_t>(from_hour)]);
  line.set(Slot::end, stamps_[static_cast<std::size_t>(to_hour)]);
}

AwsMeter AwsBill::named(
    const AwsMeter& meter,
    std::string_view prefix,
    std::string_view key,
    std::int64_t number) const {
  AwsMeter out = meter;
  const std::uint64_t id =
      mix(company_.seed, fmt::format("{}/{}/{}", key, static_cast<int>(meter.owner), number));
  out.resource = fmt::format("{}{}", prefix, hex(id, 16));
  const std::uint64_t untagged_percent = meter.owner == Owner::staging ? 45 : 12;
  if (id / 16 % 100 >= untagged_percent) out.team = teams()[id % teams().size()];
  return out;
}

void AwsBill::usage(LinePattern& line, const AwsMeter& meter, Decimal quantity, Decimal rate) {
  const Decimal cost = quantity * rate;
  const Decimal net = cost * kNetShare;
  line.set(Slot::quantity, quantity).set(Slot::cost, cost).set(Slot::net, net);
  line.set(Slot::list, cost);
  ProductSum& product = products_[{meter.owner, meter.product}];
  product.gross += cost;
  product.net += net;
  facts_.add(net, net, cost, net);
  facts_.invoices[invoice_] += net;
  (is_tagged(meter) ? facts_.tagged : facts_.untagged) += net;
  ++facts_.rows["Usage"];
}

void AwsBill::machine_hours(const AwsMachines& group, std::int64_t number, std::int64_t count) {
  const AwsMeter meter = named(group.meter, group.id, group.name, number);
  const Decimal rate = dec(meter.rate);
  CsvRow row = cur_row(month_, "Anniversary", invoice_);
  set_usage(row, meter, rate, rate * kNetShare);
  LinePattern line(row.line());
  const Decimal before = facts_.effective;
  for (int hour = 0; hour < month_.hours(); ++hour) {
    const int percent = running_percent(group.hours, month_.day(hour / 24 + 1), hour % 24);
    if (number * 100 >= percent * count) continue;
    usage(line, meter, Decimal::of(1), rate);
    stamp(line, hour, hour + 1);
    sink_.row(line);
  }
  if (!group.planted.empty()) {
    facts_.planted[meter.resource] = {
        std::string(group.planted),
        group.name,
        aws_account(meter.owner).id,
        facts_.effective - before};
  }
  if (month_.index + 1 == company_.months) remember(group, meter);
  if (std::string_view(group.name) == "nodes") split_rows(meter);
}

void AwsBill::remember(const AwsMachines& group, const AwsMeter& meter) {
  const bool is_idle = group.planted == "idle";
  const bool is_oversized = group.planted == "oversized";
  const int noise = static_cast<int>(mix(company_.seed, meter.resource) % 12);
  const int cpu = is_idle ? 1 : is_oversized ? 4 + noise / 4 : 38 + noise;
  const int cpu_max = is_idle ? 3 : is_oversized ? 16 + noise / 2 : 78 + noise;
  const int memory = is_idle ? 6 : is_oversized ? 11 + noise / 2 : 52 + noise;
  facts_.machines.push_back(
      {meter.resource,
       aws_account(meter.owner).id,
       meter.instance_type,
       meter.team,
       cpu,
       cpu_max,
       memory});
}

void AwsBill::machines() {
  for (const AwsMachines& group : aws_machines()) {
    const std::int64_t count =
        !group.planted.empty() ? group.count : company_.count(group.count, month_, group.name);
    for (std::int64_t number = 0; number < count; ++number) machine_hours(group, number, count);
  }
}

void AwsBill::split_rows(const AwsMeter& node) {
  struct Pod {
    const char* name_space;
    const char* name;
    int reserved_percent;
    int used_percent;
  };

  static constexpr Pod kPods[]{
      {"shop", "cart", 45, 100}, {"shop", "search", 30, 70}, {"jobs", "worker", 25, 20}};
  const Decimal day_cost = dec(node.rate) * Decimal::of(24);
  for (const Pod& pod : kPods) {
    const Decimal part = day_cost * Decimal(pod.reserved_percent, 2);
    const Decimal used = part * Decimal(pod.used_percent, 2);
    AwsMeter meter = node;
    meter.resource = fmt::format(
        "arn:aws:eks:eu-west-1:{}:pod/larkspur/{}/{}-{}",
        aws_account(node.owner).id,
        pod.name_space,
        pod.name,
        node.resource.substr(node.resource.size() - 6));
    CsvRow row = cur_row(month_, "Anniversary", invoice_);
    set_usage(row, meter, Decimal(), Decimal());
    row.set("line_item_product_code", "AmazonEKS")
        .set("line_item_operation", "EKSPod-EC2")
        .set("line_item_usage_type", "EU-EKS-EC2-vCPU-Hours")
        .set("line_item_line_item_description", "")
        .set("pricing_unit", "vCPU-Hours")
        .set("product_product_family", "")
        .set(
            "resource_tags",
            fmt::format(
                R"({{"aws_eks_cluster-name":"larkspur","aws_eks_namespace":"{}"}})",
                pod.name_space))
        .set("split_line_item_parent_resource_id", node.resource)
        .set("split_line_item_reserved_usage", Decimal(24 * 32 * pod.reserved_percent, 2))
        .set(
            "split_line_item_actual_usage",
            Decimal(24 * 32 * pod.reserved_percent * pod.used_percent, 4))
        .set("split_line_item_split_usage", Decimal(24 * 32 * pod.reserved_percent, 2))
        .set("split_line_item_split_usage_ratio", Decimal(pod.reserved_percent, 2))
        .set("split_line_item_split_cost", used)
        .set("split_line_item_unused_cost", part - used);
    for (const char* priced :
         {"line_item_unblended_rate",
          "line_item_net_unblended_rate",
          "pricing_public_on_demand_rate",
          "pricing_public_on_demand_cost",
          "pricing_rate_code",
          "pricing_rate_id"}) {
      row.set(priced, "");
    }
    LinePattern line(row.line());
    line.set(Slot::quantity, Decimal(24 * 32 * pod.reserved_percent, 2));
    line.set(Slot::cost, Decimal()).set(Slot::net, Decimal());
    for (int day = 0; day < month_.days(); ++day) {
      stamp(line, day * 24, day * 24 + 24);
      sink_.row(line);
      ++facts_.rows["Split"];
    }
  }
}

long long AwsBill::anomalous(
    const AwsDaily& kind, const AwsMeter& meter, std::int64_t number, int day, long long quantity) {
  const bool is_hit = kind.name == kAnomalyMeter && number == 0 &&
                      month_.index == company_.event_month() && day == Company::kAnomalyDay;
  if (!is_hit) return quantity;
  // Large enough to be seen at any scale: about eight usual days of the whole service.
  const long long raised = quantity * (1 + 8 * company_.count(kind.count, month_, kind.id));
  facts_.anomaly += millionths(raised - quantity) * dec(meter.rate) * kNetShare;
  facts_.anomaly_resource = meter.resource;
  facts_.anomaly_account = aws_account(meter.owner).id;
  return raised;
}

void AwsBill::daily_meter(const AwsDaily& kind, const AwsMeter& meter, std::int64_t number) {
  const Decimal rate = rate_of(meter, kind, company_, month_.index);
  CsvRow row = cur_row(month_, "Anniversary", invoice_);
  set_usage(row, meter, rate, rate * kNetShare);
  LinePattern line(row.line());
  const std::uint64_t who = mix(19, meter.resource);
  const long long size = static_cast<long long>(60 + who % 81);
  const long long own_base = kind.base * 1'000'000 / 100 * size;
  for (int day = 1; day <= month_.days(); ++day) {
    long long quantity = kind.base * 1'000'000;
    if (kind.use == Use::capacity) quantity = own_base / month_.days();
    if (kind.use == Use::rhythm) quantity = company_.use(own_base, month_, day, who);
    // Requests come whole.
    if (kind.use == Use::rhythm && kind.base >= 100'000) quantity -= quantity % 1'000'000;
    quantity = anomalous(kind, meter, number, day, quantity);
    usage(line, meter, millionths(quantity), rate);
    stamp(line, (day - 1) * 24, day * 24);
    sink_.row(line);
  }
}

void AwsBill::daily() {
  for (const AwsDaily& kind : aws_daily()) {
    const bool is_planted = !kind.planted.empty();
    const std::int64_t count =
        is_planted ? kind.count : company_.count(kind.count, month_, kind.id);
    for (std::int64_t number = 0; number < count; ++number) {
      const AwsMeter meter = named(kind.meter, kind.id, is_planted ? kind.name : kind.id, number);
      const Decimal before = facts_.effective;
      daily_meter(kind, meter, number);
      if (!is_planted) continue;
      facts_.planted[meter.resource] = {
          std::string(kind.planted),
          kind.name,
          aws_account(meter.owner).id,
          facts_.effective - before};
    }
  }
}

base::Result<BillResult> AwsBill::write() {
  const bool as_gzip = task_.compression == Compression::gzip;
  const std::string folder = "aws/cur2/";
  const std::string data_file = fmt::format(
      "{}data/BILLING_PERIOD={}/cur2-00001.csv{}", folder, month_.text(), as_gzip ? ".gz" : "");
  sink_ = TRY(open_bill(task_, data_file, as_gzip));
  sink_.text(header_line(cur_columns()));
  machines();
  savings_plans();
  reservations();
  daily();
  marketplace();
  if (task_.is_restated) late_usage();
  discounts();
  support();
  credits();
  refund();
  taxes();
  BillResult out;
  const long long rows = sink_.rows();
  const long long bytes = TRY(sink_.close());
  TRY(manifest(data_file));
  out.files.push_back({data_file, "aws", month_.text(), rows, bytes});
  out.facts = std::move(facts_);
  out.currency = "USD";
  return out;
}

base::Result<BillResult> write_aws(const BillTask& task) { return AwsBill(task).write(); }

}  // namespace outlay::demo
