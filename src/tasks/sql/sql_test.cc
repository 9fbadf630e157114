// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql/sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "tasks/internal/fake_context.h"
#include "tasks/sql/connection.h"
#include "tasks/sql/sql_text.h"

namespace outlay::tasks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class sql : public testing::Test {
 protected:
  sql() {
    for (auto& type : make_sql_tasks()) types.add(std::move(type));
  }

  base::Result<flow::TaskEnd> run(std::string_view type, std::string_view yaml) {
    return run_yaml(*types.find("io.kestra.plugin.jdbc." + std::string(type)), context, yaml);
  }

  static std::string json(const flow::TaskEnd& end, std::string_view name) {
    const format::Value* value = end.outputs.find(name);
    return value == nullptr ? "-" : format::print_json(*value);
  }

  flow::TaskRegistry types;
  FakeContext context;
};

TEST_F(sql, statements_end_at_semicolons_outside_quotes_and_comments) {
  EXPECT_THAT(
      sql_statements("select ';' ; -- a; b\n select \"x;y\"; /* ; */ ;"),
      ElementsAre("select ';'", "-- a; b\n select \"x;y\"", "/* ; */"));
}

TEST_F(sql, parameters_are_literals_and_casts_stay) {
  const format::Object given = format::Value::object({{"a", "it's"}, {"n", 5}}).as_object();
  EXPECT_EQ(
      with_parameters("select :a, :n::int, ':a' -- :a", given).value(),
      "select 'it''s', 5::int, ':a' -- :a");
  EXPECT_THAT(with_parameters(":b", given).error().message, HasSubstr(":b"));
}

TEST_F(sql, duckdb_gives_rows_a_row_or_a_file) {
  const std::string_view query = "SELECT * FROM (VALUES (1, 'a', 1.50), (2, 'b', NULL)) t(i, s, d)";
  auto end = run("duckdb.Query", fmt::format("{{sql: \"{}\", fetchType: FETCH}}", query));
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(json(*end, "rows"), R"([{"i":1,"s":"a","d":1.50},{"i":2,"s":"b","d":null}])");
  EXPECT_EQ(json(*end, "size"), "2");
  end = run("duckdb.Query", fmt::format("{{sql: \"{}\", fetchOne: true}}", query));
  EXPECT_EQ(json(*end, "row"), R"({"i":1,"s":"a","d":1.50})");
  end = run("duckdb.Query", fmt::format("{{sql: \"{}\", fetchType: STORE}}", query));
  EXPECT_EQ(
      context.environment().read(end->outputs.find("uri")->as_text()).value(),
      "{i:1,s:\"a\",d:1.50}\n{i:2,s:\"b\",d:null}\n");
  end = run("duckdb.Query", fmt::format("{{sql: \"{}\"}}", query));
  EXPECT_TRUE(end->outputs.empty());
}

TEST_F(sql, duckdb_reads_input_files_by_their_names) {
  const auto end =
      run("duckdb.Query",
          "{sql: \"SELECT sum(cost) AS total FROM read_csv_auto('in.csv')\", fetchType: FETCH_ONE, "
          "inputFiles: {in.csv: \"cost\\n1\\n2\\n\"}}");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(json(*end, "row"), R"({"total":3})");
}

TEST_F(sql, several_statements_give_several_answers) {
  const auto end = run(
      "sqlite.Queries",
      "{sql: \"CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'); SELECT * FROM t; "
      "SELECT count(*) AS n FROM t\", fetchType: FETCH}");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(
      json(*end, "outputs"),
      R"([{"size":1,"rows":[{"a":1,"b":"x"}]},{"size":1,"rows":[{"n":1}]}])");
}

TEST_F(sql, a_database_file_is_kept_and_used_again) {
  const auto made =
      run("sqlite.Query", "{sql: 'CREATE TABLE t AS SELECT 7 AS a', outputDbFile: true}");
  ASSERT_TRUE(made) << made.error().text();
  const auto end =
      run("sqlite.Query",
          fmt::format(
              "{{sql: 'SELECT a FROM t', fetchType: FETCH_ONE, sqliteFile: '{}'}}",
              made->outputs.find("databaseUri")->as_text()));
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(json(*end, "row"), R"({"a":7})");
}

