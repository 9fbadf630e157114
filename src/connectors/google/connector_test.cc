// SPDX-License-Identifier: Apache-2.0
#include "connectors/google/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using testing::HasSubstr;

class GoogleTest : public BillTest {
 protected:
  // One hour of usage as a nested row; `more` are further fields.
  static std::string row(
      const std::string& sku,
      const std::string& cost,
      const std::string& credits = "[]",
      const std::string& more = "") {
    return fmt::format(
        R"({{"billing_account_id":"A","service":{{"id":"S","description":"Compute Engine"}},)"
        R"("sku":{{"id":"K","description":"{}"}},"usage_start_time":"2026-01-05 08:00:00 UTC",)"
        R"("usage_end_time":"2026-01-05 09:00:00 UTC","project":{{"id":"p","labels":[{{"key":"cc","value":"1"}}]}},)"
        R"("labels":[{{"key":"env","value":"prod"}}],"system_labels":[{{"key":"cores","value":"8"}}],)"
        R"("tags":[{{"key":"env","value":"other"}},{{"key":"team","value":"cart"}}],)"
        R"("location":{{"region":"europe-west4"}},"export_time":"2026-01-05 14:00:00 UTC","cost":{},)"
        R"("currency":"EUR","usage":{{"amount":3600,"unit":"seconds","amount_in_pricing_units":8,"pricing_unit":"hour"}},)"
        R"("credits":{},"invoice":{{"month":"202601"}},"cost_type":"regular"{}}})"
        "\n",
        sku,
        cost,
        credits,
        more);
  }

  static std::string credit(const std::string& type, const std::string& amount) {
    return fmt::format(R"([{{"type":"{}","amount":{},"name":"n","id":"c1"}}])", type, amount);
  }

  static std::string subscription(const std::string& id) {
    return fmt::format(R"(,"subscription":{{"instance_id":"{}"}})", id);
  }
};

constexpr auto kCore = "N2 Instance Core running in EMEA";
constexpr auto kFee = "Commitment v1: N2 Cpu in EMEA for 1 Year";

TEST_F(GoogleTest, credits_lower_the_row_and_promotions_are_rows_of_their_own) {
  const auto receipt = book(write(
      "a.jsonl",
      row(kCore, "2.0", credit("SUSTAINED_USAGE_DISCOUNT", "-0.4")) +
          row(kCore, "1.0", credit("PROMOTION", "-0.6"))));
  EXPECT_EQ(receipt.rows_booked, 3);
  EXPECT_EQ(sum("BilledCost"), "2");
  EXPECT_EQ(sum("BilledCost", "ChargeCategory = 'Usage'"), "2.6");
  EXPECT_EQ(sum("EffectiveCost", "ChargeCategory = 'Credit'"), "-0.6");
}

TEST_F(GoogleTest, the_fee_of_a_commitment_is_shared_by_what_it_covers_and_the_rest_is_unused) {
  book(write(
      "a.jsonl",
      row(kCore, "4.0", credit("COMMITTED_USAGE_DISCOUNT", "-4.0"), subscription("sub-1")) +
          row(kCore, "4.0", credit("COMMITTED_USAGE_DISCOUNT", "-1.0"), subscription("sub-1")) +
          row(kFee, "8.0", "[]", R"(,"usage_x":1)" + subscription("sub-1"))));
  // 8 hours were committed for 8.0; 8 + 2 were claimed, so all of it is used: 6.4 and 1.6.
  EXPECT_EQ(sum("BilledCost"), "11");
  EXPECT_EQ(sum("EffectiveCost"), "11");
  EXPECT_EQ(sum("EffectiveCost", "CommitmentDiscountStatus = 'Used'"), "8");
  EXPECT_EQ(
      ask("SELECT ChargeCategory, CommitmentDiscountStatus, PricingCategory, count(*), "
          "CAST(sum(BilledCost) AS DOUBLE) FROM focus GROUP BY ALL ORDER BY ALL"),
      "Purchase|-|Standard|1|8 Usage|Used|Committed|2|0 Usage|-|Standard|1|3");
}

