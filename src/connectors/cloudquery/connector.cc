// SPDX-License-Identifier: Apache-2.0
#include "connectors/cloudquery/connector.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

using base::Result;
using ledger::BillFile;

bool has_column(const std::vector<std::string>& header, const std::string& name) {
  return find_raw({name, Read::text, {name}}, header) >= 0;
}

bool has_any(
    const std::vector<std::string>& header, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(
      names, [&](std::string_view name) { return has_column(header, std::string(name)); });
}

bool is_landed(const std::vector<std::string>& header) {
  return has_any(header, {"_cq_id", "_cq_sync_time"});
}

bool is_cost_explorer(const std::vector<std::string>& header) {
  return has_column(header, "start_date") && has_column(header, "end_date") &&
         has_any(header, {"groups", "total"});
}

bool is_azure_query(const std::vector<std::string>& header) {
  if (has_column(header, "columns") && has_column(header, "rows")) return true;
  // The answer as one document, with nothing beside it but what every answer has.
  constexpr std::array<std::string_view, 11> kOfAnswers{
      "subscriptionid",
      "id",
      "etag",
      "location",
      "sku",
      "tags",
      "properties",
      "name",
      "type",
      "nextlink",
      "viewid"};
  const bool has_more = std::ranges::any_of(header, [&](const std::string& name) {
    return !name.starts_with("_cq_") &&
           std::ranges::find(kOfAnswers, squashed(name)) == kOfAnswers.end();
  });
  return !has_more && has_column(header, "properties") && has_column(header, "sku") &&
         has_any(header, {"etag"});
}

constexpr std::array<std::string_view, 22> kPrefixes{
    "aws_",        "awscost_",      "awspricing_", "azure_",        "azuread_",    "gcp_",
    "alicloud_",   "oracle_",       "oci_",        "digitalocean_", "hetzner_",    "k8s_",
    "kubernetes_", "github_",       "gitlab_",     "datadog_",      "cloudflare_", "okta_",
    "snowflake_",  "mongodbatlas_", "heroku_",     "fastly_"};

/// CASE over the file number that names each file's table.
std::string table_sql(const std::vector<BillFile>& files, int first) {
  std::string cases;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto table = landed_table(files[i].name);
    if (table.empty()) continue;
    cases += fmt::format(" WHEN {} THEN {}", first + static_cast<int>(i), base::sql_text(table));
  }
  return cases.empty() ? "CAST(NULL AS VARCHAR)" : "CASE x_File" + cases + " END";
}

/// A connector whose mapping wants to know each file's table.
class LandedConnector : public Connector {
 public:
  Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    return plan_of(shape, {}, 0);
  }

  ledger::Mapper mapper(
      const std::vector<BillFile>& files, int first, const Hints&) const override {
    return [this, files, first](const ledger::RawShape& shape) {
      return plan_of(shape, files, first);
    };
  }

 protected:
  virtual std::string_view mapping_file() const = 0;

 private:
  Result<ledger::MappingPlan> plan_of(
      const ledger::RawShape& shape, const std::vector<BillFile>& files, int first) const {
    const auto mapping = TRY(load_mapping(mapping_file()));
    return build_plan(mapping, shape, {{"asset_table", table_sql(files, first)}});
  }
};

class AssetsConnector final : public LandedConnector {
 public:
  std::string_view name() const override { return "cloudquery"; }

  std::string_view summary() const override {
    return "Asset tables of CloudQuery (DuckDB, Parquet, CSV, JSON lines), as inventory beside the "
           "bills";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    const bool is_asset =
        is_landed(header) && has_any(header, {"arn", "self_link", "id", "instance_id"}) &&
        has_any(header, {"tags", "labels", "region", "location", "zone", "state", "status"});
    return is_asset ? 50 : 0;
  }

 protected:
  std::string_view mapping_file() const override { return "cloudquery/assets.yaml"; }
};

