// SPDX-License-Identifier: Apache-2.0
// Excel workbooks as tasks.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "format/json.h"
#include "io/file.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/serdes/serdes.h"
#include "tasks/serdes/xlsx.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Array;
using format::Object;
using format::Value;

base::Result<Value> value_of(const XlsxCell& cell, const std::string& dates) {
  switch (cell.kind) {
    case XlsxCell::Kind::blank:
      return Value();
    case XlsxCell::Kind::boolean:
      return Value(cell.text == "true");
    case XlsxCell::Kind::date:
      if (dates != "SERIAL_NUMBER") {
        std::string text = TRY(xlsx_date(cell.text));
        // A moment of a workbook has no zone; UTC stands in, as for every other date of a flow.
        const bool is_moment = dates != "FORMATTED_STRING";
        if (is_moment) text += text.size() == 10 ? "T00:00:00Z" : "Z";
        return Value(std::move(text));
      }
      [[fallthrough]];
    case XlsxCell::Kind::number: {
      auto parsed = format::parse_json(cell.text, format::JsonNumbers::exact);
      return parsed && parsed->is_number() ? *parsed : Value(cell.text);
    }
    case XlsxCell::Kind::text:
      break;
  }
  return Value(cell.text);
}

struct ExcelRules {
  bool has_header = true, skips_empty = false;
  std::size_t skipped = 0;
  std::string dates;
};

base::Result<Array> items_of(const XlsxSheet& sheet, const ExcelRules& rules) {
  Array out;
  std::vector<std::string> names;
  bool is_header = rules.has_header;
  for (std::size_t i = rules.skipped; i < sheet.rows.size(); ++i) {
    Array values;
    for (const XlsxCell& cell : sheet.rows[i]) {
      auto value = value_of(cell, rules.dates);
      if (!value) return value.error().within(fmt::format("{}, row {}", sheet.name, i + 1));
      values.push_back(std::move(*value));
    }
    const bool is_blank =
        std::all_of(values.begin(), values.end(), [](const Value& one) { return one.is_null(); });
    if (is_header) {
      for (const Value& value : values)
        names.push_back(value.is_null() ? fmt::format("field{}", names.size()) : text_of(value));
      is_header = false;
    } else if (is_blank && rules.skips_empty) {
      continue;
    } else if (rules.has_header) {
      Object row;
      for (std::size_t column = 0; column < names.size(); ++column)
        row.set(names[column], column < values.size() ? values[column] : Value());
      out.emplace_back(std::move(row));
    } else {
      out.emplace_back(std::move(values));
    }
  }
  return out;
}

class ExcelToIon final : public SpecTask {
 public:
  ExcelToIon() : SpecTask("serdes/excel_to_ion.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string from = TRY(needed_property(context, properties, "from"));
    const std::vector<std::string> wanted = TRY(texts_property(context, properties, "sheetsTitle"));
    ExcelRules rules;
    rules.has_header = TRY(flag_property(context, properties, "header", true));
    rules.skips_empty = TRY(flag_property(context, properties, "skipEmptyRows", false));
    rules.dates = TRY(flow::text_property(context, properties, "dateTimeRender"));
    rules.skipped = static_cast<std::size_t>(std::max<std::int64_t>(
        0, TRY(integer_property(context, properties, "skipRows")).value_or(0)));
    const std::string bytes = TRY(stored_text(context, from));
    auto sheets = read_xlsx(bytes);
    if (!sheets) return sheets.error().within(from);
    Object uris;
    std::int64_t size = 0;
    for (const XlsxSheet& sheet : *sheets) {
      const bool is_wanted =
          wanted.empty() || std::find(wanted.begin(), wanted.end(), sheet.name) != wanted.end();
      if (!is_wanted) continue;
      const Array items = TRY(items_of(sheet, rules));
      size += static_cast<std::int64_t>(items.size());
      uris.set(sheet.name, TRY(store_items(context, items, "sheet.ion")));
    }
    if (uris.empty() && !wanted.empty()) {
      std::vector<std::string> names;
      for (const XlsxSheet& sheet : *sheets) names.push_back(sheet.name);
      return base::not_found(fmt::format(
          "the workbook has no sheet \"{}\"; it has {}", wanted.front(), base::join(names, ", ")));
    }
    context.metric({"sheets", "counter", static_cast<double>(sheets->size()), {}});
    flow::TaskEnd end;
    end.outputs.set("uris", std::move(uris));
    end.outputs.set("size", size);
    return end;
  }
};

