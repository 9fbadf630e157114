// SPDX-License-Identifier: Apache-2.0
#include "ledger/conformance_rules.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "format/yaml.h"
#include "ledger/columns.h"
#include "ledger/embedded.h"

namespace outlay::ledger {
namespace {

using format::Node;

/// How a column was asked for in older versions, where it differs.
struct Level {
  std::string column, since, until;
  char level = 'C';
};

/// Everything the rule files say.
struct RuleBook {
  std::vector<ConformanceRule> rules;
  std::vector<Level> levels;
  /// {name} in a rule's SQL -> SQL.
  std::map<std::string, std::string> words;
};

std::string scalar(const Node& node, std::string_view key) {
  const auto* found = node.find(key);
  return found == nullptr ? std::string() : std::string(base::trim(found->text));
}

std::vector<std::string> texts(const Node& node, std::string_view key) {
  std::vector<std::string> out;
  const auto* found = node.find(key);
  if (found == nullptr) return out;
  for (const auto& item : found->items) out.push_back(item.text);
  return out;
}

std::string sql_list(const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  for (const auto& value : values) quoted.push_back(base::sql_text(value));
  return base::join(quoted, ", ");
}

std::string prefix_of(std::string_view dataset) {
  if (dataset == "contract_commitment") return "CC";
  if (dataset == "billing_period") return "BP";
  if (dataset == "invoice_detail") return "ID";
  return "CU";
}

/// SQL with the words put in; words may name {column}, which goes last.
std::string filled(std::string sql, const RuleBook& book, const std::string& column) {
  for (const auto& [name, text] : book.words) {
    sql = base::replace_all(sql, "{" + name + "}", text);
  }
  return base::replace_all(sql, "{column}", column);
}

ConformanceRule rule_of(
    const Node& node, const std::string& dataset, const std::string& column, const RuleBook& book) {
  ConformanceRule rule;
  rule.dataset = dataset;
  rule.column = column;
  rule.id = base::replace_all(scalar(node, "id"), "{column}", column);
  rule.kind = scalar(node, "kind");
  rule.keyword = scalar(node, "keyword");
  if (rule.keyword.empty()) rule.keyword = "MUST";
  rule.statement = base::replace_all(scalar(node, "says"), "{column}", column);
  rule.since = scalar(node, "since");
  rule.until = scalar(node, "until");
  rule.where = filled(scalar(node, "where"), book, column);
  rule.holds = filled(scalar(node, "holds"), book, column);
  rule.amount = filled(scalar(node, "amount"), book, column);
  rule.query = filled(scalar(node, "query"), book, column);
  rule.group = texts(node, "group");
  rule.with = scalar(node, "with");
  rule.presence = scalar(node, "presence");
  CHECK(find_focus_column(dataset, column) != nullptr);
  return rule;
}

void add_rules(RuleBook& book, const Node& file) {
  for (const auto& entry : file.entries) {
    if (entry.key == "lists" || entry.key == "levels" || entry.key == "values") continue;
    for (const auto& node : entry.value.items) {
      auto columns = texts(node, "columns");
      if (columns.empty()) columns.push_back(scalar(node, "column"));
      for (const auto& column : columns) {
        book.rules.push_back(rule_of(node, entry.key, column, book));
      }
    }
  }
}

void add_words(RuleBook& book, const Node& file) {
  if (const auto* lists = file.find("lists")) {
    for (const auto& entry : lists->entries) {
      std::vector<std::string> values;
      for (const auto& item : entry.value.items) values.push_back(item.text);
      book.words[entry.key] = sql_list(values);
    }
  }
  if (const auto* values = file.find("values")) {
    for (const auto& entry : values->entries) {
      book.words[entry.key] = std::string(base::trim(entry.value.text));
    }
  }
  if (const auto* levels = file.find("levels")) {
    for (const auto& node : levels->items) {
      book.levels.push_back(
          {scalar(node, "column"),
           scalar(node, "since"),
           scalar(node, "until"),
           scalar(node, "level").at(0)});
    }
  }
}

RuleBook load() {
  RuleBook book;
  std::vector<Node> files;
  for (const char* name :
       {"conformance.yaml", "conformance_money.yaml", "conformance_datasets.yaml"}) {
    auto parsed = format::parse_yaml(embedded_file(name), name);
    CHECK(parsed.has_value());
    files.push_back(std::move(*parsed));
  }
  for (const auto& file : files) add_words(book, file);
  for (const auto& file : files) add_rules(book, file);
  return book;
}

const RuleBook& book() {
  static const RuleBook loaded = load();
  return loaded;
}

bool is_between(std::string_view version, std::string_view since, std::string_view until) {
  return since <= version && (until.empty() || version <= until);
}

char level_in(const FocusColumn& column, std::string_view version) {
  for (const auto& level : book().levels) {
    if (column.dataset == "cost_and_usage" && level.column == column.name &&
        is_between(version, level.since, level.until)) {
      return level.level;
    }
  }
  return column.level;
}

std::string type_words(Kind kind) {
  switch (kind) {
    case Kind::money:
    case Kind::quantity:
      return "a decimal number";
    case Kind::timestamp:
      return "a date and time";
    case Kind::json:
      return "text with JSON";
    case Kind::text:
      break;
  }
  return "text";
}

/// What the checked relation calls the text a file has for a typed column.
std::string raw_name(const std::string& column) { return base::sql_name("raw:" + column); }

ConformanceRule made(
    const FocusColumn& column, const char* name, const char* kind, std::string statement) {
  ConformanceRule rule;
  rule.id = column_rule_id(column.dataset, column.name, name);
  rule.dataset = column.dataset;
  rule.column = column.name;
  rule.kind = kind;
  rule.keyword = "MUST";
  rule.statement = std::move(statement);
  return rule;
}

ConformanceRule type_rule(const FocusColumn& column) {
  auto rule =
      made(column, "type", "type", fmt::format("{} is {}", column.name, type_words(column.kind)));
  if (column.kind == Kind::text || column.kind == Kind::json) {
    rule.where = column.name + " IS NOT NULL";
    rule.holds = "true";
  } else {
    rule.where =
        fmt::format("{} IS NOT NULL OR {} IS NOT NULL", column.name, raw_name(column.name));
    rule.holds = column.name + " IS NOT NULL";
  }
  return rule;
}

/// Nothing for text, whose format is said by rules of its own.
void add_format_rule(std::vector<ConformanceRule>& out, const FocusColumn& column) {
  const std::string raw = raw_name(column.name);
  if (column.kind == Kind::timestamp) {
    auto rule = made(
        column,
        "format",
        "format",
        column.name + " is written YYYY-MM-DDTHH:MM:SSZ: ISO 8601, in UTC, with T and Z");
    rule.where = raw + " IS NOT NULL";
    rule.holds = fmt::format(
        "regexp_full_match({}, '\\d{{4}}-\\d{{2}}-\\d{{2}}T\\d{{2}}:\\d{{2}}:\\d{{2}}(\\.\\d+)?Z')",
        raw);
    out.push_back(std::move(rule));
  }
  if (column.kind == Kind::money || column.kind == Kind::quantity) {
    auto rule = made(
        column,
        "format",
        "format",
        column.name + " is a plain number or mEn: no plus sign, no thousands marks, no unit");
    rule.where = raw + " IS NOT NULL";
    rule.holds =
        fmt::format("regexp_full_match({}, '-?(\\d+(\\.\\d*)?|\\.\\d+)([Ee]-?\\d+)?')", raw);
    out.push_back(std::move(rule));
  }
}

void add_column_rules(
    std::vector<ConformanceRule>& out, const FocusColumn& column, std::string_view version) {
  const char level = level_in(column, version);
  if (level != 'C') {
    auto rule = made(column, "presence", "presence", column.name + " is there");
    rule.keyword = level == 'M' ? "MUST" : "SHOULD";
    out.push_back(std::move(rule));
  }
  out.push_back(type_rule(column));
  add_format_rule(out, column);
  if (!column.is_nullable) {
    auto rule = made(column, "not_null", "nullability", column.name + " is not null");
    rule.holds = column.name + " IS NOT NULL";
    out.push_back(std::move(rule));
  }
  if (!column.values.empty()) {
    auto rule = made(column, "values", "values", column.name + " is one of the allowed values");
    rule.holds = fmt::format("{} IN ({})", column.name, sql_list(column.values));
    out.push_back(std::move(rule));
  }
}

}  // namespace

const std::vector<std::string>& conformance_versions() {
  static const std::vector<std::string> versions{"1.0", "1.1", "1.2", "1.3", "1.4"};
  return versions;
}

std::vector<ConformanceRule> conformance_rules_of(
    std::string_view dataset, std::string_view version) {
  std::multimap<std::string_view, const ConformanceRule*> written;
  for (const auto& rule : book().rules) {
    if (rule.dataset == dataset && is_between(version, rule.since, rule.until)) {
      written.emplace(rule.column, &rule);
    }
  }
  std::vector<ConformanceRule> out;
  for (const auto& column : focus_columns_of(dataset, version)) {
    add_column_rules(out, column, version);
    const auto [first, last] = written.equal_range(column.name);
    for (auto rule = first; rule != last; ++rule) out.push_back(*rule->second);
  }
  return out;
}

std::string column_rule_id(
    std::string_view dataset, std::string_view column, std::string_view name) {
  return fmt::format("{}.{}.{}", prefix_of(dataset), column, name);
}

}  // namespace outlay::ledger