TEST_F(GoogleTest, what_a_commitment_does_not_cover_is_a_loss_of_its_own_row) {
  book(write(
      "a.jsonl",
      row(kFee, "8.0") +
          row(kCore, "1.0", credit("COMMITTED_USAGE_DISCOUNT", "-1.0")).replace(0, 0, "") +
          row("N2 Instance Ram running in EMEA", "3")));
  EXPECT_EQ(sum("EffectiveCost", "CommitmentDiscountStatus = 'Used'"), "8");
  book(write(
      "b.jsonl", row("Commitment v1: N2 Ram in EMEA for 1 Year", "5", "[]", subscription("x"))));
  EXPECT_EQ(sum("EffectiveCost", "CommitmentDiscountStatus = 'Unused'"), "5");
  EXPECT_EQ(sum("BilledCost", "CommitmentDiscountStatus = 'Unused'"), "0");
}

TEST_F(GoogleTest, months_are_pacific_and_labels_win_over_tags_and_projects) {
  book(write("a.jsonl", row(kCore, "1")));
  EXPECT_EQ(
      ask("SELECT BillingPeriodStart, BillingPeriodEnd FROM focus"),
      "2026-01-01T08:00:00Z|2026-02-01T08:00:00Z");
  EXPECT_EQ(
      ask("SELECT Tags FROM focus"), R"({"env":"prod","team":"cart","cc":"1","system:cores":"8"})");
}

TEST_F(GoogleTest, flattened_files_with_credits_as_python_prints_them_book_to_the_digit) {
  const auto receipt = book(write(
      "flat.csv",
      "billing_account_id,service.id,service.description,sku.id,sku.description,usage_start_time,"
      "usage_end_time,project.id,labels,cost,currency,credits,invoice.month,cost_type\n"
      "A,S,Cloud Storage,K,Standard Storage,2026-01-01T00:00:00,2026-01-01T01:00:00,p,"
      "\"[{'key': 'env', 'value': 'ci'}]\",0.12345678901234567890,EUR,"
      "\"[{'name': 'Free', 'amount': -0.02345678901234567890, 'type': "
      "'FREE_TIER'}]\",202601,regular\n"
      "A,S,Cloud Storage,K,Standard Storage,2026-01-01T00:00:00,2026-01-01T01:00:00,p,[],1,EUR,"
      "\"[{'amount': oops}]\",202601,regular\n"));
  EXPECT_EQ(receipt.rows_booked, 1);
  EXPECT_EQ(receipt.quarantined.size(), 1U);
  EXPECT_EQ(sum("BilledCost"), "0.1");
  EXPECT_EQ(ask("SELECT Tags ->> '$.env' FROM focus"), "ci");
}

TEST_F(GoogleTest, later_files_add_their_rows_and_rows_sent_again_count_once) {
  book(write("day1.jsonl", row(kCore, "1")), {.source = "g"});
  book(write("day2.jsonl", row(kCore, "1") + row(kCore, "2")), {.source = "g"});
  EXPECT_EQ(sum("BilledCost"), "3");
}

TEST_F(GoogleTest, tax_adjustments_and_rounding_keep_their_kind) {
  const auto of_type = [](const std::string& type, const std::string& more) {
    return base::replace_all(
        row("x", "1", "[]", more), "\"cost_type\":\"regular\"", "\"cost_type\":\"" + type + "\"");
  };
  book(write(
      "a.jsonl",
      of_type("tax", "") +
          of_type("adjustment", R"(,"adjustment_info":{"type":"GOODWILL","description":"sorry"})") +
          of_type("rounding_error", "")));
  EXPECT_EQ(
      ask("SELECT ChargeCategory, PricingQuantity, ChargeDescription FROM focus ORDER BY x_Row"),
      "Tax|-|x Credit|-|sorry Adjustment|-|x");
}

TEST_F(GoogleTest, fees_are_shared_by_region_machine_family_and_their_own_subscription) {
  const auto in = [](const std::string& text, const std::string& region) {
    return base::replace_all(text, "europe-west4", region);
  };
  const auto cud = credit("COMMITTED_USAGE_DISCOUNT", "-4.0");
  book(write(
      "a.jsonl",
      row(kCore, "4.0", cud) + row(kFee, "3.0") + in(row(kCore, "4.0", cud), "us-central1") +
          in(row(kFee, "2.0"), "us-central1") +
          row("Nvidia Tesla V100 GPU running in EMEA", "4.0", cud) +
          row("Nvidia L4 GPU running in EMEA", "8.0", cud) +
          row("Commitment v1: Nvidia Tesla V100 GPU running in EMEA for 1 Year", "1.0") +
          row("Commitment v1: Nvidia L4 GPU running in EMEA for 1 Year", "0.5")));
  EXPECT_EQ(
      ask("SELECT RegionId, CAST(EffectiveCost AS DOUBLE) FROM focus WHERE "
          "CommitmentDiscountStatus = 'Used' ORDER BY x_Row"),
      "europe-west4|3 us-central1|2 europe-west4|1 europe-west4|0.25");
  // Every commitment's fee is what its used and unused parts cost.
  EXPECT_EQ(
      ask("SELECT count(*) FROM (SELECT CommitmentDiscountId FROM focus WHERE CommitmentDiscountId "
          "IS NOT NULL GROUP BY ALL HAVING sum(BilledCost) <> sum(EffectiveCost))"),
      "0");
}

