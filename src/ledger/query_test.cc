// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/receipt.h"
#include "ledger/testing.h"

namespace outlay::ledger {
namespace {

using money::Decimal;
using testing::ElementsAre;
using testing::HasSubstr;

class QueryTest : public LedgerTest {
 protected:
  QueryTest() {
    book({file(
        "bill.csv",
        std::string(kHeader) +
            line("01", "Compute", "1.5", "1", "USD", "\"{\"\"team\"\":\"\"a\"\"}\"") +
            line("02", "Compute", "2.5", "2", "USD", "\"{\"\"team\"\":\"\"b\"\"}\"") +
            line("02", "Storage", "4", "3", "USD", "broken{") +
            line("03", "Storage", "", "1", "USD"))});
  }

  CostAnswer ask(const CostQuery& query) {
    auto answer = ledger_->query(query);
    EXPECT_TRUE(answer) << answer.error().text();
    return answer ? *answer : CostAnswer{};
  }

  std::string refused(const CostQuery& query) {
    auto answer = ledger_->query(query);
    EXPECT_FALSE(answer);
    return answer ? "" : answer.error().text();
  }

  static Decimal number(const store::Cell& cell) { return *Decimal::parse(cell.value_or("none")); }

  static std::vector<std::string> names(const store::Table& table) {
    std::vector<std::string> out;
    for (const auto& column : table.columns) out.push_back(column.name);
    return out;
  }
};

TEST_F(QueryTest, answers_from_the_rollup_with_the_currency_beside_every_sum) {
  CostQuery query;
  query.metrics = {"BilledCost", "effectivecost"};
  query.by = {"servicename"};
  const auto answer = ask(query);
  EXPECT_EQ(answer.answered_by, "rollup");
  EXPECT_THAT(
      names(answer.table),
      ElementsAre("ServiceName", "BillingCurrency", "BilledCost", "EffectiveCost"));
  ASSERT_EQ(answer.table.rows.size(), 2U);
  EXPECT_EQ(number(answer.table.at(0, "BilledCost")), Decimal::of(4));
  EXPECT_EQ(number(answer.table.at(0, "EffectiveCost")), *Decimal::parse("3"));
}

TEST_F(QueryTest, tags_are_read_from_the_rows_and_malformed_ones_count_as_none) {
  CostQuery query;
  query.metrics = {"BilledCost"};
  query.by = {"tag:team"};
  const auto answer = ask(query);
  EXPECT_EQ(answer.answered_by, "rows");
  ASSERT_EQ(answer.table.rows.size(), 3U);
  EXPECT_EQ(answer.table.at(0, "tag:team"), std::nullopt);
  EXPECT_EQ(number(answer.table.at(0, "BilledCost")), Decimal::of(4));
  EXPECT_EQ(answer.table.at(1, "tag:team"), "b");
}

TEST_F(QueryTest, days_and_months_are_the_first_column) {
  CostQuery query;
  query.metrics = {"BilledCost"};
  query.granularity = CostQuery::Granularity::day;
  const auto days = ask(query);
  EXPECT_EQ(days.table.columns[0].name, "ChargePeriod");
  ASSERT_EQ(days.table.rows.size(), 3U);
  EXPECT_EQ(days.table.at(1, "ChargePeriod"), "2026-01-02");
  EXPECT_EQ(days.table.at(2, "BilledCost"), std::nullopt) << "unknown is null, never 0";
  query.granularity = CostQuery::Granularity::month;
  EXPECT_EQ(ask(query).table.at(0, "ChargePeriod"), "2026-01-01");
}

TEST_F(QueryTest, from_is_included_and_to_is_not) {
  CostQuery query;
  query.metrics = {"BilledCost"};
  query.from = *base::parse_date("2026-01-02");
  query.to = *base::parse_date("2026-01-03");
  EXPECT_EQ(number(ask(query).table.at(0, "BilledCost")), *Decimal::parse("6.5"));
  query.from = *base::parse_date("2027-01-02");
  query.to = std::nullopt;
  EXPECT_TRUE(ask(query).table.empty());
}

TEST_F(QueryTest, rollup_and_rows_give_the_same) {
  CostQuery query;
  query.metrics = {"BilledCost"};
  query.where = "ServiceName = 'Compute'";
  const auto small = ask(query);
  query.where = "ServiceName = 'Compute' AND x_Row > 0";
  const auto full = ask(query);
  EXPECT_EQ(small.answered_by, "rollup");
  EXPECT_EQ(full.answered_by, "rows");
  EXPECT_EQ(small.table.at(0, "BilledCost"), full.table.at(0, "BilledCost"));
}

TEST_F(QueryTest, a_sum_over_two_currencies_is_refused_with_what_to_add) {
  auto other =
      delivery({file("euro.csv", std::string(kHeader) + line("01", "Compute", "1", "1", "EUR"))});
  other.source = "euro";
  ASSERT_TRUE(ledger_->book(other));
  CostQuery query;
  const auto text = refused(query);
  EXPECT_THAT(text, HasSubstr("EUR, USD"));
  EXPECT_THAT(text, HasSubstr("BillingCurrency"));
  query.by = {"BillingCurrency"};
  EXPECT_EQ(ask(query).table.rows.size(), 2U);
  query.by = {};
  query.where = "BillingCurrency = 'EUR'";
  EXPECT_EQ(ask(query).table.rows.size(), 1U);
}

TEST_F(QueryTest, unknown_names_are_answered_with_the_nearest) {
  CostQuery query;
  query.metrics = {"BiledCost"};
  EXPECT_THAT(refused(query), HasSubstr("\"BilledCost\""));
  query.metrics = {"BilledCost"};
  query.by = {"ServiceNam"};
  EXPECT_THAT(refused(query), HasSubstr("\"ServiceName\""));
  query.by = {};
  query.where = "ServiceNme = 'x'";
  EXPECT_THAT(refused(query), HasSubstr("\"ServiceName\""));
}

TEST_F(QueryTest, a_condition_is_one_expression_and_nothing_else) {
  CostQuery query;
  for (const char* bad :
       {"1=1; DROP TABLE x",
        "1=1) UNION SELECT * FROM read_csv('/etc/passwd') --",
        "ServiceName IN (SELECT content FROM read_text('/etc/passwd'))",
        "1=1) LIMIT (1",
        "SELECT 1",
        "'open"}) {
    query.where = bad;
    const auto answer = ledger_->query(query);
    EXPECT_FALSE(answer) << bad;
  }
  query.where = "ServiceName = 'Compute' -- the big one";
  EXPECT_EQ(ask(query).table.rows.size(), 1U);
}

TEST_F(QueryTest, sql_reads_the_views_and_nothing_else) {
  const auto table =
      ledger_->sql("SELECT ServiceName, sum(BilledCost) AS cost FROM focus GROUP BY 1 ORDER BY 1");
  ASSERT_TRUE(table) << table.error().text();
  EXPECT_EQ(table->rows.size(), 2U);
  EXPECT_TRUE(ledger_->sql("DESCRIBE focus"));
  EXPECT_TRUE(ledger_->sql("SUMMARIZE focus"));
  EXPECT_TRUE(ledger_->sql("EXPLAIN SELECT 1"));
  EXPECT_TRUE(ledger_->sql("FROM contract_commitment"));
  EXPECT_TRUE(ledger_->sql("FROM billing_period"));
  EXPECT_TRUE(ledger_->sql("FROM invoice_detail"));
  const std::string inside = (folder_ / "ledger/x.csv").string();
  for (const std::string& bad :
       {std::string("SELECT 1; SELECT 2"),
        std::string("DROP VIEW focus"),
        std::string("SELECT * FROM read_text('/etc/passwd')"),
        std::string("SET threads = 1"),
        "COPY (SELECT 1) TO '" + inside + "'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + inside + "'",
        "ATTACH '" + inside + "'",
        std::string("INSTALL httpfs"),
        std::string("CREATE TABLE x AS SELECT 1")}) {
    EXPECT_FALSE(ledger_->sql(bad)) << bad;
  }
  EXPECT_FALSE(std::filesystem::exists(inside));
}

TEST_F(QueryTest, the_past_can_be_asked_after_a_restatement) {
  const auto before = clock_.now();
  clock_.advance(std::chrono::hours(24));
  book({file("bill.csv", std::string(kHeader) + line("01", "Compute", "100", "100"))});
  CostQuery query;
  query.metrics = {"BilledCost"};
  EXPECT_EQ(number(ask(query).table.at(0, "BilledCost")), Decimal::of(100));
  query.as_of = before;
  EXPECT_EQ(number(ask(query).table.at(0, "BilledCost")), Decimal::of(8));
  const auto old = ledger_->sql("SELECT count(*) AS n FROM focus", before);
  EXPECT_EQ(old->at(0, "n"), "4");
}

TEST_F(QueryTest, a_number_is_traced_to_file_hash_and_row) {
  const auto lines = *ledger_->trace("ServiceName = 'Storage'", 10);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].file, "bill.csv");
  EXPECT_EQ(lines[0].row, 3);
  EXPECT_EQ(lines[0].sha256.size(), 64U);
  EXPECT_EQ(lines[0].period, "2026-01");
  EXPECT_EQ(lines[0].charge.at(0, "ServiceName"), "Storage");
}

