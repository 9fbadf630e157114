// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Monthly AWS cost by account, region, product, operation and usage type, as the tool ice sums it
/// up.
std::unique_ptr<Connector> make_aws_monthly_connector();

}  // namespace outlay::connectors
