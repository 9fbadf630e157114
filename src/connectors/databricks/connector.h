// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// The system table billing.usage of Databricks, priced with the list_prices and account_prices
/// beside it.
std::unique_ptr<Connector> make_databricks_connector();

}  // namespace outlay::connectors
