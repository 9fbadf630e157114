// SPDX-License-Identifier: Apache-2.0
#include "connectors/focus/connector.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/mapping.h"
#include "ledger/columns.h"

namespace outlay::connectors {
namespace {

using ledger::FocusColumn;
using ledger::Kind;

constexpr std::string_view kCostAndUsage = "cost_and_usage";

// What the columns of a file are: FOCUS columns, or others that are kept with x_ in front.
struct Pairing {
  std::map<std::string, std::size_t> focus;  // FOCUS name -> index in the shape
  std::vector<std::pair<std::string, std::size_t>> others;
};

std::string custom_name(const std::string& column) {
  return column.starts_with("x_") ? column : "x_" + column;
}

// An exact name is taken before a spelling or an older name of the same column.
Pairing pair_columns(std::string_view dataset, const std::vector<std::string>& header) {
  Pairing pairing;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const FocusColumn* column = ledger::find_focus_column(dataset, header[i]);
    if (column != nullptr && column->name == header[i] && !pairing.focus.contains(column->name)) {
      pairing.focus[column->name] = i;
    } else {
      left.push_back(i);
    }
  }
  for (const auto i : left) {
    const FocusColumn* column = ledger::find_focus_column(dataset, header[i]);
    if (column != nullptr && !pairing.focus.contains(column->name)) {
      pairing.focus[column->name] = i;
    } else if (header[i] != "x_File" && header[i] != "x_Row") {
      pairing.others.emplace_back(custom_name(header[i]), i);
    }
  }
  return pairing;
}

std::string_view dataset_of(const std::vector<std::string>& header) {
  std::set<std::string> names;
  for (const auto& name : header) {
    names.insert(squashed(name));
  }
  if (names.contains("contractcommitmentid") && names.contains("contractcommitmentperiodstart")) {
    return "contract_commitment";
  }
  if (names.contains("billingperiodstatus")) {
    return "billing_period";
  }
  if (names.contains("invoicedetailid") && names.contains("invoiceissuestatus")) {
    return "invoice_detail";
  }
  return kCostAndUsage;
}

Read read_of(Kind kind) {
  switch (kind) {
    case Kind::money:
    case Kind::quantity:
      return Read::money;
    case Kind::timestamp:
      return Read::timestamp;
    case Kind::json:
      return Read::json;
    case Kind::text:
      break;
  }
  return Read::text;
}

std::string type_at(const ledger::RawShape& shape, std::size_t index) {
  return index < shape.types.size() ? shape.types[index] : "VARCHAR";
}

// Builds the mapping of one dataset for one header.
class FocusPlan {
 public:
  FocusPlan(Mapping mapping, std::string_view dataset, const ledger::RawShape& shape)
      : mapping_(std::move(mapping)),
        dataset_(dataset),
        shape_(shape),
        pairing_(pair_columns(dataset, shape.columns)) {}

  base::Result<ledger::MappingPlan> build() {
    if (is_costs()) {
      TRY(require_columns());
    } else {
      mapping_.drops.clear();
      mapping_.rejects.clear();
      mapping_.findings.clear();
      mapping_.totals.clear();
    }
    mapping_.name = "focus";
    mapping_.is_loose = true;
    add_slash_dates();
    add_focus_columns();
    add_others();
    auto plan = build_plan(mapping_, shape_, extra_);
    plan.dataset = dataset_;
    add_findings(plan);
    plan.notes = notes();
    return plan;
  }

 private:
  bool is_costs() const { return dataset_ == kCostAndUsage; }

  bool has(const std::string& column) const { return pairing_.focus.contains(column); }

  std::string raw_name(const std::string& column) const {
    return base::sql_name(shape_.columns[pairing_.focus.at(column)]);
  }

  bool is_text(const std::string& column) const {
    return type_at(shape_, pairing_.focus.at(column)) == "VARCHAR";
  }

  base::Result<base::Done> require_columns() const {
    for (const std::string wanted :
         {"BilledCost", "EffectiveCost", "BillingPeriodStart", "ChargePeriodStart"}) {
      if (has(wanted)) {
        continue;
      }
      std::vector<std::string> free;
      for (const auto& other : pairing_.others) {
        free.push_back(shape_.columns[other.second]);
      }
      return base::invalid_input(fmt::format(
          "a FOCUS bill needs the column {}, and this file has none.{} Name the column {} in the "
          "export, or leave "
          "the file out. Columns that are no FOCUS columns: {}",
          wanted,
          base::did_you_mean(wanted, free),
          wanted,
          free.empty() ? "none" : base::join(free, ", ")));
    }
    return base::Done{};
  }

