// SPDX-License-Identifier: Apache-2.0
#include "connectors/declared/connector.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/declared/expression.h"
#include "connectors/mapping.h"
#include "ledger/columns.h"

namespace outlay::connectors {
namespace {

using base::Result;
using base::sql_text;
using ledger::Kind;

std::string regex_mark(char mark) { return mark == '\0' ? "" : fmt::format("[{}]", mark); }

/// SQL of a plain number's text, as the declaration writes numbers; what is none comes out with a
/// '?' in front, so that no reader takes it for a number by luck.
std::string number_text_sql(const std::string& text, const Declaration& declared) {
  const std::string stripped = fmt::format(
      "regexp_replace({}, '[\\s\\x{{00A0}}\\x{{202F}}$€£¥]|^[A-Z]{{3}}|[A-Z]{{3}}$', '', 'g')",
      text);
  const std::string body = fmt::format("regexp_replace({}, '^[(+-]+|[)-]+$', '', 'g')", stripped);
  const std::string decimal = regex_mark(declared.decimal_mark);
  // Spaces as thousands marks are gone already.
  const std::string thousands =
      declared.thousands_mark == ' ' ? "" : regex_mark(declared.thousands_mark);
  const std::string grouped =
      thousands.empty() ? "" : fmt::format("\\d{{1,3}}(?:{}\\d{{3}})+|", thousands);
  const std::string pattern = base::replace_all(
      fmt::format(
          "(?:{0}\\d+)(?:{1}\\d*)?(?:[eE][+-]?\\d+)?|{1}\\d+(?:[eE][+-]?\\d+)?", grouped, decimal),
      "'",
      "''");
  std::string plain = body;
  if (!thousands.empty()) {
    plain = fmt::format(
        "replace({}, {}, '')", plain, sql_text(std::string(1, declared.thousands_mark)));
  }
  if (declared.decimal_mark != '.') {
    plain =
        fmt::format("replace({}, {}, '.')", plain, sql_text(std::string(1, declared.decimal_mark)));
  }
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN regexp_full_match({1}, '{2}') THEN CASE WHEN "
      "regexp_matches({3}, '^[(-]|-$') THEN '-' ELSE '' END || {4} ELSE '?' || {0} END",
      text,
      body,
      pattern,
      stripped,
      plain);
}

bool has_hours(std::string_view format) {
  return format.find("%H") != std::string_view::npos || format.find("%I") != std::string_view::npos;
}

/// What local clocks show, in UTC. Days without hours stay the days they are.
std::string in_utc(const std::string& local, const std::string& zone) {
  return fmt::format("make_timestamp(epoch_us(timezone({}, {})))", sql_text(zone), local);
}

std::string time_sql(const std::string& text, const Declaration& declared) {
  const bool has_zone = !declared.time_zone.empty() && declared.time_zone != "UTC";
  if (declared.date_formats.empty()) {
    const std::string parsed = read_sql(Read::timestamp, text, "VARCHAR");
    if (!has_zone) return parsed;
    return fmt::format(
        "CASE WHEN strlen({0}) <= 10 OR regexp_matches({0}, '(Z|[+-]\\d\\d:?\\d\\d)$') THEN {1} "
        "ELSE {2} END",
        text,
        parsed,
        in_utc(parsed, declared.time_zone));
  }
  std::vector<std::string> parts;
  for (const auto& format : declared.date_formats) {
    const std::string parsed =
        fmt::format("CAST(try_strptime({}, {}) AS TIMESTAMP)", text, sql_text(format));
    const bool is_local = has_zone && has_hours(format) && format.find("%z") == std::string::npos;
    parts.push_back(is_local ? in_utc(parsed, declared.time_zone) : parsed);
  }
  return parts.size() == 1 ? parts.front() : fmt::format("coalesce({})", base::join(parts, ", "));
}

std::string pascal(std::string_view name) {
  std::string out;
  bool is_start = true;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      is_start = true;
      continue;
    }
    out.push_back(is_start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
    is_start = false;
  }
  return out;
}

bool is_cost(std::string_view column) { return column.ends_with("Cost"); }

/// Makes the plan for one header. File columns are c0, c1 ... in SQL; n3 and t3 are c3 as a number
/// and as a time.
class Planner final : public ExpressionWorld {
 public:
  Planner(const Declaration& declared, const ledger::RawShape& shape)
      : declared_(declared), shape_(shape) {}

