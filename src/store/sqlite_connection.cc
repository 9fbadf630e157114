// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_connection.h"

#include <cerrno>

#include <fmt/format.h>
#include <sqlite3.h>

namespace outlay::store {
namespace {

using base::Code;
using base::Done;
using base::Error;
using base::Result;

constexpr int kBusyMilliseconds = 15'000;
constexpr std::size_t kStatementsKept = 200;

Type type_of_declaration(std::string_view declared) {
  if (declared == "INTEGER" || declared == "BIGINT") return Type::integer;
  if (declared == "REAL") return Type::real;
  return Type::text;
}

Type type_of_value(int sqlite_type) {
  if (sqlite_type == SQLITE_INTEGER) return Type::integer;
  if (sqlite_type == SQLITE_FLOAT) return Type::real;
  return Type::text;
}

/// Rests a statement when the scope ends, so that its locks and bound texts are let go.
class Resting {
 public:
  explicit Resting(sqlite3_stmt* statement) : statement_(statement) {}

  ~Resting() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  Resting(const Resting&) = delete;
  Resting& operator=(const Resting&) = delete;

 private:
  sqlite3_stmt* statement_;
};

Cell cell_of(sqlite3_stmt* statement, int index) {
  if (sqlite3_column_type(statement, index) == SQLITE_NULL) return std::nullopt;
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, index));
  if (sqlite3_column_type(statement, index) != SQLITE_BLOB) {
    text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
  }
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
  return size == 0 ? std::string() : std::string(text, size);
}

std::vector<Column> columns_of(sqlite3_stmt* statement) {
  std::vector<Column> columns;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    const char* declared = sqlite3_column_decltype(statement, i);
    columns.push_back(
        {sqlite3_column_name(statement, i),
         declared == nullptr ? Type::other : type_of_declaration(declared)});
  }
  return columns;
}

std::vector<Cell> row_of(sqlite3_stmt* statement, std::vector<Column>& columns) {
  std::vector<Cell> row;
  row.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int index = static_cast<int>(i);
    // A computed column has no declaration: its first value that is not null tells.
    if (columns[i].type == Type::other && sqlite3_column_type(statement, index) != SQLITE_NULL) {
      columns[i].type = type_of_value(sqlite3_column_type(statement, index));
    }
    row.push_back(cell_of(statement, index));
  }
  return row;
}

int bind(sqlite3_stmt* statement, int index, const Param& param) {
  if (std::holds_alternative<std::nullptr_t>(param)) return sqlite3_bind_null(statement, index);
  if (const auto* number = std::get_if<std::int64_t>(&param)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  const auto& text = std::get<std::string>(param);
  return sqlite3_bind_text64(
      statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// What a status means to a person; `os_error` is errno of the failed call.
Error plain_error(int status, int os_error, const std::string& path, const std::string& detail) {
  const int kind = status & 0xFF;
  if (kind == SQLITE_FULL || (kind == SQLITE_IOERR && (os_error == ENOSPC || os_error == EFBIG))) {
    return {
        Code::exhausted,
        fmt::format(
            "the disk is full: the state file {} could not be written, nothing was changed; free "
            "some space and try again ({})",
            path,
            detail),
        {},
        nullptr};
  }
  if (kind == SQLITE_READONLY || kind == SQLITE_CANTOPEN || kind == SQLITE_PERM) {
    return {
        Code::denied,
        fmt::format(
            "the state file {} cannot be opened for writing: check that its folder exists and that "
            "this user may write there ({})",
            path,
            detail),
        {},
        nullptr};
  }
  if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED) {
    return {
        Code::unavailable,
        fmt::format(
            "the state file {} is held by another process; stop it or try again ({})",
            path,
            detail),
        {},
        nullptr};
  }
  if (kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT) {
    return {
        Code::invalid_input,
        fmt::format(
            "{} is no state file of this program, or it is damaged; restore it from a backup or "
            "name another data folder ({})",
            path,
            detail),
        {},
        nullptr};
  }
  if (kind == SQLITE_CONSTRAINT) return base::conflict(fmt::format("state store: {}", detail));
  return base::internal_error(fmt::format("state store {}: {}", path, detail));
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(
    const std::string& path, bool is_durable) {
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(
      path.c_str(),
      &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle, path));
  if (status != SQLITE_OK) return connection->failure(status, "open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  TRY(connection->script("PRAGMA journal_mode=WAL"));
  TRY(connection->script(is_durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF"));
  TRY(connection->script("PRAGMA foreign_keys=ON"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Error SqliteConnection::failure(int status, std::string_view sql) const {
  if (handle_ == nullptr) return base::internal_error("no memory for a state store connection");
  std::string detail = sqlite3_errmsg(handle_);
  if ((status & 0xFF) == SQLITE_ERROR) detail += fmt::format(" in: {}", sql.substr(0, 300));
  return plain_error(status, sqlite3_system_errno(handle_), path_, detail);
}

Result<sqlite3_stmt*> SqliteConnection::prepare(std::string_view sql) {
  std::string key(sql);
  if (auto found = statements_.find(key); found != statements_.end()) return found->second;
  if (statements_.size() >= kStatementsKept) {
    for (const auto& [old, statement] : statements_) sqlite3_finalize(statement);
    statements_.clear();
  }
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v3(
      handle_,
      sql.data(),
      static_cast<int>(sql.size()),
      SQLITE_PREPARE_PERSISTENT,
      &statement,
      nullptr);
  if (status != SQLITE_OK) return failure(status, sql);
  statements_.emplace(std::move(key), statement);
  return statement;
}

Result<sqlite3_stmt*> SqliteConnection::bound(std::string_view sql, const Params& params) {
  sqlite3_stmt* statement = TRY(prepare(sql));
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(params.size())) {
    return base::internal_error(fmt::format(
        "statement wants {} parameters and got {}: {}",
        sqlite3_bind_parameter_count(statement),
        params.size(),
        sql));
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    const int status = bind(statement, static_cast<int>(i) + 1, params[i]);
    if (status != SQLITE_OK) return failure(status, sql);
  }
  return statement;
}

Result<Table> SqliteConnection::query(std::string_view sql, const Params& params) {
  sqlite3_stmt* statement = TRY(bound(sql, params));
  const Resting resting(statement);
  Table table;
  table.columns = columns_of(statement);
  int status = SQLITE_OK;
  while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
    table.rows.push_back(row_of(statement, table.columns));
  }
  if (status != SQLITE_DONE) return failure(status, sql);
  for (auto& column : table.columns) {
    if (column.type == Type::other) column.type = Type::text;
  }
  return table;
}

Result<std::int64_t> SqliteConnection::run(std::string_view sql, const Params& params) {
  sqlite3_stmt* statement = TRY(bound(sql, params));
  const Resting resting(statement);
  int status = SQLITE_OK;
  while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
  }
  if (status != SQLITE_DONE) return failure(status, sql);
  return static_cast<std::int64_t>(sqlite3_changes64(handle_));
}

Result<Done> SqliteConnection::script(std::string_view sql) {
  const int status = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return failure(status, sql);
  return Done{};
}

}  // namespace outlay::store
