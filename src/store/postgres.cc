// SPDX-License-Identifier: Apache-2.0
#include "store/postgres.h"

#include <libpq-fe.h>
#include <optional>
#include <poll.h>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::store {
namespace {

using base::Code;
using base::Done;
using base::Error;
using base::Result;

constexpr int kWaitMilliseconds = 100;

// Classes of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
Code code_of_state(std::string_view state) {
  if (state.starts_with("28") || state == "42501") return Code::denied;
  if (state == "3D000") return Code::not_found;
  if (state == "57014") return Code::cancelled;
  if (state.starts_with("08") || state.starts_with("57")) return Code::unavailable;
  if (state.starts_with("53")) return Code::exhausted;
  if (state.starts_with("23") || state.starts_with("40")) return Code::conflict;
  if (state.starts_with("XX")) return Code::internal;
  return Code::invalid_input;
}

/// libpq's messages are lines; we want one sentence.
std::string one_line(std::string_view message) {
  std::string out;
  for (const std::string& line : base::split(message, '\n')) {
    if (base::trim(line).empty()) continue;
    if (!out.empty()) out += "; ";
    out += base::trim(line);
  }
  return out;
}

Error failure(const PGresult* result) {
  const auto field = [&](int which) {
    const char* text = PQresultErrorField(result, which);
    return std::string(text == nullptr ? "" : text);
  };
  std::string message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = one_line(PQresultErrorMessage(result));
  for (const int more : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT})
    if (const std::string text = field(more); !text.empty()) message += "; " + one_line(text);
  return {code_of_state(field(PG_DIAG_SQLSTATE)), "PostgreSQL: " + message, {}, nullptr};
}

// What a failed connection says has no SQLSTATE, only words.
Error connect_failure(PGconn* connection) {
  const std::string message = one_line(PQerrorMessage(connection));
  Code code = Code::unavailable;
  if (message.find("password") != std::string::npos || message.find("role") != std::string::npos ||
      message.find("pg_hba") != std::string::npos) {
    code = Code::denied;
  } else if (
      message.find("database") != std::string::npos &&
      message.find("does not exist") != std::string::npos) {
    code = Code::not_found;
  } else if (
      message.find("invalid") != std::string::npos ||
      message.find("missing") != std::string::npos) {
    code = Code::invalid_input;
  }
  return {code, "cannot connect to PostgreSQL: " + message, {}, nullptr};
}

struct ResultEnd {
  void operator()(PGresult* result) const { PQclear(result); }
};

using Answer = std::unique_ptr<PGresult, ResultEnd>;

std::vector<Column> columns_of(const PGresult* result) {
  std::vector<Column> columns;
  for (int i = 0; i < PQnfields(result); ++i)
    columns.push_back({PQfname(result, i), postgres_type(PQftype(result, i))});
  return columns;
}

std::vector<Cell> row_of(const PGresult* result, int row) {
  std::vector<Cell> cells;
  const int count = PQnfields(result);
  cells.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    if (PQgetisnull(result, row, i) != 0) {
      cells.emplace_back(std::nullopt);
      continue;
    }
    const auto size = static_cast<std::size_t>(PQgetlength(result, row, i));
    cells.emplace_back(
        postgres_text(PQftype(result, i), std::string_view(PQgetvalue(result, row, i), size)));
  }
  return cells;
}

}  // namespace

struct Postgres::State {
  explicit State(const std::atomic<bool>* asked) : stop(asked) {}

  ~State() { PQfinish(connection); }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool is_stopped() const { return stop != nullptr && stop->load(); }

  Error broken() const {
    return base::unavailable("PostgreSQL: " + one_line(PQerrorMessage(connection)));
  }

  Result<Done> cancel() {
    PGcancel* handle = PQgetCancel(connection);
    char ignored[256] = {};
    if (handle != nullptr) PQcancel(handle, ignored, sizeof ignored);
    PQfreeCancel(handle);
    return Done{};
  }

  /// The next answer of the statements that were sent, null after the last one.
  Result<Answer> next() {
    bool is_cancelled = false;
    while (PQisBusy(connection) != 0) {
      if (is_stopped() && !is_cancelled) {
        TRY(cancel());
        is_cancelled = true;
      }
      pollfd readable{PQsocket(connection), POLLIN, 0};
      if (poll(&readable, 1, kWaitMilliseconds) > 0 && PQconsumeInput(connection) == 0)
        return broken();
    }
    return Answer(PQgetResult(connection));
  }

