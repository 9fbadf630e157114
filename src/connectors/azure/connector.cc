// SPDX-License-Identifier: Apache-2.0
#include "connectors/azure/connector.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/azure/exports.h"
#include "connectors/embedded.h"
#include "connectors/mapping.h"
#include "connectors/tables.h"

namespace outlay::connectors {
namespace {

using base::Result;

// Exports in other languages put the English name in brackets behind their own: "Kosten (Cost)".
std::string english_name(const std::string& column) {
  const auto open = column.rfind('(');
  const bool has_brackets =
      open != std::string::npos && open > 0 && base::trim(column).ends_with(')');
  return has_brackets ? squashed(column.substr(open + 1)) : column;
}

std::vector<std::string> english_names(const std::vector<std::string>& header) {
  std::vector<std::string> names;
  for (const auto& column : header) names.push_back(english_name(column));
  return names;
}

bool has_any(const std::vector<std::string>& header, const std::vector<std::string>& names) {
  return find_raw({names.front(), Read::text, names}, header) >= 0;
}

/// What the other files of a delivery are, by their names and manifests.
struct Halves {
  /// (number of a file, "actual" or "amortized") for files that say it.
  std::vector<std::pair<int, std::string_view>> named;

  bool has(std::string_view half) const {
    return std::ranges::any_of(named, [&](const auto& file) { return file.second == half; });
  }
};

/// Builds the SQL for one header.
class AzurePlan {
 public:
  AzurePlan(Mapping mapping, ledger::RawShape shape, const Halves& halves, SlashDates dates)
      : mapping_(std::move(mapping)), given_(std::move(shape)), halves_(halves), dates_(dates) {
    shape_ = given_;
    shape_.columns = english_names(given_.columns);
  }

  Result<ledger::MappingPlan> build() {
    TRY(require_columns());
    mapping_.rows_sql = TRY(with_tables(mapping_.rows_sql, "azure/units.yaml", {"units"}));
    mapping_.rows_sql = TRY(with_tables(mapping_.rows_sql, "azure/regions.yaml", {"regions"}));
    mapping_.rows_sql = TRY(with_tables(
        mapping_.rows_sql, "azure/services.yaml", {"services", "types", "consumed", "families"}));
    mapping_.from = marked_sql();
    mapping_.day_first = "o_day_first";
    auto plan = build_plan(mapping_, shape_, extra_columns());
    if (mapping_.raw_has("currency", shape_)) return plan;
    plan.notes.push_back(
        "the file names no currency; BillingCurrency stays unknown and its sums stand apart");
    return plan;
  }

 private:
  Result<base::Done> require_columns() const {
    for (const auto* wanted : {"cost", "date"}) {
      if (mapping_.raw_has(wanted, shape_)) continue;
      const auto raw = std::ranges::find(mapping_.raw, wanted, &RawColumn::name);
      return base::invalid_input(fmt::format(
          "an Azure cost export needs one of the columns {}, and this file has none. Have the "
          "export made with all its columns",
          base::join(raw->spellings, ", ")));
    }
    return base::Done{};
  }

  /// The column of the file that `name` of the mapping reads, as SQL; a null where it has none.
  std::string cell(const std::string& name, std::string_view type = "VARCHAR") const {
    const auto raw = std::ranges::find(mapping_.raw, name, &RawColumn::name);
    const int at = find_raw(*raw, shape_.columns);
    if (at < 0) return fmt::format("CAST(NULL AS {})", type);
    const auto index = static_cast<std::size_t>(at);
    const std::string cell_type = index < shape_.types.size() ? shape_.types[index] : "VARCHAR";
    return read_sql(
        raw->read, base::sql_name(shape_.columns[index]), cell_type, {.day_first = "o_day_first"});
  }

  /// max of the first or second part of all dates with slashes.
  std::string part_sql(int part) const {
    std::string parts = "0";
    for (const auto* name : {"date", "period_start", "period_end"}) {
      const auto raw = std::ranges::find(mapping_.raw, name, &RawColumn::name);
      const int at = find_raw(*raw, shape_.columns);
      if (at < 0) continue;
      const auto text = fmt::format(
          "CAST({} AS VARCHAR)", base::sql_name(shape_.columns[static_cast<std::size_t>(at)]));
      parts += fmt::format(
          ", coalesce(max(TRY_CAST(split_part({0}, '/', {1}) AS INTEGER)) FILTER (WHERE "
          "strpos({0}, '/') BETWEEN 2 AND 3), 0)",
          text,
          part);
    }
    return fmt::format("greatest({})", parts);
  }

  /// Both orders read the same while day and month are equal.
  std::string differs_sql() const {
    const auto raw = std::ranges::find(mapping_.raw, "date", &RawColumn::name);
    const auto at = static_cast<std::size_t>(find_raw(*raw, shape_.columns));
    const auto text = fmt::format("CAST({} AS VARCHAR)", base::sql_name(shape_.columns[at]));
    return fmt::format(
        "coalesce(bool_or(strpos({0}, '/') BETWEEN 2 AND 3 AND TRY_CAST(split_part({0}, '/', 1) AS "
        "INTEGER) <> "
        "TRY_CAST(split_part({0}, '/', 2) AS INTEGER)), false)",
        text);
  }

  std::string roles_sql() const {
    std::string rows;
    for (const auto& [file, half] : halves_.named) {
      rows += fmt::format("{}({}, '{}')", rows.empty() ? "VALUES " : ", ", file, half);
    }
    return rows.empty() ? "SELECT NULL::INTEGER, NULL::VARCHAR WHERE false" : rows;
  }

