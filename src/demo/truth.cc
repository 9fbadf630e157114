// SPDX-License-Identifier: Apache-2.0
#include "demo/truth.h"

#include <fmt/format.h>

#include "demo/aws_catalogue.h"
#include "format/csv.h"
#include "format/json.h"

namespace outlay::demo {
namespace {

using format::Array;
using format::Number;
using format::Value;
using money::Decimal;
using money::Rounding;

Value number(Decimal value) { return Number{value.short_text()}; }

Decimal percent(Decimal part, Decimal whole) {
  if (whole.is_zero()) return {};
  return Decimal::divide(part * Decimal::of(100), whole, 2, Rounding::half_up);
}

Value total(const ToldBill& bill) {
  const BillFacts& facts = bill.result.facts;
  return Value::object(
      {{"provider", bill.provider},
       {"period", bill.month.text()},
       {"restated", bill.is_restated},
       {"currency", bill.result.currency},
       {"billed", number(facts.billed)},
       {"effective", number(facts.effective)},
       {"list", number(facts.list)},
       {"contracted", bill.provider == "google" ? Value() : number(facts.contracted)}});
}

Value rows(const ToldBill& bill) {
  std::vector<std::pair<std::string, Value>> kinds;
  for (const auto& [kind, count] : bill.result.facts.rows)
    kinds.emplace_back(kind, Value(static_cast<std::int64_t>(count)));
  return Value::object(
      {{"provider", bill.provider},
       {"period", bill.month.text()},
       {"restated", bill.is_restated},
       {"kinds", Value::object(std::move(kinds))}});
}

void add_invoices(const ToldBill& bill, Array& out) {
  for (const auto& [invoice, billed] : bill.result.facts.invoices) {
    out.push_back(Value::object(
        {{"provider", bill.provider},
         {"period", bill.month.text()},
         {"restated", bill.is_restated},
         {"invoice", invoice},
         {"currency", bill.result.currency},
         {"billed", number(billed)}}));
  }
}

void add_commitments(const ToldBill& bill, Array& out) {
  for (const auto& [id, commitment] : bill.result.facts.commitments) {
    out.push_back(Value::object(
        {{"provider", bill.provider},
         {"period", bill.month.text()},
         {"id", id},
         {"currency", bill.result.currency},
         {"bought", number(commitment.bought)},
         {"used", number(commitment.used)},
         {"utilisation_percent", number(percent(commitment.used, commitment.bought))}}));
  }
}

Value tagging(const ToldBill& bill) {
  const BillFacts& facts = bill.result.facts;
  return Value::object(
      {{"provider", bill.provider},
       {"period", bill.month.text()},
       {"currency", bill.result.currency},
       {"tagged", number(facts.tagged)},
       {"untagged", number(facts.untagged)},
       {"untagged_percent", number(percent(facts.untagged, facts.tagged + facts.untagged))}});
}

const ToldBill* find(
    const std::vector<ToldBill>& bills, std::string_view provider, int month, bool is_restated) {
  for (const ToldBill& bill : bills) {
    const bool is_it = bill.provider == provider && bill.month.index == month;
    if (is_it && bill.is_restated == is_restated) return &bill;
  }
  return nullptr;
}

Value anomaly(const Company& company, const ToldBill& bill) {
  const BillFacts& facts = bill.result.facts;
  return Value::object(
      {{"provider", "aws"},
       {"service", "AmazonCloudWatch"},
       {"usage_type", "DataProcessing-Bytes"},
       {"account", facts.anomaly_account},
       {"resource", facts.anomaly_resource},
       {"day", base::print_date(company.month(company.event_month()).day(Company::kAnomalyDay))},
       {"currency", "USD"},
       {"effective_above_usual", number(facts.anomaly)}});
}

Value planted(const ToldBill& bill, std::string_view reason) {
  Array out;
  for (const auto& [resource, thing] : bill.result.facts.planted) {
    if (thing.reason != reason) continue;
    out.push_back(Value::object(
        {{"provider", bill.provider},
         {"resource", resource},
         {"kind", thing.kind},
         {"account", thing.account},
         {"period", bill.month.text()},
         {"currency", bill.result.currency},
         {"effective", number(thing.effective)}}));
  }
  return out;
}

Value price_change(const Company& company) {
  return Value::object(
      {{"provider", "aws"},
       {"usage_type", "EBS:VolumeUsage.gp3"},
       {"date", base::print_date(company.month(company.price_change_month()).first)},
       {"currency", "USD"},
       {"from", Number{"0.08"}},
       {"to", Number{"0.088"}}});
}

Value restatement(const ToldBill& before, const ToldBill& after) {
  const BillFacts& first = before.result.facts;
  const BillFacts& second = after.result.facts;
  const bool is_aws = before.provider == "aws";
  return Value::object(
      {{"provider", before.provider},
       {"period", before.month.text()},
       {"currency", before.result.currency},
       {"billed_difference", number(second.billed - first.billed)},
       {"effective_difference", number(second.effective - first.effective)},
       {"causes",
        is_aws ? "three days of late data transfer (with its discount, support and tax) and a "
                 "credit of 125.00 on AmazonCloudWatch"
               : "late outbound bandwidth on the month's last day"}});
}

Value planted_truths(const Company& company, const std::vector<ToldBill>& bills) {
  std::vector<std::pair<std::string, Value>> out;
  const int event = company.event_month();
  if (const ToldBill* bill = find(bills, "aws", event, false)) {
    out.emplace_back("anomaly", anomaly(company, *bill));
  }
  if (const ToldBill* last = find(bills, "aws", company.months - 1, false)) {
    out.emplace_back("idle", planted(*last, "idle"));
    out.emplace_back("oversized", planted(*last, "oversized"));
    out.emplace_back("price_change", price_change(company));
    out.emplace_back("under_used_commitment", savings_plan_arn(company, "office"));
  }
  Array restated;
  for (const ToldBill& bill : bills) {
    const ToldBill* before = find(bills, bill.provider, bill.month.index, false);
    if (bill.is_restated && before != nullptr) restated.push_back(restatement(*before, bill));
  }
  out.emplace_back("restatements", std::move(restated));
  return Value::object(std::move(out));
}

std::string sums_text(const Company& company, const std::vector<ToldBill>& bills) {
  std::string out = "| provider | month | currency | billed | effective |\n|---|---|---|---|---|\n";
  for (const ToldBill& bill : bills) {
    if (bill.is_restated || bill.month.index + 3 < company.months) continue;
    out += fmt::format(
        "| {} | {} | {} | {} | {} |\n",
        bill.provider,
        bill.month.text(),
        bill.result.currency,
        bill.result.facts.billed.short_text(),
        bill.result.facts.effective.short_text());
  }
  return out;
}

std::string aws_text(const Company& company, const std::vector<ToldBill>& bills) {
  const ToldBill* event = find(bills, "aws", company.event_month(), false);
  const ToldBill* last = find(bills, "aws", company.months - 1, false);
  if (event == nullptr || last == nullptr) return {};
  const BillFacts& facts = event->result.facts;
  std::string out = fmt::format(
      "1. **An anomaly.** On {} the log group `{}` (account {}) took in many times its usual "
      "volume: "
      "{} USD above a usual day.\n",
      base::print_date(event->month.day(Company::kAnomalyDay)),
      facts.anomaly_resource,
      facts.anomaly_account,
      facts.anomaly.short_text());
  out +=
      "2. **Idle and oversized resources** (cost of the last month; how busy machines are stands "
      "in "
      "`inventory/aws_machines.csv`):\n";
  for (const auto& [resource, thing] : last->result.facts.planted) {
    out += fmt::format(
        "   - {}: {} `{}`, {} USD\n",
        thing.reason,
        thing.kind,
        resource,
        thing.effective.short_text());
  }
  out += "3. **An under-used savings plan.**\n";
  for (const auto& [id, commitment] : last->result.facts.commitments) {
    out += fmt::format(
        "   - `{}` is used to {} %\n", id, percent(commitment.used, commitment.bought).text());
  }
  out += fmt::format(
      "4. **A price change.** Block storage (EBS:VolumeUsage.gp3) costs 0.088 instead of 0.08 USD "
      "from {}.\n",
      base::print_date(company.month(company.price_change_month()).first));
  out += fmt::format(
      "5. **Untagged spend.** {} % of the last month's AWS usage has no tag `team`.\n",
      percent(last->result.facts.untagged, last->result.facts.tagged + last->result.facts.untagged)
          .text());
  return out;
}

}  // namespace

std::string truth_json(const Company& company, const std::vector<ToldBill>& bills) {
  Array totals;
  Array invoices;
  Array commitments;
  Array tags;
  Array kinds;
  for (const ToldBill& bill : bills) {
    totals.push_back(total(bill));
    kinds.push_back(rows(bill));
    add_invoices(bill, invoices);
    if (bill.is_restated) continue;
    add_commitments(bill, commitments);
    tags.push_back(tagging(bill));
  }
  return format::print_json_pretty(Value::object(
             {{"company", "Larkspur Goods"},
              {"seed", static_cast<std::int64_t>(company.seed)},
              {"months", company.months},
              {"totals", std::move(totals)},
              {"invoices", std::move(invoices)},
              {"planted", planted_truths(company, bills)},
              {"commitments", std::move(commitments)},
              {"tagging", std::move(tags)},
              {"rows", std::move(kinds)}})) +
         "\n";
}

std::string truth_text(const Company& company, const std::vector<ToldBill>& bills) {
  std::string out =
      "# What is true about these bills\n\n"
      "They are made up: one fictional company, Larkspur Goods, in its providers' own formats. The "
      "same facts for programs, for every month, are in `truth.json`.\n\n"
      "Every provider's use follows the week (weekends are quiet) and grows by about 3.5 % a "
      "month. "
      "Commitments were bought in the first month and do not grow.\n\n## Planted\n\n";
  out += aws_text(company, bills);
  for (const ToldBill& bill : bills) {
    const ToldBill* before = find(bills, bill.provider, bill.month.index, false);
    if (!bill.is_restated || before == nullptr) continue;
    out += fmt::format(
        "\nThe second delivery of {} for {} (`restated/`) bills {} {} more than the first.\n",
        bill.provider,
        bill.month.text(),
        (bill.result.facts.billed - before->result.facts.billed).short_text(),
        bill.result.currency);
  }
  out += "\n## Totals of the last months\n\n" + sums_text(company, bills);
  out +=
      "\n## What the totals count\n\n"
      "`billed` and `effective` are sums over all rows once negations and discount rows that the "
      "net "
      "columns already hold are left out, split rows are not counted, and purchases of commitments "
      "are "
      "spread over their use. `list` and `contracted` are sums over the usage rows for which the "
      "provider states a price; fees, taxes, credits, purchases and unused commitments are not in "
      "them.\n";
  return out;
}

std::string inventory_csv(const std::vector<ToldBill>& bills) {
  std::string out =
      "resource_id,account_id,instance_type,team,cpu_percent,cpu_max_percent,memory_percent\n";
  for (const ToldBill& bill : bills) {
    if (bill.is_restated) continue;
    for (const BillFacts::Machine& machine : bill.result.facts.machines) {
      out += fmt::format(
          "{},{},{},{},{},{},{}\n",
          format::csv_field(machine.resource),
          machine.account,
          machine.type,
          machine.team,
          machine.cpu_percent,
          machine.cpu_max_percent,
          machine.memory_percent);
    }
  }
  return out;
}

}  // namespace outlay::demo
