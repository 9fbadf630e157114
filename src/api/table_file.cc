// SPDX-License-Identifier: Apache-2.0
#include "api/table_file.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "money/decimal.h"
#include "store/duck.h"

namespace outlay::api {

using base::Result;

namespace {

std::string decimal_type(const store::Table& table, std::size_t column) {
  int scale = 0;
  for (const std::vector<store::Cell>& row : table.rows) {
    if (!row[column]) continue;
    const Result<money::Decimal> number = money::Decimal::parse(*row[column]);
    if (number) scale = std::max(scale, number->scale());
  }
  return fmt::format("DECIMAL(38,{})", scale);
}

std::string column_type(const store::Table& table, std::size_t column) {
  switch (table.columns[column].type) {
    case store::Type::integer:
      return "BIGINT";
    case store::Type::decimal:
      return decimal_type(table, column);
    case store::Type::real:
      return "DOUBLE";
    case store::Type::boolean:
      return "BOOLEAN";
    case store::Type::date:
      return "DATE";
    case store::Type::timestamp:
      return "TIMESTAMPTZ";
    default:
      return "VARCHAR";
  }
}

std::string table_definition(const store::Table& table) {
  std::vector<std::string> columns;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    columns.push_back(base::sql_name(table.columns[at].name) + " " + column_type(table, at));
  }
  return "CREATE TABLE answer (" + base::join(columns, ", ") + ")";
}

std::string row_values(const std::vector<store::Cell>& row) {
  std::vector<std::string> cells;
  for (const store::Cell& cell : row) cells.push_back(cell ? base::sql_text(*cell) : "NULL");
  return "(" + base::join(cells, ", ") + ")";
}

}  // namespace

Result<base::Done> write_parquet(const store::Table& table, const io::Path& file) {
  const auto database = TRY(store::DuckDatabase::open(
      {.threads = 1, .temp_folder = std::filesystem::temp_directory_path().string()}));
  store::Duck duck = TRY(database->connect());
  TRY(duck.run("SET TimeZone = 'UTC'"));
  TRY(duck.run(table_definition(table)));
  constexpr std::size_t kBatch = 1000;
  for (std::size_t first = 0; first < table.rows.size(); first += kBatch) {
    std::vector<std::string> rows;
    for (std::size_t at = first; at < std::min(first + kBatch, table.rows.size()); ++at) {
      rows.push_back(row_values(table.rows[at]));
    }
    TRY(duck.run("INSERT INTO answer VALUES " + base::join(rows, ", ")));
  }
  TRY(duck.run(
      "COPY answer TO " + base::sql_text(file.string()) + " (FORMAT parquet, COMPRESSION zstd)"));
  return base::Done();
}

}  // namespace outlay::api
