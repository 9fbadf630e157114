// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql/sql.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "io/file.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/scripts/workspace.h"
#include "tasks/spec.h"
#include "tasks/sql/connection.h"
#include "tasks/sql/fetch.h"
#include "tasks/sql/sql_text.h"

namespace outlay::tasks {
namespace {

using format::Value;

const SqlEngine kEngines[] = {
    {"duckdb", "databaseUri", open_duckdb},
    {"sqlite", "sqliteFile", open_sqlite_file},
    {"postgresql", "", open_postgresql}};

/// The statements of a property, with its parameters in them.
base::Result<std::vector<std::string>> statements_of(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  const std::string written = TRY(flow::text_property(context, properties, name));
  const format::Object parameters = TRY(map_property(context, properties, "parameters"));
  return sql_statements(TRY(with_parameters(written, parameters)));
}

bool is_transaction_word(std::string_view statement) {
  const std::string word = base::lower(statement.substr(0, statement.find_first_of(" \n\t;")));
  return word == "begin" || word == "start" || word == "commit" || word == "rollback" ||
         word == "savepoint" || word == "vacuum" || word == "pragma" || word == "attach" ||
         word == "checkpoint";
}

/// One run of a task or trigger over an open connection.
class Statements {
 public:
  Statements(flow::TaskContext& context, const Value& properties, SqlConnection& connection)
      : context_(context), properties_(properties), connection_(connection) {}

  /// `is_many`: each statement's rows are one of `outputs`; else the last one's are the outputs.
  /// `is_whole`: all statements take effect or none. Answers how many rows there were.
  base::Result<std::int64_t> run(bool is_many, bool is_whole, format::Object& outputs) {
    statements_ = TRY(statements_of(context_, properties_, "sql"));
    if (statements_.empty())
      return base::invalid_input("property sql must be given and hold a statement");
    answering_ = statements_.size();
    for (std::string& after : TRY(statements_of(context_, properties_, "afterSQL")))
      statements_.push_back(std::move(after));
    is_whole = is_whole && statements_.size() > 1 &&
               std::none_of(statements_.begin(), statements_.end(), is_transaction_word);
    if (is_whole) TRY(connection_.query("BEGIN"));
    auto rows = run_each(is_many, outputs);
    if (is_whole && rows) TRY(connection_.query("COMMIT"));
    if (is_whole && !rows) {
      // What failed is told; a server that is gone has rolled back by itself.
      const auto undone = connection_.query("ROLLBACK");
      static_cast<void>(undone);
    }
    if (rows) context_.metric({"fetch.size", "counter", static_cast<double>(*rows), {}});
    return rows;
  }

 private:
  base::Result<std::int64_t> run_each(bool is_many, format::Object& outputs) {
    const Fetch fetch = TRY(fetch_property(context_, properties_));
    format::Array answers;
    std::int64_t count = 0;
    for (std::size_t i = 0; i < statements_.size(); ++i) {
      if (context_.stop())
        return base::Error{base::Code::cancelled, "stopped between two statements", {}, nullptr};
      auto table = connection_.query(statements_[i]);
      if (!table) return table.error().within(fmt::format("statement {}", i + 1));
      if (i >= answering_) continue;
      const bool is_last = i + 1 == answering_;
      if (is_many || is_last) count += static_cast<std::int64_t>(table->rows.size());
      if (is_many && !table->columns.empty()) {
        format::Object answer;
        TRY(put_rows(context_, fetch, *table, answer));
        answers.emplace_back(std::move(answer));
      } else if (!is_many && is_last) {
        TRY(put_rows(context_, fetch, *table, outputs));
      }
    }
    if (is_many) outputs.set("outputs", std::move(answers));
    return count;
  }

