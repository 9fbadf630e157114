// SPDX-License-Identifier: Apache-2.0
#include "tasks/serdes/serdes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "format/csv.h"
#include "format/json.h"
#include "format/yaml.h"
#include "io/file.h"
#include "store/duck.h"
#include "tasks/items.h"
#include "tasks/ledger/rows.h"
#include "tasks/properties.h"
#include "tasks/serdes/xml.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Array;
using format::Object;
using format::Value;

/// What was stored, and how many items it has.
struct Written {
  std::string uri;
  std::size_t size = 0;
};

using Turn = base::Result<Written> (*)(flow::TaskContext&, const Value&, const std::string& from);

class SerdesTask final : public SpecTask {
 public:
  SerdesTask(std::string_view spec, Turn turn) : SpecTask(spec), turn_(turn) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string from = TRY(needed_property(context, properties, "from"));
    Written written = TRY(turn_(context, properties, from));
    flow::TaskEnd end;
    end.outputs.set("uri", std::move(written.uri));
    end.outputs.set("size", static_cast<std::int64_t>(written.size));
    context.metric({"records", "counter", static_cast<double>(written.size), {}});
    return end;
  }

 private:
  Turn turn_;
};

base::Result<char> separator_of(flow::TaskContext& context, const Value& properties) {
  const std::string text = TRY(flow::text_property(context, properties, "fieldSeparator"));
  if (text.empty()) return ',';
  if (text == "\\t") return '\t';
  if (text.size() == 1) return text[0];
  return base::invalid_input(
      fmt::format("property fieldSeparator must be one character, found \"{}\"", text));
}

/// The names of columns: those of the header, or field0, field1 ...
std::vector<std::string> column_names(
    const std::vector<std::vector<std::string>>& rows, std::size_t first, bool has_header) {
  std::vector<std::string> names;
  if (first >= rows.size()) return names;
  for (std::size_t i = 0; i < rows[first].size(); ++i)
    names.push_back(has_header ? rows[first][i] : fmt::format("field{}", i));
  return names;
}

bool is_blank(const std::vector<std::string>& row) {
  return std::all_of(
      row.begin(), row.end(), [](const std::string& field) { return field.empty(); });
}

base::Result<Written> csv_to_ion(
    flow::TaskContext& context, const Value& properties, const std::string& from) {
  const bool has_header = TRY(flag_property(context, properties, "header", true));
  const bool skips_empty = TRY(flag_property(context, properties, "skipEmptyRows", false));
  const bool is_strict =
      TRY(flag_property(context, properties, "errorOnDifferentFieldCount", false));
  const char separator = TRY(separator_of(context, properties));
  const auto skipped = static_cast<std::size_t>(std::max<std::int64_t>(
      0, TRY(integer_property(context, properties, "skipRows")).value_or(0)));
  const std::string text = TRY(stored_text(context, from));
  const auto rows = TRY(format::parse_csv(text, separator, from));
  const std::vector<std::string> names = column_names(rows, skipped, has_header);
  Array items;
  for (std::size_t i = skipped + (has_header ? 1 : 0); i < rows.size(); ++i) {
    const std::vector<std::string>& row = rows[i];
    if (skips_empty && is_blank(row)) continue;
    if (is_strict && row.size() != names.size()) {
      return base::invalid_input(fmt::format(
          "{}: row {} has {} fields, the header has {}", from, i + 1, row.size(), names.size()));
    }
    std::vector<Object::Entry> entries;
    for (std::size_t field = 0; field < names.size(); ++field)
      entries.emplace_back(names[field], field < row.size() ? Value(row[field]) : Value());
    items.emplace_back(Object::from_entries(std::move(entries)));
  }
  return Written{TRY(store_items(context, items, "rows.ion")), items.size()};
}

/// A field as CSV writes it; always in quotes when asked to.
std::string field_of(const Value& value, char separator, bool is_quoted) {
  const std::string text = value.is_null() ? "" : text_of(value);
  if (is_quoted && !value.is_null()) return "\"" + base::replace_all(text, "\"", "\"\"") + "\"";
  if (separator != ',' && text.find(separator) != std::string::npos)
    return "\"" + base::replace_all(text, "\"", "\"\"") + "\"";
  return separator != ',' && text.find_first_of("\"\r\n") == std::string::npos
             ? text
             : format::csv_field(text);
}

