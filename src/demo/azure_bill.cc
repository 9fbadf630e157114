// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "demo/bill.h"
#include "demo/embedded.h"

namespace outlay::demo {
namespace {

using money::Decimal;

struct AzureMeter {
  const char* name;
  const char* product;
  const char* category;
  const char* subcategory;
  const char* unit;   ///< UnitOfMeasure: a block of units has one price
  Decimal per_block;  ///< 1 / block size
  const char* provider;
  const char* type;
  const char* family;
  const char* list_price;  ///< PayGPrice of a block
  const char* price;       ///< UnitPrice of a block
  long long base;          ///< units a day
  int count;
  bool is_flat;
  int subscription;
};

struct Subscription {
  const char* id;
  const char* name;
  const char* env;
};

constexpr Subscription kSubscriptions[]{
    {"1a2b3c4d-0000-4000-8000-000000000001", "larkspur-shop", "prod"},
    {"1a2b3c4d-0000-4000-8000-000000000002", "larkspur-office", "dev"}};

constexpr const char* kAccount = "7700123";
constexpr const char* kOrder = "5e000000-0000-4000-8000-000000000011";
constexpr const char* kOldOrder = "5e000000-0000-4000-8000-000000000007";
const Decimal kReservedRate{21, 2};  // EUR an hour, one year paid at the start

const std::vector<AzureMeter>& meters() {
  static const std::vector<AzureMeter> all{
      {"vm",
       "Virtual Machines Dsv5 Series - D8s v5 - EU West",
       "Virtual Machines",
       "Dsv5 Series",
       "10 Hours",
       Decimal(1, 1),
       "Microsoft.Compute",
       "virtualMachines",
       "Compute",
       "4.30",
       "3.90",
       24,
       6,
       true,
       0},
      {"dev-vm",
       "Virtual Machines Dsv5 Series - D4s v5 - EU West",
       "Virtual Machines",
       "Dsv5 Series",
       "10 Hours",
       Decimal(1, 1),
       "Microsoft.Compute",
       "virtualMachines",
       "Compute",
       "2.15",
       "1.95",
       10,
       5,
       false,
       1},
      {"disk",
       "Premium SSD Managed Disks - P30 - EU West",
       "Storage",
       "Premium SSD Managed Disks",
       "1/Month",
       Decimal::of(1),
       "Microsoft.Compute",
       "disks",
       "Storage",
       "124.20",
       "112.60",
       0,
       8,
       true,
       0},
      {"blob",
       "Blob Storage - Hot LRS Data Stored - EU West",
       "Storage",
       "Blob Storage",
       "1 GB/Month",
       Decimal::of(1),
       "Microsoft.Storage",
       "storageAccounts",
       "Storage",
       "0.0184",
       "0.0168",
       380,
       4,
       false,
       0},
      {"sql",
       "SQL Database Single Standard - S3 - EU West",
       "SQL Database",
       "Single Standard",
       "1/Day",
       Decimal::of(1),
       "Microsoft.Sql",
       "servers/shop/databases",
       "Databases",
       "4.50",
       "4.05",
       1,
       4,
       true,
       0},
      {"egress",
       "Bandwidth - Data Transfer Out - Zone 1",
       "Bandwidth",
       "Rtn Preference: MGN",
       "1 GB",
       Decimal::of(1),
       "Microsoft.Network",
       "publicIPAddresses",
       "Networking",
       "0.081",
       "0.075",
       140,
       3,
       false,
       0},
      {"logs",
       "Log Analytics - Analytics Logs Data Ingestion",
       "Log Analytics",
       "",
       "1 GB",
       Decimal::of(1),
       "Microsoft.OperationalInsights",
       "workspaces",
       "Management and Governance",
       "2.76",
       "2.52",
       11,
       2,
       false,
       0},
      {"tokens",
       "Azure OpenAI - GPT Input Tokens",
       "Cognitive Services",
       "Azure OpenAI",
       "1K",
       Decimal(1, 3),
       "Microsoft.CognitiveServices",
       "accounts",
       "AI + Machine Learning",
       "0.0046",
       "0.0042",
       5000000,
       2,
       false,
       1},
  };
  return all;
}

const std::vector<std::string>& columns() {
  static const std::vector<std::string> names =
      base::split_trimmed(embedded_file("azure_ea_columns.txt"), '\n');
  return names;
}

std::string us_date(base::Date date) {
  return fmt::format(
      "{:02}/{:02}/{}",
      static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      static_cast<int>(date.year()));
}

/// One month of the enterprise agreement: the same usage told twice, as billed and as amortised.
class AzureBill {
 public:
  explicit AzureBill(const BillTask& task)
      : task_(task), company_(task.company), month_(task.month) {}

