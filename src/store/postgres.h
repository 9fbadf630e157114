// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/table.h"

namespace outlay::store {

/// Where a PostgreSQL server is and who asks.
struct PostgresSettings {
  /// "postgresql://host:5432/database?sslmode=require", or libpq's "host=... dbname=...".
  std::string address;
  /// More connection keywords of libpq (user, password, sslmode, sslrootcert ...); they go before
  /// what the address says, except an empty one.
  std::map<std::string, std::string> keywords;
  bool is_read_only = false;                ///< statements that write then fail
  const std::atomic<bool>* stop = nullptr;  ///< when set to true, the running statement ends
};

/// The text of one value as the server sends it, in this program's form: dates and times in ISO
/// 8601 (timestamps as UTC with Z), booleans true and false, arrays as JSON lists, bytes as
/// hexadecimal digits. `oid` is the number of the type in pg_type.
std::string postgres_text(std::uint32_t oid, std::string_view sent);
/// The kind of a column by the number of its type.
Type postgres_type(std::uint32_t oid);

/// One connection to a PostgreSQL server. Used by one thread at a time.
class Postgres {
 public:
  /// Connects within 15 s. Fails with `denied` for a wrong user or password, `not_found` for an
  /// unknown database, else `unavailable`.
  static base::Result<Postgres> open(const PostgresSettings& settings);
  ~Postgres();
  Postgres(Postgres&&) noexcept;
  Postgres& operator=(Postgres&&) noexcept;

  /// Runs one or more statements; the last one's rows are the answer. The server's message becomes
  /// the error; a set `stop` answers `cancelled`.
  base::Result<Table> query(std::string_view sql);
  base::Result<base::Done> run(std::string_view sql);
  /// Streams the rows of one statement, a row at a time in memory: `on_row` gets each row's cells;
  /// returning false stops.
  base::Result<base::Done> each(
      std::string_view sql,
      const std::function<void(const std::vector<Column>&)>& on_columns,
      const std::function<bool(const std::vector<Cell>&)>& on_row);

 private:
  struct State;
  explicit Postgres(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace outlay::store
