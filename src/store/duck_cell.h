// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <duckdb.h>

#include "store/table.h"

namespace outlay::store {

/// How one column of an answer turns into texts.
struct CellReader {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  ///< of decimals and enums
  int scale = 0;
  bool is_json = false;              ///< text that is JSON already
  std::vector<std::string> names;    ///< enum values, or struct members
  std::vector<CellReader> children;  ///< list item, map key and value, struct members
  std::size_t array_size = 0;

  static CellReader of(duckdb_logical_type type);
  /// False when some type in it has no text form here.
  bool is_readable() const;
  Type type() const;
  Cell cell(duckdb_vector vector, idx_t row) const;

 private:
  std::string text(duckdb_vector vector, idx_t row) const;
  void append_json(duckdb_vector vector, idx_t row, std::string& out) const;
  std::string nested(duckdb_vector vector, idx_t row) const;
  std::string number(duckdb_vector vector, idx_t row) const;
  std::string time(duckdb_vector vector, idx_t row) const;
};

}  // namespace outlay::store
