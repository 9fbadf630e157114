// SPDX-License-Identifier: Apache-2.0
#include "connectors/google/connector.h"

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/embedded.h"
#include "connectors/mapping.h"
#include "connectors/tables.h"

namespace outlay::connectors {
namespace {

using base::Result;

class GoogleConnector final : public Connector {
 public:
  std::string_view name() const override { return "google"; }

  std::string_view summary() const override {
    return "Google Cloud billing exports of BigQuery, standard and detailed, nested or flattened";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    const auto has = [&](const std::string& name) {
      return find_raw({name, Read::text, {name}}, header) >= 0;
    };
    int hits = 0;
    for (const auto* name : {"billing_account_id", "usage_start_time", "cost", "currency"}) {
      hits += has(name) ? 1 : 0;
    }
    hits += has("service") || has("service.id") || has("service.description") ? 1 : 0;
    hits += has("sku") || has("sku.id") || has("sku.description") ? 1 : 0;
    return hits >= 5 && !has("ChargeCategory") ? 60 + 5 * hits : 0;
  }

  Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    auto mapping = TRY(load_mapping("google/mapping.yaml"));
    for (const auto* wanted : {"cost_text", "usage_start"}) {
      if (mapping.raw_has(wanted, shape)) continue;
      return base::invalid_input(fmt::format(
          "a Google Cloud billing export needs the columns cost and usage_start_time, and this "
          "file lacks one of them; export the table with all its columns"));
    }
    mapping.rows_sql = TRY(with_tables(mapping.rows_sql, "google/services.yaml", {"services"}));
    mapping.rows_sql = TRY(with_tables(mapping.rows_sql, "google/regions.yaml", {"regions"}));
    mapping.rows_sql = TRY(with_tables(mapping.rows_sql, "google/units.yaml", {"units"}));
    const std::string labels(embedded_file("google/sql/labels.sql"));
    for (const auto& [place, column] :
         {std::pair{"{labels}", "label_text"},
          std::pair{"{tags}", "tag_text"},
          std::pair{"{project_labels}", "project_label_text"},
          std::pair{"{system_labels}", "system_label_text"}}) {
      mapping.rows_sql =
          base::replace_all(mapping.rows_sql, place, base::replace_all(labels, "{text}", column));
    }
    auto plan = build_plan(mapping, shape);
    if (!mapping.raw_has("resource_name", shape)) {
      plan.notes.push_back(
          "the standard export names no resources; ResourceId stays unknown. The detailed export "
          "has them");
    }
    return plan;
  }
};

}  // namespace

std::unique_ptr<Connector> make_google_connector() { return std::make_unique<GoogleConnector>(); }

}  // namespace outlay::connectors