base::Result<Written> ion_to_csv(
    flow::TaskContext& context, const Value& properties, const std::string& from) {
  const bool has_header = TRY(flag_property(context, properties, "header", true));
  const bool is_quoted = TRY(flag_property(context, properties, "alwaysDelimitText", false));
  const char separator = TRY(separator_of(context, properties));
  std::string line_end = TRY(flow::text_property(context, properties, "lineDelimiter"));
  if (line_end.empty()) line_end = "\n";
  const Array items = TRY(read_items(context, from));
  std::string out;
  const auto write_row = [&](const std::vector<Value>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += separator;
      out += field_of(row[i], separator, is_quoted);
    }
    out += line_end;
  };
  std::vector<std::string> names;
  if (!items.empty() && items.front().is_object()) {
    for (const auto& [name, value] : items.front().as_object()) names.push_back(name);
    if (has_header) write_row({names.begin(), names.end()});
  }
  for (const Value& item : items) {
    std::vector<Value> row;
    if (item.is_array()) row = item.as_array();
    for (const std::string& name : names) row.push_back(item[name]);
    write_row(row);
  }
  return Written{TRY(store_text(context, out, "rows.csv")), items.size()};
}

base::Result<Written> json_to_ion(
    flow::TaskContext& context, const Value& properties, const std::string& from) {
  const bool is_lines = TRY(flag_property(context, properties, "newLine", true));
  const std::string text = TRY(stored_text(context, from));
  Array items;
  if (is_lines) {
    long line_number = 0;
    for (const std::string& line : base::split(text, '\n')) {
      ++line_number;
      if (base::trim(line).empty()) continue;
      auto item = format::parse_json(line, format::JsonNumbers::exact);
      // A document that is laid out over several lines is read whole.
      if (!item && line_number == 1) break;
      if (!item) return item.error().within(fmt::format("{}, line {}", from, line_number));
      items.push_back(*item);
    }
  }
  if (items.empty() && !base::trim(text).empty()) {
    const Value document = TRY(format::parse_json(text, format::JsonNumbers::exact, from));
    items = document.is_array() ? document.as_array() : Array{document};
  }
  return Written{TRY(store_items(context, items, "rows.ion")), items.size()};
}

base::Result<Written> ion_to_json(
    flow::TaskContext& context, const Value& properties, const std::string& from) {
  const bool is_lines = TRY(flag_property(context, properties, "newLine", true));
  const Array items = TRY(read_items(context, from));
  std::string out;
  if (is_lines) {
    for (const Value& item : items) out += format::print_json(item) + "\n";
  } else {
    out = format::print_json(items);
  }
  return Written{
      TRY(store_text(context, out, is_lines ? "rows.jsonl" : "rows.json")), items.size()};
}

/// One member of a value by a path of names, "/catalog/book" or "catalog.book".
Value at_path(Value value, std::string_view path) {
  const char separator = path.find('/') != std::string_view::npos ? '/' : '.';
  for (const std::string& name : base::split(path, separator)) {
    if (name.empty()) continue;
    // A copy of the member first: the map that holds it goes away.
    Value member = value[name];
    value = std::move(member);
  }
  return value;
}

base::Result<Written> xml_to_ion(
    flow::TaskContext& context, const Value& properties, const std::string& from) {
  const std::string text = TRY(stored_text(context, from));
  const Value configuration = TRY(flow::property(context, properties, "parserConfiguration"));
  std::vector<std::string> forced;
  if (configuration["forceList"].is_array())
    for (const Value& name : configuration["forceList"].as_array()) forced.push_back(text_of(name));
  auto document = xml_value(text, forced);
  if (!document) return document.error().within(from);
  const Value found = at_path(*document, TRY(flow::text_property(context, properties, "query")));
  Array items;
  if (found.is_array()) {
    items = found.as_array();
  } else if (!found.is_null()) {
    items.push_back(found);
  }
  return Written{TRY(store_items(context, items, "rows.ion")), items.size()};
}

base::Result<Written> ion_to_xml(
    flow::TaskContext& context, const Value& properties, const std::string& from) {
  std::string root = TRY(flow::text_property(context, properties, "rootName"));
  if (root.empty()) root = "items";
  const Array items = TRY(read_items(context, from));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  append_xml(out, root, Value::object({{"item", items}}), 0);
  return Written{TRY(store_text(context, out, "rows.xml")), items.size()};
}

