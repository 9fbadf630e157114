// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "format/value.h"

namespace outlay::expr {

/// Runs a jq program (1.6) on a value and answers everything it gives, as a list. Programs are
/// compiled once per thread. Modules and the process's environment are out of reach.
base::Result<format::Array> run_jq(std::string_view program, const format::Value& input);

}  // namespace outlay::expr
