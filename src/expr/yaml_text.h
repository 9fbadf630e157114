// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "format/value.h"

namespace outlay::expr {

/// YAML laid out as flows know it from the `yaml` filter: lists indented by one, quotes only where
/// needed, texts of several lines as blocks, a line break at the end.
std::string yaml_text(const format::Value& value);

}  // namespace outlay::expr
