// SPDX-License-Identifier: Apache-2.0
#include "ledger/conformance_testing.h"

namespace outlay::ledger {
namespace {

TEST_F(Conformance, a_row_that_keeps_every_rule_has_a_full_score) {
  const auto report = check(std::vector<Row>{usage()});
  EXPECT_EQ(failed(report), Ids{});
  EXPECT_EQ(report.score(), "100.0");
  EXPECT_TRUE(report.conforms());
  EXPECT_EQ(report.rows, 1);
}

TEST_F(Conformance, every_version_has_rules_and_ids_are_unique_in_each) {
  for (const auto& version : conformance_versions()) {
    for (const char* dataset :
         {"cost_and_usage", "contract_commitment", "billing_period", "invoice_detail"}) {
      std::vector<std::string> ids;
      for (const auto& rule : conformance_rules_of(dataset, version)) {
        ids.push_back(rule.id);
        EXPECT_FALSE(rule.statement.empty()) << rule.id;
        EXPECT_TRUE(rule.keyword == "MUST" || rule.keyword == "SHOULD") << rule.id;
        EXPECT_EQ(rule.holds.find("{c"), std::string::npos) << rule.id << ": " << rule.holds;
        EXPECT_EQ(rule.query.find('{'), std::string::npos) << rule.id << ": " << rule.query;
      }
      std::sort(ids.begin(), ids.end());
      EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << dataset << version;
    }
    EXPECT_GT(conformance_rules_of("cost_and_usage", version).size(), 150U) << version;
  }
}

TEST_F(Conformance, a_mandatory_column_that_is_missing_fails_its_presence) {
  Row row = usage();
  row.erase("ContractedCost");
  row.erase("ServiceSubcategory");
  const auto report = check(std::vector<Row>{row});
  EXPECT_EQ(failed(report), (Ids{"CU.ContractedCost.presence", "CU.ServiceSubcategory.presence"}));
  EXPECT_EQ(outcome(report, "CU.ServiceSubcategory.presence").rule.keyword, "SHOULD");
  EXPECT_EQ(outcome(report, "CU.ContractedCost.not_null").status, RuleStatus::not_checked);
}

TEST_F(Conformance, columns_that_come_in_company_are_missed) {
  auto rows = commitment();
  for (auto& row : rows) row.erase("CommitmentDiscountStatus");
  EXPECT_EQ(
      failed(check(rows)),
      (Ids{"CU.CommitmentDiscountStatus.with_commitment", "CU.ConsumedQuantity.set_on_usage"}));
  for (auto& row : rows) {
    for (const char* column :
         {"CommitmentDiscountId",
          "CommitmentDiscountCategory",
          "CommitmentDiscountName",
          "CommitmentDiscountQuantity",
          "CommitmentDiscountType",
          "CommitmentDiscountUnit"}) {
      row.erase(column);
    }
  }
  const auto report = check(rows);
  EXPECT_EQ(outcome(report, "CU.SkuPriceId.with_sku").status, RuleStatus::passed);
}

TEST_F(Conformance, words_in_a_number_and_a_time_fail_their_type) {
  EXPECT_EQ(
      failed_with(
          {{{"BilledCost", "two"}},
           {{"ChargePeriodEnd", "soon"}},
           {{"SkuPriceDetails", R"({"CoreCount": "two"})"}}}),
      (
          Ids{"CU.BilledCost.format",
              "CU.BilledCost.not_null",
              "CU.BilledCost.type",
              "CU.ChargePeriodEnd.format",
              "CU.ChargePeriodEnd.not_null",
              "CU.ChargePeriodEnd.type",
              "CU.SkuPriceDetails.numbers"}));
}

TEST_F(Conformance, formats_that_the_standard_allows_pass) {
  EXPECT_EQ(
      failed_with(
          {{{"EffectiveCost", "2.0E0"}},
           {{"ChargePeriodEnd", "2026-01-02T01:00:00.5Z"}},
           {{"ConsumedUnit", "GB-Hours"}},
           {{"ConsumedUnit", "1000 Requests"}},
           {{"ConsumedUnit", "GB/Hour"}},
           {{"PricingCurrency", "credits"}},
           {{"ContractApplied",
             R"({"Elements": [{"ContractId": "c", "ContractCommitmentId": "d",
                 "ContractCommitmentAppliedCost": 2}]})"}},
           {{"ContractApplied",
             R"({"Elements": [{"ContractID": "c", "ContractCommitmentID": "d",
                 "ContractCommitmentAppliedQuantity": 2, "ContractCommitmentAppliedUnit": "h"}]})"}}}),
      Ids{});
}

