// SPDX-License-Identifier: Apache-2.0
#include "ledger/query.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/cells.h"
#include "ledger/columns.h"
#include "ledger/sql_guard.h"
#include "ledger/state.h"
#include "ledger/tags.h"
#include "ledger/views.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using base::sql_name;
using base::sql_text;

const std::vector<std::string> kMetrics{
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "ConsumedQuantity",
    "PricingQuantity",
    "PricingCurrencyEffectiveCost"};

/// The column that says what a metric is counted in, beside BillingCurrency; empty for the four
/// costs.
std::string unit_of(const std::string& metric) {
  if (metric == "ConsumedQuantity") return "ConsumedUnit";
  if (metric == "PricingQuantity") return "PricingUnit";
  if (metric == "PricingCurrencyEffectiveCost") return "PricingCurrency";
  return {};
}

Result<std::string> known_name(
    const std::string& wanted, const std::vector<std::string>& names, std::string_view what) {
  for (const auto& name : names) {
    if (base::equal_ignoring_case(name, wanted)) return name;
  }
  return base::invalid_input(fmt::format(
      "there is no {} \"{}\" in the ledger.{}", what, wanted, base::did_you_mean(wanted, names)));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Writer {
 public:
  Writer(
      const CostQuery& query,
      const std::set<std::string>& condition_columns,
      const std::vector<Volume>& volumes,
      const io::Path& folder)
      : query_(query), condition_columns_(condition_columns), folder_(folder) {
    for (const auto& volume : volumes) {
      if (may_hold(volume)) volumes_.push_back(volume);
    }
    all_columns_ = rows_columns("cost_and_usage", volumes);
  }

  Result<CostSql> write() {
    TRY(read_names());
    uses_rollup_ = fits_rollup();
    CostSql out;
    out.answered_by = uses_rollup_ ? "rollup" : "rows";
    out.is_by_currency = contains(by_, "BillingCurrency");
    const std::string relation = uses_rollup_ ? rollup_sql(volumes_, folder_)
                                              : rows_sql("cost_and_usage", volumes_, folder_);
    const std::string from = fmt::format("({}) AS focus{}", relation, filter());
    out.currencies_sql =
        fmt::format("SELECT DISTINCT BillingCurrency FROM {} ORDER BY 1 NULLS LAST", from);
    out.sql = statement(from);
    return out;
  }

 private:
  /// Whether the days asked for meet those of the generation.
  bool may_hold(const Volume& volume) const {
    const auto micros = [](base::Date day) {
      return base::midnight(day).time_since_epoch().count();
    };
    if (query_.from && volume.last_instant && *volume.last_instant < micros(*query_.from)) {
      return false;
    }
    return !(query_.to && volume.first_instant && *volume.first_instant >= micros(*query_.to));
  }

  Result<Done> read_names() {
    if (query_.metrics.empty()) {
      return base::invalid_input("a question about cost names at least one metric");
    }
    for (const auto& metric : query_.metrics) {
      metrics_.push_back(TRY(known_name(metric, kMetrics, "metric")));
    }
    for (const auto& name : query_.by) {
      if (is_tag(name)) {
        tags_.push_back(name.substr(4));
        by_.push_back(name);
      } else {
        by_.push_back(TRY(known_name(name, all_columns_, "column")));
      }
    }
    keys_ = by_;
    if (!contains(keys_, "BillingCurrency")) keys_.emplace_back("BillingCurrency");
    for (const auto& metric : metrics_) {
      const auto unit = unit_of(metric);
      if (!unit.empty() && !contains(keys_, unit)) keys_.push_back(unit);
    }
    return Done{};
  }

  bool fits_rollup() const {
    const auto& dimensions = rollup_dimensions();
    for (const auto& metric : metrics_) {
      if (!contains({"BilledCost", "EffectiveCost", "ListCost", "ContractedCost"}, metric)) {
        return false;
      }
    }
    for (const auto& key : keys_) {
      if (!contains(dimensions, key)) return false;
    }
    for (const auto& column : condition_columns_) {
      if (!contains(dimensions, column)) return false;
    }
    return true;
  }

  std::string filter() const {
    std::vector<std::string> parts;
    const std::string_view when = uses_rollup_ ? "x_Day" : "ChargePeriodStart";
    const std::string_view type = uses_rollup_ ? "DATE" : "TIMESTAMP";
    if (query_.from) {
      parts.push_back(fmt::format("{} >= {} '{}'", when, type, base::print_date(*query_.from)));
    }
    if (query_.to) {
      parts.push_back(fmt::format("{} < {} '{}'", when, type, base::print_date(*query_.to)));
    }
    if (!base::trim(query_.where).empty()) parts.push_back("(\n" + query_.where + "\n)");
    return parts.empty() ? "" : "\nWHERE " + base::join(parts, " AND ");
  }

  std::string time_sql() const {
    const std::string day = uses_rollup_ ? "x_Day" : "CAST(ChargePeriodStart AS DATE)";
    if (query_.granularity == CostQuery::Granularity::month) {
      return fmt::format("CAST(date_trunc('month', {}) AS DATE)", day);
    }
    return day;
  }

  bool has_time() const { return query_.granularity != CostQuery::Granularity::none; }

  std::string sums() const {
    std::vector<std::string> list;
    for (const auto& metric : metrics_) list.push_back(fmt::format("sum({0}) AS {0}", metric));
    return base::join(list, ", ");
  }

  /// Columns that are grouped by as they stand (tags are not).
  std::vector<std::string> plain_keys() const {
    std::vector<std::string> out;
    for (const auto& key : keys_) {
      if (!is_tag(key)) out.push_back(sql_name(key));
    }
    return out;
  }

  std::string statement(const std::string& from) const {
    std::vector<std::string> list;
    if (has_time()) list.push_back(time_sql() + " AS ChargePeriod");
    std::string source = from;
    if (!tags_.empty()) {
      // Tags repeat: group by the whole document first, then read each document once.
      auto inner = plain_keys();
      if (has_time()) inner.push_back(time_sql() + " AS ChargePeriod");
      inner.emplace_back("Tags");
      source = fmt::format(
          "(SELECT {}, {} FROM {} GROUP BY ALL)", base::join(inner, ", "), sums(), from);
      if (has_time()) list = {"ChargePeriod"};
    }
    for (const auto& key : keys_) {
      list.push_back(
          is_tag(key) ? fmt::format("{} AS {}", tag_sql(tag_key(key)), sql_name(key))
                      : sql_name(key));
    }
    std::string sql = fmt::format(
        "SELECT {}, {} FROM {}\nGROUP BY ALL\nORDER BY {}",
        base::join(list, ", "),
        sums(),
        source,
        order());
    if (query_.limit) sql += fmt::format("\nLIMIT {}", std::max(*query_.limit, 0LL));
    return sql;
  }

  std::string order() const {
    std::vector<std::string> list;
    if (has_time()) list.emplace_back("ChargePeriod");
    list.push_back(sql_name(metrics_.front()) + " DESC NULLS LAST");
    for (const auto& key : keys_) list.push_back(sql_name(key));
    return base::join(list, ", ");
  }

  const CostQuery& query_;
  const std::set<std::string>& condition_columns_;
  const io::Path& folder_;
  std::vector<Volume> volumes_;
  std::vector<std::string> all_columns_;
  std::vector<std::string> metrics_, by_, keys_, tags_;
  bool uses_rollup_ = false;
};

Result<Done> check_one_currency(const store::Table& currencies) {
  if (currencies.rows.size() < 2) return Done{};
  std::vector<std::string> names;
  for (const auto& row : currencies.rows) names.push_back(row[0].value_or("none"));
  return base::invalid_input(fmt::format(
      "the charges asked for are in several currencies ({}), which are never added up; add "
      "BillingCurrency to the columns to group by, or choose one with the condition "
      "BillingCurrency = '{}'",
      base::join(names, ", "),
      names.front()));
}

}  // namespace