base::Result<Written> yaml_to_ion(
    flow::TaskContext& context, const Value&, const std::string& from) {
  const std::string text = TRY(stored_text(context, from));
  const format::Node document = TRY(format::parse_yaml(text, from));
  const Value value = document.value();
  const Array items = value.is_array() ? value.as_array() : Array{value};
  return Written{TRY(store_items(context, items, "rows.ion")), items.size()};
}

base::Result<Written> json_to_jsonl(
    flow::TaskContext& context, const Value&, const std::string& from) {
  const std::string text = TRY(stored_text(context, from));
  const Value document = TRY(format::parse_json(text, format::JsonNumbers::exact, from));
  const Array items = document.is_array() ? document.as_array() : Array{document};
  std::string out;
  for (const Value& item : items) out += format::print_json(item) + "\n";
  return Written{TRY(store_text(context, out, "rows.jsonl")), items.size()};
}

base::Result<store::Duck> query_engine(const io::Path& folder) {
  store::DuckSettings settings;
  settings.temp_folder = (folder / ".spill").string();
  TRY(io::make_folders(settings.temp_folder));
  const auto database = TRY(store::DuckDatabase::open(settings));
  return database->connect();
}

base::Result<Written> parquet_to_ion(
    flow::TaskContext& context, const Value&, const std::string& from) {
  const io::Path folder = TRY(context.working_folder());
  const io::Path file = TRY(context.open_uri(from));
  store::Duck duck = TRY(query_engine(folder));
  const store::Table table =
      TRY(duck.query(fmt::format("SELECT * FROM read_parquet({})", base::sql_text(file.string()))));
  return Written{TRY(store_items(context, rows_of(table), "rows.ion")), table.rows.size()};
}

base::Result<Written> ion_to_parquet(
    flow::TaskContext& context, const Value& properties, const std::string& from) {
  const io::Path folder = TRY(context.working_folder());
  const Array items = TRY(read_items(context, from));
  if (items.empty())
    return base::invalid_input(from + " has no items, hence no columns to write as Parquet");
  std::string compression =
      base::lower(TRY(flow::text_property(context, properties, "compressionCodec")));
  if (compression.empty() || compression == "gzip") compression = "zstd";
  std::string lines;
  for (const Value& item : items) lines += format::print_json(item) + "\n";
  const io::Path source = folder / ".rows.jsonl";
  const io::Path target = folder / ".rows.parquet";
  TRY(io::write_file(source, lines));
  store::Duck duck = TRY(query_engine(folder));
  TRY(duck.run(fmt::format(
      "COPY (SELECT * FROM read_json_auto({}, format = 'newline_delimited')) TO {} (FORMAT "
      "parquet, COMPRESSION {})",
      base::sql_text(source.string()),
      base::sql_text(target.string()),
      base::sql_name(compression))));
  std::string uri = TRY(context.store_file(target, "rows.parquet"));
  TRY(io::remove_tree(source));
  TRY(io::remove_tree(target));
  return Written{std::move(uri), items.size()};
}

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_serdes_tasks() {
  const std::pair<std::string_view, Turn> kinds[] = {
      {"serdes/csv_to_ion.yaml", csv_to_ion},
      {"serdes/ion_to_csv.yaml", ion_to_csv},
      {"serdes/json_to_ion.yaml", json_to_ion},
      {"serdes/ion_to_json.yaml", ion_to_json},
      {"serdes/json_to_jsonl.yaml", json_to_jsonl},
      {"serdes/xml_to_ion.yaml", xml_to_ion},
      {"serdes/ion_to_xml.yaml", ion_to_xml},
      {"serdes/yaml_to_ion.yaml", yaml_to_ion},
      {"serdes/parquet_to_ion.yaml", parquet_to_ion},
      {"serdes/ion_to_parquet.yaml", ion_to_parquet}};
  std::vector<std::unique_ptr<flow::TaskType>> out;
  for (const auto& [spec, turn] : kinds) out.push_back(std::make_unique<SerdesTask>(spec, turn));
  return out;
}

}  // namespace outlay::tasks
