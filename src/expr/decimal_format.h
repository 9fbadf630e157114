// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace outlay::expr {

/// Prints a decimal number ("-1234.5", also with an exponent) by a java.text.DecimalFormat pattern
/// such as "#,##0.00", "0.0%" or "$#,##0;($#,##0)": half-even rounding, English signs, no exponent
/// patterns. `lean` tells where the true value lies when `number` is a double's shortest digits:
/// below (-1), above (1) or at them.
base::Result<std::string> format_decimal(
    std::string_view number, std::string_view pattern, int lean = 0);
/// Whether a double is smaller (-1) or larger (1) in size than its shortest digits say.
int lean_of(double value);

}  // namespace outlay::expr
