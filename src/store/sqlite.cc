// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "base/mutex.h"
#include "base/random.h"
#include "store/database.h"
#include "store/sqlite_connection.h"

namespace outlay::store {
namespace {

using base::Done;
using base::Result;

class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}

  Result<Table> query(std::string_view sql, const Params& params) override {
    return connection_.query(sql, params);
  }

  Result<std::int64_t> run(std::string_view sql, const Params& params) override {
    return connection_.run(sql, params);
  }

 private:
  SqliteConnection& connection_;
};

/// Says which version a file has, which one this program knows, and what to do about it.
base::Error newer_file(const std::string& path, std::string_view module, int has, int knows) {
  return base::conflict(fmt::format(
      "the state file {} was written by a newer version of this program: its \"{}\" tables have "
      "version {}, this program knows up to {}; start the newer program, or restore the data "
      "folder as it was before the upgrade",
      path,
      module,
      has,
      knows));
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string path, bool is_durable, std::filesystem::path scratch)
      : path_(std::move(path)), is_durable_(is_durable), scratch_(std::move(scratch)) {}

  ~SqliteDatabase() override {
    writer_.reset();
    readers_.clear();
    std::error_code ignored;
    if (!scratch_.empty()) std::filesystem::remove_all(scratch_, ignored);
  }

  Result<Done> open() {
    const base::Lock lock(write_mutex_);
    writer_ = TRY(SqliteConnection::open(path_, is_durable_));
    // Reading the schema makes a file that is none fail now, not at the first use.
    TRY(writer_->query("SELECT count(*) FROM sqlite_master", {}));
    return Done{};
  }

  Result<Done> migrate(std::string_view module, const std::vector<Migration>& steps) override {
    return in_transaction([&](SqliteConnection& connection) -> Result<Done> {
      TRY(
          connection.script("CREATE TABLE IF NOT EXISTS schema_versions"
                            "(module TEXT PRIMARY KEY, version INTEGER NOT NULL)"));
      const auto found = TRY(connection.query(
          "SELECT version FROM schema_versions WHERE module = ?", {std::string(module)}));
      const int has = found.empty() ? 0 : std::stoi(found.rows[0][0].value_or("0"));
      const int knows = steps.empty() ? 0 : steps.back().version;
      if (has > knows) return newer_file(path_, module, has, knows);
      for (const auto& step : steps) {
        if (step.version > has) TRY(connection.script(step.sql));
      }
      if (has == knows) return Done{};
      TRY(connection.run(
          "INSERT INTO schema_versions VALUES (?, ?) "
          "ON CONFLICT(module) DO UPDATE SET version = excluded.version",
          {std::string(module), std::int64_t{knows}}));
      return Done{};
    });
  }

  Result<Done> write(const std::function<Result<Done>(Transaction&)>& work) override {
    return in_transaction([&](SqliteConnection& connection) {
      SqliteTransaction transaction(connection);
      return work(transaction);
    });
  }

  Result<Table> read(std::string_view sql, const Params& params) override {
    auto connection = TRY(take_reader());
    auto answer = connection->query(sql, params);
    const base::Lock lock(read_mutex_);
    readers_.push_back(std::move(connection));
    return answer;
  }

 private:
  Result<Done> in_transaction(const std::function<Result<Done>(SqliteConnection&)>& work) {
    if (writing_thread_.load() == std::this_thread::get_id()) {
      return base::internal_error("a state store transaction was begun inside another one");
    }
    const base::Lock lock(write_mutex_);
    TRY(writer_->run("BEGIN IMMEDIATE", {}));
    writing_thread_.store(std::this_thread::get_id());
    auto done = work(*writer_);
    writing_thread_.store({});
    if (done) {
      auto committed = writer_->run("COMMIT", {});
      if (committed) return Done{};
      done = std::move(committed).error();
    }
    // After a full disk SQLite may have rolled back by itself; a second rollback then fails and is
    // of no interest.
    const auto undone = writer_->run("ROLLBACK", {});
    static_cast<void>(undone);
    return done;
  }

  Result<std::unique_ptr<SqliteConnection>> take_reader() {
    {
      const base::Lock lock(read_mutex_);
      if (!readers_.empty()) {
        auto connection = std::move(readers_.back());
        readers_.pop_back();
        return connection;
      }
    }
    return SqliteConnection::open(path_, is_durable_);
  }

  const std::string path_;
  const bool is_durable_;
  const std::filesystem::path scratch_;  ///< removed at the end; empty for a real file
  base::Mutex write_mutex_;
  std::unique_ptr<SqliteConnection> writer_;
  std::atomic<std::thread::id> writing_thread_{};
  base::Mutex read_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_ GUARDED_BY(read_mutex_);
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path) {
  std::filesystem::path scratch;
  std::string file = path;
  if (path == ":memory:") {
    // A real file in a folder of its own: readers beside a writer then behave as in production.
    std::error_code error;
    scratch = std::filesystem::temp_directory_path(error) / ("outlay-state-" + base::new_id());
    std::filesystem::create_directories(scratch, error);
    if (error) return base::internal_error("cannot make " + scratch.string());
    file = (scratch / "state.sqlite").string();
  }
  auto database = std::make_unique<SqliteDatabase>(file, scratch.empty(), scratch);
  TRY(database->open());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace outlay::store
