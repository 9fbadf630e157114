// SPDX-License-Identifier: Apache-2.0
#include "connectors/azure/connector.h"

#include "connectors/azure/exports.h"
#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using testing::HasSubstr;

constexpr auto kBenefit = "/providers/Microsoft.Capacity/reservationOrders/o1/reservations/R1";

// An Enterprise Agreement's export of one subscription in January.
class AzureTest : public BillTest {
 protected:
  static std::string header() {
    return "BillingAccountId,BillingPeriodStartDate,BillingPeriodEndDate,Date,SubscriptionId,"
           "MeterCategory,UnitOfMeasure,Quantity,EffectivePrice,CostInBillingCurrency,UnitPrice,"
           "PayGPrice,BillingCurrencyCode,ResourceLocation,ConsumedService,ResourceId,Tags,"
           "ChargeType,PricingModel,PublisherType,benefitId\n";
  }

  // date, unit, quantity, price of a unit, cost, charge type, pricing model
  static std::string line(
      const std::string& date,
      const std::string& quantity,
      const std::string& cost,
      const std::string& type = "Usage",
      const std::string& model = "OnDemand") {
    const bool is_covered = model == "Reservation";
    return fmt::format(
        "8000001,01/01/2026,01/31/2026,{},s1,Virtual Machines,10 Hours,{},0.18,{},1.80,{},EUR,"
        "EU West,Microsoft.Compute,/subscriptions/s1/resourceGroups/RG/providers/"
        "Microsoft.Compute/virtualMachines/VM1,\"\"\"env\"\": \"\"prod\"\"\",{},{},Azure,{}\n",
        date,
        quantity,
        cost,
        is_covered ? "0" : "2.00",
        type,
        model,
        is_covered ? kBenefit : "");
  }

  std::string actual() const {
    return header() + line("01/02/2026", "24", "4.32") +
           line("01/02/2026", "20", "0", "Usage", "Reservation") +
           line("01/01/2026", "1", "876", "Purchase", "Reservation") +
           line("01/03/2026", "-1", "-50", "Refund", "Reservation");
  }

  std::string amortized() const {
    return header() + line("01/02/2026", "24", "4.32") +
           line("01/02/2026", "20", "2.00", "Usage", "Reservation") +
           line("01/02/2026", "4", "0.40", "UnusedReservation", "Reservation");
  }
};

TEST_F(AzureTest, both_halves_make_one_bill_and_nothing_counts_twice) {
  write("x/ea_actual.csv", actual());
  write("x/ea_amortized.csv", amortized());
  const auto receipt = book(bills());
  EXPECT_EQ(receipt.rows_booked, 5);
  EXPECT_EQ(dropped(receipt), 2);
  EXPECT_EQ(sum("BilledCost"), "830.32");
  EXPECT_EQ(sum("EffectiveCost"), "6.72");
  EXPECT_EQ(
      ask("SELECT ChargeCategory, ChargeClass, CommitmentDiscountStatus, PricingCategory, "
          "count(*) FROM focus GROUP BY ALL ORDER BY ALL"),
      "Purchase|Correction|-|Standard|1 Purchase|-|-|Standard|1 Usage|-|Unused|Committed|1 "
      "Usage|-|Used|Committed|1 Usage|-|-|Standard|1");
}

TEST_F(AzureTest, what_a_file_holds_is_seen_from_its_rows_when_its_name_says_nothing) {
  write("one.csv", actual());
  write("two.csv", amortized());
  book(bills());
  EXPECT_EQ(sum("BilledCost"), "830.32");
  EXPECT_EQ(sum("EffectiveCost"), "6.72");
}

