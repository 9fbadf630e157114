// SPDX-License-Identifier: Apache-2.0
#include "connectors/declared/connector.h"

#include "connectors/testing.h"

namespace outlay::connectors {
namespace {

using testing::HasSubstr;

class DeclaredTest : public BillTest {
 protected:
  FindSettings by(const std::string& mapping) {
    FindSettings settings;
    settings.mapping = folder_ / "mapping.yaml";
    std::ofstream(settings.mapping) << mapping;
    return settings;
  }

  std::string error_of(const std::string& mapping, const std::string& csv) {
    const auto receipts = try_book(write("bill.csv", csv), by(mapping));
    return receipts ? "booked" : receipts.error().text();
  }
};

constexpr auto kGerman = R"(
mapping: rechenzentrum
date_format: dd.MM.yyyy
decimal_mark: ","
thousands_mark: "."
currency: EUR
provider: Rechenzentrum Nord
columns:
  BilledCost: Betrag
  ChargePeriodStart: Datum
  ServiceName: [Kosten art]
  SubAccountName: Kostenstelle
tags:
  team: lower(Kostenstelle)
defaults:
  ServiceCategory: Compute
)";

TEST_F(DeclaredTest, a_german_file_books_with_its_own_marks_and_dates) {
  const auto receipt = book(
      write(
          "dc.csv",
          "Datum;Betrag;Kosten art;Kostenstelle;Notiz\n31.01.2026;\"1.234,50 €\";Server;Shop;a\n"
          "01.02.2026;-7,25;Server;Shop;b\n01.02.2026;(2,5);Server;;c\n"),
      by(kGerman));
  EXPECT_EQ(receipt.rows_booked, 3);
  EXPECT_EQ(sum("BilledCost", "BillingPeriodStart < '2026-02-01'"), "1234.5");
  EXPECT_EQ(sum("EffectiveCost", "BillingPeriodStart >= '2026-02-01'"), "-9.75");
  EXPECT_EQ(
      ask("SELECT ServiceProviderName, ServiceCategory, BillingCurrency, Tags, x_Notiz, "
          "ChargePeriodEnd FROM focus WHERE BillingPeriodStart < '2026-02-01'"),
      R"(Rechenzentrum Nord|Compute|EUR|{"team":"shop"}|a|2026-02-01T00:00:00Z)");
  EXPECT_EQ(ask("SELECT count(*) FROM focus WHERE Tags IS NULL"), "1");
}

TEST_F(DeclaredTest, what_cannot_be_read_goes_to_quarantine_and_is_never_guessed) {
  const auto receipt = book(
      write(
          "dc.csv",
          "Datum;Betrag;Kosten art;Kostenstelle\n31.01.2026;1.5;S;K\n2026-01-31;1,5;S;K\n"
          "31.01.2026;;S;K\n31.01.2026;1,5;S;K\n"),
      by(kGerman));
  EXPECT_EQ(receipt.rows_booked, 1);
  EXPECT_EQ(receipt.quarantined.size(), 3U);
  EXPECT_EQ(sum("BilledCost"), "1.5");
}

TEST_F(DeclaredTest, expressions_compute_choose_and_look_up) {
  book(
      write(
          "x.csv",
          "day,net,qty,kind,id\n2026-01-05,10.10,3,vm,a/b/c\n2026-01-06,200,4,disk,d/e/f\n"),
      by(R"y(
mapping: x
currency: USD
tables:
  services: {vm: Machines, disk: Disks}
columns:
  ChargePeriodStart: day
  BilledCost: net * 1.19
  EffectiveCost: BilledCost
  ListCost: net / 3
  PricingQuantity: qty + 1
  ServiceName: lookup(services, kind, 'Other')
  ResourceId: split(id, '/', 2) ~ '-' ~ upper(kind)
  ChargeDescription: "if(net > 100 and kind == 'disk', 'large', 'small')"
  x_Half: "kind == 'vm' ? text(net) : null"
)y"));
  EXPECT_EQ(
      ask("SELECT BilledCost, EffectiveCost, ListCost FROM focus ORDER BY x_Row"),
      "12.0190000000000000000000|12.0190000000000000000000|3.3666666666666666666667 "
      "238.0000000000000000000000|238.0000000000000000000000|66.6666666666666666666667");
  EXPECT_EQ(
      ask("SELECT ServiceName, ResourceId, ChargeDescription, x_Half, CAST(PricingQuantity AS INT) "
          "FROM focus ORDER BY x_Row"),
      "Machines|b-VM|small|10.10|4 Disks|e-DISK|large|-|5");
}

TEST_F(DeclaredTest, monthly_costs_spread_over_days_add_up_to_the_month) {
  book(write("rent.csv", "month,amount\n2026-01,1000\n2026-02,-1000.01\n"), by(R"(
mapping: rent
date_format: yyyy-MM
currency: USD
spread: day
columns: {ChargePeriodStart: month, BilledCost: amount}
)"));
  EXPECT_EQ(ask("SELECT count(*) FROM focus"), "59");
  EXPECT_EQ(sum("BilledCost", "BillingPeriodStart < '2026-02-01'"), "1000");
  EXPECT_EQ(sum("EffectiveCost", "BillingPeriodStart >= '2026-02-01'"), "-1000.01");
  EXPECT_EQ(
      ask("SELECT max(BilledCost) - min(BilledCost) FROM focus WHERE BilledCost > 0"),
      "0.0000000000000000000001");
  EXPECT_EQ(
      ask("SELECT DISTINCT ChargeFrequency, date_diff('hour', ChargePeriodStart, ChargePeriodEnd) "
          "FROM focus"),
      "Usage-Based|24");
}

TEST_F(DeclaredTest, local_times_become_utc_and_days_stay_days) {
  book(write("t.csv", "at,cost\n2026-01-05 00:30,1\n2026-07-05 00:30,2\n2026-03-05,4\n"), by(R"(
mapping: t
time_zone: Europe/Berlin
date_format: ["yyyy-MM-dd HH:mm", yyyy-MM-dd]
columns: {ChargePeriodStart: at, BilledCost: cost}
)"));
  EXPECT_EQ(
      ask("SELECT ChargePeriodStart FROM focus ORDER BY x_Row"),
      "2026-01-04T23:30:00Z 2026-07-04T22:30:00Z 2026-03-05T00:00:00Z");
}

TEST_F(DeclaredTest, the_sign_can_be_turned_and_rows_left_out) {
  const auto receipt = book(
      write("s.csv", "day,cost,kind\n2026-01-05,-10.50,a\n2026-01-05,3,a\n2026-01-05,-7.5,total\n"),
      by(R"(
mapping: s
sign: negative
columns: {ChargePeriodStart: day, BilledCost: cost}
skip:
  - {when: kind = 'total', reason: a sum of the lines above}
)"));
  EXPECT_EQ(sum("BilledCost"), "7.5");
  ASSERT_EQ(receipt.dropped.size(), 1U);
  EXPECT_EQ(receipt.dropped[0].reason, "a sum of the lines above");
}

TEST_F(DeclaredTest, a_key_makes_rows_that_come_again_count_once) {
  const auto settings = by(R"(
mapping: k
scope: file
key: [invoice, line]
columns: {ChargePeriodStart: day, BilledCost: cost}
)");
  FindSettings named = settings;
  named.source = "k";
  book(write("a.csv", "day,cost,invoice,line\n2026-01-05,1,I,1\n2026-01-05,1,I,1\n"), named);
  book(write("b.csv", "day,cost,invoice,line\n2026-01-05,1,I,1\n2026-01-06,2,I,2\n"), named);
  EXPECT_EQ(sum("BilledCost"), "3");
}

TEST_F(DeclaredTest, a_scope_that_comes_again_replaces_its_own_rows_alone) {
  auto settings =
      by("mapping: c\nscope: [centre]\ncolumns: {ChargePeriodStart: day, BilledCost: cost}\n");
  settings.source = "c";
  book(write("a.csv", "day,cost,centre\n2026-01-05,1,A\n2026-01-05,2,B\n"), settings);
  book(write("b.csv", "day,cost,centre\n2026-01-06,8,B\n"), settings);
  EXPECT_EQ(sum("BilledCost"), "9");
}

TEST_F(DeclaredTest, mistakes_in_a_mapping_are_named_with_their_place) {
  const std::string csv = "day,cost\n2026-01-05,1\n";
  EXPECT_THAT(
      error_of("columns: {BilledCosts: cost, ChargePeriodStart: day}\ncolour: red\n", csv),
      AllOf(
          HasSubstr("Did you mean \"BilledCost\""),
          HasSubstr("\"colour\""),
          HasSubstr("needs BilledCost")));
  EXPECT_THAT(
      error_of("columns: {BilledCost: amount, ChargePeriodStart: day}\n", csv),
      AllOf(HasSubstr("no column amount"), HasSubstr("day, cost"), HasSubstr("mapping.yaml:1")));
  EXPECT_THAT(
      error_of("columns: {BilledCost: 'cost / qty', ChargePeriodStart: day}\n", csv),
      HasSubstr("exact"));
  EXPECT_THAT(
      error_of("columns: {BilledCost: 'cost)', ChargePeriodStart: day}\n", csv),
      HasSubstr("not expected"));
  EXPECT_THAT(
      error_of("columns: {BilledCost: \"lowwer(cost)\", ChargePeriodStart: day}\n", csv),
      HasSubstr("Did you mean \"lower\""));
}

TEST_F(DeclaredTest, text_of_the_user_never_becomes_sql) {
  book(write("q.csv", "day,cost,o'x\n2026-01-05,1,v\n"), by(R"(
mapping: q
columns:
  ChargePeriodStart: day
  BilledCost: cost
  ServiceName: "'a''; DROP TABLE focus; --'"
  ChargeDescription: "[o'x]"
)"));
  EXPECT_EQ(ask("SELECT ServiceName, ChargeDescription FROM focus"), "a'; DROP TABLE focus; --|v");
}

}  // namespace
}  // namespace outlay::connectors
