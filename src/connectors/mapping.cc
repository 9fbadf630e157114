// SPDX-License-Identifier: Apache-2.0
#include "connectors/mapping.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/embedded.h"
#include "format/yaml.h"
#include "ledger/columns.h"

namespace outlay::connectors {
namespace {

using format::Node;

std::string text_of(const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  return found != nullptr && found->is_scalar() ? std::string(base::trim(found->text))
                                                : std::string();
}

std::vector<std::string> list_of(const Node* node) {
  std::vector<std::string> texts;
  if (node != nullptr && node->is_scalar()) {
    texts.push_back(node->text);
  } else if (node != nullptr) {
    for (const auto& item : node->items) {
      texts.push_back(item.text);
    }
  }
  return texts;
}

// raw: {text: {name: [spelling ...]}, money: {...}}
base::Result<std::vector<RawColumn>> raw_of(const Node* node) {
  std::vector<RawColumn> columns;
  if (node == nullptr) {
    return columns;
  }
  for (const auto& group : node->entries) {
    Read read = Read::text;
    if (!parse_read(group.key, read)) {
      return base::invalid_input(
          fmt::format("a reading (text, money, amount, timestamp, json), not '{}'", group.key),
          group.key_place);
    }
    for (const auto& column : group.value.entries) {
      RawColumn raw{column.key, read, list_of(&column.value)};
      raw.spellings.push_back(column.key);
      columns.push_back(std::move(raw));
    }
  }
  return columns;
}

std::vector<RowRule> row_rules_of(const Node* node) {
  std::vector<RowRule> rules;
  if (node != nullptr) {
    for (const auto& item : node->items) {
      rules.push_back({text_of(item, "when"), text_of(item, "reason")});
    }
  }
  return rules;
}

std::vector<FindingRule> findings_of(const Node* node) {
  std::vector<FindingRule> rules;
  if (node == nullptr) {
    return rules;
  }
  for (const auto& item : node->items) {
    FindingRule rule;
    rule.rule = text_of(item, "rule");
    rule.message = text_of(item, "message");
    rule.lines = text_of(item, "lines");
    rule.charges = text_of(item, "charges");
    rule.query = text_of(item, "query");
    rule.needs = list_of(item.find("needs"));
    rule.is_error = text_of(item, "error") == "true";
    rules.push_back(std::move(rule));
  }
  return rules;
}

// The condition under which any of the rules holds; "false" when there are none.
std::string any_of(const std::vector<RowRule>& rules) {
  std::string any;
  for (const auto& rule : rules) {
    any += fmt::format("{}({})", any.empty() ? "" : " OR ", rule.when);
  }
  return any.empty() ? "false" : any;
}

Spelling spelling_of(const Mapping& mapping) {
  return {.is_loose = mapping.is_loose, .day_first = mapping.day_first};
}

// The SQL of one raw column, whether the file has it or not.
std::string raw_column_sql(
    const RawColumn& raw,
    const std::vector<std::string>& columns,
    const std::vector<std::string>& types,
    const Spelling& spelling) {
  const int at = find_raw(raw, columns);
  if (at < 0) {
    const std::string_view type = raw.read == Read::amount      ? "DECIMAL(38,22)"
                                  : raw.read == Read::timestamp ? "TIMESTAMP"
                                                                : "VARCHAR";
    return fmt::format("CAST(NULL AS {}) AS {}", type, base::sql_name(raw.name));
  }
  const auto index = static_cast<std::size_t>(at);
  const std::string type = index < types.size() ? types[index] : "VARCHAR";
  return fmt::format(
      "{} AS {}",
      read_sql(raw.read, base::sql_name(columns[index]), type, spelling),
      base::sql_name(raw.name));
}

// Common table expressions of the reference tables; each ends in a comma.
std::string references_sql(const Mapping& mapping, const ledger::RawShape& shape) {
  std::string sql;
  for (const auto& table : mapping.references) {
    const auto there =
        std::ranges::find(shape.references, table.name, &ledger::ReferenceShape::name);
    const bool is_there = there != shape.references.end();
    std::vector<std::string> list;
    for (const auto& raw : table.raw) {
      list.push_back(
          is_there ? raw_column_sql(raw, there->columns, there->types, spelling_of(mapping))
                   : raw_column_sql(raw, {}, {}, {}));
    }
    sql += fmt::format(
        "{} AS NOT MATERIALIZED (SELECT {}{}), ",
        base::sql_name(table.name),
        base::join(list, ", "),
        is_there ? " FROM " + base::sql_name("reference_" + table.name) : " WHERE false");
  }
  return sql;
}

std::string reasons_sql(
    const std::string& tables,
    const std::string& lines,
    const std::vector<RowRule>& rules,
    const std::string& unless) {
  if (rules.empty()) {
    return {};
  }
  std::string cases;
  for (const auto& rule : rules) {
    cases += fmt::format(" WHEN {} THEN {}", rule.when, base::sql_text(rule.reason));
  }
  return fmt::format(
      "WITH {}lines AS NOT MATERIALIZED ({}) SELECT x_File, x_Row, CASE{} END AS reason FROM lines "
      "WHERE ({}) AND "
      "({}) IS NOT TRUE",
      tables,
      lines,
      cases,
      any_of(rules),
      unless);
}

// "service.id" is the member id of the nested column service, when there is such a column: a struct
// of Parquet, or the JSON text of one.
std::optional<std::string> member_sql(const RawColumn& raw, const ledger::RawShape& shape) {
  for (const auto& spelling : raw.spellings) {
    const auto dot = spelling.find('.');
    if (dot == std::string::npos) continue;
    const auto outer = spelling.substr(0, dot);
    const auto member = spelling.substr(dot + 1);
    const auto at = std::ranges::find(shape.columns, outer);
    if (at == shape.columns.end()) continue;
    const auto index = static_cast<std::size_t>(at - shape.columns.begin());
    const std::string type = index < shape.types.size() ? shape.types[index] : "VARCHAR";
    const std::string column = base::sql_name(outer);
    if (type == "VARCHAR" || type == "JSON") {
      return fmt::format("TRY({} ->> {})", column, base::sql_text("$." + member));
    }
    const bool has_member =
        type.starts_with("STRUCT(") && (type.find("(" + member + " ") != std::string::npos ||
                                        type.find(", " + member + " ") != std::string::npos ||
                                        type.find("\"" + member + "\" ") != std::string::npos);
    if (has_member) {
      const auto inner = fmt::format("{}.{}", column, base::sql_name(member));
      return raw.read == Read::json ? fmt::format("CAST(to_json({}) AS VARCHAR)", inner)
                                    : fmt::format("CAST({} AS VARCHAR)", inner);
    }
  }
  return std::nullopt;
}

// SELECT of x_File, x_Row and every raw column under our name.
std::string lines_sql(
    const Mapping& mapping, const ledger::RawShape& shape, const std::vector<ExtraColumn>& extra) {
  std::string sql = "SELECT x_File, x_Row";
  for (const auto& raw : mapping.raw) {
    const bool is_there = find_raw(raw, shape.columns) >= 0;
    if (const auto member = is_there ? std::nullopt : member_sql(raw, shape)) {
      const auto cell = read_sql(raw.read, "(" + *member + ")", "VARCHAR", spelling_of(mapping));
      sql += fmt::format(", {} AS {}", cell, base::sql_name(raw.name));
    } else {
      sql += ", " + raw_column_sql(raw, shape.columns, shape.types, spelling_of(mapping));
    }
  }
  for (const auto& [name, expression] : extra) {
    sql += fmt::format(", {} AS {}", expression, base::sql_name(name));
  }
  return sql + " FROM " + mapping.from;
}

std::string charges_sql(
    const Mapping& mapping, const std::string& tables, const std::string& lines) {
  std::string sql = fmt::format("WITH {}lines AS NOT MATERIALIZED ({}), ", tables, lines);
  sql += fmt::format(
      "kept AS NOT MATERIALIZED (SELECT * FROM lines WHERE ({}) IS NOT TRUE AND ({}) IS NOT TRUE)",
      any_of(mapping.drops),
      any_of(mapping.rejects));
  sql += mapping.rows_sql.empty() ? ", rows AS NOT MATERIALIZED (SELECT * FROM kept)"
                                  : ",\n" + mapping.rows_sql;
  std::string charged = "SELECT x_File, x_Row";
  for (const auto& [name, expression] : mapping.columns) {
    charged += fmt::format(", {} AS {}", expression, base::sql_name(name));
  }
  charged += " FROM rows";
  if (mapping.after_sql.empty()) {
    return sql + " " + charged;
  }
  return fmt::format(
      "{}, charged AS NOT MATERIALIZED ({}),\n{} FROM final",
      sql,
      charged,
      mapping.after_sql + " SELECT *");
}

std::string totals_sql(
    const Mapping& mapping, const ledger::RawShape& shape, const std::string& lines) {
  std::string sql;
  for (const auto& total : mapping.totals) {
    const auto raw = std::ranges::find(mapping.raw, total.needs, &RawColumn::name);
    if (raw != mapping.raw.end() && find_raw(*raw, shape.columns) < 0) {
      continue;
    }
    sql += fmt::format(
        "{}SELECT {} AS currency, {} AS cost, sum({}) AS total FROM lines GROUP BY 1",
        sql.empty() ? "" : " UNION ALL ",
        mapping.currency,
        base::sql_text(total.cost),
        total.expression);
  }
  return sql.empty() ? sql : fmt::format("WITH lines AS NOT MATERIALIZED ({}) {}", lines, sql);
}

bool has_needs(const FindingRule& rule, const Mapping& mapping, const ledger::RawShape& shape) {
  return std::ranges::all_of(
      rule.needs, [&](const std::string& need) { return mapping.raw_has(need, shape); });
}

ledger::Finding finding_of(const FindingRule& rule, const std::string& lines) {
  if (!rule.charges.empty()) {
    auto finding = charge_finding(rule.rule, rule.message, rule.charges);
    finding.is_error = rule.is_error;
    return finding;
  }
  ledger::Finding finding{rule.rule, rule.message, {}, rule.is_error, {}};
  finding.count_sql =
      rule.query.empty()
          ? fmt::format("SELECT count(*), min(x_Row) FROM {{lines}} WHERE {}", rule.lines)
          : rule.query;
  finding.count_sql = base::replace_all(finding.count_sql, "{lines}", "(" + lines + ") AS lines");
  return finding;
}

}  // namespace

bool Mapping::raw_has(std::string_view raw_name, const ledger::RawShape& shape) const {
  const auto found = std::ranges::find(raw, raw_name, &RawColumn::name);
  return found != raw.end() &&
         (find_raw(*found, shape.columns) >= 0 || member_sql(*found, shape).has_value());
}

std::string squashed(std::string_view name) {
  std::string out;
  for (const char c : name) {
    // Bytes of letters beyond ASCII stay: they tell Chinese names apart.
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      out.push_back(byte >= 0x80 ? c : static_cast<char>(std::tolower(byte)));
    }
  }
  return out;
}