class CostExplorerConnector final : public LandedConnector {
 public:
  std::string_view name() const override { return "aws-cost-explorer"; }

  std::string_view summary() const override {
    return "AWS Cost Explorer answers in tables of CloudQuery (aws_costexplorer_cost_*)";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return is_landed(header) && is_cost_explorer(header) ? 90 : 0;
  }

 protected:
  std::string_view mapping_file() const override { return "cloudquery/cost_explorer.yaml"; }
};

class AzureQueryConnector final : public LandedConnector {
 public:
  std::string_view name() const override { return "azure-cost-query"; }

  std::string_view summary() const override {
    return "Azure Cost Management queries in tables of CloudQuery "
           "(azure_costmanagement_view_queries)";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return is_landed(header) && is_azure_query(header) ? 90 : 0;
  }

 protected:
  std::string_view mapping_file() const override { return "cloudquery/azure_query.yaml"; }
};

bool is_table_name(std::string_view word) {
  return std::ranges::any_of(
             kPrefixes, [&](std::string_view prefix) { return word.starts_with(prefix); }) &&
         std::ranges::all_of(word, [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
         });
}

/// Tables of which one alone may count, the one to keep first.
constexpr std::array<std::array<std::string_view, 4>, 2> kRivals{{
    {"alicloud_bss_bill_details", "alicloud_bss_bill", "alicloud_bss_bill_overview", ""},
    {"aws_costexplorer_cost_30d",
     "aws_costexplorer_cost_current_month",
     "aws_costexplorer_cost_custom",
     ""},
}};

std::string plain_table(const BillFile& file) {
  auto table = landed_table(file.name);
  return table.starts_with("awscost_") ? "aws_" + table.substr(8) : table;
}

bool has_table(const ledger::Delivery& delivery, std::string_view table) {
  return std::ranges::any_of(delivery.sets, [&](const ledger::FileSet& set) {
    return std::ranges::any_of(
        set.files, [&](const BillFile& file) { return plain_table(file) == table; });
  });
}

}  // namespace

std::string landed_table(std::string_view name) {
  std::string found;
  for (const auto& part : base::split_trimmed(name, '/')) {
    for (const auto& word : base::split_trimmed(part, '.')) {
      const auto lower = base::lower(word);
      if (is_table_name(lower)) found = lower;
    }
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> drop_restated_tables(ledger::Delivery& delivery) {
  std::vector<std::pair<std::string, std::string>> dropped;
  for (const auto& rivals : kRivals) {
    const auto kept = std::ranges::find_if(rivals, [&](std::string_view table) {
      return !table.empty() && has_table(delivery, table);
    });
    if (kept == rivals.end()) continue;
    for (auto& set : delivery.sets) {
      std::erase_if(set.files, [&](const BillFile& file) {
        const auto at = std::ranges::find(rivals, plain_table(file));
        // The thirty days and the month overlap day by day, which the mapping sorts out.
        const bool is_sibling = *kept == rivals[0] && at != rivals.end() && *at == rivals[1] &&
                                rivals[1].ends_with("current_month");
        if (at == rivals.end() || at <= kept || is_sibling) return false;
        dropped.emplace_back(
            file.name,
            fmt::format("states the same money as {}; give it alone to book it instead", *kept));
        return true;
      });
    }
  }
  std::erase_if(delivery.sets, [](const ledger::FileSet& set) { return set.files.empty(); });
  int first = 0;
  for (auto& set : delivery.sets) {
    if (set.remap) set.mapper = set.remap(set.files, first);
    first += static_cast<int>(set.files.size());
  }
  return dropped;
}

std::unique_ptr<Connector> make_cloudquery_assets_connector() {
  return std::make_unique<AssetsConnector>();
}

std::unique_ptr<Connector> make_cost_explorer_connector() {
  return std::make_unique<CostExplorerConnector>();
}

std::unique_ptr<Connector> make_azure_query_connector() {
  return std::make_unique<AzureQueryConnector>();
}

}  // namespace outlay::connectors
