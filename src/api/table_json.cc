// SPDX-License-Identifier: Apache-2.0
#include "api/table_json.h"

#include <algorithm>

#include "format/json.h"
#include "money/decimal.h"

namespace outlay::api {

using format::Value;

std::string_view type_name(store::Type type) {
  switch (type) {
    case store::Type::text:
      return "text";
    case store::Type::integer:
      return "integer";
    case store::Type::decimal:
      return "decimal";
    case store::Type::real:
      return "real";
    case store::Type::boolean:
      return "boolean";
    case store::Type::date:
      return "date";
    case store::Type::timestamp:
      return "timestamp";
    case store::Type::json:
      return "json";
    case store::Type::other:
      return "other";
  }
  return "other";
}

namespace {

Value number(const std::string& digits) {
  base::Result<money::Decimal> parsed = money::Decimal::parse(digits);
  // Infinity and NaN have no JSON number.
  return parsed ? Value(format::Number{parsed->short_text()}) : Value(digits);
}

Value cell_json(const store::Cell& cell, store::Type type) {
  if (!cell) return {};
  switch (type) {
    case store::Type::integer:
    case store::Type::decimal:
      return number(*cell);
    case store::Type::real: {
      base::Result<Value> parsed = format::parse_json(*cell);
      return parsed && parsed->is_number() ? *parsed : Value(*cell);
    }
    case store::Type::boolean:
      return Value(*cell == "true");
    case store::Type::json: {
      base::Result<Value> parsed = format::parse_json(*cell, format::JsonNumbers::exact);
      return parsed ? *parsed : Value(*cell);
    }
    default:
      return Value(*cell);
  }
}

}  // namespace

Value row_json(const store::Table& table, std::size_t row) {
  format::Object out;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    out.set(table.columns[at].name, cell_json(table.rows[row][at], table.columns[at].type));
  }
  return Value(std::move(out));
}

format::Object table_json(const store::Table& table) {
  format::Array columns;
  for (const store::Column& column : table.columns) {
    columns.push_back(Value::object({{"name", column.name}, {"type", type_name(column.type)}}));
  }
  format::Array rows;
  rows.reserve(table.rows.size());
  for (std::size_t row = 0; row < table.rows.size(); ++row) rows.push_back(row_json(table, row));
  format::Object out;
  out.set("columns", Value(std::move(columns)));
  out.set("rows", Value(std::move(rows)));
  return out;
}

Value distinct_values(const store::Table& table, std::string_view column) {
  format::Array out;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    if (table.columns[at].name != column) continue;
    for (const std::vector<store::Cell>& row : table.rows) {
      if (row[at] && std::find(out.begin(), out.end(), Value(*row[at])) == out.end()) {
        out.emplace_back(*row[at]);
      }
    }
  }
  return Value(std::move(out));
}

}  // namespace outlay::api
