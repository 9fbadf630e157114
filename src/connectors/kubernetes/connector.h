// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// What ran on Kubernetes nodes, as weights for the view `allocated`: answers of OpenCost's
/// allocation API, OpenShift usage files, tables of namespaces. Never cost of its own.
std::unique_ptr<Connector> make_kubernetes_connector();

}  // namespace outlay::connectors
