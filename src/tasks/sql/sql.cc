// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql/sql.h"

#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "io/file.h"
#include "store/duck.h"
#include "store/sqlite_connection.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/scripts/workspace.h"
#include "tasks/spec.h"
#include "tasks/sql/fetch.h"
#include "tasks/sql/sql_text.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// A connection that is open for one attempt.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual base::Result<store::Table> query(const std::string& sql) = 0;
};

class DuckConnection final : public Connection {
 public:
  static base::Result<std::unique_ptr<Connection>> open(
      const io::Path& folder, const std::string& path) {
    store::DuckSettings settings;
    settings.temp_folder = (folder / ".spill").string();
    TRY(io::make_folders(settings.temp_folder));
    auto made = std::make_unique<DuckConnection>();
    made->database_ = TRY(store::DuckDatabase::open(settings));
    made->duck_ = std::make_unique<store::Duck>(TRY(made->database_->connect()));
    // Relative names in read_csv and its like lie in the working folder.
    TRY(made->duck_->run("SET file_search_path = " + base::sql_text(folder.string())));
    if (!path.empty()) {
      TRY(made->duck_->run(fmt::format("ATTACH {} AS opened", base::sql_text(path))));
      TRY(made->duck_->run("USE opened"));
    }
    return std::unique_ptr<Connection>(std::move(made));
  }

  base::Result<store::Table> query(const std::string& sql) override { return duck_->query(sql); }

 private:
  std::unique_ptr<store::DuckDatabase> database_;
  std::unique_ptr<store::Duck> duck_;
};

class SqliteFile final : public Connection {
 public:
  explicit SqliteFile(std::unique_ptr<store::SqliteConnection> connection)
      : connection_(std::move(connection)) {}

  static base::Result<std::unique_ptr<Connection>> open(const io::Path&, const std::string& path) {
    auto connection = TRY(store::SqliteConnection::open(path.empty() ? ":memory:" : path, false));
    return std::unique_ptr<Connection>(std::make_unique<SqliteFile>(std::move(connection)));
  }

  base::Result<store::Table> query(const std::string& sql) override {
    return connection_->query(sql, {});
  }

 private:
  std::unique_ptr<store::SqliteConnection> connection_;
};

/// One kind of embedded database.
struct Engine {
  std::string name;           ///< "duckdb": of the JDBC scheme and the spec files
  std::string file_property;  ///< a database file given by URI
  base::Result<std::unique_ptr<Connection>> (*open)(const io::Path&, const std::string&);
};

class SqlTask final : public SpecTask {
 public:
  SqlTask(Engine engine, bool is_many)
      : SpecTask(fmt::format("sql/{}_{}.yaml", engine.name, is_many ? "queries" : "query")),
        engine_(std::move(engine)),
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
    const std::string path = TRY(database_path(context, properties, workspace.folder()));
    std::unique_ptr<Connection> connection = TRY(engine_.open(workspace.folder(), path));
    const std::string written = TRY(needed_property(context, properties, "sql"));
    const format::Object parameters = TRY(map_property(context, properties, "parameters"));
    const std::string sql = TRY(with_parameters(written, parameters));
    flow::TaskEnd end;
    TRY(run_all(context, properties, sql, *connection, end.outputs));
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
  base::Result<std::string> database_path(
      flow::TaskContext& context, const Value& properties, const io::Path& folder) const {
    const std::string uri = TRY(flow::text_property(context, properties, engine_.file_property));
    if (!uri.empty()) {
      // The stored file stays as it is; statements work on a copy.
      const io::Path copy = folder / ".database.db";
      const std::string content = TRY(stored_text(context, uri));
      TRY(io::write_file(copy, content));
      return copy.string();
    }
    const std::string url = TRY(flow::text_property(context, properties, "url"));
    const std::string path = jdbc_path(url, engine_.name);
    if (!path.empty()) return io::Path(path).is_absolute() ? path : (folder / path).string();
    const bool is_kept = TRY(flag_property(context, properties, "outputDbFile", false));
    return is_kept ? (folder / fmt::format("{}.db", engine_.name)).string() : std::string();
  }

  base::Result<base::Done> run_all(
      flow::TaskContext& context,
      const Value& properties,
      const std::string& sql,
      Connection& connection,
      format::Object& outputs) const {
    const Fetch fetch = TRY(fetch_property(context, properties));
    const std::vector<std::string> statements = sql_statements(sql);
    format::Array answers;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      if (context.stop())
        return base::Error{base::Code::cancelled, "stopped between two statements", {}, nullptr};
      auto table = connection.query(statements[i]);
      if (!table) return table.error().within(fmt::format("statement {}", i + 1));
      const bool has_rows = !table->columns.empty();
      if (is_many_ && has_rows) {
        format::Object answer;
        TRY(put_rows(context, fetch, *table, answer));
        answers.emplace_back(std::move(answer));
      } else if (!is_many_ && i + 1 == statements.size()) {
        TRY(put_rows(context, fetch, *table, outputs));
      }
    }
    if (is_many_) outputs.set("outputs", std::move(answers));
    return base::Done{};
  }

  Engine engine_;
  bool is_many_;
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_sql_tasks() {
  const Engine engines[] = {
      {"duckdb", "databaseUri", DuckConnection::open}, {"sqlite", "sqliteFile", SqliteFile::open}};
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const Engine& engine : engines) {
    for (const bool is_many : {false, true})
      out.push_back(std::make_unique<SqlTask>(engine, is_many));
  }
  return out;
}

}  // namespace outlay::tasks
