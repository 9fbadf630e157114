// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "format/value.h"

namespace outlay::format {

enum class JsonNumbers {
  native,  ///< 64-bit integers and doubles
  exact,   ///< integers as they are; everything with a point or exponent as Number, digit for digit
};

/// Reads one JSON document (UTF-8). An error names line and column and shows the text around it.
/// `file` is put into the error's place. Depth is bounded at 200.
base::Result<Value> parse_json(
    std::string_view text, JsonNumbers numbers = JsonNumbers::native, std::string_view file = {});

/// Writes compact JSON. Doubles print shortest-round-trip; Numbers as their digits; NaN as null.
std::string print_json(const Value& value);
/// Writes JSON indented by two spaces.
std::string print_json_pretty(const Value& value);

/// A double as JSON writes it: shortest digits that read back the same, always with a point or
/// exponent; NaN and infinities as null.
std::string print_double(double number);

}  // namespace outlay::format