TEST_F(AzureTest, a_lone_half_books_what_it_knows_and_tells_what_it_does_not) {
  auto receipt = book(write("actual.csv", actual()));
  EXPECT_EQ(told(receipt, "azure.pair.no_amortized"), 1);
  EXPECT_EQ(sum("BilledCost"), "830.32");
  EXPECT_EQ(ask("SELECT count(*) FROM focus WHERE EffectiveCost IS NULL"), "1");
  receipt = book(write("amortized.csv", amortized()));
  EXPECT_EQ(told(receipt, "azure.pair.no_actual"), 2);
  EXPECT_EQ(sum("EffectiveCost"), "6.72");
  EXPECT_EQ(ask("SELECT count(DISTINCT x_Source) FROM focus"), "1");
}

TEST_F(AzureTest, halves_that_come_one_after_the_other_make_the_same_bill_in_either_order) {
  write("forth/ea_actual.csv", actual());
  write("forth/ea_amortized.csv", amortized());
  for (const auto* first : {"actual", "amortized"}) {
    const std::string second = first == std::string("actual") ? "amortized" : "actual";
    const std::string source = fmt::format("ea-{}-first", first);
    const FindSettings settings{.source = source};
    book(bills() / fmt::format("forth/ea_{}.csv", first), settings);
    book(bills() / fmt::format("forth/ea_{}.csv", second), settings);
    EXPECT_EQ(sum("BilledCost", fmt::format("x_Source = '{}'", source)), "830.32") << first;
    EXPECT_EQ(sum("EffectiveCost", fmt::format("x_Source = '{}'", source)), "6.72") << first;
    EXPECT_EQ(ask(fmt::format("SELECT count(*) FROM focus WHERE x_Source = '{}'", source)), "5");
    EXPECT_TRUE(book(bills() / "forth/ea_actual.csv", settings).already_booked);
  }
}

TEST_F(AzureTest, a_month_stays_when_the_next_one_comes_under_the_same_file_names) {
  const FindSettings settings{.source = "ea"};
  book(write("ea_actual.csv", actual()), settings);
  const auto february =
      base::replace_all(base::replace_all(actual(), "01/31/2026", "02/28/2026"), "01/0", "02/0");
  book(write("ea_actual.csv", february), settings);
  EXPECT_EQ(
      ask("SELECT BillingPeriodStart, CAST(sum(BilledCost) AS DECIMAL(9,2)) FROM focus "
          "GROUP BY ALL ORDER BY ALL"),
      "2026-01-01T00:00:00Z|830.32 2026-02-01T00:00:00Z|830.32");
}

TEST_F(AzureTest, quantities_are_in_blocks_only_where_the_cost_says_so) {
  const auto sold = [&](const std::string& cost) {
    return base::replace_all(line("01/02/2026", "24", cost), ",0.18,", ",1.80,");
  };
  book(write("actual.csv", header() + sold("4.32") + sold("43.20")));
  EXPECT_EQ(
      ask("SELECT CAST(PricingQuantity AS DOUBLE), CAST(ContractedCost AS DOUBLE) FROM focus "
          "ORDER BY x_Row"),
      "2.4|4.32 24|43.2");
}

TEST_F(AzureTest, prices_are_for_blocks_of_units_and_a_price_of_0_is_unknown) {
  book(write("amortized.csv", amortized()));
  EXPECT_EQ(
      ask("SELECT PricingUnit, ConsumedUnit, CAST(PricingQuantity AS DOUBLE), "
          "CAST(ConsumedQuantity AS DOUBLE), CAST(ListCost AS DOUBLE), CAST(ContractedCost AS "
          "DOUBLE), RegionId, ServiceName, ServiceCategory FROM focus WHERE x_Row = 1"),
      "10 Hours|Hours|2.4|24|4.8|4.32|westeurope|Virtual Machines|Compute");
  EXPECT_EQ(
      ask("SELECT ListCost, CAST(ContractedCost AS DOUBLE) FROM focus WHERE x_Row = 2"), "-|3.6");
  EXPECT_EQ(ask("SELECT Tags ->> '$.env' FROM focus WHERE x_Row = 1"), "prod");
  EXPECT_EQ(
      ask("SELECT DISTINCT CommitmentDiscountId FROM focus WHERE CommitmentDiscountId IS NOT NULL"),
      base::lower(kBenefit));
}

