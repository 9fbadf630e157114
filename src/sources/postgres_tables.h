// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"

namespace outlay::sources {

/// A schema of a PostgreSQL database whose tables are bills or inventories.
struct PostgresPlace {
  std::string address;  ///< "postgresql://HOST:5432/DATABASE?sslmode=require"
  std::string user;     ///< over what the address says; empty for that
  std::string password;
  std::string schema = "public";
  /// Patterns of table names (* and ?); empty for the tables that have a column _cq_sync_time.
  std::vector<std::string> tables;
};

/// The tables as CSV files "TABLE.csv", made when they are asked for. The number of rows and the
/// newest _cq_sync_time stand in for an etag; a table without one is read again each time.
base::Result<std::unique_ptr<io::ObjectStore>> open_postgres_tables(PostgresPlace place);

}  // namespace outlay::sources