TEST_F(QueryTest, diff_shows_what_a_restatement_changed) {
  clock_.advance(std::chrono::hours(24));
  book({file(
      "bill.csv",
      std::string(kHeader) + line("01", "Compute", "4", "3") + line("01", "Storage", "1", "4") +
          line("01", "New", "7", "7"))});
  const auto table = ledger_
                         ->diff(
                             {.source = "test",
                              .period = "2026-01",
                              .from_generation = 1,
                              .to_generation = 2,
                              .by = {"ServiceName"}})
                         ->table;
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.at(0, "ServiceName"), "New");
  EXPECT_EQ(table.at(0, "BilledCostBefore"), std::nullopt);
  EXPECT_EQ(number(table.at(1, "BilledCostChange")), Decimal::of(-3));
  EXPECT_FALSE(ledger_->diff(
      {.source = "test", .period = "2026-01", .from_generation = 1, .to_generation = 7}));
}

TEST_F(QueryTest, reconcile_compares_invoices_with_amounts_given) {
  const auto table = *ledger_->reconcile(
      "2026-01", {{"INV-1", *Decimal::parse("8.01")}, {"INV-9", Decimal::of(1)}});
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.at(0, "InvoiceId"), "INV-1");
  EXPECT_EQ(table.at(0, "Status"), "differs");
  EXPECT_EQ(number(table.at(0, "Difference")), *Decimal::parse("-0.01"));
  EXPECT_EQ(table.at(1, "Status"), "not booked");
}