Result<CostSql> cost_sql(
    const CostQuery& query,
    const std::set<std::string>& condition_columns,
    const std::vector<Volume>& volumes,
    const io::Path& folder) {
  return Writer(query, condition_columns, volumes, folder).write();
}

Result<CostAnswer> Ledger::query(const CostQuery& query) {
  auto duck = TRY(state_->connect());
  const auto volumes = TRY(state_->catalog.current("cost_and_usage", query.as_of));
  std::set<std::string> condition_columns;
  if (!base::trim(query.where).empty()) {
    condition_columns =
        TRY(check_condition(duck, query.where, rows_columns("cost_and_usage", volumes)));
  }
  const auto cost = TRY(cost_sql(query, condition_columns, volumes, state_->settings.folder));
  if (!cost.is_by_currency) {
    const auto currencies = TRY(duck.query(cost.currencies_sql));
    TRY(check_one_currency(currencies));
  }
  return CostAnswer{TRY(duck.query(cost.sql)), cost.answered_by, cost.sql};
}

Result<store::Table> Ledger::sql(std::string_view statement, std::optional<base::Instant> as_of) {
  auto duck = TRY(state_->connect());
  TRY(make_views(duck, state_->catalog, state_->settings.folder, as_of));
  TRY(check_reads_only(duck, statement));
  return duck.query(statement);
}

}  // namespace outlay::ledger