  Result<ledger::MappingPlan> run() {
    mapping_.name = declared_.name;
    mapping_.version = declared_.version;
    mapping_.extent = declared_.extent;
    for (auto& check : TRY(common_checks())) mapping_.findings.push_back(std::move(check));
    for (const auto& [name, expression] : declared_.columns) TRY(add_column(name, expression));
    TRY(add_defaults());
    TRY(add_tags());
    TRY(add_skips());
    TRY(add_key());
    keep_others();
    add_texts();
    add_rejects();
    if (declared_.is_spread) spread();
    mapping_.currency = "BillingCurrency";
    return build_plan(mapping_, {}, extra_);
  }

  std::optional<Compiled> file_column(std::string_view name, Sort sort) override {
    const auto index = index_of(name);
    if (!index) return std::nullopt;
    used_.insert(*index);
    if (sort == Sort::number) {
      numbers_.insert(*index);
      return Compiled{fmt::format("TRY_CAST(n{} AS DECIMAL(38,22))", *index), Sort::number};
    }
    if (sort == Sort::time) {
      times_.insert(*index);
      return Compiled{fmt::format("t{}", *index), Sort::time};
    }
    return Compiled{fmt::format("c{}", *index), Sort::text};
  }

  Result<std::optional<Compiled>> mapped_column(std::string_view name) override {
    for (const auto& [column, expression] : declared_.columns) {
      if (column != name) continue;
      if (++depth_ > 20) {
        return base::invalid_input(
            fmt::format("the columns of the mapping go round in a ring at {}", name),
            expression.place);
      }
      auto compiled = TRY(compile_expression(expression.text, *this));
      --depth_;
      return std::optional(std::move(compiled));
    }
    return std::optional<Compiled>();
  }

  std::string read_as(std::string_view sql, Sort sort) const override {
    const std::string text = fmt::format("({})", sql);
    if (sort == Sort::time) return "(" + time_sql(text, declared_) + ")";
    return fmt::format("TRY_CAST({} AS DECIMAL(38,22))", number_text_sql(text, declared_));
  }

  const std::vector<std::pair<std::string, std::string>>* table(
      std::string_view name) const override {
    const auto found = declared_.tables.find(name);
    return found == declared_.tables.end() ? nullptr : &found->second;
  }

  std::vector<std::string> column_names() const override { return shape_.columns; }

 private:
  std::optional<std::size_t> index_of(std::string_view name) const {
    for (std::size_t i = 0; i < shape_.columns.size(); ++i) {
      if (shape_.columns[i] == name) return i;
    }
    for (std::size_t i = 0; i < shape_.columns.size(); ++i) {
      if (base::equal_ignoring_case(base::trim(shape_.columns[i]), base::trim(name))) return i;
    }
    return std::nullopt;
  }

  bool has(std::string_view column) const {
    return std::ranges::any_of(
        mapping_.columns, [&](const auto& one) { return one.first == column; });
  }

  void add(const std::string& column, std::string sql) {
    mapping_.columns.emplace_back(column, std::move(sql));
  }

  Result<Compiled> compile(const Declaration::Expression& expression, Sort sort) {
    auto compiled = compile_expression(expression.text, *this);
    if (compiled) compiled = converted(std::move(*compiled), sort, *this);
    if (!compiled) {
      auto error = compiled.error();
      error.place = expression.place;
      error.place.file = declared_.file;
      return error;
    }
    return compiled;
  }

  // A column of the file alone stays text, so that what cannot be read goes to quarantine as it
  // was written.
  Result<std::string> money(const Declaration::Expression& expression) {
    const auto lone = index_of(base::trim(without_brackets(expression.text)));
    if (!lone) return TRY(compile(expression, Sort::number)).sql;
    file_column(shape_.columns[*lone], Sort::number);
    return fmt::format("n{}", *lone);
  }

  static std::string without_brackets(std::string_view text) {
    const auto trimmed = base::trim(text);
    const bool is_bracketed = trimmed.size() > 2 && trimmed.front() == '[' && trimmed.back() == ']';
    return std::string(is_bracketed ? trimmed.substr(1, trimmed.size() - 2) : trimmed);
  }

  std::string signed_money(const std::string& column, std::string sql) const {
    if (!declared_.is_negated || !is_cost(column)) return sql;
    return fmt::format(
        "(CASE WHEN starts_with(CAST({0} AS VARCHAR), '-') THEN substr(CAST({0} AS VARCHAR), 2) "
        "ELSE '-' || CAST({0} AS VARCHAR) END)",
        sql);
  }

