// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "ledger/delivery.h"
#include "store/duck.h"

namespace outlay::connectors {

/// What a look at the first bytes of a file says about it; its name counts for nothing.
struct Look {
  ledger::BillFile file;
  /// Column names; empty when the file is no table.
  std::vector<std::string> header;
  /// Of a JSON file: the paths of its names; see ledger::json_paths.
  std::vector<std::string> paths;
  /// Why the file cannot be read as a table; empty when it can.
  std::string trouble;
  /// It was meant to be read (a table cut short, in a wrong encoding), so leaving it out would lose
  /// charges.
  bool is_damaged = false;
};

/// Looks at files. Starts a query engine when the first compressed or Parquet file comes. Used by
/// one thread.
class Looker {
 public:
  /// One look per table: a zip archive and a DuckDB file may hold several.
  base::Result<std::vector<Look>> look(const io::Path& path, const std::string& name);

 private:
  base::Result<store::Duck*> duck();
  base::Result<base::Done> look_at_text(Look& look, const std::string& start);
  base::Result<base::Done> look_at_packed(Look& look, std::string_view packing);
  base::Result<std::vector<Look>> look_into_zip(const Look& archive);
  base::Result<base::Done> look_at_parquet(Look& look);
  base::Result<std::vector<Look>> look_into_duckdb(const Look& database);

  std::unique_ptr<store::DuckDatabase> database_;
  std::unique_ptr<store::Duck> duck_;
};

}  // namespace outlay::connectors