TEST_F(sql, a_wrong_statement_is_named_by_its_number) {
  const auto end = run("duckdb.Query", "{sql: 'SELECT 1; SELEC 2'}");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().text(), HasSubstr("statement 2"));
}

TEST_F(sql, dollar_quotes_hold_semicolons) {
  EXPECT_THAT(
      sql_statements("do $x$ begin; end $x$; select $1, '$'; select $$;$$"),
      ElementsAre("do $x$ begin; end $x$", "select $1, '$'", "select $$;$$"));
}

TEST_F(sql, of_several_statements_all_take_effect_or_none) {
  const std::string url = "jdbc:sqlite:" + context.path("kept.db").string();
  const std::string made = "{url: '" + url + "', sql: 'CREATE TABLE t (a INTEGER)'}";
  ASSERT_TRUE(run("sqlite.Query", made));
  const std::string_view steps = "sql: 'INSERT INTO t VALUES (1); INSERT INTO nowhere VALUES (1)'";
  EXPECT_FALSE(run("sqlite.Queries", fmt::format("{{url: '{}', {}}}", url, steps)));
  const std::string count =
      fmt::format("{{url: '{}', sql: 'SELECT count(*) AS n FROM t', fetchType: FETCH_ONE}}", url);
  EXPECT_EQ(json(*run("sqlite.Query", count), "row"), R"({"n":0})");
  EXPECT_FALSE(
      run("sqlite.Queries", fmt::format("{{url: '{}', transaction: false, {}}}", url, steps)));
  EXPECT_EQ(json(*run("sqlite.Query", count), "row"), R"({"n":1})");
}

TEST_F(sql, the_trigger_fires_for_rows_and_what_comes_after_sql_lets_them_go) {
  const std::string url = "jdbc:duckdb:" + context.path("alerts.db").string();
  ASSERT_TRUE(run(
      "duckdb.Queries",
      fmt::format(
          "{{url: '{}', sql: \"CREATE TABLE t AS SELECT 'web' AS team, false AS told\"}}", url)));
  for (auto& type : make_sql_triggers()) types.add(std::move(type));
  const flow::PollingType* trigger = types.find_polling("io.kestra.plugin.jdbc.duckdb.Trigger");
  ASSERT_NE(trigger, nullptr);
  const format::Value properties = format::Value::object(
      {{"url", url},
       {"sql", "SELECT team FROM t WHERE NOT told"},
       {"afterSQL", "UPDATE t SET told = true"}});
  auto seen = trigger->poll(context, properties);
  ASSERT_TRUE(seen) << seen.error().text();
  ASSERT_TRUE(seen->has_value());
  EXPECT_EQ(format::print_json(format::Value(**seen)), R"({"size":1,"rows":[{"team":"web"}]})");
  seen = trigger->poll(context, properties);
  ASSERT_TRUE(seen) << seen.error().text();
  EXPECT_FALSE(seen->has_value());
}

TEST_F(sql, a_jdbc_url_of_postgresql_becomes_an_address_of_libpq) {
  EXPECT_EQ(postgres_address("jdbc:postgresql://h:5432/d"), "postgresql://h:5432/d");
  EXPECT_EQ(
      postgres_address("jdbc:postgresql://h/d?user=u&ssl=true&currentSchema=s&prepareThreshold=0"),
      "postgresql://h/d?user=u&sslmode=require&options=-csearch_path%3Ds");
  EXPECT_EQ(postgres_address("jdbc:postgresql:d"), "postgresql:///d");
}

TEST_F(sql, a_postgresql_task_without_a_url_says_what_one_looks_like) {
  const auto end = run("postgresql.Query", "{sql: SELECT 1}");
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("jdbc:postgresql://"));
}

}  // namespace
}  // namespace outlay::tasks
