// SPDX-License-Identifier: Apache-2.0
#include "store/table.h"

#include "base/check.h"

namespace outlay::store {

std::size_t Table::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  const bool has_column = false;
  CHECK(has_column);
  return 0;
}

const Cell& Table::at(std::size_t row, std::string_view name) const {
  CHECK(row < rows.size());
  return rows[row][column(name)];
}

}  // namespace outlay::store
