// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "demo/bill.h"
#include "demo/embedded.h"

namespace outlay::demo {
namespace {

using money::Decimal;

constexpr const char* kVendor = "Brightpane";

struct Product {
  const char* name;
  const char* category;
  const char* subcategory;
  const char* unit;
  const char* list_price;
  const char* price;
  long long base;  ///< units a day
};

constexpr Product kProducts[]{
    {"Brightpane Infrastructure",
     "Management and Governance",
     "Observability",
     "Host-Days",
     "0.8",
     "0.68",
     18},
    {"Brightpane Logs", "Management and Governance", "Observability", "GB", "0.32", "0.26", 90},
    {"Brightpane Traces",
     "Management and Governance",
     "Observability",
     "1M Spans",
     "1.7",
     "1.5",
     7},
};

const std::vector<std::string>& columns() {
  static const std::vector<std::string> names =
      base::split_trimmed(embedded_file("focus_1_2_columns.txt"), '\n');
  return names;
}

std::string day_text(base::Date date) { return base::print_date(date) + "T00:00:00Z"; }

/// The vendor delivers FOCUS 1.2 itself: one CSV a month.
class SaasBill {
 public:
  explicit SaasBill(const BillTask& task)
      : task_(task), company_(task.company), month_(task.month) {}

  base::Result<BillResult> write();

 private:
  CsvRow row() const;
  void usage(const Product& product, const std::string& team);
  void seats();

  const BillTask& task_;
  const Company& company_;
  const Month month_;
  BillSink sink_;
  BillFacts facts_;
};

CsvRow SaasBill::row() const {
  CsvRow out(columns());
  out.set("ProviderName", kVendor)
      .set("PublisherName", kVendor)
      .set("InvoiceIssuerName", "Brightpane Metrics, Inc.")
      .set("InvoiceId", fmt::format("BP-{}", month_.text()))
      .set("BillingAccountId", "bp-4711")
      .set("BillingAccountName", "Larkspur Goods")
      .set("BillingAccountType", "Organization")
      .set("SubAccountId", "bp-4711-main")
      .set("SubAccountName", "main")
      .set("SubAccountType", "Workspace")
      .set("BillingPeriodStart", day_text(month_.first))
      .set("BillingPeriodEnd", day_text(month_.next().first))
      .set("ChargePeriodStart", mark(Slot::start))
      .set("ChargePeriodEnd", mark(Slot::end))
      .set("BilledCost", mark(Slot::cost))
      .set("EffectiveCost", mark(Slot::cost))
      .set("ListCost", mark(Slot::list))
      .set("ContractedCost", mark(Slot::cost))
      .set("PricingCategory", "Standard")
      .set("PricingCurrency", "USD")
      .set("PricingCurrencyEffectiveCost", mark(Slot::cost))
      .set("BillingCurrency", "USD")
      .set("PricingQuantity", mark(Slot::quantity));
  return out;
}

void SaasBill::usage(const Product& product, const std::string& team) {
  const Decimal price = dec(product.price);
  const Decimal list_price = dec(product.list_price);
  const std::string sku = fmt::format("BP-{}", hex(mix(41, product.name), 6));
  const std::string resource = fmt::format("bp:workspace/main/{}", team);
  CsvRow cells = row();
  cells.set("ChargeCategory", "Usage")
      .set("ChargeDescription", fmt::format("{} of {}", product.unit, product.name))
      .set("ChargeFrequency", "Usage-Based")
      .set("ListUnitPrice", list_price)
      .set("ContractedUnitPrice", price)
      .set("PricingCurrencyListUnitPrice", list_price)
      .set("PricingCurrencyContractedUnitPrice", price)
      .set("PricingUnit", product.unit)
      .set("ConsumedQuantity", mark(Slot::quantity))
      .set("ConsumedUnit", product.unit)
      .set("ServiceName", product.name)
      .set("ServiceCategory", product.category)
      .set("ServiceSubcategory", product.subcategory)
      .set("SkuId", sku)
      .set("SkuMeter", product.unit)
      .set("SkuPriceId", sku + "-2026")
      .set("ResourceId", resource)
      .set("ResourceName", team)
      .set("ResourceType", "Workspace")
      .set("Tags", fmt::format(R"({{"team":"{}"}})", team));
  LinePattern line(cells.line());
  for (int day = 1; day <= month_.days(); ++day) {
    const base::Date date = month_.day(day);
    const long long base = product.base * 1'000'000 * company_.scale_millionths / 1'000'000;
    const Decimal quantity{company_.use(base, month_, day, mix(43, sku + team)) / 1000, 3};
    const Decimal cost = quantity * price;
    line.set(Slot::start, day_text(date));
    line.set(Slot::end, day_text(base::Date{std::chrono::sys_days{date} + std::chrono::days{1}}));
    line.set(Slot::quantity, quantity).set(Slot::cost, cost);
    line.set(Slot::list, quantity * list_price);
    sink_.row(line);
    facts_.add(cost, cost, quantity * list_price, cost);
    facts_.tagged += cost;
    ++facts_.rows["Usage"];
  }
}

void SaasBill::seats() {
  const Decimal quantity = Decimal::of(company_.count(40, month_, "seats"));
  const Decimal price = dec("15");
  CsvRow cells = row();
  cells.set("ChargeCategory", "Purchase")
      .set("ChargeDescription", "Named users")
      .set("ChargeFrequency", "Recurring")
      .set("ListUnitPrice", price)
      .set("ContractedUnitPrice", price)
      .set("PricingCurrencyListUnitPrice", price)
      .set("PricingCurrencyContractedUnitPrice", price)
      .set("PricingUnit", "User-Months")
      .set("ServiceName", "Brightpane Seats")
      .set("ServiceCategory", "Management and Governance")
      .set("ServiceSubcategory", "Observability")
      .set("SkuId", "BP-seats")
      .set("SkuMeter", "User-Months")
      .set("SkuPriceId", "BP-seats-2026");
  LinePattern line(cells.line());
  const Decimal cost = quantity * price;
  line.set(Slot::start, day_text(month_.first)).set(Slot::end, day_text(month_.next().first));
  line.set(Slot::quantity, quantity).set(Slot::cost, cost).set(Slot::list, cost);
  sink_.row(line);
  facts_.add(cost, cost, Decimal(), Decimal());
  ++facts_.rows["Purchase"];
}

base::Result<BillResult> SaasBill::write() {
  const std::string file = fmt::format("saas/brightpane/brightpane_focus_{}.csv", month_.text());
  sink_ = TRY(open_bill(task_, file, false));
  sink_.text(header_line(columns()));
  for (const Product& product : kProducts) {
    for (const std::string& team : teams()) usage(product, team);
  }
  seats();
  facts_.invoices[fmt::format("BP-{}", month_.text())] = facts_.billed;
  BillResult out;
  const long long rows = sink_.rows();
  const long long bytes = TRY(sink_.close());
  out.files.push_back({file, "saas", month_.text(), rows, bytes});
  out.facts = std::move(facts_);
  out.currency = "USD";
  return out;
}

}  // namespace

base::Result<BillResult> write_saas(const BillTask& task) { return SaasBill(task).write(); }

}  // namespace outlay::demo
