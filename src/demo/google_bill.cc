// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/format.h>

#include "demo/bill.h"

namespace outlay::demo {
namespace {

using money::Decimal;
using money::Rounding;

struct GoogleSku {
  const char* name;
  const char* service_id;
  const char* service;
  const char* sku;
  const char* resource;  ///< how the resource's name begins
  const char* unit;      ///< usage.unit
  long long units;       ///< usage units in one pricing unit
  const char* pricing_unit;
  const char* price;  ///< negotiated
  const char* list_price;
  long long base;  ///< pricing units a day
  int count;
  bool is_flat;
};

constexpr const char* kCompute = "6F81-5844-456A";

constexpr GoogleSku kSkus[]{
    {"core",
     kCompute,
     "Compute Engine",
     "N2 Instance Core running in EMEA",
     "vm-",
     "seconds",
     3600,
     "hour",
     "0.0315",
     "0.035",
     192,
     6,
     true},
    {"memory",
     kCompute,
     "Compute Engine",
     "N2 Instance Ram running in EMEA",
     "vm-",
     "byte-seconds",
     3'865'470'566'400,
     "gibibyte hour",
     "0.0042",
     "0.0047",
     768,
     6,
     true},
    {"disk",
     kCompute,
     "Compute Engine",
     "SSD backed PD Capacity in EMEA",
     "disk-",
     "byte-seconds",
     2'875'910'101'401'600,
     "gibibyte month",
     "0.17",
     "0.187",
     16,
     6,
     true},
    {"bucket",
     "95FF-2EF5-5EA1",
     "Cloud Storage",
     "Standard Storage Europe Multi-region",
     "larkspur-media-",
     "byte-seconds",
     2'875'910'101'401'600,
     "gibibyte month",
     "0.024",
     "0.026",
     520,
     4,
     false},
    {"query",
     "24E6-581D-38E5",
     "BigQuery",
     "Analysis (europe)",
     "analytics-",
     "bytes",
     1'099'511'627'776,
     "tebibyte",
     "6",
     "6.25",
     14,
     2,
     false},
    {"egress",
     kCompute,
     "Compute Engine",
     "Network Internet Egress from EMEA to EMEA",
     "vm-",
     "bytes",
     1'073'741'824,
     "gibibyte",
     "0.077",
     "0.085",
     95,
     3,
     false},
    {"model",
     "C7E2-9256-1C43",
     "Vertex AI",
     "Gemini Text Input",
     "assistant-",
     "count",
     1,
     "count",
     "0.0000011",
     "0.00000125",
     9'000'000,
     2,
     false},
};

// One year of vCPUs: hourly fee, whether used or not.
constexpr const char* kCommitment = "cud-larkspur-n2";
const Decimal kCommittedPrice{22, 3};
constexpr long long kCommittedCores = 8;

constexpr const char* kProjects[]{"larkspur-media", "larkspur-analytics", "larkspur-lab"};

/// Google counts its months in Pacific time.
int pacific_offset_hours(base::Date date) {
  using std::chrono::Sunday;
  const auto begin = std::chrono::sys_days{Sunday[2] / std::chrono::March / date.year()};
  const auto end = std::chrono::sys_days{Sunday[1] / std::chrono::November / date.year()};
  const auto day = std::chrono::sys_days{date};
  return day > begin && day <= end ? 7 : 8;
}

std::string utc_text(base::Date pacific_day, int hour_more = 0) {
  const auto at = std::chrono::sys_days{pacific_day} +
                  std::chrono::hours{pacific_offset_hours(pacific_day) + hour_more};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(at - day).count();
  return fmt::format("{} {:02}:00:00 UTC", base::print_date(base::Date{day}), hour);
}

base::Date day_after(base::Date date) {
  return base::Date{std::chrono::sys_days{date} + std::chrono::days{1}};
}

/// The export's rows, one JSON object a line, numbers as exact digits.
class GoogleBill {
 public:
  explicit GoogleBill(const BillTask& task)
      : task_(task), company_(task.company), month_(task.month) {}

  base::Result<BillResult> write();

 private:
  struct Row {
    const GoogleSku* sku = nullptr;
    std::string service_id, service, sku_text, resource, project, team;
    std::string invoice_month, cost_type = "regular", adjustment = "null", subscription;
    std::string seller = "Google", transaction = "GOOGLE", publisher = "GOOGLE";
    bool has_credit = false;
  };

