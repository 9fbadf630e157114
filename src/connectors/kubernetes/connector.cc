// SPDX-License-Identifier: Apache-2.0
#include "connectors/kubernetes/connector.h"

#include <algorithm>

#include "connectors/lookup_table.h"
#include "connectors/mapping.h"

namespace outlay::connectors {
namespace {

// Which of the shapes a header is; empty for none.
std::string_view mapping_of(const std::vector<std::string>& header) {
  if (has_columns(header, {"cpuCoreHours", "ramByteHours", "properties"})) {
    return "kubernetes/opencost.yaml";
  }
  if (has_columns(header, {"pod", "namespace", "pod_usage_cpu_core_seconds", "interval_start"})) {
    return "kubernetes/openshift_pods.yaml";
  }
  if (has_columns(header, {"persistentvolumeclaim", "namespace", "interval_start"})) {
    return "kubernetes/openshift_volumes.yaml";
  }
  if (has_columns(header, {"Cluster", "Namespace", "RequestsCPUCores", "ClusterCPUCores"})) {
    return "kubernetes/namespaces.yaml";
  }
  return "";
}

class KubernetesConnector final : public Connector {
 public:
  std::string_view name() const override { return "kubernetes"; }

  std::string_view summary() const override {
    return "OpenCost allocations and OpenShift usage, as weights that split node charges";
  }

  int recognizes(const std::vector<std::string>& header) const override {
    return mapping_of(header).empty() ? 0 : 95;
  }

  // {data: [{name: allocation}]}; names are anybody's, so only what lies below them tells.
  std::string_view records(const std::vector<std::string>& paths) const override {
    const auto ends_with = [&](std::string_view end) {
      return std::ranges::any_of(paths, [&](const std::string& path) {
        return path.starts_with("data.") && path.ends_with(end);
      });
    };
    return ends_with(".cpuCoreHours") && ends_with(".properties") ? "data.*" : "";
  }

  base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const override {
    const auto file = mapping_of(shape.columns);
    if (file.empty()) {
      return base::invalid_input(
          "Kubernetes usage is an answer of OpenCost's allocation API, or a table of pods, volumes "
          "or namespaces as OpenShift writes them; this file is neither");
    }
    const auto mapping = TRY(load_mapping(file));
    if (!file.starts_with("kubernetes/openshift")) {
      return build_plan(mapping, shape);
    }
    // "2019-02-01 00:00:00 +0000 UTC"
    return build_plan(
        mapping,
        shape,
        {{"began", "TRY_CAST(left(interval_start, 19) AS TIMESTAMP)"},
         {"ended", "TRY_CAST(left(interval_end, 19) AS TIMESTAMP)"}});
  }
};

}  // namespace

std::unique_ptr<Connector> make_kubernetes_connector() {
  return std::make_unique<KubernetesConnector>();
}

}  // namespace outlay::connectors