  /// The rows under English names, with the order of their dates.
  std::string raw_sql() const {
    std::string names;
    for (std::size_t i = 0; i < shape_.columns.size(); ++i) {
      names += fmt::format(
          "{} AS {}, ", base::sql_name(given_.columns[i]), base::sql_name(shape_.columns[i]));
    }
    const std::string first = part_sql(1);
    const std::string second = part_sql(2);
    const std::string day_first = dates_ == SlashDates::day_first     ? "true"
                                  : dates_ == SlashDates::month_first ? "false"
                                                                      : first + " > 12";
    const std::string unclear =
        dates_ == SlashDates::as_file_says
            ? fmt::format("{} <= 12 AND {} BETWEEN 1 AND 12 AND {}", first, second, differs_sql())
            : "false";
    const std::string table = fmt::format("(SELECT {}x_File, x_Row FROM raw)", names);
    return fmt::format(
        "{0} AS named, (SELECT {1} AS o_is_day_first, {2} AS o_is_ambiguous FROM {0} AS all_rows) "
        "AS date_order",
        table,
        day_first,
        unclear);
  }

  std::string marked_sql() const {
    std::string sql(embedded_file("azure/sql/marked.sql"));
    const auto fill = [&](std::string_view name, const std::string& value) {
      sql = base::replace_all(sql, fmt::format("{{{}}}", name), value);
    };
    fill("charge_type", cell("raw_charge_type"));
    fill("pricing_model", cell("raw_pricing_model"));
    fill("cost", cell("cost", "DECIMAL(38,22)"));
    fill("billing_account", cell("billing_account"));
    fill("benefit_id", cell("benefit_id"));
    fill("reservation_id", cell("reservation_id"));
    fill("period_start", cell("period_start", "TIMESTAMP"));
    fill("date", cell("date", "TIMESTAMP"));
    fill("roles", roles_sql());
    fill("raw", raw_sql());
    fill("is_amortized_elsewhere", halves_.has("amortized") ? "o_role = 'actual'" : "false");
    fill("is_actual_elsewhere", halves_.has("actual") ? "o_role = 'amortized'" : "false");
    return sql;
  }

  std::vector<ExtraColumn> extra_columns() const {
    const std::string tags = cell("tags_text");
    const std::string braced = fmt::format(
        "CASE WHEN starts_with(ltrim({0}), '{{') THEN {0} ELSE '{{' || {0} || '}}' END", tags);
    const std::string info = cell("additional_info");
    return {
        {"charge_type", "o_type"},
        {"model", "o_model"},
        {"is_covered", "o_is_covered"},
        {"is_commitment_purchase", "o_is_purchase"},
        {"file_role", "o_role"},
        {"has_amortized", "o_has_amortized"},
        {"has_actual", "o_has_actual"},
        {"pair_account", "o_account"},
        {"is_ambiguous", "o_is_ambiguous"},
        {"tags",
         fmt::format(
             "CASE WHEN json_valid({0}) THEN nullif(CAST(json({0}) AS VARCHAR), '{{}}') END",
             braced)},
        {"additional_json", fmt::format("CASE WHEN json_valid({0}) THEN json({0}) END", info)}};
  }

  Mapping mapping_;
  ledger::RawShape given_;
  ledger::RawShape shape_;
  const Halves& halves_;
  SlashDates dates_;
};

class AzureConnector final : public Connector {
 public:
  explicit AzureConnector(SlashDates dates) : dates_(dates) {}

  std::string_view name() const override {
    return dates_ == SlashDates::as_file_says  ? "azure"
           : dates_ == SlashDates::month_first ? "azure-month-first"
                                               : "azure-day-first";
  }

  std::string_view summary() const override {
    return dates_ == SlashDates::as_file_says
               ? "Azure cost exports, actual and amortised (EA, MCA, pay-as-you-go, partners)"
           : dates_ == SlashDates::month_first
               ? "Azure cost exports whose dates are month/day/year"
               : "Azure cost exports whose dates are day/month/year";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    if (dates_ != SlashDates::as_file_says) return 0;
    const auto names = english_names(header);
    int hits = 0;
    hits += has_any(names, {"MeterCategory"}) ? 1 : 0;
    hits += has_any(names, {"SubscriptionId", "SubscriptionGuid"}) ? 1 : 0;
    hits += has_any(names, {"ConsumedService"}) ? 1 : 0;
    hits += has_any(names, {"ResourceLocation", "MeterId", "UnitOfMeasure"}) ? 1 : 0;
    const bool has_cost = has_any(
        names,
        {"CostInBillingCurrency", "Cost", "PreTaxCost", "ExtendedCost", "BillingPreTaxTotal"});
    return hits >= 3 && !has_any(names, {"ChargeCategory"}) ? (has_cost ? 85 : 60) : 0;
  }

  Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    return plan_of(shape, Halves{});
  }

  ledger::Mapper mapper(
      const std::vector<ledger::BillFile>& files, int first, const Hints&) const override {
    Halves halves;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto half = half_of(files[i]);
      if (!half.empty()) halves.named.emplace_back(first + static_cast<int>(i), half);
    }
    return [this, halves](const ledger::RawShape& shape) { return plan_of(shape, halves); };
  }

 private:
  Result<ledger::MappingPlan> plan_of(const ledger::RawShape& shape, const Halves& halves) const {
    return AzurePlan(TRY(load_mapping("azure/mapping.yaml")), shape, halves, dates_).build();
  }

  SlashDates dates_;
};

}  // namespace

std::unique_ptr<Connector> make_azure_connector(SlashDates dates) {
  return std::make_unique<AzureConnector>(dates);
}

}  // namespace outlay::connectors
