// SPDX-License-Identifier: Apache-2.0
#include "ledger/columns.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "format/yaml.h"
#include "ledger/embedded.h"
#include "money/money.h"

namespace outlay::ledger {
namespace {

Kind kind_of(std::string_view text) {
  if (text == "money") return Kind::money;
  if (text == "quantity") return Kind::quantity;
  if (text == "timestamp") return Kind::timestamp;
  if (text == "json") return Kind::json;
  CHECK(text == "text");
  return Kind::text;
}

std::string scalar(const format::Node& node, std::string_view key) {
  const auto* found = node.find(key);
  return found == nullptr ? std::string() : found->text;
}

std::vector<std::string> texts(const format::Node& node, std::string_view key) {
  std::vector<std::string> out;
  const auto* found = node.find(key);
  if (found == nullptr) return out;
  for (const auto& item : found->items) out.push_back(item.text);
  return out;
}

FocusColumn column_of(const std::string& dataset, const format::Node& node) {
  FocusColumn column;
  column.name = scalar(node, "name");
  column.dataset = dataset;
  column.kind = kind_of(scalar(node, "kind"));
  column.level = scalar(node, "level").at(0);
  column.is_nullable = scalar(node, "nullable") == "true";
  column.since = scalar(node, "since");
  column.until = scalar(node, "until");
  column.values = texts(node, "values");
  column.aliases = texts(node, "aliases");
  return column;
}

std::vector<FocusColumn> load() {
  auto parsed = format::parse_yaml(embedded_file("focus_columns.yaml"), "focus_columns.yaml");
  CHECK(parsed.has_value());
  std::vector<FocusColumn> columns;
  for (const auto& entry : parsed->entries) {
    const auto first = columns.size();
    for (const auto& node : entry.value.items) columns.push_back(column_of(entry.key, node));
    std::sort(
        columns.begin() + static_cast<std::ptrdiff_t>(first),
        columns.end(),
        [](const FocusColumn& a, const FocusColumn& b) { return a.name < b.name; });
  }
  return columns;
}

/// "Billing_Account Id" and "billingaccountid" are one spelling.
std::string folded(std::string_view name) {
  std::string out;
  for (const char c : base::lower(name)) {
    if (c != '_' && c != ' ') out.push_back(c);
  }
  return out;
}

using Index = std::map<std::pair<std::string, std::string>, const FocusColumn*>;

Index index_of(const std::vector<FocusColumn>& columns) {
  Index index;
  for (const auto& column : columns) index[{column.dataset, folded(column.name)}] = &column;
  for (const auto& column : columns) {
    for (const auto& alias : column.aliases) {
      index.try_emplace({column.dataset, folded(alias)}, &column);
    }
  }
  return index;
}

/// Versions have one digit after the point, so their texts order as they do.
bool is_in(const FocusColumn& column, std::string_view version) {
  return column.since <= version && (column.until.empty() || version <= column.until);
}

}  // namespace

const std::vector<FocusColumn>& focus_columns() {
  static const std::vector<FocusColumn> columns = load();
  return columns;
}

std::vector<FocusColumn> focus_columns_of(std::string_view dataset, std::string_view version) {
  std::vector<FocusColumn> out;
  for (const auto& column : focus_columns()) {
    if (column.dataset == dataset && is_in(column, version)) out.push_back(column);
  }
  return out;
}

const FocusColumn* find_focus_column(std::string_view dataset, std::string_view name) {
  static const Index index = index_of(focus_columns());
  const auto found = index.find({std::string(dataset), folded(name)});
  return found == index.end() ? nullptr : found->second;
}

std::string sql_type(Kind kind) {
  switch (kind) {
    case Kind::money:
      return fmt::format("DECIMAL(38,{})", money::kMoneyScale);
    case Kind::quantity:
      return fmt::format("DECIMAL(38,{})", money::kQuantityScale);
    case Kind::timestamp:
      return "TIMESTAMP";
    default:
      return "VARCHAR";
  }
}

}  // namespace outlay::ledger
