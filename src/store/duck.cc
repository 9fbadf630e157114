// SPDX-License-Identifier: Apache-2.0
#include "store/duck.h"

#include <array>

#include <duckdb.h>
#include <fmt/format.h>

#include "base/text.h"
#include "store/decimal_functions.h"
#include "store/duck_cell.h"

namespace outlay::store {
namespace {

using base::Code;
using base::Done;
using base::Error;
using base::Result;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// DuckDB begins each message with the kind of error; preparing gives nothing else to tell them
/// apart.
Code code_of(std::string_view message) {
  if (contains(message, "No space left on device") || contains(message, "File too large") ||
      contains(message, "Disk quota exceeded")) {
    return Code::exhausted;
  }
  constexpr std::array<std::pair<std::string_view, Code>, 7> kKinds{
      {{"INTERRUPT", Code::cancelled},
       {"Out of Memory", Code::exhausted},
       {"Permission", Code::denied},
       {"IO Error", Code::invalid_input},
       {"INTERNAL", Code::internal},
       {"FATAL", Code::internal},
       {"TransactionContext", Code::internal}}};
  for (const auto& [start, code] : kKinds) {
    if (message.substr(0, start.size()) == start) return code;
  }
  return Code::invalid_input;
}

Error duck_error(const char* message) {
  const std::string text = message == nullptr ? "the query engine failed without a word" : message;
  const Code code = code_of(text);
  if (code == Code::cancelled) return {code, "the query was cancelled", {}, nullptr};
  return {code, std::string(base::trim(text)), {}, nullptr};
}

/// A result that is released with its scope.
struct Answer {
  duckdb_result result{};

  Answer() = default;

  ~Answer() { duckdb_destroy_result(&result); }

  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
};

/// The statements of a text, parsed.
struct Statements {
  duckdb_extracted_statements list = nullptr;
  idx_t count = 0;

  Statements(duckdb_connection connection, const std::string& sql) {
    count = duckdb_extract_statements(connection, sql.c_str(), &list);
  }

  ~Statements() { duckdb_destroy_extracted(&list); }

  Statements(const Statements&) = delete;
  Statements& operator=(const Statements&) = delete;

  Error error() const {
    const char* message = duckdb_extract_statements_error(list);
    return message == nullptr ? base::invalid_input("there is no statement in this text")
                              : duck_error(message);
  }
};

struct Prepared {
  duckdb_prepared_statement statement = nullptr;

  Prepared() = default;

  ~Prepared() { duckdb_destroy_prepare(&statement); }

  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
};

struct Pending {
  duckdb_pending_result pending = nullptr;

  Pending() = default;

  ~Pending() { duckdb_destroy_pending(&pending); }

  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
};

Result<Done> prepare(
    duckdb_connection connection, const Statements& statements, idx_t index, Prepared& prepared) {
  const auto state =
      duckdb_prepare_extracted_statement(connection, statements.list, index, &prepared.statement);
  if (state != DuckDBSuccess) return duck_error(duckdb_prepare_error(prepared.statement));
  return Done{};
}

struct Readers {
  std::vector<CellReader> cells;
  std::vector<Column> columns;
};

Result<Readers> readers_of(duckdb_result& result) {
  Readers readers;
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    auto type = duckdb_column_logical_type(&result, i);
    auto reader = CellReader::of(type);
    duckdb_destroy_logical_type(&type);
    const std::string name = duckdb_column_name(&result, i);
    if (!reader.is_readable()) {
      return base::invalid_input(fmt::format(
          "column \"{}\" has a type that cannot be shown; cast it to VARCHAR in the query", name));
    }
    readers.columns.push_back({name, reader.type()});
    readers.cells.push_back(std::move(reader));
  }
  return readers;
}

/// Hands the rows of one chunk on; false when the receiver wants no more.
bool hand_over(
    duckdb_data_chunk chunk,
    const std::vector<CellReader>& readers,
    std::vector<Cell>& row,
    const std::function<bool(const std::vector<Cell>&)>& on_row) {
  const idx_t rows = duckdb_data_chunk_get_size(chunk);
  for (idx_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < readers.size(); ++c) {
      row[c] = readers[c].cell(duckdb_data_chunk_get_vector(chunk, c), r);
    }
    if (!on_row(row)) return false;
  }
  return true;
}

Result<Done> stream(
    duckdb_result& result,
    const std::function<void(const std::vector<Column>&)>& on_columns,
    const std::function<bool(const std::vector<Cell>&)>& on_row) {
  const auto readers = TRY(readers_of(result));
  on_columns(readers.columns);
  std::vector<Cell> row(readers.cells.size());
  for (;;) {
    auto chunk = duckdb_fetch_chunk(result);
    if (chunk == nullptr) break;
    const bool wants_more =
        duckdb_data_chunk_get_size(chunk) > 0 && hand_over(chunk, readers.cells, row, on_row);
    duckdb_destroy_data_chunk(&chunk);
    if (!wants_more) return Done{};
  }
  if (const char* message = duckdb_result_error(&result); message != nullptr && *message != '\0') {
    return duck_error(message);
  }
  return Done{};
}

}  // namespace

struct DuckDatabase::State {
  duckdb_database database = nullptr;
  bool is_locked = false;
  bool tells_progress = false;

  ~State() { duckdb_close(&database); }
};

struct Duck::State {
  /// Keeps the database open as long as a connection is.
  std::shared_ptr<DuckDatabase::State> database;
  duckdb_connection connection = nullptr;