  Result<base::Done> add_column(
      const std::string& name, const Declaration::Expression& expression) {
    const auto* column = ledger::find_focus_column("cost_and_usage", name);
    const Kind kind = name.starts_with("x_") || column == nullptr ? Kind::text : column->kind;
    switch (kind) {
      case Kind::money:
      case Kind::quantity:
        add(name, signed_money(name, TRY(money(expression))));
        break;
      case Kind::timestamp:
        add(name, TRY(compile(expression, Sort::time)).sql);
        break;
      case Kind::text:
      case Kind::json:
        add(name, TRY(compile(expression, Sort::text)).sql);
        break;
    }
    return base::Done{};
  }

  std::string sql_of(std::string_view column) const {
    const auto found =
        std::ranges::find(mapping_.columns, column, &std::pair<std::string, std::string>::first);
    return found == mapping_.columns.end() ? "NULL" : "(" + found->second + ")";
  }

  void add_missing(const std::string& column, const std::string& sql) {
    if (!has(column)) add(column, sql);
  }

  Result<base::Done> add_defaults() {
    for (const auto& [column, value] : declared_.defaults) {
      const auto found =
          std::ranges::find(mapping_.columns, column, &std::pair<std::string, std::string>::first);
      if (found == mapping_.columns.end()) {
        add(column, sql_text(value));
      } else {
        found->second = fmt::format("coalesce({}, {})", found->second, sql_text(value));
      }
    }
    if (!declared_.currency.text.empty() && !has("BillingCurrency")) {
      const auto& text = declared_.currency.text;
      const bool is_code = text.size() == 3 &&
                           std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
      add("BillingCurrency",
          is_code && !index_of(text) ? sql_text(text)
                                     : TRY(compile(declared_.currency, Sort::text)).sql);
    }
    add_periods();
    add_missing("EffectiveCost", sql_of("BilledCost"));
    add_missing("ChargeCategory", "'Usage'");
    add_missing(
        "ChargeFrequency",
        fmt::format(
            "CASE WHEN {} = 'Usage' THEN 'Usage-Based' ELSE '{}' END",
            sql_of("ChargeCategory"),
            declared_.is_spread ? "Recurring" : "One-Time"));
    if (!declared_.provider.empty()) {
      for (const char* column :
           {"ServiceProviderName", "ProviderName", "PublisherName", "InvoiceIssuerName"}) {
        add_missing(column, sql_text(declared_.provider));
      }
    }
    if (!declared_.service.empty()) add_missing("ServiceName", sql_text(declared_.service));
    if (has("ConsumedQuantity") && !has("PricingQuantity")) {
      add("PricingQuantity", sql_of("ConsumedQuantity"));
      if (has("ConsumedUnit")) add_missing("PricingUnit", sql_of("ConsumedUnit"));
    }
    add_missing("ServiceCategory", "'Other'");
    return base::Done{};
  }

  void add_periods() {
    const std::string start = sql_of("ChargePeriodStart");
    if (!has("ChargePeriodEnd")) {
      const bool is_month = declared_.is_spread || declared_.grain == "month";
      add("ChargePeriodEnd",
          is_month
              ? fmt::format("CAST(date_trunc('month', {}) + INTERVAL 1 MONTH AS TIMESTAMP)", start)
              : fmt::format(
                    "CAST({} + INTERVAL 1 {} AS TIMESTAMP)",
                    start,
                    declared_.grain == "hour" ? "HOUR" : "DAY"));
    }
    has_own_period_ = has("BillingPeriodStart");
    add_missing(
        "BillingPeriodStart", fmt::format("CAST(date_trunc('month', {}) AS TIMESTAMP)", start));
    add_missing(
        "BillingPeriodEnd",
        fmt::format(
            "CAST(date_trunc('month', {}) + INTERVAL 1 MONTH AS TIMESTAMP)",
            sql_of("BillingPeriodStart")));
  }

  Result<base::Done> add_tags() {
    if (declared_.tags.empty() || has("Tags")) return base::Done{};
    std::string parts;
    for (const auto& [key, expression] : declared_.tags) {
      const auto value = TRY(compile(expression, Sort::text));
      parts += fmt::format(
          ", CAST(to_json({}) AS VARCHAR) || ':' || CAST(to_json({}) AS VARCHAR)",
          sql_text(key),
          value.sql);
    }
    add("Tags", fmt::format("nullif('{{' || concat_ws(','{}) || '}}', '{{}}')", parts));
    return base::Done{};
  }

  Result<base::Done> add_skips() {
    for (const auto& [reason, expression] : declared_.skips) {
      mapping_.drops.push_back({TRY(compile(expression, Sort::truth)).sql, reason});
    }
    return base::Done{};
  }