int find_raw(const RawColumn& raw, const std::vector<std::string>& names) {
  for (const auto& spelling : raw.spellings) {
    const std::string wanted = squashed(spelling);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (squashed(names[i]) == wanted) {
        return static_cast<int>(i);
      }
    }
  }
  return -1;
}

ledger::Finding charge_finding(std::string rule, std::string message, std::string condition) {
  ledger::Finding finding;
  finding.rule = std::move(rule);
  finding.message = std::move(message);
  finding.count_sql = "SELECT count(*), min(x_Row) FROM charges WHERE " + condition;
  finding.charges_condition = std::move(condition);
  return finding;
}

base::Result<std::vector<FindingRule>> common_checks() {
  const auto node = TRY(format::parse_yaml(embedded_file("checks.yaml"), "checks.yaml"));
  return findings_of(node.find("findings"));
}

base::Result<Mapping> load_mapping(std::string_view file) {
  const auto node = TRY(format::parse_yaml(embedded_file(file), file));
  Mapping mapping;
  mapping.name = text_of(node, "mapping");
  mapping.version = text_of(node, "version");
  if (const std::string extent = text_of(node, "extent"); extent == "part") {
    mapping.extent = ledger::Extent::part;
  } else if (!extent.empty() && extent != "whole") {
    return base::invalid_input(
        fmt::format("an extent (whole, part), not '{}'", extent), node.find("extent")->place);
  }
  if (const std::string dataset = text_of(node, "dataset"); !dataset.empty()) {
    mapping.dataset = dataset;
  }
  mapping.raw = TRY(raw_of(node.find("raw")));
  if (const Node* tables = node.find("references"); tables != nullptr) {
    for (const auto& table : tables->entries) {
      mapping.references.push_back({table.key, TRY(raw_of(&table.value))});
    }
  }
  if (const std::string rows = text_of(node, "rows"); !rows.empty()) {
    mapping.rows_sql = std::string(embedded_file(rows));
  }
  if (const Node* columns = node.find("columns"); columns != nullptr) {
    for (const auto& column : columns->entries) {
      mapping.columns.emplace_back(column.key, std::string(base::trim(column.value.text)));
    }
  }
  mapping.drops = row_rules_of(node.find("drops"));
  mapping.rejects = row_rules_of(node.find("rejects"));
  mapping.findings = findings_of(node.find("findings"));
  if (mapping.dataset == "cost_and_usage") {
    for (auto& check : TRY(common_checks())) {
      mapping.findings.push_back(std::move(check));
    }
  }
  mapping.currency = text_of(node, "currency");
  if (const Node* totals = node.find("totals"); totals != nullptr) {
    for (const auto& item : totals->items) {
      mapping.totals.push_back(
          {text_of(item, "cost"), text_of(item, "sum"), text_of(item, "needs")});
    }
  }
  return mapping;
}