TEST_F(GoogleTest, usage_without_a_subscription_fills_one_fee_after_the_other) {
  const auto cud = credit("COMMITTED_USAGE_DISCOUNT", "-4.0");
  book(write(
      "a.jsonl",
      row(kCore, "4.0", cud) + row(kCore, "4.0", cud) + row(kFee, "5.0", "[]", subscription("a")) +
          row(kFee, "6.0", "[]", subscription("b"))));
  EXPECT_EQ(
      ask("SELECT CommitmentDiscountId, CAST(EffectiveCost AS DOUBLE) FROM focus WHERE "
          "CommitmentDiscountStatus = 'Used' ORDER BY x_Row"),
      "a|5 b|6");
}

TEST_F(GoogleTest, flexible_spend_commitments_cover_all_computing_and_a_row_may_have_two) {
  const auto flexible = "Commitment - dollar based v1: Compute Flexible CUD for 1 Year";
  const auto both =
      R"([{"type":"COMMITTED_USAGE_DISCOUNT","amount":-3.0},{"type":"COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE","amount":-1.0}])";
  book(write(
      "a.jsonl",
      base::replace_all(row(flexible, "4.0"), "europe-west4", "global") +
          base::replace_all(
              row("Autopilot Pod", "3.0", credit("COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "-3.0")),
              "Compute Engine",
              "Kubernetes Engine") +
          row(kCore, "4.0", both) + row(kFee, "8.0")));
  // 3 + 1 of 8 dollars were claimed of the flexible fee, 6 of 8 core hours of the other.
  EXPECT_EQ(
      ask("SELECT CommitmentDiscountCategory, CAST(EffectiveCost AS DOUBLE) FROM focus WHERE "
          "CommitmentDiscountStatus = 'Used' ORDER BY ALL"),
      "Spend|0.5 Spend|1.5 Usage|6");
  EXPECT_EQ(sum("BilledCost"), "12");
  EXPECT_EQ(sum("EffectiveCost"), "12");
}

TEST_F(GoogleTest, usage_priced_by_its_commitment_is_not_shared_a_second_time) {
  book(write(
      "a.jsonl",
      row(kCore, "2.2", "[]", R"(,"consumption_model":{"id":"D97B","description":"1 Year"})") +
          row("Commitment - dollar based v1: Compute Flexible CUD for 1 Year",
              "3.0",
              credit("FEE_UTILIZATION_OFFSET", "-2.2"))));
  EXPECT_EQ(sum("BilledCost"), "3");
  EXPECT_EQ(sum("EffectiveCost"), "3");
  EXPECT_EQ(sum("EffectiveCost", "CommitmentDiscountStatus = 'Unused'"), "0.8");
}

TEST_F(GoogleTest, fees_of_a_day_cover_the_day_in_pacific_time) {
  const auto at = [](const std::string& text, const std::string& from, const std::string& to) {
    return base::replace_all(
        base::replace_all(text, "2026-01-05 08:00", from), "2026-01-05 09:00", to);
  };
  const auto cud = credit("COMMITTED_USAGE_DISCOUNT", "-1.0");
  book(write(
      "a.jsonl",
      at(row(kFee, "8.0"), "2026-01-04 08:00", "2026-01-05 08:00") +
          at(row(kCore, "1.0", cud), "2026-01-05 07:00", "2026-01-05 08:00")));
  EXPECT_EQ(sum("EffectiveCost", "CommitmentDiscountStatus = 'Used'"), "8");
}

TEST_F(GoogleTest, months_without_an_invoice_month_follow_pacific_daylight_time) {
  const auto at = [](const std::string& day) {
    return base::replace_all(
        base::replace_all(row(kCore, "1"), R"("invoice":{"month":"202601"},)", ""),
        "2026-01-05 0",
        day + " 0");
  };
  const auto late = [&](const std::string& day) {
    return base::replace_all(at(day), day + " 08:00", day + " 06:30");
  };
  book(write("a.jsonl", at("2026-07-01") + late("2026-07-01") + at("2026-11-01")));
  EXPECT_EQ(
      ask("SELECT BillingPeriodStart, BillingPeriodEnd FROM focus ORDER BY x_Row"),
      "2026-07-01T07:00:00Z|2026-08-01T07:00:00Z 2026-06-01T07:00:00Z|2026-07-01T07:00:00Z "
      "2026-11-01T07:00:00Z|2026-12-01T08:00:00Z");
}

TEST_F(GoogleTest, negative_usage_of_an_invoiced_month_is_a_correction) {
  const auto later = [](const std::string& text) {
    return base::replace_all(text, "\"202601\"", "\"202602\"");
  };
  book(write("a.jsonl", row(kCore, "4") + later(row(kCore, "-1")) + later(row(kCore, "1"))));
  EXPECT_EQ(ask("SELECT ChargeClass FROM focus ORDER BY x_Row"), "- Correction -");
}

TEST_F(GoogleTest, names_of_credits_and_tags_may_hold_quotes_and_braces) {
  book(write(
      "flat.csv",
      "billing_account_id,service.description,sku.description,usage_start_time,usage_end_time,"
      "labels,tags,cost,currency,credits,invoice.month,location.location\n"
      "A,Cloud Storage,Standard Storage,2026-01-01T08:00:00,2026-01-01T09:00:00,"
      "\"[{'key': 'o', 'value': \"\"Bob's {x}\"\"}, {'key': 'e', 'value': None}]\","
      "\"[{'key': 'team', 'value': 'cart', 'inherited': True}]\",4,EUR,"
      "\"[{'name': \"\"Bob's {deal}\"\", 'type': 'DISCOUNT', 'amount': -1e-05}]\",202601,eu\n"));
  EXPECT_EQ(sum("BilledCost"), "3.99999");
  EXPECT_EQ(ask("SELECT Tags ->> '$.o', Tags ->> '$.team' FROM focus"), "Bob's {x}|cart");
}

TEST_F(GoogleTest, the_same_rows_in_another_format_count_once) {
  const auto nested = row(kCore, "1.50", credit("DISCOUNT", "-0.5"));
  book(write("day1.jsonl", nested), {.source = "g"});
  book(
      write(
          "day1.csv",
          "billing_account_id,service.id,service.description,sku.id,sku.description,"
          "usage_start_time,usage_end_time,project.id,project.labels,labels,system_labels,tags,"
          "location.region,export_time,cost,currency,usage.amount,usage.unit,"
          "usage.amount_in_pricing_units,usage.pricing_unit,credits,invoice.month,cost_type\n"
          "A,S,Compute Engine,K," +
              std::string(kCore) +
              ",2026-01-05T08:00:00Z,2026-01-05T09:00:00Z,p,\"[{'key': 'cc', 'value': '1'}]\","
              "\"[{'key': 'env', 'value': 'prod'}]\",\"[{'key': 'cores', 'value': '8'}]\","
              "\"[{'key': 'env', 'value': 'other'}, {'key': 'team', 'value': 'cart'}]\","
              "europe-west4,2026-01-05 14:00:00+00,1.5,EUR,3600.0,seconds,8.0,hour,"
              "\"[{'type': 'DISCOUNT', 'amount': -0.5, 'name': 'n', 'id': 'c1'}]\",202601,"
              "regular\n"),
      {.source = "g"});
  EXPECT_EQ(sum("BilledCost"), "1");
}

TEST_F(GoogleTest, the_published_export_ties) {
  NEED_SHARED(path, "gcp/constructed_detailed_export_2026-01.jsonl");
  book(*path);
  EXPECT_EQ(sum("BilledCost"), "38.973");
  EXPECT_EQ(sum("BilledCost", "x_InvoiceMonth = '202601'"), "37.473");
  EXPECT_EQ(sum("BilledCost", "x_InvoiceMonth = '202602'"), "1.5");
  EXPECT_EQ(sum("EffectiveCost"), "38.973");
}

TEST_F(GoogleTest, the_published_flat_exports_book) {
  NEED_SHARED(path, "gcp/nise_detailed_flat_202601.csv.gz");
  const auto receipt = book(*path);
  EXPECT_EQ(receipt.rows_read, 3720);
  EXPECT_TRUE(receipt.quarantined.empty());
}

}  // namespace
}  // namespace outlay::connectors
