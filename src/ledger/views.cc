// SPDX-License-Identifier: Apache-2.0
#include "ledger/views.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/columns.h"
#include "ledger/embedded.h"

namespace outlay::ledger {
namespace {

using base::Done;
using base::Result;
using base::sql_name;
using base::sql_text;

constexpr std::string_view kPartitions =
    "hive_partitioning = true, "
    "hive_types = {'source': VARCHAR, 'period': VARCHAR, 'gen': BIGINT}";

std::vector<FocusColumn> focus_columns_in(std::string_view dataset) {
  std::vector<FocusColumn> out;
  for (const auto& column : focus_columns()) {
    if (column.dataset == dataset) out.push_back(column);
  }
  return out;
}

/// The mappings' own columns over all generations; a name with two types becomes text.
ColumnTypes extras_of(std::string_view dataset, const std::vector<Volume>& volumes) {
  std::map<std::string, std::string> types;
  for (const auto& volume : volumes) {
    for (const auto& [name, type] : volume.columns) {
      if (name == "x_File" || name == "x_Row") continue;
      const auto* known = find_focus_column(dataset, name);
      if (known != nullptr && known->name == name) continue;
      const auto [found, is_new] = types.try_emplace(name, type);
      if (!is_new && found->second != type) found->second = "VARCHAR";
    }
  }
  return {types.begin(), types.end()};
}

std::string column_sql(
    const std::map<std::string, std::string>& there,
    const std::string& name,
    const std::string& type) {
  const auto found = there.find(name);
  if (found == there.end()) return fmt::format("CAST(NULL AS {}) AS {}", type, sql_name(name));
  if (found->second == type) return sql_name(name);
  return fmt::format("CAST({0} AS {1}) AS {0}", sql_name(name), type);
}

std::string empty_sql(std::string_view dataset) {
  std::vector<std::string> list;
  for (const auto& column : focus_columns_in(dataset)) {
    list.push_back(
        fmt::format("CAST(NULL AS {}) AS {}", sql_type(column.kind), sql_name(column.name)));
  }
  return fmt::format(
      "SELECT {}, CAST(NULL AS VARCHAR) AS x_Source, CAST(NULL AS VARCHAR) AS x_Period, "
      "CAST(NULL AS BIGINT) AS x_Generation, CAST(NULL AS INTEGER) AS x_File, "
      "CAST(NULL AS BIGINT) AS x_Row WHERE false",
      base::join(list, ", "));
}

/// One part per set of columns, so that no file is opened just to learn its schema.
std::string part_sql(
    std::string_view dataset,
    const ColumnTypes& columns,
    const ColumnTypes& extras,
    const std::vector<std::string>& files) {
  const std::map<std::string, std::string> there(columns.begin(), columns.end());
  std::vector<std::string> list;
  for (const auto& column : focus_columns_in(dataset)) {
    list.push_back(column_sql(there, column.name, sql_type(column.kind)));
  }
  for (const auto& [name, type] : extras) list.push_back(column_sql(there, name, type));
  return fmt::format(
      "SELECT {}, source AS x_Source, period AS x_Period, gen AS x_Generation, x_File, x_Row "
      "FROM read_parquet([{}], {})",
      base::join(list, ", "),
      base::join(files, ", "),
      kPartitions);
}

std::string view_name(std::string_view dataset) {
  return dataset == "cost_and_usage" ? "focus" : std::string(dataset);
}

}  // namespace

std::string rows_sql(
    std::string_view dataset, const std::vector<Volume>& volumes, const io::Path& folder) {
  if (volumes.empty()) return empty_sql(dataset);
  std::map<ColumnTypes, std::vector<std::string>> files;
  for (const auto& volume : volumes) {
    files[volume.columns].push_back(sql_text((folder / volume.folder() / "rows.parquet").string()));
  }
  const auto extras = extras_of(dataset, volumes);
  std::vector<std::string> parts;
  for (const auto& [columns, paths] : files) {
    parts.push_back(part_sql(dataset, columns, extras, paths));
  }
  return base::join(parts, "\nUNION ALL ");
}

std::vector<std::string> rows_columns(
    std::string_view dataset, const std::vector<Volume>& volumes) {
  std::vector<std::string> names;
  for (const auto& column : focus_columns_in(dataset)) names.push_back(column.name);
  for (const auto& [name, type] : extras_of(dataset, volumes)) names.push_back(name);
  for (const char* own : {"x_Source", "x_Period", "x_Generation", "x_File", "x_Row"}) {
    names.emplace_back(own);
  }
  return names;
}

const std::vector<std::string>& rollup_dimensions() {
  static const std::vector<std::string> names{
      "BillingCurrency",
      "ServiceProviderName",
      "ProviderName",
      "PublisherName",
      "HostProviderName",
      "InvoiceIssuerName",
      "BillingAccountId",
      "BillingAccountName",
      "SubAccountId",
      "SubAccountName",
      "ServiceCategory",
      "ServiceSubcategory",
      "ServiceName",
      "RegionId",
      "RegionName",
      "ChargeCategory",
      "ChargeClass",
      "ChargeFrequency",
      "PricingCategory",
      "CommitmentDiscountCategory",
      "CommitmentDiscountType",
      "CommitmentDiscountStatus",
      "CommitmentDiscountId",
      "CommitmentDiscountName",
      "InvoiceId",
      "BillingPeriodStart",
      "BillingPeriodEnd",
      "x_Source",
      "x_Period",
      "x_Generation"};
  return names;
}

std::string rollup_sql(const std::vector<Volume>& volumes, const io::Path& folder) {
  if (volumes.empty()) {
    return fmt::format(
        "SELECT *, CAST(NULL AS DATE) AS x_Day, CAST(NULL AS BIGINT) AS x_Rows FROM ({})",
        empty_sql("cost_and_usage"));
  }
  std::vector<std::string> files;
  for (const auto& volume : volumes) {
    files.push_back(sql_text((folder / volume.folder() / "rollup.parquet").string()));
  }
  return fmt::format(
      "SELECT * EXCLUDE (source, period, gen), source AS x_Source, period AS x_Period, "
      "gen AS x_Generation FROM read_parquet([{}], {})",
      base::join(files, ", "),
      kPartitions);
}

Result<Done> make_views(
    store::Duck& duck,
    Catalog& catalog,
    const io::Path& folder,
    std::optional<base::Instant> as_of) {
  bool has_weights = false;
  bool has_assets = false;
  for (const char* dataset :
       {"cost_and_usage",
        "contract_commitment",
        "billing_period",
        "invoice_detail",
        "kubernetes_usage",
        "inventory"}) {
    const auto volumes = TRY(catalog.current(dataset, as_of));
    TRY(duck.run(fmt::format(
        "CREATE TEMP VIEW {} AS {}", view_name(dataset), rows_sql(dataset, volumes, folder))));
    has_assets = has_assets || (std::string_view(dataset) == "inventory" && !volumes.empty());
    has_weights =
        has_weights || (std::string_view(dataset) == "kubernetes_usage" && !volumes.empty());
  }
  TRY(duck.run(
      fmt::format("CREATE TEMP VIEW resources AS {}", embedded_file("sql/resources.sql"))));
  TRY(duck.run(fmt::format(
      "CREATE TEMP VIEW enriched AS {}",
      embedded_file(has_assets ? "sql/enriched.sql" : "sql/enriched_by_none.sql"))));
  if (!has_weights) return duck.run("CREATE TEMP VIEW allocated AS FROM focus");
  TRY(duck.run(embedded_file("sql/allocation_macros.sql")));
  return duck.run(
      fmt::format("CREATE TEMP VIEW allocated AS {}", embedded_file("sql/allocated.sql")));
}

}  // namespace outlay::ledger