  ~State() { duckdb_disconnect(&connection); }
};

Duck::Duck(std::unique_ptr<State> state) : state_(std::move(state)) {}

Duck::~Duck() = default;
Duck::Duck(Duck&&) noexcept = default;
Duck& Duck::operator=(Duck&&) noexcept = default;

Result<Done> Duck::each(
    std::string_view sql,
    const std::function<void(const std::vector<Column>&)>& on_columns,
    const std::function<bool(const std::vector<Cell>&)>& on_row) {
  const Statements statements(state_->connection, std::string(sql));
  if (statements.count == 0) return statements.error();
  for (idx_t i = 0; i < statements.count; ++i) {
    Prepared prepared;
    TRY(prepare(state_->connection, statements, i, prepared));
    Pending pending;
    const bool is_last = i + 1 == statements.count;
    const auto begun = is_last
                           ? duckdb_pending_prepared_streaming(prepared.statement, &pending.pending)
                           : duckdb_pending_prepared(prepared.statement, &pending.pending);
    if (begun != DuckDBSuccess) return duck_error(duckdb_pending_error(pending.pending));
    Answer answer;
    if (duckdb_execute_pending(pending.pending, &answer.result) != DuckDBSuccess) {
      return duck_error(duckdb_result_error(&answer.result));
    }
    if (is_last) TRY(stream(answer.result, on_columns, on_row));
  }
  return Done{};
}

Result<Table> Duck::query(std::string_view sql) {
  Table table;
  TRY(each(
      sql,
      [&](const std::vector<Column>& columns) { table.columns = columns; },
      [&](const std::vector<Cell>& row) {
        table.rows.push_back(row);
        return true;
      }));
  return table;
}

Result<Done> Duck::run(std::string_view sql) {
  Answer answer;
  if (duckdb_query(state_->connection, std::string(sql).c_str(), &answer.result) != DuckDBSuccess) {
    return duck_error(duckdb_result_error(&answer.result));
  }
  return Done{};
}

Result<std::vector<StatementKind>> Duck::kinds(std::string_view sql) {
  const Statements statements(state_->connection, std::string(sql));
  if (statements.count == 0) return statements.error();
  std::vector<StatementKind> kinds;
  for (idx_t i = 0; i < statements.count; ++i) {
    Prepared prepared;
    TRY(prepare(state_->connection, statements, i, prepared));
    const auto type = duckdb_prepared_statement_type(prepared.statement);
    kinds.push_back(
        type == DUCKDB_STATEMENT_TYPE_SELECT    ? StatementKind::select
        : type == DUCKDB_STATEMENT_TYPE_EXPLAIN ? StatementKind::explain
                                                : StatementKind::other);
  }
  return kinds;
}

double Duck::progress() const {
  const auto progress = duckdb_query_progress(state_->connection);
  return progress.percentage < 0 ? -1 : progress.percentage / 100;
}

void Duck::interrupt() { duckdb_interrupt(state_->connection); }

DuckDatabase::DuckDatabase(std::shared_ptr<State> state) : state_(std::move(state)) {}

DuckDatabase::~DuckDatabase() = default;

namespace {

/// The settings that hold for the whole database, in the order DuckDB wants them.
std::string settings_sql(const DuckSettings& settings) {
  std::string sql = fmt::format(
      "SET memory_limit = '{}MB'; SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false; "
      "SET autoload_known_extensions = false; SET allow_community_extensions = false; "
      "SET preserve_insertion_order = {}; SET parquet_metadata_cache = true;",
      std::max<std::uint64_t>(settings.memory_bytes / 1'000'000, 64),
      settings.keeps_order);
  if (settings.threads > 0) sql += fmt::format("SET threads = {};", settings.threads);
  if (!settings.temp_folder.empty()) {
    sql += fmt::format("SET temp_directory = {};", base::sql_text(settings.temp_folder));
  }
  if (!settings.is_locked) return sql;
  std::vector<std::string> folders;
  for (const auto& folder : settings.readable_folders) folders.push_back(base::sql_text(folder));
  sql += fmt::format(
      "SET allowed_directories = [{}]; SET enable_external_access = false;",
      base::join(folders, ", "));
  return sql;
}

}  // namespace

Result<std::unique_ptr<DuckDatabase>> DuckDatabase::open(const DuckSettings& settings) {
  auto state = std::make_shared<State>();
  char* message = nullptr;
  if (duckdb_open_ext(nullptr, &state->database, nullptr, &message) != DuckDBSuccess) {
    auto error = duck_error(message);
    duckdb_free(message);
    return error;
  }
  state->tells_progress = settings.tells_progress;
  std::unique_ptr<DuckDatabase> database(new DuckDatabase(state));
  auto connection = TRY(database->connect());
  TRY(add_decimal_functions(connection.state_->connection));
  TRY(connection.run(settings_sql(settings)));
  if (settings.is_locked) TRY(connection.run("SET lock_configuration = true"));
  state->is_locked = settings.is_locked;
  return database;
}

Result<Duck> DuckDatabase::connect() {
  auto state = std::make_unique<Duck::State>();
  state->database = state_;
  if (duckdb_connect(state_->database, &state->connection) != DuckDBSuccess) {
    return base::internal_error("the query engine gave no connection");
  }
  Duck connection(std::move(state));
  if (state_->tells_progress) {
    TRY(connection.run("SET enable_progress_bar = true; SET enable_progress_bar_print = false"));
  }
  return connection;
}

}  // namespace outlay::store