  // The values of some columns as one text.
  Result<std::string> joined(const std::vector<std::string>& names, std::string_view key) {
    std::string parts;
    for (const auto& name : names) {
      const auto column = file_column(name, Sort::text);
      if (!column) {
        return base::invalid_input(
            fmt::format(
                "`{}:` names the column {}, which the file does not have.{}",
                key,
                name,
                base::did_you_mean(name, shape_.columns)),
            base::Place{declared_.file, 0, 0, 0});
      }
      parts += ", coalesce(" + column->sql + ", '')";
    }
    return fmt::format("concat_ws(chr(31){})", parts);
  }

  // Rows with the same key are one row: the file may say it twice, or another file again.
  Result<base::Done> add_key() {
    if (!declared_.scope.empty()) {
      add(std::string(ledger::kScopeKey), TRY(joined(declared_.scope, "scope")));
    }
    if (declared_.key.empty()) return base::Done{};
    const std::string key = TRY(joined(declared_.key, "key"));
    if (declared_.extent == ledger::Extent::part && declared_.scope.empty()) {
      add(std::string(ledger::kRowKey), key);
    }
    mapping_.drops.push_back(
        {fmt::format(
             "(x_File, x_Row) IN (SELECT (x_File, x_Row) FROM (SELECT x_File, x_Row, row_number() "
             "OVER (PARTITION BY {} ORDER BY x_File, x_Row) AS copy FROM lines) WHERE copy > 1)",
             key),
         "a second row of the same key in this delivery"});
    return base::Done{};
  }

  void keep_others() {
    if (!declared_.keeps_all) return;
    std::set<std::string> taken;
    for (const auto& [column, unused] : mapping_.columns) taken.insert(base::lower(column));
    for (std::size_t i = 0; i < shape_.columns.size(); ++i) {
      const std::string name = "x_" + pascal(shape_.columns[i]);
      if (used_.contains(i) || name == "x_" || !taken.insert(base::lower(name)).second) continue;
      if (name == "x_File" || name == "x_Row") continue;
      used_.insert(i);
      add(name, fmt::format("c{}", i));
    }
  }

  std::string type_at(std::size_t i) const {
    return i < shape_.types.size() ? shape_.types[i] : "VARCHAR";
  }

  void add_texts() {
    for (std::size_t i = 0; i < shape_.columns.size(); ++i) {
      const std::string raw = base::sql_name(shape_.columns[i]);
      const std::string text = read_sql(Read::text, raw, type_at(i), {.is_loose = true});
      const bool is_text = type_at(i) == "VARCHAR";
      if (used_.contains(i)) extra_.emplace_back(fmt::format("c{}", i), text);
      if (numbers_.contains(i)) {
        extra_.emplace_back(
            fmt::format("n{}", i), is_text ? number_text_sql("(" + text + ")", declared_) : text);
      }
      if (times_.contains(i)) {
        extra_.emplace_back(
            fmt::format("t{}", i),
            is_text ? time_sql("(" + text + ")", declared_)
                    : read_sql(Read::timestamp, raw, type_at(i)));
      }
    }
  }

  void add_rejects() {
    for (const auto i : numbers_) {
      mapping_.rejects.push_back(
          {fmt::format("c{0} IS NOT NULL AND TRY_CAST(n{0} AS DECIMAL(38,22)) IS NULL", i),
           fmt::format(
               "{} is no number with '{}' before its decimals{}",
               shape_.columns[i],
               declared_.decimal_mark,
               declared_.thousands_mark == '\0'
                   ? std::string()
                   : fmt::format(" and '{}' between thousands", declared_.thousands_mark))});
    }
    for (const auto i : times_) {
      mapping_.rejects.push_back(
          {fmt::format("c{0} IS NOT NULL AND t{0} IS NULL", i),
           fmt::format(
               "{} is no date{}",
               shape_.columns[i],
               declared_.date_formats.empty()
                   ? std::string()
                   : " written " + base::join(declared_.date_formats, " or "))});
    }
    mapping_.rejects.push_back(
        {sql_of("ChargePeriodStart") + " IS NULL",
         "there is no date, so the charge belongs to no billing period"});
    mapping_.rejects.push_back({sql_of("BilledCost") + " IS NULL", "there is no cost"});
  }

