// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "flow/task.h"
#include "store/table.h"

namespace outlay::tasks {

/// A connection to a database that is open for one attempt; a killed attempt ends its statement.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  virtual base::Result<store::Table> query(const std::string& sql) = 0;
};

/// What one attempt connects to.
struct SqlPlace {
  flow::TaskContext& context;
  const format::Value& properties;
  const io::Path& folder;   ///< the attempt's working folder
  const std::string& path;  ///< of a database file; empty for one in memory or on a server
};

/// One kind of database.
struct SqlEngine {
  std::string name;           ///< "duckdb": of the JDBC scheme, the type names and the spec files
  std::string file_property;  ///< a database file given by URI; empty when it lives on a server
  base::Result<std::unique_ptr<SqlConnection>> (*open)(const SqlPlace& place);

  bool is_server() const { return file_property.empty(); }
};

base::Result<std::unique_ptr<SqlConnection>> open_duckdb(const SqlPlace& place);
base::Result<std::unique_ptr<SqlConnection>> open_sqlite_file(const SqlPlace& place);
base::Result<std::unique_ptr<SqlConnection>> open_postgresql(const SqlPlace& place);

/// A JDBC URL of PostgreSQL as libpq reads addresses; what only the Java driver knows is left out.
std::string postgres_address(std::string_view jdbc_url);

}  // namespace outlay::tasks