  LinePattern pattern(const Row& row) const;
  Row row_of(const GoogleSku& sku, std::int64_t number) const;
  void put(
      LinePattern& line,
      base::Date day,
      Decimal quantity,
      const GoogleSku* sku,
      Decimal price,
      Decimal list_price,
      std::string_view credits,
      Decimal credit);
  void usage(const GoogleSku& sku, std::int64_t number);
  void committed(int day);
  void monthly();
  void single(Row row, base::Date day, Decimal cost);

  const BillTask& task_;
  const Company& company_;
  const Month month_;
  BillSink sink_;
  BillFacts facts_;
};

std::string invoice_month(const Month& month) {
  std::string out = month.text();
  std::erase(out, '-');
  return out;
}

LinePattern GoogleBill::pattern(const Row& row) const {
  const std::string project =
      row.project.empty()
          ? "null"
          : fmt::format(
                R"({{"id":"{0}","number":"{1}","name":"{0}","labels":[],"ancestry_numbers":"/501/502/","ancestors":[{{"resource_name":"projects/{1}","display_name":"{0}"}},{{"resource_name":"organizations/501","display_name":"larkspur.example"}}]}})",
                row.project,
                mix(29, row.project) % 1'000'000'000);
  const std::string labels =
      row.team.empty() ? "[]" : fmt::format(R"([{{"key":"team","value":"{}"}}])", row.team);
  const std::string resource =
      row.resource.empty()
          ? R"({"name":null,"global_name":null})"
          : fmt::format(
                R"({{"name":"{0}","global_name":"//cloud.larkspur.example/projects/{1}/{0}"}})",
                row.resource,
                row.project);
  const std::string unit = row.sku != nullptr ? row.sku->unit : "";
  const std::string pricing_unit = row.sku != nullptr ? row.sku->pricing_unit : "";
  const std::string sku_id = hex(mix(31, row.sku_text), 12);
  return LinePattern(
      fmt::format(
          R"({{"billing_account_id":"01A2B3-C4D5E6-F70819","service":{{"id":"{}","description":"{}"}},)"
          R"("sku":{{"id":"{}-{}-{}","description":"{}"}},"usage_start_time":"{}","usage_end_time":"{}",)"
          R"("project":{},"labels":{},"system_labels":[],"location":{{"location":"europe-west4","country":"NL","region":"europe-west4","zone":null}},)",
          row.service_id,
          row.service,
          sku_id.substr(0, 4),
          sku_id.substr(4, 4),
          sku_id.substr(8, 4),
          row.sku_text,
          mark(Slot::start),
          mark(Slot::end),
          project,
          labels) +
      fmt::format(
          R"("tags":[],"transaction_type":"{}","seller_name":"{}","export_time":"{}","cost":{},"currency":"EUR","currency_conversion_rate":0.92,)"
          R"("usage":{{"amount":{},"unit":"{}","amount_in_pricing_units":{},"pricing_unit":"{}"}},)"
          R"("price":{{"effective_price":{},"tier_start_amount":0,"unit":"{}","pricing_unit_quantity":1,"list_price":{}}},)",
          row.transaction,
          row.seller,
          mark(Slot::day),
          mark(Slot::cost),
          mark(Slot::extra),
          unit,
          mark(Slot::quantity),
          pricing_unit,
          mark(Slot::net),
          pricing_unit,
          mark(Slot::more)) +
      fmt::format(
          R"("credits":[{}],"invoice":{{"month":"{}","publisher_type":"{}"}},"cost_type":"{}","adjustment_info":{},"cost_at_list":{},"resource":{},"subscription":{{"instance_id":{}}}}})"
          "\n",
          mark(Slot::id),
          row.invoice_month,
          row.publisher,
          row.cost_type,
          row.adjustment,
          mark(Slot::list),
          resource,
          row.subscription.empty() ? "null" : fmt::format("\"{}\"", row.subscription)));
}

GoogleBill::Row GoogleBill::row_of(const GoogleSku& sku, std::int64_t number) const {
  const std::uint64_t id = mix(company_.seed, fmt::format("google/{}/{}", sku.resource, number));
  Row row;
  row.sku = &sku;
  row.service_id = sku.service_id;
  row.service = sku.service;
  row.sku_text = sku.sku;
  row.resource = fmt::format("{}{}", sku.resource, hex(id, 6));
  row.project = kProjects[id % std::size(kProjects)];
  row.team = id / 128 % 100 < 18 ? "" : teams()[id / 64 % teams().size()];
  row.invoice_month = invoice_month(month_);
  return row;
}

void GoogleBill::put(
    LinePattern& line,
    base::Date day,
    Decimal quantity,
    const GoogleSku* sku,
    Decimal price,
    Decimal list_price,
    std::string_view credits,
    Decimal credit) {
  const Decimal cost = quantity * price;
  line.set(Slot::start, utc_text(day)).set(Slot::end, utc_text(day_after(day)));
  line.set(Slot::day, utc_text(day_after(day), 6));
  line.set(Slot::quantity, quantity).set(Slot::net, price).set(Slot::more, list_price);
  line.set(Slot::extra, sku != nullptr ? quantity * Decimal::of(sku->units) : quantity);
  line.set(Slot::cost, cost).set(Slot::list, quantity * list_price).set(Slot::id, credits);
  sink_.row(line);
  facts_.add(cost + credit, cost + credit, quantity * list_price, Decimal());
}

void GoogleBill::usage(const GoogleSku& sku, std::int64_t number) {
  const Row row = row_of(sku, number);
  LinePattern line = pattern(row);
  const Decimal price = dec(sku.price);
  const Decimal list_price = dec(sku.list_price);
  const bool is_free_tier = std::string_view(sku.name) == "query" && number == 0;
  for (int day = 1; day <= month_.days(); ++day) {
    long long quantity = sku.base * 1'000'000;
    if (!sku.is_flat) quantity = company_.use(quantity, month_, day, mix(37, row.resource));
    if (sku.base >= 100'000) quantity -= quantity % 1'000'000;
    const Decimal amount{quantity, 6};
    Decimal credit;
    std::string credits;
    if (is_free_tier && day == 1) {
      credit = -price;
      credits = fmt::format(
          R"({{"name":"FREE_TIER","full_name":"First tebibyte of a month","amount":{},"id":"free_tier","type":"FREE_TIER"}})",
          credit.short_text());
    }
    put(line, month_.day(day), amount, &sku, price, list_price, credits, credit);
    (row.team.empty() ? facts_.untagged : facts_.tagged) += amount * price + credit;
    ++facts_.rows["regular"];
  }
}

void GoogleBill::committed(int day) {
  const GoogleSku& sku = kSkus[0];
  const std::int64_t machines = company_.count_at_start(2);
  const base::Date date = month_.day(day);
  const Decimal price = dec(sku.price);
  // On Sundays the last machine rests, and its share of the commitment is lost.
  const bool rests = std::chrono::weekday{std::chrono::sys_days{date}} == std::chrono::Sunday;
  const std::int64_t running = rests ? machines - 1 : machines;
  const Decimal core_hours = Decimal::of(24 * kCommittedCores);
  const Decimal fee = kCommittedPrice * core_hours * Decimal::of(machines);
  for (std::int64_t number = 0; number < running; ++number) {
    Row row = row_of(sku, 1'000'000 + number);
    row.subscription = kCommitment;
    LinePattern line = pattern(row);
    const Decimal credit = -(core_hours * price);
    const std::string credits = fmt::format(
        R"({{"name":"Committed Usage Discount: CPU","full_name":"Committed use discount - CPU","amount":{},"id":"{}","type":"COMMITTED_USAGE_DISCOUNT"}})",
        credit.short_text(),
        kCommitment);
    put(line, date, core_hours, &sku, price, dec(sku.list_price), credits, credit);
    const Decimal share = kCommittedPrice * core_hours;
    (row.team.empty() ? facts_.untagged : facts_.tagged) += share;
    facts_.commitments[kCommitment].used += share;
    ++facts_.rows["regular"];
  }
  Row row = row_of(sku, 0);
  row.sku_text = "Commitment v1: N2 Cpu in EMEA for 1 Year";
  row.resource.clear();
  row.team.clear();
  row.project = kProjects[0];
  row.subscription = kCommitment;
  LinePattern line = pattern(row);
  put(line,
      date,
      core_hours * Decimal::of(machines),
      &sku,
      kCommittedPrice,
      kCommittedPrice,
      "",
      Decimal());
  facts_.list -= fee;
  facts_.commitments[kCommitment].bought += fee;
  ++facts_.rows["regular"];
}

void GoogleBill::single(Row row, base::Date day, Decimal cost) {
  row.sku = nullptr;
  if (row.invoice_month.empty()) row.invoice_month = invoice_month(month_);
  const std::string kind = row.cost_type;
  LinePattern line = pattern(row);
  put(line, day, Decimal::of(1), nullptr, cost, cost, "", Decimal());
  facts_.list -= cost;
  ++facts_.rows[kind];
}

void GoogleBill::monthly() {
  const base::Date last = month_.day(month_.days());
  Row base_row;
  base_row.service_id = kCompute;
  base_row.service = "Compute Engine";
  Row reseller = base_row;
  reseller.service = "Tarn Search";
  reseller.service_id = "A1B2-C3D4-E5F6";
  reseller.sku_text = "Tarn Search - nodes";
  reseller.project = kProjects[0];
  reseller.seller = "Tarn Software GmbH";
  reseller.transaction = "THIRD_PARTY_RESELLER";
  reseller.publisher = "PARTNER";
  single(reseller, month_.day(15), dec("240"));
  if (month_.index % 6 == 2) {
    Row adjustment = base_row;
    adjustment.sku_text = kSkus[0].sku;
    adjustment.project = kProjects[0];
    adjustment.cost_type = "adjustment";
    adjustment.adjustment =
        R"({"id":"adj-1","description":"Service level adjustment for the month before","type":"USAGE_CORRECTION","mode":"PARTIAL_CORRECTION"})";
    single(
        adjustment,
        base::Date{std::chrono::sys_days{month_.first} - std::chrono::days{20}},
        dec("-18.75"));
  }
  Row late = row_of(kSkus[5], 0);
  // Used on the last day of the month before, on this month's invoice.
  LinePattern line = pattern(late);
  const Decimal quantity = dec("12.5");
  put(line,
      base::Date{std::chrono::sys_days{month_.first} - std::chrono::days{1}},
      quantity,
      &kSkus[5],
      dec(kSkus[5].price),
      dec(kSkus[5].list_price),
      "",
      Decimal());
  (late.team.empty() ? facts_.untagged : facts_.tagged) += quantity * dec(kSkus[5].price);
  ++facts_.rows["regular"];
  Row tax = base_row;
  tax.service = "Invoice";
  tax.sku_text = "Tax";
  tax.cost_type = "tax";
  single(tax, last, (facts_.billed * dec("0.21")).rounded(2, Rounding::half_up));
  Row rounding = base_row;
  rounding.service = "Invoice";
  rounding.sku_text = "Rounding error";
  rounding.cost_type = "rounding_error";
  // The invoice shows whole cents.
  single(rounding, last, facts_.billed.rounded(2, Rounding::half_up) - facts_.billed);
}

base::Result<BillResult> GoogleBill::write() {
  const bool as_gzip = task_.compression == Compression::gzip;
  const std::string file = fmt::format(
      "google/gcp_billing_export_resource_v1_01A2B3_C4D5E6_F70819/{}.jsonl{}",
      month_.text(),
      as_gzip ? ".gz" : "");
  sink_ = TRY(open_bill(task_, file, as_gzip));
  for (const GoogleSku& sku : kSkus) {
    const std::int64_t count = company_.count(sku.count, month_, sku.resource);
    for (std::int64_t number = 0; number < count; ++number) usage(sku, number);
  }
  for (int day = 1; day <= month_.days(); ++day) committed(day);
  monthly();
  BillResult out;
  const long long rows = sink_.rows();
  const long long bytes = TRY(sink_.close());
  out.files.push_back({file, "google", month_.text(), rows, bytes});
  out.facts = std::move(facts_);
  out.currency = "EUR";
  return out;
}

}  // namespace

base::Result<BillResult> write_google(const BillTask& task) { return GoogleBill(task).write(); }

}  // namespace outlay::demo