ledger::MappingPlan build_plan(
    const Mapping& mapping, const ledger::RawShape& shape, const std::vector<ExtraColumn>& extra) {
  const std::string lines = lines_sql(mapping, shape, extra);
  ledger::MappingPlan plan;
  plan.mapping = mapping.name;
  plan.version = mapping.version;
  plan.extent = mapping.extent;
  plan.dataset = mapping.dataset;
  const std::string tables = references_sql(mapping, shape);
  plan.charges_sql = charges_sql(mapping, tables, lines);
  plan.rejects_sql = reasons_sql(tables, lines, mapping.rejects, "false");
  plan.drops_sql = reasons_sql(tables, lines, mapping.drops, any_of(mapping.rejects));
  plan.raw_totals_sql = totals_sql(mapping, shape, lines);
  for (const auto& rule : mapping.findings) {
    if (has_needs(rule, mapping, shape)) {
      plan.findings.push_back(finding_of(rule, lines));
    }
  }
  return plan;
}

ledger::MappingPlan reference_plan(std::string_view connector, std::string_view table) {
  ledger::MappingPlan plan;
  plan.mapping = fmt::format("{}.{}", connector, table);
  plan.version = "1";
  plan.charges_sql =
      "SELECT x_File, x_Row, CAST(NULL AS TIMESTAMP) AS BillingPeriodStart FROM raw WHERE false";
  plan.drops_sql = fmt::format(
      "SELECT x_File, x_Row, {} AS reason FROM raw",
      base::sql_text(
          fmt::format("table of {}, no charges: the bill looks things up in it", table)));
  return plan;
}

}  // namespace outlay::connectors
