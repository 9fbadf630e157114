// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace outlay::expr {

/// True when `day` is a public holiday of the country (ISO 3166-1, two letters), or of its part
/// (ISO 3166-2 without the country; empty: what the whole country keeps). The rules are
/// spec/expr/holidays.txt. Fails when there are no rules for the country.
base::Result<bool> is_public_holiday(
    std::chrono::sys_days day, std::string_view country, std::string_view part);

}  // namespace outlay::expr