  base::Result<BillResult> write();

 private:
  CsvRow row(const Subscription& subscription) const;
  void describe(CsvRow& row, const AzureMeter& meter, const std::string& resource) const;
  std::string resource(const AzureMeter& meter, const char* key, std::int64_t number) const;
  std::string team(const std::string& resource) const;
  void usage(const AzureMeter& meter, std::int64_t number);
  void reserved();
  void reserved_day(const AzureMeter& meter, std::int64_t number, std::int64_t count);
  void reservation_purchase();
  void marketplace();
  void late_usage();
  void one(CsvRow row, bool in_actual, bool in_amortized);
  void count(const char* kind, Decimal billed, Decimal effective, Decimal list, Decimal contracted);
  base::Result<DemoFile> finish(BillSink& sink, const char* dataset, const std::string& file);
  std::string file(const char* dataset) const;

  const BillTask& task_;
  const Company& company_;
  const Month month_;
  BillSink actual_, amortized_;
  BillFacts facts_;
};

CsvRow AzureBill::row(const Subscription& subscription) const {
  CsvRow out(columns());
  out.set("InvoiceSectionName", "Shop")
      .set("AccountName", "operations")
      .set("SubscriptionId", subscription.id)
      .set("SubscriptionName", subscription.name)
      .set("Date", mark(Slot::day))
      .set("OfferId", "MS-AZR-0017P")
      .set("PublisherType", "Azure")
      .set("ChargeType", "Usage")
      .set("Frequency", "UsageBased")
      .set("PricingModel", "OnDemand")
      .set("BillingAccountId", kAccount)
      .set("BillingAccountName", "Larkspur Goods EA")
      .set("BillingCurrencyCode", "EUR")
      .set("BillingPeriodStartDate", us_date(month_.first))
      .set("BillingPeriodEndDate", us_date(month_.day(month_.days())))
      .set("BillingProfileId", kAccount)
      .set("BillingProfileName", "Larkspur Goods EA")
      .set("IsAzureCreditEligible", "True");
  return out;
}

std::string AzureBill::resource(
    const AzureMeter& meter, const char* key, std::int64_t number) const {
  const std::uint64_t id = mix(company_.seed, fmt::format("azure/{}/{}", key, number));
  return fmt::format(
      "/subscriptions/{}/resourceGroups/rg-{}/providers/{}/{}/{}-{}",
      kSubscriptions[meter.subscription].id,
      teams()[id % teams().size()],
      meter.provider,
      meter.type,
      key,
      hex(id, 6));
}

std::string AzureBill::team(const std::string& resource) const {
  const std::uint64_t id = mix(company_.seed, resource);
  return id % 100 < 15 ? "" : teams()[id / 128 % teams().size()];
}

void AzureBill::describe(CsvRow& row, const AzureMeter& meter, const std::string& resource) const {
  const std::string owner = team(resource);
  const Subscription& subscription = kSubscriptions[meter.subscription];
  row.set("ResourceGroup", base::split(resource, '/')[4])
      .set("ResourceLocation", "EUWest")
      .set("ProductName", meter.product)
      .set("MeterCategory", meter.category)
      .set("MeterSubCategory", meter.subcategory)
      .set(
          "MeterId",
          fmt::format(
              "{}-0000-4000-8000-{}", hex(mix(3, meter.name), 8), hex(mix(5, meter.name), 12)))
      .set("MeterName", meter.name)
      .set("MeterRegion", "EU West")
      .set("UnitOfMeasure", meter.unit)
      .set("ConsumedService", meter.provider)
      .set("ResourceId", resource)
      .set("ResourceName", resource.substr(resource.rfind('/') + 1))
      .set("UnitPrice", dec(meter.price))
      .set("PayGPrice", dec(meter.list_price))
      .set("ServiceFamily", meter.family)
      .set("Quantity", mark(Slot::quantity))
      .set("CostInBillingCurrency", mark(Slot::cost));
  if (!owner.empty()) {
    row.set("Tags", fmt::format(R"("env": "{}","team": "{}")", subscription.env, owner));
  }
}

void AzureBill::count(
    const char* kind, Decimal billed, Decimal effective, Decimal list, Decimal contracted) {
  facts_.add(billed, effective, list, contracted);
  ++facts_.rows[kind];
}

void AzureBill::usage(const AzureMeter& meter, std::int64_t number) {
  const std::string id = resource(meter, meter.name, number);
  const Decimal rate = dec(meter.price) * meter.per_block;
  const Decimal list_rate = dec(meter.list_price) * meter.per_block;
  CsvRow cells = row(kSubscriptions[meter.subscription]);
  describe(cells, meter, id);
  cells.set("EffectivePrice", rate);
  LinePattern line(cells.line());
  const bool has_team = !team(id).empty();
  for (int day = 1; day <= month_.days(); ++day) {
    long long quantity = meter.base * 1'000'000;
    if (meter.base == 0) quantity = 1'000'000 / month_.days();
    if (!meter.is_flat) quantity = company_.use(quantity, month_, day, mix(23, id));
    if (meter.base >= 100'000) quantity -= quantity % 1'000'000;
    const Decimal amount{quantity, 6};
    const Decimal cost = amount * rate;
    line.set(Slot::day, us_date(month_.day(day))).set(Slot::quantity, amount);
    line.set(Slot::cost, cost);
    actual_.row(line);
    amortized_.row(line);
    count("Usage", cost, cost, amount * list_rate, cost);
    (has_team ? facts_.tagged : facts_.untagged) += cost;
  }
}

void AzureBill::reserved_day(const AzureMeter& meter, std::int64_t number, std::int64_t count_) {
  const std::string id = resource(meter, "res-vm", number);
  const std::string benefit = fmt::format(
      "/providers/Microsoft.Capacity/reservationOrders/{}/reservations/larkspur", kOrder);
  CsvRow cells = row(kSubscriptions[0]);
  describe(cells, meter, id);
  cells.set("EffectivePrice", mark(Slot::net))
      .set("PricingModel", "Reservation")
      .set("ReservationId", "larkspur")
      .set("ReservationName", "shop-d8s")
      .set("ProductOrderId", kOrder)
      .set("Term", "12")
      .set("benefitId", benefit)
      .set("benefitName", "shop-d8s");
  CsvRow idle = cells;
  idle.set("ChargeType", "UnusedReservation").set("ResourceId", benefit).set("ResourceName", "");
  idle.set("Tags", "").set("ResourceGroup", "");
  LinePattern used_line(cells.line());
  LinePattern idle_line(idle.line());
  const Decimal price = dec(meter.price) * meter.per_block;
  const Decimal list_price = dec(meter.list_price) * meter.per_block;
  for (int day = 1; day <= month_.days(); ++day) {
    // The last machine stands still at weekends: its reservation goes unused.
    const bool is_idle = number + 1 == count_ && weekday_permille(month_.day(day)) < 1000;
    const Decimal hours = Decimal::of(24);
    LinePattern& line = is_idle ? idle_line : used_line;
    const Decimal cost = hours * kReservedRate;
    line.set(Slot::day, us_date(month_.day(day))).set(Slot::quantity, hours);
    line.set(Slot::cost, "0").set(Slot::net, "0");
    if (!is_idle) actual_.row(line);
    line.set(Slot::cost, cost).set(Slot::net, kReservedRate);
    amortized_.row(line);
    BillFacts::Commitment& commitment = facts_.commitments[benefit];
    commitment.bought += cost;
    if (is_idle) {
      count("UnusedReservation", Decimal(), cost, Decimal(), Decimal());
    } else {
      count("Usage", Decimal(), cost, hours * list_price, hours * price);
      commitment.used += cost;
      (team(id).empty() ? facts_.untagged : facts_.tagged) += cost;
    }
  }
}

void AzureBill::reserved() {
  const AzureMeter& meter = meters().front();
  const std::int64_t machines = company_.count_at_start(4);
  for (std::int64_t number = 0; number < machines; ++number) {
    reserved_day(meter, number, machines);
  }
  if (month_.index % 12 == 0) reservation_purchase();
}

void AzureBill::one(CsvRow cells, bool in_actual, bool in_amortized) {
  LinePattern line(cells.line());
  line.set(Slot::day, us_date(month_.first));
  if (in_actual) actual_.row(line);
  if (in_amortized) amortized_.row(line);
}

void AzureBill::reservation_purchase() {
  const auto from = std::chrono::sys_days{month_.first};
  const auto to = std::chrono::sys_days{month_.first + std::chrono::years{1}};
  const long long hours = std::chrono::duration_cast<std::chrono::hours>(to - from).count();
  const Decimal each = kReservedRate * Decimal::of(hours);
  const std::int64_t machines = company_.count_at_start(4);
  const Decimal cost = each * Decimal::of(machines);
  CsvRow cells = row(kSubscriptions[0]);
  cells.set("ProductName", meters().front().product)
      .set("MeterCategory", "Virtual Machines")
      .set("UnitOfMeasure", "1")
      .set("Quantity", Decimal::of(machines))
      .set("EffectivePrice", each)
      .set("UnitPrice", each)
      .set("PayGPrice", "0")
      .set("CostInBillingCurrency", cost)
      .set("ResourceId", fmt::format("/providers/Microsoft.Capacity/reservationOrders/{}", kOrder))
      .set("ReservationName", "shop-d8s")
      .set("ProductOrderId", kOrder)
      .set("Term", "12")
      .set("ChargeType", "Purchase")
      .set("Frequency", "OneTime")
      .set("PricingModel", "Reservation")
      .set(
          "benefitId",
          fmt::format(
              "/providers/Microsoft.Capacity/reservationOrders/{}/reservations/larkspur", kOrder));
  CsvRow refund = cells;
  one(std::move(cells), true, false);
  count("Purchase", cost, Decimal(), Decimal(), Decimal());
  // What was bought the year before and given back.
  refund.set("ChargeType", "Refund")
      .set("Quantity", "-1")
      .set("EffectivePrice", "214.5")
      .set("UnitPrice", "214.5")
      .set("CostInBillingCurrency", "-214.5")
      .set("ProductOrderId", kOldOrder)
      .set("ReservationName", "shop-old")
      .set(
          "ResourceId",
          fmt::format("/providers/Microsoft.Capacity/reservationOrders/{}", kOldOrder))
      .set(
          "benefitId",
          fmt::format(
              "/providers/Microsoft.Capacity/reservationOrders/{}/reservations/old", kOldOrder));
  one(std::move(refund), true, false);
  count("Refund", Decimal(-2145, 1), Decimal(), Decimal(), Decimal());
}

void AzureBill::marketplace() {
  CsvRow cells = row(kSubscriptions[1]);
  const Decimal cost = dec("89.90");
  cells.set("ProductName", "Tarn Backup Standard")
      .set("UnitOfMeasure", "1 Month")
      .set("Quantity", "1")
      .set("EffectivePrice", cost)
      .set("UnitPrice", cost)
      .set("CostInBillingCurrency", cost)
      .set(
          "ResourceId",
          fmt::format(
              "/subscriptions/{}/resourceGroups/rg-platform/providers/Microsoft.SaaS/resources/"
              "tarn",
              kSubscriptions[1].id))
      .set("PublisherType", "Marketplace")
      .set("PublisherName", "Tarn Software GmbH")
      .set("ChargeType", "Purchase")
      .set("Frequency", "Recurring")
      .set("PricingModel", "")
      .set("PlanName", "Standard");
  one(std::move(cells), true, true);
  count("Marketplace", cost, cost, Decimal(), Decimal());
}

void AzureBill::late_usage() {
  const AzureMeter& meter = meters()[5];
  const Decimal amount{25840, 2};
  const Decimal cost = amount * dec(meter.price);
  CsvRow cells = row(kSubscriptions[0]);
  describe(cells, meter, resource(meter, meter.name, 0));
  cells.set("EffectivePrice", dec(meter.price))
      .set("Quantity", amount)
      .set("CostInBillingCurrency", cost)
      .set("Date", us_date(month_.day(month_.days())));
  one(std::move(cells), true, true);
  count("Usage", cost, cost, amount * dec(meter.list_price), cost);
  (team(resource(meter, meter.name, 0)).empty() ? facts_.untagged : facts_.tagged) += cost;
}

std::string AzureBill::file(const char* dataset) const {
  std::string last = base::print_date(month_.day(month_.days()));
  std::string first = base::print_date(month_.first);
  std::erase(last, '-');
  std::erase(first, '-');
  const std::uint64_t run =
      mix(company_.seed, fmt::format("{}{}{}", dataset, first, task_.is_restated));
  return fmt::format(
      "azure/{}/{}-{}/{}-0000-4000-8000-{}/part_0_0001.csv{}",
      dataset,
      first,
      last,
      hex(run, 8),
      hex(run >> 16, 12),
      task_.compression == Compression::gzip ? ".gz" : "");
}

base::Result<DemoFile> AzureBill::finish(
    BillSink& sink, const char* dataset, const std::string& file) {
  DemoFile out{file, "azure", month_.text(), sink.rows(), 0};
  out.bytes = TRY(sink.close());
  const std::string folder = file.substr(0, file.rfind('/'));
  const std::string text = fmt::format(
      "{{\n  \"manifestVersion\": \"2024-04-01\",\n  \"byteCount\": {},\n  \"blobCount\": 1,\n"
      "  \"dataRowCount\": {},\n"
      "  \"exportConfig\": {{\"exportName\": \"{}\", \"type\": \"{}\", \"dataVersion\": "
      "\"2024-08-01\", \"timeFrame\": \"Custom\"}},\n"
      "  \"deliveryConfig\": {{\"partitionData\": true, \"dataOverwriteBehavior\": "
      "\"CreateNewReport\", \"fileFormat\": \"Csv\"}},\n"
      "  \"runInfo\": {{\"runId\": \"{}\", \"startDate\": \"{}T00:00:00\", \"endDate\": "
      "\"{}T00:00:00\"}},\n"
      "  \"blobs\": [{{\"blobName\": \"{}\", \"byteCount\": {}, \"dataRowCount\": {}}}]\n}}\n",
      out.bytes,
      out.rows,
      dataset,
      dataset == std::string_view("actual") ? "ActualCost" : "AmortizedCost",
      folder.substr(folder.rfind('/') + 1),
      base::print_date(month_.first),
      base::print_date(month_.day(month_.days())),
      file,
      out.bytes,
      out.rows);
  TRY(write_document(task_, folder + "/manifest.json", text));
  return out;
}

base::Result<BillResult> AzureBill::write() {
  const bool as_gzip = task_.compression == Compression::gzip;
  actual_ = TRY(open_bill(task_, file("actual"), as_gzip));
  amortized_ = TRY(open_bill(task_, file("amortized"), as_gzip));
  for (BillSink* sink : {&actual_, &amortized_}) sink->text(header_line(columns()));
  for (const AzureMeter& meter : meters()) {
    const std::int64_t number_of = company_.count(meter.count, month_, meter.name);
    for (std::int64_t number = 0; number < number_of; ++number) usage(meter, number);
  }
  reserved();
  marketplace();
  if (task_.is_restated) late_usage();
  BillResult out;
  out.files.push_back(TRY(finish(actual_, "actual", file("actual"))));
  out.files.push_back(TRY(finish(amortized_, "amortized", file("amortized"))));
  out.facts = std::move(facts_);
  out.currency = "EUR";
  return out;
}

}  // namespace

base::Result<BillResult> write_azure(const BillTask& task) { return AzureBill(task).write(); }

}  // namespace outlay::demo