  // Whether 5/1/25 has the day first is seen from all dates of the file together: a first part
  // above 12 is a day. 2025/1/5 says nothing.
  void add_slash_dates() {
    std::string parts;
    for (const auto& [name, index] : pairing_.focus) {
      const auto* column = ledger::find_focus_column(dataset_, name);
      if (column->kind == Kind::timestamp && type_at(shape_, index) == "VARCHAR") {
        parts += fmt::format(
            "{0}max(TRY_CAST(split_part({1}, '/', 1) AS INTEGER)) FILTER (WHERE strpos({1}, '/') "
            "BETWEEN 2 AND 3)",
            parts.empty() ? "" : ", ",
            base::sql_name(shape_.columns[index]));
        has_text_dates_ = true;
      }
    }
    if (has_text_dates_) {
      mapping_.from = fmt::format(
          "raw, (SELECT coalesce(greatest({}) > 12, false) AS is_day_first FROM raw) AS "
          "slash_dates",
          parts);
    }
  }

  void add_focus_columns() {
    for (const auto& column : ledger::focus_columns()) {
      if (column.dataset != dataset_) {
        continue;
      }
      if (column.kind == Kind::timestamp) {
        add_timestamp(column.name);
      } else {
        const std::vector<std::string> spelling =
            has(column.name) ? std::vector{shape_.columns[pairing_.focus.at(column.name)]}
                             : std::vector<std::string>{};
        mapping_.raw.push_back({column.name, read_of(column.kind), spelling});
      }
      if (has(column.name)) {
        mapping_.columns.emplace_back(column.name, base::sql_name(column.name));
      }
    }
    // FOCUS 1.3 renamed ProviderName; its own rule for older files is to take that.
    if (is_costs() && !has("ServiceProviderName")) {
      mapping_.columns.emplace_back("ServiceProviderName", "coalesce(ProviderName, PublisherName)");
    }
  }

  void add_timestamp(const std::string& name) {
    if (!has(name)) {
      extra_.emplace_back(name, "CAST(NULL AS TIMESTAMP)");
      extra_.emplace_back(name + "_text", "CAST(NULL AS VARCHAR)");
      return;
    }
    const std::string type = type_at(shape_, pairing_.focus.at(name));
    const std::string raw = raw_name(name);
    extra_.emplace_back(
        name,
        read_sql(Read::timestamp, raw, type, {.day_first = has_text_dates_ ? "is_day_first" : ""}));
    extra_.emplace_back(name + "_text", read_sql(Read::text, raw, type, {.is_loose = true}));
  }

  void add_others() {
    std::set<std::string> taken;
    for (const auto& [name, index] : pairing_.others) {
      if (!taken.insert(base::lower(name)).second) {
        continue;
      }
      extra_.emplace_back(
          name,
          read_sql(
              Read::json,
              base::sql_name(shape_.columns[index]),
              type_at(shape_, index),
              {.is_loose = true}));
      mapping_.columns.emplace_back(name, base::sql_name(name));
    }
  }

  void add_findings(ledger::MappingPlan& plan) const {
    add_format_findings(plan);
    for (const auto& column : ledger::focus_columns()) {
      if (column.dataset != dataset_ || !has(column.name)) {
        continue;
      }
      const std::string snake = snake_case(column.name);
      if (!column.is_nullable && column.level == 'M' && column.name != "BillingCurrency") {
        plan.findings.push_back(charge_finding(
            fmt::format("focus.{}.null", snake),
            fmt::format(
                "{{n}} rows have no {}, which FOCUS demands; it stays unknown", column.name),
            column.name + " IS NULL"));
      }
      if (!column.values.empty()) {
        add_value_finding(plan, column, snake);
      }
    }
  }

  static void add_value_finding(
      ledger::MappingPlan& plan, const FocusColumn& column, const std::string& snake) {
    std::string values;
    for (const auto& value : column.values) {
      values += (values.empty() ? "" : ",") + base::sql_text(value);
    }
    plan.findings.push_back(charge_finding(
        fmt::format("focus.{}.value", snake),
        fmt::format(
            "{{n}} rows have a {} that FOCUS does not list; booked as delivered", column.name),
        fmt::format("{} NOT IN ({})", column.name, values)));
  }

