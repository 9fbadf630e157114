// SPDX-License-Identifier: Apache-2.0
#include "connectors/focus/dialects.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/embedded.h"
#include "connectors/focus/connector.h"
#include "connectors/mapping.h"
#include "format/yaml.h"
#include "ledger/columns.h"

namespace outlay::connectors {
namespace {

using base::Result;

/// What a provider's FOCUS files get wrong, as data; see dialects.yaml.
class DialectConnector final : public Connector {
 public:
  DialectConnector(std::string key, std::string summary)
      : key_(std::move(key)), summary_(std::move(summary)), focus_(make_focus_connector()) {}

  std::string_view name() const override { return key_; }

  std::string_view summary() const override { return summary_; }

  int recognizes(const std::vector<std::string>& header) const override {
    const auto dialect = read();
    if (!dialect || focus_->recognizes(header) != 90) return 0;
    int hits = 0;
    for (const auto& marker : dialect->find("markers")->items) {
      hits += find_raw({marker.text, Read::text, {marker.text}}, header) >= 0 ? 1 : 0;
    }
    return hits >= std::stoi(dialect->find("needed")->text) ? 93 : 0;
  }

  Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    auto plan = TRY(focus_->plan(shape));
    const auto dialect = TRY(read());
    plan.mapping = "focus " + key_;
    plan.version = dialect.find("version")->text;
    std::string replaced;
    for (const auto& entry : dialect.find("columns")->entries) {
      if (!has_all(shape, entry.value.find("needs"))) continue;
      const auto* column = ledger::find_focus_column("cost_and_usage", entry.key);
      if (column == nullptr || !has_focus(shape, entry.key)) continue;
      replaced += fmt::format(
          "{}{} AS {}",
          replaced.empty() ? "" : ", ",
          entry.value.find("is")->text,
          base::sql_name(entry.key));
    }
    std::string more;
    for (const auto& entry : dialect.find("more")->entries) {
      const bool is_there = has_all(shape, entry.value.find("needs"));
      if (is_there) more += fmt::format(", {} AS {}", entry.value.find("is")->text, entry.key);
    }
    plan.charges_sql = fmt::format(
        "SELECT * {}{} FROM ({}) AS delivered",
        replaced.empty() ? "" : "REPLACE (" + replaced + ")",
        more,
        plan.charges_sql);
    if (dialect.find("extent")->text == "part") plan.extent = ledger::Extent::part;
    for (const auto& item : dialect.find("findings")->items) {
      if (!has_all(shape, item.find("needs"))) continue;
      plan.findings.push_back(
          {item.find("rule")->text,
           item.find("message")->text,
           "SELECT count(*), min(x_Row) FROM raw WHERE " + item.find("rows")->text,
           false,
           {}});
    }
    return plan;
  }

 private:
  Result<format::Node> read() const {
    const auto all = TRY(format::parse_yaml(embedded_file("focus/dialects.yaml"), "dialects.yaml"));
    return *all.find(key_);
  }

  /// Columns under exactly these names.
  static bool has_all(const ledger::RawShape& shape, const format::Node* needs) {
    return needs == nullptr || std::ranges::all_of(needs->items, [&](const format::Node& need) {
             return shape.has(need.text);
           });
  }

  static bool has_focus(const ledger::RawShape& shape, const std::string& name) {
    return std::ranges::any_of(shape.columns, [&](const std::string& column) {
      const auto* found = ledger::find_focus_column("cost_and_usage", column);
      return found != nullptr && found->name == name;
    });
  }

  std::string key_;
  std::string summary_;
  std::unique_ptr<Connector> focus_;
};

}  // namespace

std::unique_ptr<Connector> make_azure_focus_connector() {
  return std::make_unique<DialectConnector>(
      "azure-focus",
      "FOCUS exports of Microsoft (1.0 to 1.2), with their known gaps mended or told");
}

std::unique_ptr<Connector> make_oci_focus_connector() {
  return std::make_unique<DialectConnector>(
      "oci-focus", "FOCUS reports of Oracle Cloud, appended files without repeats");
}

}  // namespace outlay::connectors