TEST_F(AzureTest, the_order_of_slash_dates_is_the_whole_columns_and_never_guessed) {
  const auto paid = [](const std::string& date) {
    return "SubscriptionGuid,UsageDateTime,MeterCategory,ConsumedService,UsageQuantity,PreTaxCost,"
           "Currency,UnitOfMeasure,MeterId\n"
           "s1,03/04/2026,Storage,Microsoft.Storage,1,1.5,USD,1 GB,m\n"
           "s1," +
           date + ",Storage,Microsoft.Storage,1,1.5,USD,1 GB,m\n";
  };
  book(write("month.csv", paid("03/25/2026")));
  EXPECT_EQ(ask("SELECT min(ChargePeriodStart) FROM focus"), "2026-03-04T00:00:00Z");
  book(write("day.csv", paid("25/04/2026")));
  EXPECT_EQ(
      ask("SELECT min(ChargePeriodStart) FROM focus WHERE x_Source = 'day'"),
      "2026-04-03T00:00:00Z");
  const auto path = write("unclear.csv", paid("05/04/2026"));
  const auto unclear = try_book(path);
  ASSERT_FALSE(unclear);
  EXPECT_THAT(unclear.error().text(), HasSubstr("--format azure-month-first"));
  EXPECT_TRUE(try_book(path, {.format = "azure-day-first"}));
}

TEST_F(AzureTest, headers_in_other_languages_carry_the_english_name_in_brackets) {
  book(write(
      "de.csv",
      "\xEF\xBB\xBF"
      "Abonnement (SubscriptionId),Datum (Date),Kategorie (MeterCategory),"
      "Dienst (ConsumedService),Kosten (Cost),Menge (Quantity),Einheit (UnitOfMeasure),"
      "W\xC3\xA4hrung (BillingCurrency)\ns1,2026-01-05,Bandwidth,Microsoft.Network,1.25,10,1 "
      "GB,EUR\n"));
  EXPECT_EQ(
      sum("BilledCost", "BillingCurrency = 'EUR' AND ServiceCategory = 'Networking'"), "1.25");
}

TEST_F(AzureTest, prices_of_customer_agreements_are_turned_into_the_billing_currency) {
  book(write(
      "mca.csv",
      "billingAccountId,billingProfileId,invoiceId,date,subscriptionId,meterCategory,"
      "consumedService,unitOfMeasure,quantity,effectivePrice,costInBillingCurrency,"
      "costInPricingCurrency,unitPrice,PayGPrice,billingCurrency,pricingCurrency,"
      "exchangeRatePricingToBilling,paygCostInBillingCurrency,chargeType,pricingModel,meterId\n"
      "a:b_2019,profile,INV1,2026-01-05,s1,Storage,Microsoft.Storage,1 GB,10,0.5,4.50,5,0.5,0.6,"
      "EUR,USD,0.9,5.40,Usage,OnDemand,m\n"));
  EXPECT_EQ(
      ask("SELECT BillingAccountId, InvoiceId, PricingCurrency, CAST(BilledCost AS DOUBLE), "
          "CAST(ListCost AS DOUBLE), CAST(ContractedUnitPrice AS DOUBLE), "
          "CAST(PricingCurrencyContractedUnitPrice AS DOUBLE) FROM focus"),
      "profile|INV1|USD|4.5|5.4|0.45|0.5");
}

