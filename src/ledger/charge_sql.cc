// SPDX-License-Identifier: Apache-2.0
#include "ledger/charge_sql.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/columns.h"
#include "money/money.h"

namespace outlay::ledger {
namespace {

using base::Result;
using base::sql_name;

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_real(const std::string& type) { return type == "DOUBLE" || type == "FLOAT"; }

/// An expression for one column: its typed value, and when a value that is there cannot be read.
struct Typed {
  std::string value;
  std::string unreadable;  ///< boolean SQL, or empty when every value can be read
};

Typed number_of(const std::string& name, const std::string& type, Kind kind) {
  const std::string wanted = sql_type(kind);
  if (type == wanted) return {name, ""};
  // A double goes through its shortest text, so that 0.1 stays 0.1.
  const bool is_text = type == "VARCHAR" || is_real(type);
  const std::string from = is_real(type) ? fmt::format("CAST({} AS VARCHAR)", name) : name;
  const std::string value =
      is_text
          ? fmt::format("{}({})", kind == Kind::money ? "outlay_money" : "outlay_quantity", from)
          : fmt::format("TRY_CAST({} AS {})", from, wanted);
  return {value, fmt::format("({} IS NOT NULL AND {} IS NULL)", name, value)};
}

Typed timestamp_of(const std::string& name, const std::string& type) {
  if (type == "TIMESTAMP") return {name, ""};
  if (type == "TIMESTAMP WITH TIME ZONE") return {fmt::format("timezone('UTC', {})", name), ""};
  if (type != "VARCHAR") return {fmt::format("CAST({} AS TIMESTAMP)", name), ""};
  // A plain cast would drop an offset, so texts that may have one take the slower way.
  const std::string value = fmt::format(
      "(CASE WHEN strlen({0}) <= 19 OR suffix({0}, 'Z') THEN TRY_CAST({0} AS TIMESTAMP) "
      "ELSE timezone('UTC', TRY_CAST({0} AS TIMESTAMPTZ)) END)",
      name);
  return {value, fmt::format("({} IS NOT NULL AND {} IS NULL)", name, value)};
}

Typed typed_of(const FocusColumn& column, const std::string& type) {
  const std::string name = sql_name(column.name);
  switch (column.kind) {
    case Kind::money:
    case Kind::quantity:
      return number_of(name, type, column.kind);
    case Kind::timestamp:
      return timestamp_of(name, type);
    case Kind::json:
      if (type == "VARCHAR") return {name, ""};
      return {fmt::format("CAST(to_json({}) AS VARCHAR)", name), ""};
    case Kind::text:
      break;
  }
  if (type == "VARCHAR") return {name, ""};
  return {fmt::format("CAST({} AS VARCHAR)", name), ""};
}

/// Rounding of one number column: SQL for "this cell was rounded" and for what was taken, in units
/// of the last digit.
struct RoundedCell {
  std::string was_rounded;
  std::string amount;
};

RoundedCell rounding_of(
    const FocusColumn& column, const std::string& type, const std::string& value) {
  const int scale = column.kind == Kind::money ? money::kMoneyScale : money::kQuantityScale;
  const std::string name = sql_name(column.name);
  const std::string by_double = fmt::format(
      "CAST((CAST({} AS DOUBLE) - CAST({} AS DOUBLE)) * 1e{} AS DECIMAL(38,18))",
      name,
      value,
      scale);
  if (is_real(type)) {
    return {fmt::format("(CAST({} AS DOUBLE) <> CAST({} AS DOUBLE))", value, name), by_double};
  }
  if (type != "VARCHAR") return {};
  // What rounding took: from an exponent by doubles, from plain digits exactly.
  const std::string tail = fmt::format(
      "TRY_CAST('0.' || substr(split_part({}, '.', 2), {}, 18) AS DECIMAL(19,18))",
      name,
      scale + 1);
  const std::string has_exponent = fmt::format("contains(lower({}), 'e')", name);
  return {
      fmt::format("outlay_is_rounded({}, {})", name, scale),
      fmt::format(
          "(CASE WHEN {0} THEN {1} ELSE CASE WHEN {2} LIKE '-%' THEN -1 ELSE 1 END * "
          "({3} - CASE WHEN {3} >= 0.5 THEN 1 ELSE 0 END) END)",
          has_exponent,
          by_double,
          name,
          tail)};
}

/// Adds what every data set of the standard lets be told from its other names for the provider.
std::string with_provider_names(const std::string& column, const std::string& value) {
  if (column == "ServiceProviderName") {
    return fmt::format("coalesce({}, {{ProviderName}}, {{PublisherName}})", value);
  }
  if (column == "ProviderName") return fmt::format("coalesce({}, {{ServiceProviderName}})", value);
  if (column == "PublisherName") {
    return fmt::format(
        "coalesce({}, CASE WHEN {{ProviderName}} IS NULL THEN {{ServiceProviderName}} END)", value);
  }
  return value;
}

class Builder {
 public:
  Builder(const MappingPlan& plan, const ColumnTypes& mapped) : plan_(plan) {
    for (const auto& [name, type] : mapped) types_[name] = type;
    mapped_ = mapped;
  }

  Result<ChargeSql> build() {
    for (const auto& column : focus_columns()) {
      if (column.dataset == plan_.dataset) add_focus_column(column);
    }
    if (sql_.columns.empty()) {
      return base::internal_error(fmt::format(
          "mapping {} books into \"{}\", which is no FOCUS data set",
          plan_.mapping,
          plan_.dataset));
    }
    resolve_provider_names();
    for (const auto& [name, type] : mapped_) TRY(add_extra(name, type));
    add("x_File", "INTEGER", "CAST(x_File AS INTEGER)");
    add("x_Row", "BIGINT", "CAST(x_Row AS BIGINT)");
    finish();
    return sql_;
  }

