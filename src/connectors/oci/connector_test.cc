// SPDX-License-Identifier: Apache-2.0
#include "connectors/oci/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

class OciTest : public BillTest {
 protected:
  static std::string report(const std::vector<std::string>& rows) {
    return "lineItem/referenceNo,lineItem/tenantId,lineItem/intervalUsageStart,"
           "lineItem/intervalUsageEnd,product/service,product/compartmentId,product/region,"
           "product/resourceId,usage/billedQuantity,usage/billedQuantityOverage,cost/productSku,"
           "cost/unitPrice,cost/unitPriceOverage,cost/myCost,cost/myCostOverage,cost/currencyCode,"
           "cost/skuUnitDescription,cost/overageFlag,lineItem/isCorrection,"
           "lineItem/backreferenceNo,tags/Ops.team,tags/a\\b.c\n" +
           base::join(rows, "\n") + "\n";
  }

  // reference, cost, overage cost, overage flag, correction, back reference
  static std::string row(
      const std::string& reference,
      const std::string& cost,
      const std::string& overage = "",
      const std::string& flag = "false",
      const std::string& correction = "false",
      const std::string& back = "") {
    return fmt::format(
        "{},t,2026-01-05T10:00Z,2026-01-05T11:00:00Z,COMPUTE,c,us-sanjose-1,"
        "ocid1.instance.oc1.x,2,,B1,0.5,0.6,{},{},USD,Hours,{},{},{},cart,z",
        reference,
        cost,
        overage,
        flag,
        correction,
        back);
  }
};

TEST_F(OciTest, a_row_sent_again_counts_once_within_and_across_files) {
  auto receipt = book(
      write("1.csv", report({row("a", "1"), row("a", "1"), row("b", "2E-3")})), {.source = "o"});
  EXPECT_EQ(dropped(receipt), 1);
  receipt = book(write("2.csv", report({row("b", "2E-3"), row("c", "4")})), {.source = "o"});
  EXPECT_EQ(sum("BilledCost"), "5.002");
}

TEST_F(OciTest, corrections_are_further_rows_that_lead_back) {
  book(write("1.csv", report({row("a", "1"), row("b", "-0.25", "", "false", "true", "a")})));
  EXPECT_EQ(sum("EffectiveCost"), "0.75");
  EXPECT_EQ(
      ask("SELECT ChargeClass, x_BackReferenceNo FROM focus WHERE x_Row = 2"), "Correction|a");
}

TEST_F(OciTest, overage_is_added_unless_the_cost_is_the_overage) {
  book(write("1.csv", report({row("a", "1", "0.5", "false"), row("b", "2", "2", "true")})));
  EXPECT_EQ(sum("BilledCost"), "3.5");
}

TEST_F(OciTest, tags_units_and_times_are_read_and_the_list_price_stays_unknown) {
  const auto receipt = book(write("1.csv", report({row("a", "1")})));
  EXPECT_EQ(told(receipt, "oci.list.unknown"), 1);
  EXPECT_EQ(
      ask("SELECT Tags, PricingUnit, ResourceType, ServiceCategory, ChargePeriodEnd, ListCost FROM "
          "focus"),
      R"({"Ops.team":"cart","a\\b.c":"z"}|Hours|instance|Compute|2026-01-05T11:00:00Z|-)");
}

TEST_F(OciTest, the_published_report_ties) {
  NEED_SHARED(path, "oci/cost_report_2023-11-13.csv");
  EXPECT_EQ(book(*path).rows_booked, 506);
  EXPECT_EQ(sum("BilledCost"), "2.523589325400648027");
}

TEST_F(OciTest, oracles_focus_files_add_up_and_their_effective_cost_of_0_is_mended) {
  const std::string header =
      "BilledCost,EffectiveCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,"
      "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,Provider,Publisher,InvoiceIssuer,"
      "ServiceName,ServiceCategory,Region,oci_ReferenceNumber,oci_OverageFlag\n";
  const auto line = [](const std::string& reference) {
    return "1.5,0,USD,2026-01-01T00:00Z,2026-02-01T00:00Z,2026-01-02T00:00Z,2026-01-02T01:00Z,"
           "Usage,Oracle,Oracle,Oracle,COMPUTE,Compute,us-sanjose-1," +
           reference + ",N\n";
  };
  book(write("1.csv", header + line("a")), {.source = "o"});
  book(write("2.csv", header + line("a") + line("b")), {.source = "o"});
  EXPECT_EQ(sum("BilledCost"), "3");
  EXPECT_EQ(sum("EffectiveCost"), "3");
}

}  // namespace
}  // namespace outlay::connectors