TEST_F(AzureTest, manifests_say_which_half_a_file_is_and_which_run_counts) {
  const auto manifest = [](const std::string& type, const std::string& run, const std::string& at) {
    return fmt::format(
        R"({{"manifestVersion":"2024-04-01","blobs":[{{"blobName":"exports/{0}/20260101-20260131/{1}/part_0_0001.csv","byteCount":1}}],)"
        R"("exportConfig":{{"exportName":"{0}","type":"{0}"}},"runInfo":{{"submittedTime":"{2}","startDate":"2026-01-01T00:00:00"}}}})",
        type,
        run,
        at);
  };
  const auto deliver = [&](const std::string& type,
                           const std::string& run,
                           const std::string& at,
                           const std::string& rows) {
    const std::string folder = "exports/" + type + "/20260101-20260131/" + run + "/";
    write(folder + "part_0_0001.csv", rows);
    write(folder + "manifest.json", manifest(type, run, at));
  };
  deliver("ActualCost", "bb", "2026-01-05T00:00:00Z", header() + line("01/02/2026", "1", "9"));
  deliver("ActualCost", "aa", "2026-01-06T00:00:00Z", actual());
  deliver("AmortizedCost", "cc", "2026-01-06T00:00:00Z", amortized());
  const auto receipt = book(bills());
  EXPECT_EQ(sum("BilledCost"), "830.32");
  EXPECT_EQ(receipt.skipped.size(), 2U);
}

TEST_F(AzureTest, of_exports_that_state_the_month_anew_every_day_the_newest_counts) {
  const std::string guid = "_0f8fad5b-d9cb-469f-a165-70867728950";
  write("cost" + guid + "1.csv", header() + line("01/02/2026", "24", "4.32"));
  write(
      "cost" + guid + "2.csv",
      header() + line("01/02/2026", "24", "4.32") + line("01/13/2026", "24", "4.32"));
  const auto receipt = book(bills());
  EXPECT_EQ(sum("BilledCost"), "8.64");
  EXPECT_EQ(receipt.skipped.size(), 1U);
}

TEST_F(AzureTest, two_files_of_the_same_total_are_not_added_up) {
  const auto rows = header() + line("01/13/2026", "24", "4.32");
  write("a.csv", rows);
  write("b.csv", rows + " ");
  const auto refused = try_book(bills());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("actual or amortized"));
}

TEST_F(AzureTest, a_name_says_which_half_it_is) {
  EXPECT_EQ(half_of({.name = "exports/daily-ActualCost/part.csv"}), "actual");
  EXPECT_EQ(half_of({.name = "actual/amortised_2026.csv"}), "amortized");
  EXPECT_EQ(half_of({.name = "bill.csv"}), "");
  EXPECT_EQ(without_half("ea_actual_2026-01"), "ea_2026-01");
}

TEST_F(AzureTest, microsofts_focus_writes_0_for_prices_it_does_not_know) {
  const auto receipt = book(write(
      "focus.csv",
      "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingPeriodStart,"
      "BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ProviderName,"
      "PublisherName,ServiceName,ServiceCategory,ResourceId,x_SkuMeterCategory,x_PricingBlockSize,"
      "x_SkuMeterId,x_CostCenter\n"
      "5,5,0,0,USD,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,2026-01-02T00:00:00Z,"
      "2026-01-03T00:00:00Z,Usage,Microsoft,,,Compute,/Subscriptions/X,Virtual Machines,1,m,\n"));
  EXPECT_EQ(told(receipt, "azure.focus.price.zero"), 1);
  EXPECT_EQ(
      ask("SELECT ListCost, ContractedCost, PublisherName, ServiceName, ResourceId FROM focus"),
      "-|-|Microsoft|Virtual Machines|/subscriptions/x");
}

TEST_F(AzureTest, the_published_bills_tie) {
  NEED_SHARED(actual, "azure/constructed_ea_actual_2026-01.csv");
  std::filesystem::copy(*actual, bills() / "ea_actual.csv");
  std::filesystem::copy(
      actual->parent_path() / "constructed_ea_amortized_2026-01.csv", bills() / "ea_amortized.csv");
  EXPECT_EQ(book(bills()).rows_booked, 12);
  EXPECT_EQ(sum("BilledCost"), "868.96");
  EXPECT_EQ(sum("EffectiveCost"), "50.16");
}

}  // namespace
}  // namespace outlay::connectors
