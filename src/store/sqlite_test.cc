// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "store/database.h"

namespace outlay::store {
namespace {

using base::Done;
using base::Result;
using testing::HasSubstr;

class State : public testing::Test {
 protected:
  State() : folder_(std::filesystem::temp_directory_path() / ("outlay-test-" + base::new_id())) {
    std::filesystem::create_directories(folder_);
  }

  ~State() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return (folder_ / "state.sqlite").string(); }

  std::filesystem::path folder_;
};

const std::vector<Migration> kSteps{
    {1, "CREATE TABLE thing(id TEXT PRIMARY KEY, size INTEGER, note TEXT)"}};

std::unique_ptr<Database> fresh() {
  auto database = open_sqlite(":memory:");
  EXPECT_TRUE(database) << database.error().text();
  EXPECT_TRUE((*database)->migrate("test", kSteps));
  return std::move(*database);
}

Result<Done> add(Database& database, const std::string& id) {
  return database.write([&](Transaction& transaction) -> Result<Done> {
    TRY(transaction.run("INSERT INTO thing VALUES (?, ?, ?)", {id, std::int64_t{7}, nullptr}));
    return Done{};
  });
}

TEST(sqlite, gives_back_what_was_written_with_types_and_nulls) {
  auto database = fresh();
  ASSERT_TRUE(add(*database, "a'b"));
  const auto table = *database->read("SELECT id, size, note, size + 1 AS more FROM thing");
  EXPECT_EQ(table.at(0, "size"), "7");
  EXPECT_EQ(table.at(0, "note"), std::nullopt);
  EXPECT_EQ(table.at(0, "more"), "8");
  EXPECT_EQ(table.columns[1].type, Type::integer);
  EXPECT_EQ(table.columns[3].type, Type::integer);
}

TEST(sqlite, a_failing_transaction_changes_nothing) {
  auto database = fresh();
  const auto done = database->write([&](Transaction& transaction) -> Result<Done> {
    TRY(transaction.run("INSERT INTO thing(id) VALUES ('x')", {}));
    return base::invalid_input("no");
  });
  EXPECT_FALSE(done);
  EXPECT_TRUE(database->read("SELECT * FROM thing")->empty());
  EXPECT_TRUE(add(*database, "y"));
}

TEST(sqlite, a_second_row_of_the_same_key_is_a_conflict) {
  auto database = fresh();
  ASSERT_TRUE(add(*database, "x"));
  const auto again = add(*database, "x");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, base::Code::conflict);
}

TEST(sqlite, readers_see_the_old_state_while_a_writer_works) {
  auto database = fresh();
  const auto done = database->write([&](Transaction& transaction) -> Result<Done> {
    TRY(transaction.run("INSERT INTO thing(id) VALUES ('x')", {}));
    EXPECT_TRUE(database->read("SELECT * FROM thing")->empty());
    return Done{};
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(database->read("SELECT * FROM thing")->rows.size(), 1U);
}

TEST(sqlite, a_transaction_inside_a_transaction_is_refused_not_a_deadlock) {
  auto database = fresh();
  const auto done =
      database->write([&](Transaction&) -> Result<Done> { return add(*database, "inner"); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, base::Code::internal);
}

TEST(sqlite, writers_of_many_threads_all_get_through) {
  auto database = fresh();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(add(*database, std::to_string(t) + "/" + std::to_string(i)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(database->read("SELECT count(*) AS n FROM thing")->at(0, "n"), "100");
}

TEST_F(State, survives_closing_and_opening) {
  {
    auto database = *open_sqlite(file());
    ASSERT_TRUE(database->migrate("test", kSteps));
    ASSERT_TRUE(add(*database, "kept"));
  }
  auto database = *open_sqlite(file());
  ASSERT_TRUE(database->migrate("test", kSteps));
  EXPECT_EQ(database->read("SELECT id FROM thing")->at(0, "id"), "kept");
}

TEST_F(State, a_file_of_a_newer_program_is_refused_with_both_versions) {
  auto database = *open_sqlite(file());
  auto steps = kSteps;
  steps.push_back({2, "ALTER TABLE thing ADD COLUMN more TEXT"});
  ASSERT_TRUE(database->migrate("test", steps));
  const auto older = database->migrate("test", kSteps);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, base::Code::conflict);
  EXPECT_THAT(older.error().text(), HasSubstr("\"test\" tables have version 2"));
  EXPECT_THAT(older.error().text(), HasSubstr("knows up to 1"));
  EXPECT_THAT(older.error().text(), HasSubstr("start the newer program"));
}

TEST_F(State, a_migration_that_fails_leaves_the_old_version) {
  auto database = *open_sqlite(file());
  ASSERT_TRUE(database->migrate("test", kSteps));
  auto steps = kSteps;
  steps.push_back({2, "ALTER TABLE thing ADD COLUMN more TEXT; SELECT * FROM nowhere"});
  EXPECT_FALSE(database->migrate("test", steps));
  EXPECT_EQ(database->read("SELECT * FROM thing")->columns.size(), 3U);
  EXPECT_TRUE(database->migrate("test", kSteps));
}

TEST_F(State, a_file_that_is_no_state_file_is_named) {
  std::ofstream(file()) << std::string(5000, 'x');
  const auto database = open_sqlite(file());
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, base::Code::invalid_input);
  EXPECT_THAT(database.error().text(), HasSubstr(file()));
}

TEST_F(State, a_folder_that_is_not_there_is_denied_in_plain_words) {
  const auto database = open_sqlite((folder_ / "missing" / "state.sqlite").string());
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, base::Code::denied);
  EXPECT_THAT(database.error().text(), HasSubstr("check that its folder exists"));
}

TEST_F(State, a_full_disk_is_told_and_changes_nothing) {
  auto database = *open_sqlite(file());
  ASSERT_TRUE(database->migrate("test", kSteps));

  struct rlimit before {};

  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit tight = before;
  tight.rlim_cur = 64UL * 1024;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto done = add(*database, std::string(1'000'000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, base::Code::exhausted) << done.error().text();
  EXPECT_THAT(done.error().text(), HasSubstr("disk is full"));
  EXPECT_TRUE(database->read("SELECT * FROM thing")->empty());
  EXPECT_TRUE(add(*database, "after"));
}

}  // namespace
}  // namespace outlay::store