  // Whole units of the last decimal are dealt out day by day, the rest one unit a day from the
  // first on: the days add up to the row exactly.
  static std::string share(const std::string& column, int scale) {
    const std::string units = fmt::format(
        "CAST(replace(CAST(TRY_CAST({} AS DECIMAL(38,{})) AS VARCHAR), '.', '') AS HUGEINT)",
        base::sql_name(column),
        scale);
    const std::string unit = "0." + std::string(static_cast<std::size_t>(scale) - 1, '0') + "1";
    return fmt::format(
        "CASE WHEN TRY_CAST({4} AS DECIMAL(38,{2})) IS NULL THEN CAST({4} AS VARCHAR) ELSE "
        "CAST(CAST({0} // x_days + CASE WHEN x_day < abs({0} % x_days) THEN sign({0}) ELSE 0 END "
        "AS "
        "DECIMAL(38,0)) * CAST({1} AS DECIMAL({2},{2})) AS VARCHAR) END AS {3}",
        units,
        unit,
        scale,
        base::sql_name(column),
        base::sql_name(column));
  }

  void spread() {
    const std::string start = sql_of("ChargePeriodStart");
    const std::string end = sql_of("ChargePeriodEnd");
    std::string list;
    std::string outer;
    auto& columns = mapping_.columns;
    for (auto& [name, sql] : columns) {
      list += fmt::format(", {} AS {}", sql, base::sql_name(name));
      outer += ", " + spread_column(name);
      sql = base::sql_name(name);
    }
    mapping_.rows_sql = fmt::format(
        "whole AS (SELECT x_File, x_Row{}, greatest(date_diff('day', {}, {}), 1) AS x_days FROM "
        "kept),\nday_of AS (SELECT *, unnest(generate_series(0, x_days - 1)) AS x_day FROM "
        "whole),\n"
        "rows AS NOT MATERIALIZED (SELECT x_File, x_Row{} FROM day_of)",
        list,
        start,
        end,
        outer);
  }

  std::string spread_column(const std::string& name) {
    const std::string quoted = base::sql_name(name);
    if (name.ends_with("Cost")) return share(name, 22);
    if (name.ends_with("Quantity")) return share(name, 16);
    const std::string day =
        "CAST(\"ChargePeriodStart\" + to_days(CAST(x_day AS INTEGER)) AS TIMESTAMP)";
    if (name == "ChargePeriodStart") return day + " AS " + quoted;
    if (name == "ChargePeriodEnd")
      return fmt::format("CAST({} + INTERVAL 1 DAY AS TIMESTAMP) AS {}", day, quoted);
    if (!has_own_period_ && name == "BillingPeriodStart") {
      return fmt::format("CAST(date_trunc('month', {}) AS TIMESTAMP) AS {}", day, quoted);
    }
    if (!has_own_period_ && name == "BillingPeriodEnd") {
      return fmt::format(
          "CAST(date_trunc('month', {}) + INTERVAL 1 MONTH AS TIMESTAMP) AS {}", day, quoted);
    }
    return quoted;
  }

  const Declaration& declared_;
  const ledger::RawShape& shape_;
  Mapping mapping_;
  std::vector<ExtraColumn> extra_;
  std::set<std::size_t> used_;
  std::set<std::size_t> numbers_;
  std::set<std::size_t> times_;
  bool has_own_period_ = false;
  int depth_ = 0;
};

class DeclaredConnector final : public Connector {
 public:
  explicit DeclaredConnector(Declaration declared) : declared_(std::move(declared)) {}

  std::string_view name() const override { return declared_.name; }

  std::string_view summary() const override { return "a file as a mapping of yours describes it"; }

  int recognizes(const std::vector<std::string>&) const override { return 100; }

  std::string_view records(const std::vector<std::string>&) const override {
    return declared_.records;
  }

  void adjust(const std::vector<std::string>&, ledger::BillFile& file) const override {
    if (declared_.separator != '\0') {
      file.separator = declared_.separator;
    }
  }

  Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    return Planner(declared_, shape).run();
  }

 private:
  Declaration declared_;
};

}  // namespace

std::unique_ptr<Connector> make_declared_connector(Declaration declaration) {
  return std::make_unique<DeclaredConnector>(std::move(declaration));
}

Result<std::unique_ptr<Connector>> load_declared_connector(const io::Path& mapping) {
  const auto text = TRY(io::read_file(mapping));
  auto declared = TRY(parse_declaration(text, mapping.generic_string()));
  declared.name = "declared." + declared.name;
  // Whoever changes the mapping means another one.
  declared.version += " " + io::sha256_hex(text).substr(0, 8);
  return make_declared_connector(std::move(declared));
}

}  // namespace outlay::connectors
