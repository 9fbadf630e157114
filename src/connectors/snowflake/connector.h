// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// Snowflake: ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY, with RATE_SHEET_DAILY and
/// CONTRACT_ITEMS beside it.
std::unique_ptr<Connector> make_snowflake_connector();

}  // namespace outlay::connectors