  flow::TaskContext& context_;
  const Value& properties_;
  SqlConnection& connection_;
  std::vector<std::string> statements_;
  std::size_t answering_ = 0;  ///< statements before those of afterSQL
};

base::Result<std::string> database_path(
    const SqlEngine& engine,
    flow::TaskContext& context,
    const Value& properties,
    const io::Path& folder) {
  if (engine.is_server()) return std::string();
  const std::string uri = TRY(flow::text_property(context, properties, engine.file_property));
  if (!uri.empty()) {
    // The stored file stays as it is; statements work on a copy.
    const io::Path copy = folder / ".database.db";
    const std::string content = TRY(stored_text(context, uri));
    TRY(io::write_file(copy, content));
    return copy.string();
  }
  const std::string url = TRY(flow::text_property(context, properties, "url"));
  const std::string path = jdbc_path(url, engine.name);
  if (!path.empty()) return io::Path(path).is_absolute() ? path : (folder / path).string();
  const bool is_kept = TRY(flag_property(context, properties, "outputDbFile", false));
  return is_kept ? (folder / fmt::format("{}.db", engine.name)).string() : std::string();
}

class SqlTask final : public SpecTask {
 public:
  SqlTask(const SqlEngine& engine, bool is_many)
      : SpecTask(fmt::format("sql/{}_{}.yaml", engine.name, is_many ? "queries" : "query")),
        engine_(engine),
        is_many_(is_many) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& outer, const Value& properties) const override {
    Workspace workspace = TRY(Workspace::open(outer));
    ContextWithVariables context(
        outer,
        Value::object(
            {{"workingDir", workspace.folder().string()},
             {"outputDir", workspace.output_folder().string()}}));
    TRY(workspace.put_inputs(context, properties));
    const std::string path = TRY(database_path(engine_, context, properties, workspace.folder()));
    std::unique_ptr<SqlConnection> connection =
        TRY(engine_.open({context, properties, workspace.folder(), path}));
    // A database in memory goes away with the attempt: nothing of it can be kept by half.
    const bool is_lasting = engine_.is_server() || !path.empty();
    const bool is_whole = !is_many_ || TRY(flag_property(context, properties, "transaction", true));
    flow::TaskEnd end;
    TRY(Statements(context, properties, *connection)
            .run(is_many_, is_lasting && is_whole, end.outputs));
    connection.reset();
    const format::Object files = TRY(workspace.take_outputs(context, properties));
    if (!files.empty()) end.outputs.set("outputFiles", files);
    const bool is_kept = TRY(flag_property(context, properties, "outputDbFile", false));
    if (is_kept && !path.empty())
      end.outputs.set(
          "databaseUri", TRY(context.store_file(path, io::Path(path).filename().string())));
    return end;
  }

 private:
  const SqlEngine& engine_;
  bool is_many_;
};

/// Begins an execution when its query answers rows.
class SqlTrigger final : public flow::PollingType {
 public:
  explicit SqlTrigger(const SqlEngine& engine)
      : engine_(engine), info_(read_spec(fmt::format("sql/{}_trigger.yaml", engine.name))) {}

  const flow::TaskInfo& info() const override { return info_; }

  base::Result<std::optional<format::Object>> poll(
      flow::TaskContext& context, const Value& properties) const override {
    const io::Path folder = TRY(context.working_folder());
    const std::string path = TRY(database_path(engine_, context, properties, folder));
    std::unique_ptr<SqlConnection> connection =
        TRY(engine_.open({context, properties, folder, path}));
    format::Object given = properties.as_object();
    if (given.find("fetchType") == nullptr) given.set("fetchType", "FETCH");
    format::Object variables;
    const Value asked(std::move(given));
    const std::int64_t rows =
        TRY(Statements(context, asked, *connection).run(false, true, variables));
    if (rows == 0) return std::optional<format::Object>();
    if (variables.find("size") == nullptr) variables.set("size", rows);
    return std::optional<format::Object>(std::move(variables));
  }

 private:
  const SqlEngine& engine_;
  flow::TaskInfo info_;
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_sql_tasks() {
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const SqlEngine& engine : kEngines) {
    for (const bool is_many : {false, true})
      out.push_back(std::make_unique<SqlTask>(engine, is_many));
  }
  return out;
}

std::vector<std::unique_ptr<flow::PollingType>> make_sql_triggers() {
  std::vector<std::unique_ptr<flow::PollingType>> out;
  for (const SqlEngine& engine : kEngines) out.push_back(std::make_unique<SqlTrigger>(engine));
  return out;
}

}  // namespace outlay::tasks
