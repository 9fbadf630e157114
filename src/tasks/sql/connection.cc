// SPDX-License-Identifier: Apache-2.0
#include "tasks/sql/connection.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "store/duck.h"
#include "store/postgres.h"
#include "store/sqlite_connection.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using format::Value;

/// Ends the running statement of a DuckDB connection when the attempt is to stop.
class Interrupter {
 public:
  Interrupter(store::Duck& duck, const std::atomic<bool>& stop)
      : thread_([this, &duck, &stop] { watch(duck, stop); }) {}

  ~Interrupter() {
    {
      const std::lock_guard lock(mutex_);
      is_done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

 private:
  void watch(store::Duck& duck, const std::atomic<bool>& stop) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return is_done_; }))
      if (stop.load()) duck.interrupt();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_done_ = false;
  std::thread thread_;
};

class DuckConnection final : public SqlConnection {
 public:
  DuckConnection(
      std::unique_ptr<store::DuckDatabase> database,
      store::Duck duck,
      const std::atomic<bool>& stop)
      : database_(std::move(database)), duck_(std::move(duck)), stop_(stop) {}

  base::Result<store::Table> query(const std::string& sql) override {
    const Interrupter interrupter(duck_, stop_);
    return duck_.query(sql);
  }

 private:
  std::unique_ptr<store::DuckDatabase> database_;
  store::Duck duck_;
  const std::atomic<bool>& stop_;
};

class SqliteFile final : public SqlConnection {
 public:
  explicit SqliteFile(std::unique_ptr<store::SqliteConnection> connection)
      : connection_(std::move(connection)) {}

  base::Result<store::Table> query(const std::string& sql) override {
    return connection_->query(sql, {});
  }

 private:
  std::unique_ptr<store::SqliteConnection> connection_;
};

class PostgresConnection final : public SqlConnection {
 public:
  explicit PostgresConnection(store::Postgres connection) : connection_(std::move(connection)) {}

  base::Result<store::Table> query(const std::string& sql) override {
    return connection_.query(sql);
  }

 private:
  store::Postgres connection_;
};

/// Writes a PEM text of a property to a file that only this user reads; "" when it is not given.
base::Result<std::string> pem_file(
    const SqlPlace& place, std::string_view property, std::string_view name) {
  const std::string pem = TRY(flow::text_property(place.context, place.properties, property));
  if (base::trim(pem).empty()) return std::string();
  const io::Path file = place.folder / name;
  TRY(io::write_file(file, pem));
  std::error_code ignored;
  std::filesystem::permissions(file, std::filesystem::perms::owner_read, ignored);
  return file.string();
}

base::Result<std::string> ssl_mode(const SqlPlace& place) {
  std::string mode =
      base::lower(TRY(flow::text_property(place.context, place.properties, "sslMode")));
  if (!mode.empty()) return base::replace_all(mode, "_", "-");
  const bool is_ssl = TRY(flag_property(place.context, place.properties, "ssl", false));
  return std::string(is_ssl ? "require" : "");
}

}  // namespace

base::Result<std::unique_ptr<SqlConnection>> open_duckdb(const SqlPlace& place) {
  store::DuckSettings settings;
  settings.temp_folder = (place.folder / ".spill").string();
  TRY(io::make_folders(settings.temp_folder));
  auto database = TRY(store::DuckDatabase::open(settings));
  store::Duck duck = TRY(database->connect());
  // Relative names in read_csv and its like lie in the working folder.
  TRY(duck.run("SET file_search_path = " + base::sql_text(place.folder.string())));
  if (!place.path.empty()) {
    TRY(duck.run(fmt::format("ATTACH {} AS opened", base::sql_text(place.path))));
    TRY(duck.run("USE opened"));
  }
  return std::unique_ptr<SqlConnection>(
      std::make_unique<DuckConnection>(std::move(database), std::move(duck), place.context.stop()));
}

base::Result<std::unique_ptr<SqlConnection>> open_sqlite_file(const SqlPlace& place) {
  auto connection =
      TRY(store::SqliteConnection::open(place.path.empty() ? ":memory:" : place.path, false));
  return std::unique_ptr<SqlConnection>(std::make_unique<SqliteFile>(std::move(connection)));
}

std::string postgres_address(std::string_view jdbc_url) {
  std::string_view url = base::trim(jdbc_url);
  if (url.starts_with("jdbc:")) url.remove_prefix(5);
  const std::size_t mark = url.find('?');
  std::string out(url.substr(0, mark));
  // "jdbc:postgresql:name" is a database of this machine.
  constexpr std::string_view kScheme = "postgresql:";
  if (out.starts_with(kScheme) && !out.starts_with("postgresql://"))
    out = "postgresql:///" + out.substr(kScheme.size());
  if (mark == std::string_view::npos) return out;
  std::vector<std::string> kept;
  for (const std::string& pair : base::split(url.substr(mark + 1), '&')) {
    const std::size_t equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : pair.substr(equals + 1);
    if (name == "ssl") {
      if (value != "false") kept.emplace_back("sslmode=require");
    } else if (name == "currentSchema") {
      kept.push_back("options=-csearch_path%3D" + value);
    } else if (name == "ApplicationName") {
      kept.push_back("application_name=" + value);
    } else if (name == "connectTimeout") {
      kept.push_back("connect_timeout=" + value);
    } else if (
        name == "user" || name == "password" || name == "host" || name == "port" ||
        name == "options" || name.starts_with("ssl")) {
      kept.push_back(pair);
    }
  }
  return kept.empty() ? out : out + "?" + base::join(kept, "&");
}

base::Result<std::unique_ptr<SqlConnection>> open_postgresql(const SqlPlace& place) {
  const std::string url = TRY(flow::text_property(place.context, place.properties, "url"));
  if (base::trim(url).empty()) {
    return base::invalid_input(
        "property url must be given, such as jdbc:postgresql://host:5432/database");
  }
  store::PostgresSettings settings;
  settings.address = postgres_address(url);
  settings.stop = &place.context.stop();
  settings.keywords = {
      {"user", TRY(flow::text_property(place.context, place.properties, "username"))},
      {"password", TRY(flow::text_property(place.context, place.properties, "password"))},
      {"sslmode", TRY(ssl_mode(place))},
      {"sslrootcert", TRY(pem_file(place, "sslRootCert", ".root.pem"))},
      {"sslcert", TRY(pem_file(place, "sslCert", ".client.pem"))},
      {"sslkey", TRY(pem_file(place, "sslKey", ".client.key"))},
      {"sslpassword", TRY(flow::text_property(place.context, place.properties, "sslKeyPassword"))}};
  store::Postgres connection = TRY(store::Postgres::open(settings));
  return std::unique_ptr<SqlConnection>(
      std::make_unique<PostgresConnection>(std::move(connection)));
}

}  // namespace outlay::tasks
