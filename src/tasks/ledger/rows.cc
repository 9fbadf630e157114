// SPDX-License-Identifier: Apache-2.0
#include "tasks/ledger/rows.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "io/file.h"
#include "tasks/properties.h"

namespace outlay::tasks {
namespace {

using format::Value;

}  // namespace

Value cell_value(const store::Cell& cell, store::Type type) {
  if (!cell) return {};
  switch (type) {
    case store::Type::integer: {
      std::int64_t number = 0;
      const char* end = cell->data() + cell->size();
      const auto read = std::from_chars(cell->data(), end, number);
      if (read.ec == std::errc() && read.ptr == end) return number;
      return format::Number{*cell};
    }
    case store::Type::decimal:
      // PostgreSQL's numeric knows NaN and Infinity.
      if (cell->find_first_of("NI") != std::string::npos) return *cell;
      return format::Number{*cell};
    case store::Type::real: {
      auto parsed = format::parse_json(*cell);
      return parsed && parsed->is_number() ? *parsed : Value(*cell);
    }
    case store::Type::boolean:
      return *cell == "true";
    case store::Type::json: {
      auto parsed = format::parse_json(*cell, format::JsonNumbers::exact);
      return parsed ? *parsed : Value(*cell);
    }
    default:
      return *cell;
  }
}

namespace {

Value row_of(const store::Table& table, std::size_t index) {
  std::vector<format::Object::Entry> entries;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const store::Column& column = table.columns[i];
    entries.emplace_back(column.name, cell_value(table.rows[index][i], column.type));
  }
  return format::Object::from_entries(std::move(entries));
}

base::Result<std::string> store_rows(flow::TaskContext& context, const store::Table& table) {
  std::string lines;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    lines += format::print_json(row_of(table, i)) + "\n";
  }
  const io::Path file = TRY(context.working_folder()) / ".rows.jsonl";
  TRY(io::write_file(file, lines));
  std::string uri = TRY(context.store_file(file, "rows.jsonl"));
  TRY(io::remove_tree(file));
  return uri;
}

}  // namespace

format::Array rows_of(const store::Table& table) {
  format::Array out;
  out.reserve(table.rows.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) out.push_back(row_of(table, i));
  return out;
}

base::Result<base::Done> put_table(
    flow::TaskContext& context,
    const Value& properties,
    const store::Table& table,
    format::Object& outputs) {
  const std::string type = base::lower(TRY(flow::text_property(context, properties, "fetchType")));
  outputs.set("size", static_cast<std::int64_t>(table.rows.size()));
  if (type.empty() || type == "fetch") {
    outputs.set("rows", rows_of(table));
  } else if (type == "fetch_one") {
    outputs.set("row", table.empty() ? Value() : row_of(table, 0));
  } else if (type == "store") {
    outputs.set("uri", TRY(store_rows(context, table)));
  } else if (type != "none") {
    return base::invalid_input(fmt::format(
        "property fetchType must be FETCH, FETCH_ONE, STORE or NONE, found \"{}\"", type));
  }
  return base::Done{};
}

base::Result<ledger::Ledger*> cost_book(const CostBook& book) {
  if (book.opened != nullptr) return book.opened;
  if (book.open) return book.open();
  return base::conflict("this process was started without a cost book; run it with a data folder");
}

base::Result<std::vector<std::string>> names_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  std::vector<std::string> out;
  for (const std::string& item : TRY(texts_property(context, properties, name))) {
    for (std::string& piece : base::split_trimmed(item, ',')) out.push_back(std::move(piece));
  }
  return out;
}

base::Result<std::optional<base::Instant>> instant_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  const std::string text = TRY(flow::text_property(context, properties, name));
  if (text.empty()) return std::optional<base::Instant>();
  auto instant = base::parse_instant(text);
  if (!instant) return instant.error().within("property " + std::string(name));
  return std::optional(*instant);
}

}  // namespace outlay::tasks