TEST_F(Conformance, formats_are_those_of_the_standard) {
  EXPECT_EQ(
      failed_with(
          {{{"EffectiveCost", "+2"}},
           {{"ChargePeriodEnd", "2026-01-02 01:00:00"}},
           {{"BillingCurrency", "US$"}, {"InvoiceId", "INV-2"}, {"PricingCurrency", "credits"}},
           {{"PricingCurrency", "usd"}},
           {{"ConsumedUnit", "hours"}},
           {{"PricingUnit", "hours*2"}},
           {{"RegionName", "N/A"}, {"RegionId", "eu-2"}}}),
      (
          Ids{"CU.BillingCurrency.iso_4217",
              "CU.ChargePeriodEnd.format",
              "CU.ConsumedUnit.unit_casing",
              "CU.EffectiveCost.format",
              "CU.PricingCurrency.format",
              "CU.PricingUnit.unit_format",
              "CU.RegionName.no_placeholder"}));
}

TEST_F(Conformance, json_columns_have_the_shape_they_should) {
  const auto report = check(std::vector<Row>{
      usage(),
      with(usage(), {{"Tags", "team=web"}}),
      with(usage(), {{"Tags", R"({"a": {"b": 1}})"}}),
      with(usage(), {{"Tags", R"({"a": 1, "a": 2})"}}),
      with(usage(), {{"SkuPriceDetails", R"({"Cores": 2})"}}),
      with(usage(), {{"ContractApplied", R"({"Elements": []})"}}),
      with(
          usage(),
          {{"ContractApplied",
            R"({"Elements": [{"ContractId": "c", "ContractCommitmentID": "d",
                "ContractCommitmentAppliedCost": 2}]})"}}),
      with(
          usage(),
          {{"ContractApplied",
            R"({"Elements": [{"ContractId": "c", "ContractCommitmentId": "d"}]})"}})});
  EXPECT_EQ(
      failed(report),
      (
          Ids{"CU.ContractApplied.amount",
              "CU.ContractApplied.object",
              "CU.SkuPriceDetails.keys",
              "CU.Tags.key_value"}));
  EXPECT_EQ(outcome(report, "CU.Tags.key_value").violations, 3);
  EXPECT_EQ(outcome(report, "CU.ContractApplied.object").violations, 2);
  EXPECT_EQ(outcome(report, "CU.ContractApplied.amount").violations, 1);
}

Row tax() {
  return {
      {"ChargeCategory", "Tax"},
      {"ListUnitPrice", ""},
      {"ContractedUnitPrice", ""},
      {"PricingCurrencyListUnitPrice", ""},
      {"PricingCurrencyContractedUnitPrice", ""},
      {"PricingQuantity", ""},
      {"PricingUnit", ""},
      {"PricingCategory", ""},
      {"SkuId", ""},
      {"SkuPriceId", ""},
      {"SkuMeter", ""},
      {"SkuPriceDetails", ""},
      {"ConsumedQuantity", ""},
      {"ConsumedUnit", ""}};
}

TEST_F(Conformance, what_may_be_null_may_be) {
  EXPECT_EQ(
      failed_with({tax(), credit(), {{"ListUnitPrice", ""}, {"ChargeClass", "Correction"}}}),
      Ids{});
}

TEST_F(Conformance, what_must_be_null_is_and_what_may_not_be_is_not) {
  EXPECT_EQ(
      failed_with(
          {{{"ListUnitPrice", ""}},
           {{"ConsumedUnit", ""}},
           {{"ConsumedUnit", ""}, {"ConsumedQuantity", ""}},
           {{"CapacityReservationId", "cr-1"}},
           {{"CapacityReservationStatus", "Used"}},
           {{"ResourceType", ""}},
           {{"ServiceName", ""}},
           with(tax(), {{"SkuId", "SKU-9"}})}),
      (
          Ids{"CU.CapacityReservationStatus.null_without_reservation",
              "CU.CapacityReservationStatus.set_on_usage",
              "CU.ConsumedQuantity.set_on_usage",
              "CU.ConsumedUnit.exactly_with_quantity",
              "CU.ListUnitPrice.set_when_priced",
              "CU.ResourceType.exactly_with_resource",
              "CU.ServiceName.not_null",
              "CU.SkuId.null_on_tax",
              "CU.SkuMeter.set"}));
}

