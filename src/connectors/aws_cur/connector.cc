// SPDX-License-Identifier: Apache-2.0
#include "connectors/aws_cur/connector.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/embedded.h"
#include "connectors/mapping.h"
#include "format/yaml.h"

namespace outlay::connectors {
namespace {

// One column of a legacy report that is an entry of a map in CUR 2.0: its key and its place.
struct MapEntry {
  std::string key;
  std::size_t column;
};

// resourceTags/user:env and resource_tags_user_env are the entry user:env (or user_env) of the map
// resource_tags.
std::optional<std::string> key_below(
    std::string_view column, std::string_view slash, std::string_view snake) {
  for (const auto prefix : {slash, snake}) {
    if (column.size() > prefix.size() &&
        base::equal_ignoring_case(column.substr(0, prefix.size()), prefix)) {
      return std::string(column.substr(prefix.size()));
    }
  }
  return std::nullopt;
}

std::vector<MapEntry> entries_below(
    const std::vector<std::string>& columns, std::string_view slash, std::string_view snake) {
  std::vector<MapEntry> entries;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (auto key = key_below(columns[i], slash, snake)) {
      entries.push_back({*key, i});
    }
  }
  return entries;
}

// Users' own tags stand without a prefix, AWS's keep "aws:", as FOCUS asks of provider-made tags.
std::string tag_name(const std::string& key) {
  for (const std::string_view user : {"user:", "user_"}) {
    if (key.starts_with(user)) {
      return key.substr(user.size());
    }
  }
  if (key.starts_with("aws_eks_")) {
    return "aws:eks:" + key.substr(8);
  }
  return key.starts_with("aws_") ? "aws:" + key.substr(4) : key;
}

std::string json_text(std::string_view text) {
  return "\"" + base::replace_all(base::replace_all(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

// {"key": cell, ...} of the cells that are not empty; null when all are.
std::string object_sql(const std::vector<MapEntry>& entries, const ledger::RawShape& shape) {
  if (entries.empty()) {
    return "CAST(NULL AS VARCHAR)";
  }
  std::string parts;
  for (const auto& entry : entries) {
    parts += fmt::format(
        ", {} || to_json(nullif(CAST({} AS VARCHAR), ''))",
        base::sql_text(json_text(entry.key) + ":"),
        base::sql_name(shape.columns[entry.column]));
  }
  return fmt::format("nullif('{{' || concat_ws(','{}) || '}}', '{{}}')", parts);
}

const std::string* type_of(const ledger::RawShape& shape, std::size_t column) {
  return column < shape.types.size() ? &shape.types[column] : nullptr;
}

// The map column of CUR 2.0 when there is one, else an object of the legacy columns.
std::string map_sql(
    const ledger::RawShape& shape, std::string_view map, std::vector<MapEntry> legacy) {
  const int at = find_raw({std::string(map), Read::json, {std::string(map)}}, shape.columns);
  if (at >= 0) {
    const auto index = static_cast<std::size_t>(at);
    const auto* type = type_of(shape, index);
    return fmt::format(
        "nullif({}, '{{}}')",
        read_sql(
            Read::json, base::sql_name(shape.columns[index]), type != nullptr ? *type : "VARCHAR"));
  }
  return object_sql(legacy, shape);
}

// In a flat JSON object a quote after { or , opens a key, so prefixes of keys can be cut without
// parsing.
std::string without_prefixes(const std::string& tags) {
  return fmt::format(
      R"re(regexp_replace(regexp_replace(regexp_replace({}, '([{{,]\s*)"user[_:]', '\1"', 'g'), )re"
      R"re('([{{,]\s*)"aws_eks_', '\1"aws:eks:', 'g'), '([{{,]\s*)"aws_', '\1"aws:', 'g'))re",
      tags);
}

std::string tags_sql(const ledger::RawShape& shape) {
  if (find_raw({"resource_tags", Read::json, {"resource_tags"}}, shape.columns) >= 0) {
    return without_prefixes(map_sql(shape, "resource_tags", {}));
  }
  auto entries = entries_below(shape.columns, "resourceTags/", "resource_tags_");
  for (auto& entry : entries) {
    entry.key = tag_name(entry.key);
  }
  return object_sql(entries, shape);
}

base::Result<format::Node> table_file(const std::string& name) {
  return format::parse_yaml(embedded_file("aws_cur/" + name), name);
}

base::Result<std::string> pairs_of(const std::string& name, std::string_view key) {
  const auto node = TRY(table_file(name));
  std::string rows;
  for (const auto& entry : node.find(key)->entries) {
    rows += fmt::format(
        "{}({}, {})",
        rows.empty() ? "" : ", ",
        base::sql_text(entry.key),
        base::sql_text(entry.value.text));
  }
  return rows;
}

base::Result<std::string> services() {
  const auto node = TRY(table_file("services.yaml"));
  std::string rows;
  for (const auto& entry : node.find("services")->entries) {
    rows += fmt::format("{}({}", rows.empty() ? "" : ", ", base::sql_text(entry.key));
    for (const auto* column : {"name", "category", "subcategory"}) {
      rows += ", " + base::sql_text(entry.value.find(column)->text);
    }
    rows += ")";
  }
  return rows;
}

// Instance hours; other rows of a machine (traffic, disks, credits) are not its pods'.
constexpr std::string_view kIsMachine =
    "(coalesce(line_type IN ('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage'), false) AND "
    "(starts_with(operation, 'RunInstances') OR regexp_matches(usage_type, "
    "'(Box|Spot|Dedicated|Instance)Usage')) AND NOT regexp_matches(usage_type, "
    "'DataTransfer|Bytes|EBS|CPUCredits|Address'))";

// What is added up over the shares of a row.
constexpr std::pair<std::string_view, int> kShared[]{
    {"BilledCost", 22},
    {"EffectiveCost", 22},
    {"ListCost", 22},
    {"ContractedCost", 22},
    {"PricingQuantity", 16},
    {"ConsumedQuantity", 16},
    {"CommitmentDiscountQuantity", 16}};

// A number of units of the last decimal as the number it stands for.
std::string of_units(const std::string& units, int scale) {
  return fmt::format(
      "CAST(CAST({} AS DECIMAL(38,0)) * CAST(0.{:0>{}} AS DECIMAL({},{})) AS VARCHAR)",
      units,
      1,
      scale,
      scale,
      scale);
}

// A machine's id, also where it is delivered as an ARN.
std::string bare_id(std::string_view id) {
  return fmt::format(
      "CASE WHEN contains({0}, ':instance/') THEN split_part({0}, ':instance/', 2) ELSE {0} END",
      id);
}

// split.sql with the columns that are shared written out.
std::string split_sql() {
  std::vector<std::string> shares, sums, rests, parts, part_names, left_names, left_columns;
  int next = 0;
  for (const auto& [column, scale] : kShared) {
    const int i = next++;
    const std::string units = fmt::format(
        "CAST(replace(CAST(TRY_CAST(\"{}\" AS DECIMAL(38,{})) AS VARCHAR), '.', '') AS HUGEINT)",
        column,
        scale);
    shares.push_back(fmt::format(
        "({0} // whole) * weight + (({0} % whole) * weight) // whole AS part{1}", units, i));
    sums.push_back(fmt::format(
        "any_value({0}) - sum(part{1}) AS left{1}, any_value(split_weight >= whole) AS full{1}",
        units,
        i));
    rests.push_back(fmt::format(
        "{} AS \"{}\"",
        of_units(fmt::format("CASE WHEN l.full{0} THEN 0 ELSE l.left{0} END", i), scale),
        column));
    parts.push_back(fmt::format(
        "{} AS \"{}\"",
        of_units(
            fmt::format("part{0} + CASE WHEN place = 1 AND full{0} THEN left{0} ELSE 0 END", i),
            scale),
        column));
    part_names.push_back(fmt::format("part{}", i));
    left_names.push_back(fmt::format("left{0}, full{0}", i));
    left_columns.push_back(fmt::format("l.left{0}, l.full{0}", i));
  }
  std::string sql(embedded_file("aws_cur/sql/split.sql"));
  const std::pair<std::string_view, std::string> words[]{
      {"{bare_parent}", bare_id("split_parent")},
      {"{bare_machine}", bare_id("\"ResourceId\"")},
      {"{shares}", base::join(shares, ",\n    ")},
      {"{sums}", base::join(sums, ", ")},
      {"{rests}", base::join(rests, ", ")},
      {"{parts}", base::join(parts, ", ")},
      {"{part_names}", base::join(part_names, ", ")},
      {"{left_names}", base::join(left_names, ", ")},
      {"{left_columns}", base::join(left_columns, ", ")}};
  for (const auto& [word, text] : words) {
    sql = base::replace_all(sql, word, text);
  }
  return sql;
}

constexpr std::string_view kIsDiscount =
    "(line_type IN ('EdpDiscount', 'PrivateRateDiscount', 'BundledDiscount', 'RiVolumeDiscount', "
    "'SppDiscount', 'Discount'))";

// Of each account and month: whether net costs differ from gross ones anywhere, how much they leave
// out, and what the discount rows sum to.
std::string nets_sql() {
  return fmt::format(
      "(SELECT coalesce(account_id, '') AS owner, period_start AS month, "
      "bool_or({0} IS NOT TRUE) AS has_lines, "
      "coalesce(bool_or(outlay_money(net_unblended_cost) <> outlay_money(unblended_cost)) "
      "FILTER ({0} IS NOT TRUE), false) AS has_net, "
      "sum(outlay_money(net_unblended_cost) - outlay_money(unblended_cost)) "
      "FILTER ({0} IS NOT TRUE) AS left_out, "
      "sum(outlay_money(unblended_cost)) FILTER ({0}) AS discounts FROM lines GROUP BY ALL)",
      kIsDiscount);
}

// The words in braces of mapping.yaml and rows.sql.
std::string with_words(std::string sql) {
  const std::pair<std::string_view, std::string> words[]{
      {"{is_machine}", std::string(kIsMachine)},
      {"{is_discount}", std::string(kIsDiscount)},
      {"{nets}", nets_sql()},
      {"{bare_parent}", bare_id("split_parent")},
      {"{bare_resource}", bare_id("resource_id")}};
  for (const auto& [word, text] : words) {
    sql = base::replace_all(sql, word, text);
  }
  return sql;
}

void fill_words(Mapping& mapping, const ledger::RawShape& shape) {
  const auto asks_nets = [](const RowRule& rule) {
    return rule.when.find("{nets}") != std::string::npos;
  };
  if (!mapping.raw_has("net_unblended_cost", shape)) std::erase_if(mapping.drops, asks_nets);
  for (auto& drop : mapping.drops) drop.when = with_words(std::move(drop.when));
  for (auto& finding : mapping.findings) finding.query = with_words(std::move(finding.query));
  mapping.rows_sql = with_words(std::move(mapping.rows_sql));
}

// Only a report with split cost allocation pays for it.
void add_splits(Mapping& mapping, const ledger::RawShape& shape) {
  if (find_raw({"", Read::text, {"split_line_item_parent_resource_id"}}, shape.columns) < 0) {
    return;
  }
  for (const char* column :
       {"AllocatedMethodId",
        "AllocatedResourceId",
        "AllocatedResourceName",
        "AllocatedTags",
        "AllocatedMethodDetails"}) {
    mapping.columns.emplace_back(column, "CAST(NULL AS VARCHAR)");
  }
  mapping.columns.emplace_back(
      "split_parent",
      "CASE WHEN coalesce(TRY_CAST(unblended_cost AS DECIMAL(38,22)), 0) = 0 THEN split_parent "
      "END");
  mapping.columns.emplace_back(
      "split_basis",
      "CASE line_type WHEN 'SavingsPlanCoveredUsage' THEN sp_effective WHEN 'DiscountedUsage' THEN "
      "ri_effective ELSE unblended_cost END");
  mapping.columns.emplace_back("is_machine", std::string(kIsMachine));
  mapping.after_sql = split_sql();
}

base::Result<Mapping> load() {
  auto mapping = TRY(load_mapping("aws_cur/mapping.yaml"));
  mapping.rows_sql = base::replace_all(mapping.rows_sql, "{services}", TRY(services()));
  mapping.rows_sql =
      base::replace_all(mapping.rows_sql, "{regions}", TRY(pairs_of("regions.yaml", "regions")));
  mapping.rows_sql =
      base::replace_all(mapping.rows_sql, "{units}", TRY(pairs_of("units.yaml", "units")));
  return mapping;
}

bool has_column(const std::vector<std::string>& columns, std::string_view name) {
  return find_raw({std::string(name), Read::text, {std::string(name)}}, columns) >= 0;
}

// What no line can be booked without.
base::Result<base::Done> require_columns(const ledger::RawShape& shape) {
  for (const std::string wanted :
       {"lineItem/UnblendedCost",
        "lineItem/LineItemType",
        "lineItem/UsageStartDate",
        "bill/BillingPeriodStartDate"}) {
    if (has_column(shape.columns, base::replace_all(wanted, "lineItem", "line_item"))) {
      continue;
    }
    const bool is_blended =
        wanted.ends_with("UnblendedCost") && has_column(shape.columns, "line_item_blended_cost");
    return base::invalid_input(fmt::format(
        "an AWS report needs the column {}, and this file has none.{}{} Have the report made with "
        "all its columns",
        wanted,
        is_blended ? " It has BlendedCost, an average over accounts that no invoice states." : "",
        base::did_you_mean(wanted, shape.columns)));
  }
  return base::Done{};
}

std::vector<std::string> notes_of(const ledger::RawShape& shape) {
  std::vector<std::string> notes;
  for (const auto& column : shape.columns) {
    const bool is_map = column.starts_with("resourceTags/") || column.starts_with("costCategory/");
    if (!is_map && std::ranges::count(column, '/') > 1) {
      notes.push_back(fmt::format(
          "column {} is two names run together (a comma is missing in the header): neither is read",
          column));
    }
  }
  return notes;
}

class AwsCurConnector final : public Connector {
 public:
  std::string_view name() const override { return "aws-cur"; }

  std::string_view summary() const override {
    return "AWS Cost and Usage Reports, legacy and 2.0, CSV or Parquet, with their manifests";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    int hits = 0;
    for (const auto* column :
         {"line_item_line_item_type",
          "line_item_usage_start_date",
          "line_item_unblended_cost",
          "line_item_usage_account_id",
          "line_item_product_code",
          "bill_payer_account_id"}) {
      hits += has_column(header, column) ? 1 : 0;
    }
    return hits >= 3 ? 70 + 5 * hits : 0;
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    TRY(require_columns(shape));
    auto mapping = TRY(load());
    fill_words(mapping, shape);
    add_splits(mapping, shape);
    const std::vector<ExtraColumn> extra{
        {"tags", tags_sql(shape)},
        {"cost_categories",
         map_sql(
             shape,
             "cost_category",
             entries_below(shape.columns, "costCategory/", "cost_category_"))}};
    auto plan = build_plan(mapping, shape, extra);
    plan.notes = notes_of(shape);
    return plan;
  }
};

}  // namespace

std::unique_ptr<Connector> make_aws_cur_connector() { return std::make_unique<AwsCurConnector>(); }

}  // namespace outlay::connectors