TEST_F(QueryTest, a_difference_within_the_tolerance_matches) {
  const auto table =
      *ledger_->reconcile("2026-01", {{"INV-1", *Decimal::parse("8.01")}}, *Decimal::parse("0.01"));
  EXPECT_EQ(table.at(0, "Status"), "matches");
}

TEST_F(QueryTest, a_gap_is_explained_by_what_adds_up_to_it) {
  const auto booked = *ledger_->reconcile("2026-01", {});
  const auto storage = *ledger_->sql(
      "SELECT sum(BilledCost) AS all, sum(BilledCost) FILTER (ServiceName = 'Storage') AS part "
      "FROM focus");
  const auto expected = number(storage.at(0, "all")) - number(storage.at(0, "part"));
  const auto table = *ledger_->reconcile("2026-01", {{"INV-1", expected}});
  EXPECT_EQ(table.at(0, "Status"), "differs");
  EXPECT_THAT(
      table.at(0, "Explanation").value_or(""),
      testing::HasSubstr("all charges of service Storage"));
}

TEST_F(QueryTest, an_export_reads_back_as_the_same_charges) {
  for (const char* name : {"out.csv", "out.csv.gz", "out.parquet"}) {
    ExportSettings settings;
    settings.version = "1.0";
    settings.source = "test";
    settings.out = folder_ / name;
    const auto report = ledger_->export_focus(settings);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->rows, 4);
    EXPECT_EQ(*report->totals.at(0).billed, Decimal::of(8));
    EXPECT_FALSE(report->gaps.empty());
    auto again = delivery({settings.out});
    again.source = "again";
    const auto receipt = ledger_->book(again);
    ASSERT_TRUE(receipt) << receipt.error().text();
    EXPECT_EQ(*receipt->booked_totals.at(0).billed, Decimal::of(8)) << name;
  }
  ExportSettings wrong;
  wrong.version = "1.1";
  wrong.out = folder_ / "out.csv";
  EXPECT_FALSE(ledger_->export_focus(wrong));
}

TEST_F(QueryTest, sources_and_receipts_can_be_read_by_people) {
  const auto table = *ledger_->sources();
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.at(0, "Source"), "test");
  EXPECT_EQ(table.at(0, "BilledCost"), "8 USD");
  EXPECT_EQ(table.at(0, "NewestCharge"), "2026-01-03T00:00:00Z");
  const auto text = receipt_text(ledger_->receipts("", 1)->at(0));
  EXPECT_THAT(text, HasSubstr("4 rows read from 1 file, 4 charges booked"));
  EXPECT_THAT(text, HasSubstr("INV-1 of Issuer"));
}

TEST_F(QueryTest, an_empty_ledger_answers_with_empty_tables) {
  LedgerSettings settings;
  settings.folder = folder_ / "empty";
  auto state = *store::open_sqlite(":memory:");
  auto ledger = *Ledger::open(settings, *state, clock_);
  EXPECT_TRUE(ledger->query(CostQuery{})->table.empty());
  CostQuery by_tag;
  by_tag.by = {"tag:team"};
  EXPECT_TRUE(ledger->query(by_tag)->table.empty());
  EXPECT_EQ(ledger->sql("SELECT count(*) AS n FROM focus")->at(0, "n"), "0");
  EXPECT_TRUE(ledger->sources()->empty());
  EXPECT_TRUE(ledger->reconcile("", {})->empty());
  EXPECT_TRUE(ledger->trace("", 5)->empty());
}

}  // namespace
}  // namespace outlay::ledger