  /// Reads what is left of an answer nobody wants, so that the connection can be used again.
  void drain() {
    while (PGresult* left = PQgetResult(connection)) PQclear(left);
  }

  Result<Done> send(std::string_view sql) {
    if (is_stopped()) return Error{Code::cancelled, "stopped before a statement", {}, nullptr};
    if (PQsendQuery(connection, std::string(sql).c_str()) == 0) return broken();
    return Done{};
  }

  PGconn* connection = nullptr;
  const std::atomic<bool>* stop;
};

Postgres::Postgres(std::unique_ptr<State> state) : state_(std::move(state)) {}

Postgres::~Postgres() = default;
Postgres::Postgres(Postgres&&) noexcept = default;
Postgres& Postgres::operator=(Postgres&&) noexcept = default;

Result<Postgres> Postgres::open(const PostgresSettings& settings) {
  std::map<std::string, std::string> words = {
      {"connect_timeout", "15"}, {"application_name", "outlay"}, {"client_encoding", "UTF8"}};
  for (const auto& [name, value] : settings.keywords) {
    if (!value.empty()) words[name] = value;
  }
  // With an expanded dbname, what comes later wins: the address first.
  std::vector<const char*> names;
  std::vector<const char*> values;
  const auto add = [&](const char* name, const char* value) {
    names.push_back(name);
    values.push_back(value);
  };
  for (const char* lowest : {"connect_timeout", "application_name"}) {
    if (!settings.keywords.contains(lowest)) add(lowest, words[lowest].c_str());
  }
  if (!settings.address.empty()) add("dbname", settings.address.c_str());
  for (const auto& [name, value] : words) {
    const bool is_lowest = name == "connect_timeout" || name == "application_name";
    if (!is_lowest || settings.keywords.contains(name)) add(name.c_str(), value.c_str());
  }
  add(nullptr, nullptr);

  auto state = std::make_unique<State>(settings.stop);
  state->connection = PQconnectdbParams(names.data(), values.data(), 1);
  if (state->connection == nullptr) return base::internal_error("no memory for a connection");
  if (PQstatus(state->connection) != CONNECTION_OK) return connect_failure(state->connection);
  PQsetNoticeProcessor(
      state->connection, [](void*, const char*) {}, nullptr);
  Postgres made(std::move(state));
  // Texts then have one form, whatever the server's settings are.
  std::string sql =
      "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; "
      "SET bytea_output = 'hex'; SET extra_float_digits = 3;";
  if (settings.is_read_only) sql += " SET default_transaction_read_only = on;";
  TRY(made.run(sql));
  return made;
}

Result<Table> Postgres::query(std::string_view sql) {
  TRY(state_->send(sql));
  Table table;
  std::optional<Error> failed;
  while (true) {
    Answer answer = TRY(state_->next());
    if (answer == nullptr) break;
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (!failed) failed = failure(answer.get());
    } else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
      if (status == PGRES_COPY_IN) PQputCopyEnd(state_->connection, "COPY is not offered here");
      if (status == PGRES_COPY_OUT) TRY(state_->cancel());
      state_->drain();
      return base::invalid_input("COPY from or to the client is not offered; use SELECT or INSERT");
    } else {
      table = Table{columns_of(answer.get()), {}};
      for (int row = 0; row < PQntuples(answer.get()); ++row)
        table.rows.push_back(row_of(answer.get(), row));
    }
  }
  if (failed) return *failed;
  return table;
}

Result<Done> Postgres::run(std::string_view sql) {
  TRY(query(sql));
  return Done{};
}

Result<Done> Postgres::each(
    std::string_view sql,
    const std::function<void(const std::vector<Column>&)>& on_columns,
    const std::function<bool(const std::vector<Cell>&)>& on_row) {
  TRY(state_->send(sql));
  PQsetSingleRowMode(state_->connection);
  std::optional<Error> failed;
  bool has_columns = false;
  bool is_wanted = true;
  while (true) {
    Answer answer = TRY(state_->next());
    if (answer == nullptr) break;
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status == PGRES_FATAL_ERROR && is_wanted && !failed) failed = failure(answer.get());
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) continue;
    if (!has_columns) on_columns(columns_of(answer.get()));
    has_columns = true;
    if (!is_wanted || status != PGRES_SINGLE_TUPLE) continue;
    is_wanted = on_row(row_of(answer.get(), 0));
    if (!is_wanted) TRY(state_->cancel());
  }
  if (failed) return *failed;
  return Done{};
}

}  // namespace outlay::store