 private:
  void add(const std::string& name, const std::string& type, const std::string& value) {
    sql_.columns.emplace_back(name, type);
    values_.emplace_back(name, value);
  }

  void add_focus_column(const FocusColumn& column) {
    const std::string wanted = sql_type(column.kind);
    const auto found = types_.find(column.name);
    if (found == types_.end()) {
      raw_values_[column.name] = fmt::format("CAST(NULL AS {})", wanted);
      add(column.name, wanted, raw_values_[column.name]);
      return;
    }
    const auto typed = typed_of(column, found->second);
    raw_values_[column.name] = typed.value;
    add(column.name, wanted, typed.value);
    if (!typed.unreadable.empty()) {
      reasons_.push_back(fmt::format(
          "WHEN {} THEN '{} cannot be read as {}'",
          typed.unreadable,
          column.name,
          column.kind == Kind::timestamp ? "a point in time" : "a number that fits"));
    }
    if (column.kind == Kind::money || column.kind == Kind::quantity) {
      add_rounding(column, rounding_of(column, found->second, typed.value));
    }
  }

  void add_rounding(const FocusColumn& column, const RoundedCell& cell) {
    if (cell.was_rounded.empty()) return;
    const std::string count = fmt::format("CASE WHEN {} THEN 1 ELSE 0 END", cell.was_rounded);
    const bool is_cost = column.kind == Kind::money && column.name.size() > 4 &&
                         column.name.substr(column.name.size() - 4) == "Cost";
    (is_cost ? rounded_costs_ : rounded_others_).push_back(count);
    if (is_cost) {
      amounts_.push_back(
          fmt::format("CASE WHEN {} THEN {} ELSE 0 END", cell.was_rounded, cell.amount));
    }
  }

  void resolve_provider_names() {
    if (plan_.dataset != "cost_and_usage") return;
    for (auto& [name, value] : values_) {
      value = with_provider_names(name, value);
      for (const char* other : {"ServiceProviderName", "ProviderName", "PublisherName"}) {
        value = base::replace_all(value, fmt::format("{{{}}}", other), raw_values_[other]);
      }
    }
  }

  Result<base::Done> add_extra(const std::string& name, const std::string& type) {
    if (name == "x_File" || name == "x_Row" || raw_values_.count(name) > 0) return base::Done{};
    if (!begins_with(name, "x_")) {
      return base::internal_error(fmt::format(
          "mapping {} gives a column \"{}\", which is neither FOCUS nor begins with x_",
          plan_.mapping,
          name));
    }
    add(name, type, sql_name(name));
    return base::Done{};
  }

  void finish() {
    std::vector<std::string> list;
    for (const auto& [name, value] : values_) {
      list.push_back(fmt::format("{} AS {}", value, sql_name(name)));
    }
    sql_.typed = base::join(list, ",\n  ");
    sql_.rounded_costs = sum_of(rounded_costs_);
    sql_.rounded_amount = sum_of(amounts_);
    sql_.rounded_others = sum_of(rounded_others_);
    const auto start = raw_values_.find("BillingPeriodStart");
    if (start == raw_values_.end()) {
      // Contract commitments have no billing period: a delivery restates them all.
      sql_.month = "DATE '1970-01-01'";
      sql_.period_start = "CAST(NULL AS TIMESTAMP)";
    } else {
      sql_.period_start = start->second;
      // Months of other time zones begin up to half a day before or after UTC's.
      sql_.month =
          fmt::format("CAST(date_trunc('month', {} + INTERVAL 12 HOUR) AS DATE)", start->second);
      reasons_.push_back(
          fmt::format("WHEN {} IS NULL THEN 'BillingPeriodStart is empty'", start->second));
    }
    sql_.reason = reasons_.empty() ? "CAST(NULL AS VARCHAR)"
                                   : fmt::format("CASE {} END", base::join(reasons_, "\n  "));
  }

  static std::string sum_of(const std::vector<std::string>& terms) {
    return terms.empty() ? "0" : base::join(terms, " + ");
  }

  const MappingPlan& plan_;
  ColumnTypes mapped_;
  std::map<std::string, std::string> types_;
  std::map<std::string, std::string> raw_values_;
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<std::string> reasons_, rounded_costs_, amounts_, rounded_others_;
  ChargeSql sql_;
};

}  // namespace

std::string over_raw(std::string_view sql, std::string_view raw) {
  return fmt::format(
      "SELECT * FROM (WITH raw AS NOT MATERIALIZED (FROM {}) SELECT * FROM (\n{}\n))", raw, sql);
}

std::string over_raw_and_charges(
    std::string_view sql, std::string_view raw, std::string_view charges) {
  return fmt::format(
      "SELECT * FROM (WITH raw AS NOT MATERIALIZED (FROM {}), charges AS NOT MATERIALIZED (FROM "
      "{}) "
      "SELECT * FROM (\n{}\n))",
      raw,
      charges,
      sql);
}

Result<ChargeSql> charge_sql(const MappingPlan& plan, const ColumnTypes& mapped) {
  return Builder(plan, mapped).build();
}

std::string period_name_sql(std::string_view month) {
  return fmt::format(
      "CASE WHEN {0} = DATE '1970-01-01' THEN 'all' ELSE strftime({0}, '%Y-%m') END", month);
}

}  // namespace outlay::ledger
