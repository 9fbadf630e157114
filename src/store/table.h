// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace outlay::store {

enum class Type { text, integer, decimal, real, boolean, date, timestamp, json, other };

struct Column {
  std::string name;
  Type type = Type::text;
};

/// A cell is its exact text, or nothing for null. Decimals keep all digits, timestamps are ISO 8601
/// UTC with Z.
using Cell = std::optional<std::string>;

/// The answer of a query, held in memory: for aggregates and pages, not for whole bills.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;

  /// Index of a column; CHECKs that it is there.
  std::size_t column(std::string_view name) const;
  /// A cell by row and column name.
  const Cell& at(std::size_t row, std::string_view column) const;

  bool empty() const { return rows.empty(); }
};

}  // namespace outlay::store
