// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "store/database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace outlay::store {

/// One SQLite connection with its prepared statements. Used by one thread at a time.
class SqliteConnection {
 public:
  static base::Result<std::unique_ptr<SqliteConnection>> open(
      const std::string& path, bool is_durable);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  base::Result<Table> query(std::string_view sql, const Params& params);
  base::Result<std::int64_t> run(std::string_view sql, const Params& params);
  /// Any number of statements, without parameters and rows.
  base::Result<base::Done> script(std::string_view sql);

 private:
  SqliteConnection(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  base::Result<sqlite3_stmt*> prepare(std::string_view sql);
  base::Result<sqlite3_stmt*> bound(std::string_view sql, const Params& params);
  base::Error failure(int status, std::string_view sql) const;

  sqlite3* handle_;
  std::string path_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace outlay::store
