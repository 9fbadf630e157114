// SPDX-License-Identifier: Apache-2.0
#include "ledger/conformance_testing.h"

namespace outlay::ledger {
namespace {

TEST_F(Conformance, a_commitment_that_adds_up_keeps_every_rule) {
  EXPECT_EQ(failed(check(commitment())), Ids{});
}

TEST_F(Conformance, all_costs_of_a_credit_are_one_and_one_thing_has_one_name) {
  EXPECT_EQ(
      failed_with(
          {with(credit(), {{"ListCost", "0"}}),
           {{"ServiceCategory", "Storage"}, {"ServiceSubcategory", "File Storage"}},
           {{"SkuId", "SKU-2"}}}),
      (
          Ids{"CU.ListCost.same_on_credit",
              "CU.ServiceName.one_category",
              "CU.ServiceName.one_subcategory",
              "CU.SkuPriceId.one_sku"}));
}

TEST_F(Conformance, a_product_that_is_not_the_cost_is_told_with_the_amount_and_the_row) {
  const auto report =
      check(std::vector<Row>{usage(), usage(), with(usage(), {{"ListCost", "3.25"}})});
  EXPECT_EQ(failed(report), (Ids{"CU.ListCost.product"}));
  const auto& found = outcome(report, "CU.ListCost.product");
  EXPECT_EQ(found.checked, 3);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(found.first_file, "rows.csv");
  EXPECT_EQ(found.first_row, 3);
  ASSERT_EQ(found.amounts.size(), 1U);
  EXPECT_EQ(found.amounts[0].first, "USD");
  EXPECT_EQ(found.amounts[0].second.short_text(), "0.25");
  ASSERT_EQ(found.examples.rows.size(), 1U);
  EXPECT_EQ(found.examples.at(0, "ListCost"), "3.25");
  EXPECT_EQ(found.examples.at(0, "Row"), "3");
}

TEST_F(Conformance, a_correction_may_miss_the_product_until_1_4_says_otherwise) {
  Row row = with(usage(), {{"ChargeClass", "Correction"}, {"ContractedCost", "1"}});
  EXPECT_EQ(failed(check(std::vector<Row>{row})), Ids{});
  row.erase("ProviderName");
  row.erase("PublisherName");
  EXPECT_EQ(failed(check(std::vector<Row>{row}, "1.4")), (Ids{"CU.ContractedCost.product"}));
}

TEST_F(Conformance, money_of_commitments_is_kept) {
  auto rows = commitment();
  rows[0]["BilledCost"] = "1";
  rows[2]["EffectiveCost"] = "2";
  rows[2]["PricingCurrencyEffectiveCost"] = "2";
  EXPECT_EQ(
      failed(check(rows)),
      (Ids{"CU.BilledCost.zero_when_covered", "CU.EffectiveCost.zero_on_covering_purchase"}));
  rows = commitment();
  rows[1]["EffectiveCost"] = "0.5";
  rows[1]["PricingCurrencyEffectiveCost"] = "0.5";
  const auto report = check(rows);
  EXPECT_EQ(failed(report), (Ids{"CU.EffectiveCost.commitment_bought_is_used"}));
  const auto& found = outcome(report, "CU.EffectiveCost.commitment_bought_is_used");
  EXPECT_EQ(found.amounts.at(0).second.short_text(), "0.5");
  EXPECT_EQ(found.examples.at(0, "Subject"), "ri-1");
  rows[1]["EffectiveCost"] = "1.5";
  rows[1]["PricingCurrencyEffectiveCost"] = "1.5";
  EXPECT_EQ(failed(check(rows)), (Ids{"CU.EffectiveCost.commitment_used_is_bought"}));
}

TEST_F(Conformance, the_unused_row_belongs_to_the_commitment) {
  auto rows = commitment();
  rows[1]["ResourceId"] = "vm-1";
  rows[1]["ConsumedQuantity"] = "1";
  rows[1]["ConsumedUnit"] = "Hours";
  rows[2]["CommitmentDiscountStatus"] = "Used";
  rows[2]["PricingCategory"] = "Committed";
  EXPECT_EQ(
      failed(check(rows)),
      (
          Ids{"CU.BilledCost.zero_when_covered",
              "CU.CommitmentDiscountStatus.null_on_purchase",
              "CU.ConsumedQuantity.null_when_not_consumed",
              "CU.PricingCategory.purchase_not_committed",
              "CU.ResourceId.is_commitment",
              "CU.ResourceId.is_consumer"}));
}

TEST_F(Conformance, a_third_party_that_collects_the_money_leaves_nothing_billed_until_1_2) {
  Row row = usage();
  for (const char* column :
       {"AllocatedMethodDetails",
        "AllocatedMethodId",
        "AllocatedResourceId",
        "AllocatedResourceName",
        "AllocatedTags",
        "ContractApplied",
        "HostProviderName",
        "ServiceProviderName"}) {
    row.erase(column);
  }
  row["InvoiceIssuerName"] = "Reseller";
  EXPECT_EQ(
      failed(check(std::vector<Row>{row}, "1.2")), (Ids{"CU.BilledCost.zero_when_third_party"}));
}

TEST_F(Conformance, the_shares_of_a_split_charge_add_up) {
  const auto split = [](const char* ratio, const char* resource) {
    return with(
        usage(),
        {{"AllocatedMethodId", "by-cpu"},
         {"AllocatedMethodDetails",
          std::string(R"({"Elements": [{"AllocatedRatio": )") + ratio + "}]}"},
         {"AllocatedResourceId", resource},
         {"AllocatedResourceName", resource},
         {"AllocatedTags", R"({"team": "web", "spot": true})"}});
  };
  EXPECT_EQ(failed(check({split("0.75", "pod-1"), split("0.25", "pod-2")})), Ids{});
  EXPECT_EQ(
      failed(check({split("0.75", "pod-1"), split("0.5", "pod-2")})),
      (Ids{"CU.AllocatedMethodDetails.shares"}));
  EXPECT_EQ(
      failed(check({split("1.75", "pod-1"), split("-0.75", "pod-2")})),
      (Ids{"CU.AllocatedMethodDetails.object"}));
  EXPECT_EQ(
      failed_with({{{"AllocatedResourceId", "pod-1"}}}),
      (Ids{"CU.AllocatedResourceId.null_without_split"}));
}

TEST_F(Conformance, invoices_are_compared_with_their_details) {
  Row row = usage();
  row.erase("ProviderName");
  row.erase("PublisherName");
  const auto charges = csv("charges.csv", {row, row});
  const auto detail = [&](const std::string& name, const std::string& cost) {
    return csv(
        name,
        {{{"BilledCost", cost},
          {"BillingAccountId", "100"},
          {"BillingCurrency", "USD"},
          {"BillingPeriodEnd", "2026-02-01T00:00:00Z"},
          {"BillingPeriodStart", "2026-01-01T00:00:00Z"},
          {"ChargeCategory", "Usage"},
          {"InvoiceDetailCreated", "2026-02-02T00:00:00Z"},
          {"InvoiceDetailDescription", ""},
          {"InvoiceDetailGrain", ""},
          {"InvoiceDetailId", "1"},
          {"InvoiceDetailLastUpdated", "2026-02-02T00:00:00Z"},
          {"InvoiceId", "INV-1"},
          {"InvoiceIssueDate", "2026-02-02T00:00:00Z"},
          {"InvoiceIssueStatus", "Issued"},
          {"InvoiceIssuerName", "Cloud"},
          {"PaymentDueDate", ""},
          {"PaymentTerms", "Net 30"},
          {"ReferenceInvoiceId", "INV-1"}}});
  };
  auto reports = check({charges, detail("four.csv", "4")}, "1.4", 0);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(failed(reports[0]), Ids{});
  EXPECT_EQ(failed(reports[1]), Ids{});
  EXPECT_EQ(outcome(reports[0], "CU.BilledCost.invoice_sum").status, RuleStatus::passed);
  reports = check({charges, detail("five.csv", "5")}, "1.4", 0);
  EXPECT_EQ(failed(reports[0]), (Ids{"CU.BilledCost.invoice_sum"}));
  EXPECT_EQ(
      outcome(reports[0], "CU.BilledCost.invoice_sum").amounts.at(0).second.short_text(), "1");
  EXPECT_EQ(
      outcome(check({charges}, "1.4", 0).at(0), "CU.BilledCost.invoice_sum").note,
      "no invoice_detail to compare with");
}

}  // namespace
}  // namespace outlay::ledger