  // Spellings that were understood but are not FOCUS's: told, so that whoever makes the file can
  // mend it.
  void add_format_findings(ledger::MappingPlan& plan) const {
    std::string null_words;
    std::string marked_money;
    std::string slashes;
    for (const auto& [name, index] : pairing_.focus) {
      if (type_at(shape_, index) != "VARCHAR") {
        continue;
      }
      const std::string raw = base::sql_name(shape_.columns[index]);
      const auto kind = ledger::find_focus_column(dataset_, name)->kind;
      append_or(null_words, is_null_word_sql(raw));
      if (kind == Kind::money) {
        append_or(
            marked_money,
            fmt::format(
                "({0} <> '' AND NOT {1} AND TRY_CAST({0} AS DOUBLE) IS NULL)",
                raw,
                is_null_word_sql(raw)));
      } else if (kind == Kind::timestamp) {
        append_or(slashes, fmt::format("({0} LIKE '%/%/%' AND strpos({0}, '/') < 4)", raw));
        add_unreadable_date(plan, name);
      }
    }
    add_raw_finding(
        plan,
        "focus.null_words",
        "{n} rows spell empty cells as NULL, N/A or the like; read as empty",
        null_words);
    add_raw_finding(
        plan,
        "focus.money.marks",
        "{n} rows write money with currency signs, thousands marks or brackets; read as plain "
        "numbers where that is certain",
        marked_money);
    if (!slashes.empty()) {
      const std::string from = mapping_.from;
      for (const bool day_first : {false, true}) {
        ledger::Finding finding;
        finding.rule = day_first ? "focus.dates.day_first" : "focus.dates.month_first";
        finding.message = fmt::format(
            "{{n}} rows write dates with slashes; read as {}",
            day_first ? "day/month/year, since a first part exceeds 12"
                      : "month/day/year, since no first part exceeds 12");
        finding.count_sql = fmt::format(
            "SELECT count(*), min(x_Row) FROM {} WHERE ({}) AND is_day_first = {}",
            from,
            slashes,
            day_first);
        plan.findings.push_back(std::move(finding));
      }
    }
  }

  void add_unreadable_date(ledger::MappingPlan& plan, const std::string& name) const {
    const std::string raw = raw_name(name);
    ledger::Finding finding;
    finding.rule = fmt::format("focus.{}.unreadable", snake_case(name));
    finding.message =
        fmt::format("{{n}} rows have a {} that is no date or time; it stays unknown", name);
    finding.count_sql = fmt::format(
        "SELECT count(*), min(x_Row) FROM {} WHERE ({}) IS NOT NULL AND ({}) IS NULL",
        mapping_.from,
        read_sql(Read::text, raw, "VARCHAR", {.is_loose = true}),
        read_sql(Read::timestamp, raw, "VARCHAR", {.day_first = "is_day_first"}));
    plan.findings.push_back(std::move(finding));
  }

  static void add_raw_finding(
      ledger::MappingPlan& plan,
      std::string rule,
      std::string message,
      const std::string& condition) {
    if (!condition.empty()) {
      plan.findings.push_back(
          {std::move(rule),
           std::move(message),
           "SELECT count(*), min(x_Row) FROM raw WHERE " + condition,
           false,
           {}});
    }
  }

  static void append_or(std::string& all, const std::string& one) {
    all += (all.empty() ? "" : " OR ") + one;
  }

  static std::string snake_case(std::string_view name) {
    std::string out;
    for (const char c : name) {
      if (c >= 'A' && c <= 'Z' && !out.empty()) {
        out.push_back('_');
      }
      out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
    return out;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> out;
    for (const auto& [name, index] : pairing_.others) {
      if (const auto& spelled = shape_.columns[index]; !spelled.starts_with("x_")) {
        out.push_back(fmt::format(
            "column {} is no FOCUS column and has no x_ in front: kept as {}", spelled, name));
      }
    }
    for (const auto& [name, index] : pairing_.focus) {
      if (squashed(shape_.columns[index]) != squashed(name)) {
        out.push_back(fmt::format("column {} is read as {}", shape_.columns[index], name));
      }
    }
    std::vector<std::string> missing;
    for (const auto& column : ledger::focus_columns_of(dataset_, "1.0")) {
      if (is_costs() && column.level == 'M' && !has(column.name)) {
        missing.push_back(column.name);
      }
    }
    if (!missing.empty()) {
      out.push_back(
          "columns that FOCUS demands are not in the file and stay unknown: " +
          base::join(missing, ", "));
    }
    return out;
  }

  Mapping mapping_;
  std::string dataset_;
  const ledger::RawShape& shape_;
  Pairing pairing_;
  std::vector<ExtraColumn> extra_;
  bool has_text_dates_ = false;
};

class FocusConnector final : public Connector {
 public:
  std::string_view name() const override { return "focus"; }

  std::string_view summary() const override {
    return "FOCUS bills of any producer, versions 0.5 to 1.4, CSV or Parquet, all four datasets";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    const auto dataset = dataset_of(header);
    if (dataset != kCostAndUsage) {
      return 95;
    }
    const auto pairing = pair_columns(dataset, header);
    const auto has = [&](const char* column) { return pairing.focus.contains(column); };
    if (!has("ChargePeriodStart") && !has("BillingPeriodStart")) {
      return 0;
    }
    // A bill whose cost column is missing or misnamed is still FOCUS; plan() says what is wrong
    // with it.
    const bool is_focus = pairing.focus.size() >= 8 || pairing.focus.size() * 2 >= header.size();
    return is_focus && has("ChargeCategory") ? 90 : 0;
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    return FocusPlan(TRY(load_mapping("focus/mapping.yaml")), dataset_of(shape.columns), shape)
        .build();
  }
};

}  // namespace

std::unique_ptr<Connector> make_focus_connector() { return std::make_unique<FocusConnector>(); }

}  // namespace outlay::connectors
