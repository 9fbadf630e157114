// SPDX-License-Identifier: Apache-2.0
#include "ledger/sql_guard.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "ledger/cells.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using format::Value;
using store::StatementKind;

base::Error not_a_condition(std::string_view condition, std::string_view why) {
  return base::invalid_input(fmt::format(
      "a condition is one expression over FOCUS columns, such as ServiceName = 'Amazon S3'; {}: {}",
      why,
      condition));
}

/// The statement behind EXPLAIN [ANALYZE]; EXPLAIN ANALYZE runs what it explains.
std::string explained(std::string_view statement) {
  std::string rest(base::trim(statement));
  for (const std::string_view word : {"explain", "analyze"}) {
    if (base::lower(rest.substr(0, word.size())) == word) {
      rest = std::string(base::trim(std::string_view(rest).substr(word.size())));
    }
  }
  return rest;
}

/// What a parsed condition names. Nesting is bounded by the JSON reader's own limit.
struct Named {
  std::set<std::string> columns;
  bool has_subquery = false;
};

// NOLINTNEXTLINE(misc-no-recursion)
void collect(const Value& node, Named& named) {
  if (node.is_array()) {
    for (const auto& item : node.as_array()) collect(item, named);
    return;
  }
  if (!node.is_object()) return;
  const std::string kind = node["class"].text_or("");
  if (kind == "SUBQUERY") named.has_subquery = true;
  if (kind == "COLUMN_REF" && node["column_names"].is_array()) {
    const auto& names = node["column_names"].as_array();
    if (!names.empty()) named.columns.insert(names.front().text_or(""));
  }
  for (const auto& [key, child] : node.as_object()) collect(child, named);
}

const std::string* known_as(const std::string& name, const std::vector<std::string>& columns) {
  for (const auto& column : columns) {
    if (base::equal_ignoring_case(column, name)) return &column;
  }
  return nullptr;
}

}  // namespace

Result<Done> check_reads_only(store::Duck& duck, std::string_view statement) {
  const auto kinds = TRY(duck.kinds(statement));
  if (kinds.size() != 1) {
    return base::invalid_input(fmt::format(
        "one statement is asked at a time, this text has {}; send them one by one (a PIVOT needs "
        "its values listed with IN)",
        kinds.size()));
  }
  auto kind = kinds.front();
  if (kind == StatementKind::explain) {
    const auto inner = TRY(duck.kinds(explained(statement)));
    kind = inner.size() == 1 ? inner.front() : StatementKind::other;
  }
  if (kind == StatementKind::select) return Done{};
  return base::Error{
      base::Code::denied,
      "the ledger answers questions only: SELECT, WITH, FROM, DESCRIBE, SUMMARIZE or EXPLAIN; it "
      "cannot be changed by SQL, and files outside it cannot be reached",
      {},
      nullptr};
}

Result<std::set<std::string>> check_condition(
    store::Duck& duck, std::string_view condition, const std::vector<std::string>& columns) {
  // The line breaks keep a trailing comment from swallowing the closing parenthesis.
  const std::string statement = fmt::format("SELECT * FROM focus WHERE (\n{}\n)", condition);
  const auto table = TRY(
      duck.query(fmt::format("SELECT json_serialize_sql({}) AS tree", base::sql_text(statement))));
  const auto parsed = format::parse_json(text(table.at(0, "tree")));
  if (!parsed) return not_a_condition(condition, "this one is too deep to be checked");
  const Value& tree = *parsed;
  if (tree["error"].bool_or(true)) {
    return not_a_condition(condition, "this one is not: " + tree["error_message"].text_or(""));
  }
  const auto& statements = tree["statements"].as_array();
  const Value& node = statements.front()["node"];
  const bool is_plain = statements.size() == 1 && node["type"].text_or("") == "SELECT_NODE" &&
                        node["modifiers"].is_array() && node["modifiers"].as_array().empty() &&
                        node["from_table"]["type"].text_or("") == "BASE_TABLE" &&
                        node["having"].is_null() && node["qualify"].is_null();
  if (!is_plain) return not_a_condition(condition, "this one is more than an expression");
  Named named;
  collect(node["where_clause"], named);
  if (named.has_subquery) return not_a_condition(condition, "subqueries are not allowed here");
  std::set<std::string> out;
  for (const auto& name : named.columns) {
    const auto* known = known_as(name, columns);
    if (known == nullptr) {
      return base::invalid_input(fmt::format(
          "the condition names a column \"{}\" that the ledger does not have.{}",
          name,
          base::did_you_mean(name, columns)));
    }
    out.insert(*known);
  }
  return out;
}

}  // namespace outlay::ledger
