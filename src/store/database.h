// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "store/table.h"

namespace outlay::store {

/// A bound value of a statement.
using Param = std::variant<std::nullptr_t, std::int64_t, std::string>;
using Params = std::vector<Param>;

/// Reads and writes inside one transaction. Statements are portable SQL with ? for parameters.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual base::Result<Table> query(std::string_view sql, const Params& params) = 0;
  /// Rows changed.
  virtual base::Result<std::int64_t> run(std::string_view sql, const Params& params) = 0;
};

/// One step of a module's schema. Steps are applied once, in order, and never edited.
struct Migration {
  int version = 0;  ///< 1, 2, 3 ... within the module
  std::string_view sql;
};

/// The state store: what is current, what runs, what was journaled. SQLite now; PostgreSQL behind
/// the same face. Safe from any thread.
class Database {
 public:
  virtual ~Database() = default;
  /// Brings a module's tables up to date. Fails with `conflict`, changing nothing, when the file
  /// was written by a newer version of the program.
  virtual base::Result<base::Done> migrate(
      std::string_view module, const std::vector<Migration>& steps) = 0;
  /// Runs `work` in one read-write transaction and commits durably (fdatasync before it returns);
  /// rolls back when it fails. Writers wait for each other.
  virtual base::Result<base::Done> write(
      const std::function<base::Result<base::Done>(Transaction&)>& work) = 0;
  /// A consistent read that does not wait for writers.
  virtual base::Result<Table> read(std::string_view sql, const Params& params = {}) = 0;
};

/// Opens (or creates) an SQLite file in WAL mode with synchronous=FULL. ":memory:" for tests.
base::Result<std::unique_ptr<Database>> open_sqlite(const std::string& path);

}  // namespace outlay::store