/// A date or instant in ISO 8601 becomes a date of Excel.
bool is_date(const std::string& text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  if (text.size() == 10) return base::parse_date(text).has_value();
  return text[10] == 'T' && base::parse_instant(text).has_value();
}

XlsxCell cell_of(const Value& value) {
  if (value.is_null()) return {};
  if (value.is_bool()) return {XlsxCell::Kind::boolean, value.as_bool() ? "true" : "false"};
  if (value.is_number()) return {XlsxCell::Kind::number, format::print_json(value)};
  std::string text = text_of(value);
  const bool is_moment = value.is_text() && is_date(text);
  return {is_moment ? XlsxCell::Kind::date : XlsxCell::Kind::text, std::move(text)};
}

XlsxSheet sheet_of(std::string name, const Array& items, bool has_header) {
  XlsxSheet sheet;
  sheet.name = std::move(name);
  std::vector<std::string> names;
  for (const Value& item : items) {
    if (!item.is_object()) continue;
    for (const auto& [key, value] : item.as_object())
      if (std::find(names.begin(), names.end(), key) == names.end()) names.push_back(key);
  }
  if (has_header && !names.empty()) {
    auto& row = sheet.rows.emplace_back();
    for (const std::string& key : names) row.push_back({XlsxCell::Kind::text, key});
  }
  for (const Value& item : items) {
    auto& row = sheet.rows.emplace_back();
    if (item.is_array()) {
      for (const Value& value : item.as_array()) row.push_back(cell_of(value));
    } else if (item.is_object()) {
      for (const std::string& key : names) row.push_back(cell_of(item[key]));
    } else {
      row.push_back(cell_of(item));
    }
  }
  return sheet;
}

class IonToExcel final : public SpecTask {
 public:
  IonToExcel() : SpecTask("serdes/ion_to_excel.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    std::vector<std::pair<std::string, std::string>> sources;
    const Value from = TRY(flow::property(context, properties, "from"));
    if (from.is_object()) {
      for (const auto& [name, uri] : from.as_object()) sources.emplace_back(name, text_of(uri));
    } else {
      std::string title = TRY(flow::text_property(context, properties, "sheetsTitle"));
      sources.emplace_back(
          title.empty() ? "Sheet" : title, TRY(needed_property(context, properties, "from")));
    }
    const bool has_header = TRY(flag_property(context, properties, "header", true));
    const bool is_styled = TRY(flag_property(context, properties, "styles", true));
    std::vector<XlsxSheet> sheets;
    std::int64_t size = 0;
    for (const auto& [name, uri] : sources) {
      const Array items = TRY(read_items(context, uri));
      size += static_cast<std::int64_t>(items.size());
      sheets.push_back(sheet_of(name, items, has_header));
    }
    const std::string bytes = TRY(write_xlsx(sheets, has_header && is_styled));
    flow::TaskEnd end;
    end.outputs.set("uri", TRY(store_text(context, bytes, "sheets.xlsx")));
    end.outputs.set("size", size);
    return end;
  }
};

}  // namespace

std::vector<std::unique_ptr<flow::TaskType>> make_excel_tasks() {
  std::vector<std::unique_ptr<flow::TaskType>> out;
  out.push_back(std::make_unique<ExcelToIon>());
  out.push_back(std::make_unique<IonToExcel>());
  return out;
}

}  // namespace outlay::tasks
