// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "format/value.h"

namespace outlay::api {

/// Judges one assertion of a flow test ({value, equalTo, contains, ...}) on an execution:
/// {isSuccess, value, actual, operator, expected, errorMessage}.
format::Value judge(
    const format::Value& assertion, const format::Value& execution, const base::Clock& clock);

}  // namespace outlay::api
