// SPDX-License-Identifier: Apache-2.0
#include "store/duck.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace outlay::store {
namespace {

using testing::HasSubstr;

std::unique_ptr<DuckDatabase> engine(DuckSettings settings = {}) {
  auto database = DuckDatabase::open(settings);
  EXPECT_TRUE(database) << database.error().text();
  return std::move(*database);
}

Cell one(const std::string& expression) {
  auto database = engine();
  auto connection = *database->connect();
  const auto table = connection.query("SELECT " + expression + " AS x");
  EXPECT_TRUE(table) << table.error().text();
  return table ? table->at(0, "x") : Cell("failed");
}

TEST(duck, decimals_keep_all_digits) {
  EXPECT_EQ(
      one("CAST('-1.0000000000000000000001' AS DECIMAL(38,22))"), "-1.0000000000000000000001");
  EXPECT_EQ(one("CAST('0.05' AS DECIMAL(4,2))"), "0.05");
  EXPECT_EQ(one("CAST('-0.5' AS DECIMAL(18,10))"), "-0.5000000000");
  EXPECT_EQ(
      one("CAST('9999999999999999' AS DECIMAL(38,22))"), "9999999999999999.0000000000000000000000");
  EXPECT_EQ(
      one("(SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) t(x))"), "9223372036854775808");
}

TEST(duck, timestamps_are_iso_in_utc_with_fractions_only_when_there_are_any) {
  EXPECT_EQ(one("TIMESTAMP '2026-01-31 09:00:00'"), "2026-01-31T09:00:00Z");
  EXPECT_EQ(one("TIMESTAMP '2026-01-31 09:00:00.5'"), "2026-01-31T09:00:00.500Z");
  EXPECT_EQ(one("TIMESTAMPTZ '2026-01-31 09:00:00+02'"), "2026-01-31T07:00:00Z");
  EXPECT_EQ(one("CAST('2026-01-31 09:00:00' AS TIMESTAMP_MS)"), "2026-01-31T09:00:00Z");
  EXPECT_EQ(one("DATE '2024-02-29'"), "2024-02-29");
  EXPECT_EQ(one("TIME '09:30:00'"), "09:30:00");
}

TEST(duck, other_cells_have_their_plain_text) {
  EXPECT_EQ(one("true"), "true");
  EXPECT_EQ(one("NULL"), std::nullopt);
  EXPECT_EQ(one("''"), "");
  EXPECT_EQ(one("0.1::DOUBLE + 0.2::DOUBLE"), "0.30000000000000004");
  EXPECT_EQ(one("'b'::ENUM('a', 'b')"), "b");
  EXPECT_EQ(one("INTERVAL 1 MONTH + INTERVAL 90 MINUTE"), "P1MT1H30M");
  EXPECT_EQ(
      one("'00000000-0000-0000-0000-00000000000a'::UUID"), "00000000-0000-0000-0000-00000000000a");
}

TEST(duck, lists_maps_and_structs_are_json) {
  EXPECT_EQ(one("[1, NULL, 3]"), "[1,null,3]");
  EXPECT_EQ(one("[]::INTEGER[]"), "[]");
  EXPECT_EQ(one("MAP {'a': 'x\"y', 'b': NULL}"), R"({"a":"x\"y","b":null})");
  EXPECT_EQ(
      one("{'a': 1.50, 'b': [DATE '2026-01-01'], 'c': true}"),
      R"({"a":1.50,"b":["2026-01-01"],"c":true})");
  EXPECT_EQ(one("'{\"a\": 1}'::JSON"), "{\"a\": 1}");
  EXPECT_EQ(one("[1, 2]::INTEGER[2]"), "[1,2]");
}

TEST(duck, the_last_of_several_statements_answers) {
  auto database = engine();
  auto connection = *database->connect();
  const auto table =
      *connection.query("CREATE TABLE t AS SELECT 1 AS a; SELECT a, 'x' AS b FROM t");
  EXPECT_EQ(table.at(0, "a"), "1");
  EXPECT_EQ(table.columns[0].type, Type::integer);
  EXPECT_EQ(table.columns[1].type, Type::text);
}

TEST(duck, an_error_carries_the_engines_own_words) {
  auto database = engine();
  auto connection = *database->connect();
  const auto table = connection.query("SELECT nothing FROM nowhere");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, base::Code::invalid_input);
  EXPECT_THAT(table.error().text(), HasSubstr("nowhere"));
  EXPECT_FALSE(connection.query(""));
  EXPECT_FALSE(connection.run("SELEC 1"));
}

TEST(duck, rows_stream_and_stop_when_told) {
  auto database = engine();
  auto connection = *database->connect();
  long long seen = 0;
  const auto done = connection.each(
      "SELECT range FROM range(10000000)",
      [](const std::vector<Column>&) {},
      [&](const std::vector<Cell>&) { return ++seen < 3000; });
  ASSERT_TRUE(done);
  EXPECT_EQ(seen, 3000);
  EXPECT_EQ(connection.query("SELECT 7 AS x")->at(0, "x"), "7");
}

TEST(duck, an_interrupted_statement_answers_cancelled) {
  auto database = engine();
  auto connection = *database->connect();
  std::atomic<bool> is_done{false};
  std::thread stopper([&] {
    while (!is_done.load()) {
      connection.interrupt();
      std::this_thread::yield();
    }
  });
  const auto table = connection.query(
      "SELECT count(*) FROM range(100000000) a, range(1000) b WHERE (a.range * b.range) % 7 = 3");
  is_done = true;
  stopper.join();
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, base::Code::cancelled);
}

TEST(duck, tells_what_a_statement_would_do_without_doing_it) {
  auto database = engine();
  auto connection = *database->connect();
  EXPECT_THAT(
      *connection.kinds("SELECT 1; DROP TABLE IF EXISTS x"),
      testing::ElementsAre(StatementKind::select, StatementKind::other));
  EXPECT_THAT(*connection.kinds("EXPLAIN SELECT 1"), testing::ElementsAre(StatementKind::explain));
  EXPECT_FALSE(connection.kinds("what is this"));
}

TEST(duck, a_locked_database_reads_only_its_folders) {
  const auto folder = std::filesystem::temp_directory_path() / ("outlay-test-" + base::new_id());
  std::filesystem::create_directories(folder / "in");
  {
    auto open = engine();
    ASSERT_TRUE(open->connect()->run(
        "COPY (SELECT 1 AS a) TO '" + (folder / "in/x.parquet").string() + "'"));
    ASSERT_TRUE(
        open->connect()->run("COPY (SELECT 1 AS a) TO '" + (folder / "y.parquet").string() + "'"));
  }
  DuckSettings settings;
  settings.is_locked = true;
  settings.readable_folders = {(folder / "in").string()};
  auto database = engine(settings);
  auto connection = *database->connect();
  EXPECT_TRUE(connection.query("SELECT * FROM '" + (folder / "in/x.parquet").string() + "'"));
  const auto outside = connection.query("SELECT * FROM '" + (folder / "y.parquet").string() + "'");
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code, base::Code::denied);
  EXPECT_FALSE(connection.query("SET threads = 1"));
  EXPECT_FALSE(connection.query("ATTACH '" + (folder / "z.db").string() + "'"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace outlay::store
