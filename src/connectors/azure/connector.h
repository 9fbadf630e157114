// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace outlay::connectors {

/// How 03/04/2026 is to be read.
enum class SlashDates { as_file_says, month_first, day_first };

/// Cost exports of Azure, actual and amortised, of every kind of agreement.
std::unique_ptr<Connector> make_azure_connector(SlashDates dates = SlashDates::as_file_says);

}  // namespace outlay::connectors