TEST_F(Conformance, values_are_those_allowed) {
  EXPECT_EQ(
      failed_with(
          {{{"ServiceCategory", "Machines"}, {"ServiceName", "one"}},
           {{"ServiceSubcategory", "Caching"}, {"ServiceName", "two"}},
           {{"ChargeCategory", "Purchase"}, {"ConsumedQuantity", ""}, {"ConsumedUnit", ""}},
           {{"PricingCurrencyListUnitPrice", "-1"}}}),
      (
          Ids{"CU.ChargeFrequency.not_usage_based_purchase",
              "CU.PricingCurrencyListUnitPrice.not_negative",
              "CU.ServiceCategory.values",
              "CU.ServiceSubcategory.parent"}));
}

TEST_F(Conformance, columns_are_spelled_prefixed_and_ordered) {
  const auto path = file("odd.csv", "x_Own,billedcost,ChargeThing,ServiceName\n1,2,3,Machines\n");
  const auto reports = check({path}, "1.2", 0);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(outcome(reports[0], "CU.columns.spelling").note, "billedcost");
  EXPECT_EQ(outcome(reports[0], "CU.columns.prefix").note, "ChargeThing");
  EXPECT_EQ(outcome(reports[0], "CU.columns.order").note, "billedcost, ServiceName");
  EXPECT_EQ(outcome(reports[0], "CU.BilledCost.not_null").status, RuleStatus::passed);
}

TEST_F(Conformance, the_version_whose_columns_a_file_has_is_asked) {
  EXPECT_EQ(check(std::vector<Row>{usage()}, "").version, "1.3");
  Row row = usage();
  row.erase("HostProviderName");
  row.erase("ServiceProviderName");
  for (const char* column :
       {"AllocatedMethodDetails",
        "AllocatedMethodId",
        "AllocatedResourceId",
        "AllocatedResourceName",
        "AllocatedTags",
        "ContractApplied"}) {
    row.erase(column);
  }
  EXPECT_EQ(check(std::vector<Row>{row}, "").version, "1.2");
}

TEST_F(Conformance, parquet_is_checked_by_its_own_types) {
  store::DuckSettings engine;
  engine.temp_folder = folder_.string();
  auto database = store::DuckDatabase::open(engine);
  ASSERT_TRUE(database) << database.error().text();
  auto duck = (*database)->connect();
  ASSERT_TRUE(duck) << duck.error().text();
  const auto path = folder_ / "typed.parquet";
  ASSERT_TRUE(duck->run(
      "COPY (SELECT CAST(2 AS DECIMAL(20,4)) AS BilledCost, 100 AS BillingAccountId, 'x' AS "
      "ServiceName, DATE '2026-01-01' AS ChargePeriodStart) TO '" +
      path.string() + "' (FORMAT parquet)"));
  const auto reports = check({path}, "1.2", 0);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(outcome(reports[0], "CU.BilledCost.type").status, RuleStatus::passed);
  EXPECT_EQ(outcome(reports[0], "CU.BillingAccountId.type").status, RuleStatus::failed);
  EXPECT_EQ(outcome(reports[0], "CU.BillingAccountId.type").first_row, 1);
  EXPECT_EQ(outcome(reports[0], "CU.ChargePeriodStart.type").status, RuleStatus::failed);
}

TEST_F(Conformance, what_is_booked_is_traced_to_its_file_and_row) {
  Row good = usage();
  Row bad = with(usage(), {{"ListCost", "4"}});
  book({csv("first.csv", {good, good}), csv("second.csv", {good, bad})});
  auto reports = ledger_->conformance({.version = "1.3"});
  ASSERT_TRUE(reports) << reports.error().text();
  ASSERT_EQ(reports->size(), 1U);
  EXPECT_EQ(reports->front().subject, "test");
  // Recommended columns that no row fills are told beside it.
  EXPECT_EQ(
      failed(reports->front()),
      (
          Ids{"CU.AllocatedMethodDetails.presence",
              "CU.AvailabilityZone.presence",
              "CU.ListCost.product"}));
  const auto& found = outcome(reports->front(), "CU.ListCost.product");
  EXPECT_EQ(found.first_file, "second.csv");
  EXPECT_EQ(found.first_row, 2);
  EXPECT_FALSE(ledger_->conformance({.source = "nobody"}).has_value());
  EXPECT_FALSE(ledger_->conformance({.version = "0.9"}).has_value());
}

TEST_F(Conformance, a_file_that_is_no_focus_data_set_is_refused_by_name) {
  store::DuckSettings engine;
  engine.temp_folder = folder_.string();
  const auto refused = check_focus_files({file("other.csv", "a,b\n1,2\n")}, {}, engine);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().text().find("other.csv"), std::string::npos);
  EXPECT_FALSE(check_focus_files({folder_ / "gone.csv"}, {}, engine).has_value());
}

}  // namespace
}  // namespace outlay::ledger
