// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Cost reports of Oracle Cloud.
std::unique_ptr<Connector> make_oci_connector();

}  // namespace outlay::connectors
